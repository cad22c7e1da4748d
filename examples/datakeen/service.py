"""What Datakeen's two APIs share: the guard, and the workspace whose key it is."""

import os
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from keystile import AsyncKeystile, AsyncSpend, Verified
from keystile.fastapi import answer_refusals, protect

# Where the base URLs end, and the operations of keystile.toml begin.
BASE_PATH = "/api"


def operation(request: Request) -> str:
    path: bytes = request.scope["raw_path"]
    return f"{request.method} {path.decode('latin-1').removeprefix(BASE_PATH)}"


def idempotency_key(request: Request) -> str | None:
    return request.headers.get("idempotency-key")


keystile = AsyncKeystile(url=os.environ["KEYSTILE_SERVER"], operator_key=os.environ["KEYSTILE_KEY"])
guard = protect(keystile, operation=operation, idempotency_key=idempotency_key, realm="datakeen")

Caller = Annotated[Verified[AsyncSpend], Depends(guard)]


def create_app(title: str) -> FastAPI:
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)
    answer_refusals(app)

    @app.get(f"{BASE_PATH}/v1/workspace")
    async def workspace(caller: Caller) -> dict[str, Any]:
        """All that a public key may know."""
        return {"workspace": caller.project.id, "environment": caller.environment.name}

    return app
