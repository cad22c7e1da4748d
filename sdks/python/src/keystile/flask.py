"""A decorator for Flask, and a guard for a whole app or blueprint.

    app.before_request(before_request(keystile))

    @app.get("/v1/events")
    def events(): return {"organization": verified().organization.id}
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Request, Response, current_app, g, request

from . import wsgi
from .client import Keystile
from .errors import KeystileError
from .guard import ProtectOptions, admit
from .problem import Refusal
from .verdict import Spend, Verified

F = TypeVar("F", bound=Callable[..., Any])


def before_request(keystile: Keystile, **options: Any) -> Callable[[], Response | None]:
    """For `app.before_request` or `blueprint.before_request`. The options are those of `ProtectOptions`."""
    asked: ProtectOptions[Request] = ProtectOptions(**options)

    def guard() -> Response | None:
        found = admit(keystile, asked, request, wsgi.incoming(request.environ))
        if isinstance(found, Refusal):
            return Response(found.content, found.status, found.headers)
        g.keystile = found
        return None

    return guard


def protect(keystile: Keystile, **options: Any) -> Callable[[F], F]:
    """Guards one view. The options are those of `ProtectOptions`."""
    guard = before_request(keystile, **options)

    def decorate(view: F) -> F:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            refused = guard()
            return current_app.ensure_sync(view)(*args, **kwargs) if refused is None else refused

        return guarded  # type: ignore[return-value]

    return decorate


def verified() -> Verified[Spend]:
    """Whose call this is. Raises `KeystileError` in a view that is not guarded."""
    found = g.get("keystile")
    if not isinstance(found, Verified):
        raise KeystileError("this view is not behind the guard")
    return found
