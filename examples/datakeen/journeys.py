"""Datakeen's journeys API: a journey asks a customer for documents. It costs nothing."""

import secrets
from typing import Any

from service import BASE_PATH, Caller, create_app

app = create_app("journeys")
journeys: dict[str, dict[str, Any]] = {}


@app.post(f"{BASE_PATH}/v1/journeys", status_code=201)
async def create(caller: Caller) -> dict[str, Any]:
    journey = {"id": f"journey_{secrets.token_hex(6)}", "workspace": caller.project.id, "environment": caller.environment.name}
    journeys[journey["id"]] = journey
    return journey
