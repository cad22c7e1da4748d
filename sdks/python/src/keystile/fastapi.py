"""A dependency for FastAPI.

    answer_refusals(app)
    guard = protect(keystile)

    @app.get("/v1/events")
    async def events(verified: Annotated[Verified, Depends(guard)]): ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .client import AsyncKeystile, Keystile
from .credential import Incoming
from .guard import ProtectOptions, admit, admit_async
from .problem import Refusal
from .verdict import Verified


class RefusedCall(HTTPException):
    """A call that was refused. Without `answer_refusals` it has the same status and headers, and a poorer body."""

    def __init__(self, refusal: Refusal) -> None:
        headers = {name: value for name, value in refusal.headers.items() if name != "content-type"}
        super().__init__(refusal.status, refusal.body["detail"], headers)
        self.refusal = refusal


def answer_refusals(app: Any) -> None:
    """Lets an app answer refusals as problem details (RFC 9457)."""

    async def answer(_: Request, error: Exception) -> Response:
        if not isinstance(error, RefusedCall):
            raise error
        return Response(error.refusal.content, error.refusal.status, error.refusal.headers)

    app.add_exception_handler(RefusedCall, answer)


def protect(keystile: AsyncKeystile | Keystile, **options: Any) -> Callable[..., Any]:
    """A dependency that lets a call in when its key is good; its value is whose call it is.

    The options are those of `ProtectOptions`. With an `AsyncKeystile` nothing waits for the answer;
    with a `Keystile` the dependency runs in FastAPI's threads.
    """
    asked: ProtectOptions[Request] = ProtectOptions(**options)

    if isinstance(keystile, AsyncKeystile):

        async def guard(request: Request) -> Verified[Any]:
            return _settled(request, await admit_async(keystile, asked, request, _incoming(request)))

        return _typed(guard)

    def guard_in_thread(request: Request) -> Verified[Any]:
        return _settled(request, admit(keystile, asked, request, _incoming(request)))

    return _typed(guard_in_thread)


def _typed(guard: Callable[..., Any]) -> Callable[..., Any]:
    # FastAPI looks types up by name, and a closure's are not in its module's reach.
    guard.__annotations__ = {"request": Request}
    return guard


def _settled(request: Request, found: Verified[Any] | Refusal) -> Verified[Any]:
    if isinstance(found, Refusal):
        raise RefusedCall(found)
    request.state.keystile = found
    return found


def _incoming(request: Request) -> Incoming:
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    target = path.partition(b"?")[0] + (b"?" + query if query else b"")
    return Incoming(request.method, target.decode("latin-1"), request.headers.getlist)
