"""Middleware and a decorator for Django.

    # shop/keys.py
    guard = middleware(keystile, paths=["/v1/"])

    # settings.py
    MIDDLEWARE = [..., "shop.keys.guard"]
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from . import wsgi
from .client import AsyncKeystile, Keystile
from .credential import Incoming
from .errors import ConfigurationError, KeystileError
from .guard import ProtectOptions, admit, admit_async
from .problem import Refusal
from .verdict import Verified

F = TypeVar("F", bound=Callable[..., Any])


def middleware(keystile: Keystile | AsyncKeystile, *, paths: Sequence[str] = ("/",), **options: Any) -> Callable[..., Any]:
    """Middleware that guards every path that begins with one of `paths`. The options are those of `ProtectOptions`."""
    asked: ProtectOptions[HttpRequest] = ProtectOptions(**options)
    guarded = tuple(paths)

    @sync_and_async_middleware
    def factory(get_response: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(get_response):

            async def handle_async(request: HttpRequest) -> Any:
                refused = await _ask_async(keystile, asked, request) if request.path.startswith(guarded) else None
                return await get_response(request) if refused is None else refused

            return handle_async

        in_step = _in_step(keystile)

        def handle(request: HttpRequest) -> Any:
            refused = _ask(in_step, asked, request) if request.path.startswith(guarded) else None
            return get_response(request) if refused is None else refused

        return handle

    return factory


def protect(keystile: Keystile | AsyncKeystile, **options: Any) -> Callable[[F], F]:
    """Guards one view, sync or async. The options are those of `ProtectOptions`."""
    asked: ProtectOptions[HttpRequest] = ProtectOptions(**options)

    def decorate(view: F) -> F:
        if inspect.iscoroutinefunction(view):

            @functools.wraps(view)
            async def guarded_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                refused = await _ask_async(keystile, asked, request)
                return await view(request, *args, **kwargs) if refused is None else refused

            return guarded_async  # type: ignore[return-value]

        in_step = _in_step(keystile)

        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refused = _ask(in_step, asked, request)
            return view(request, *args, **kwargs) if refused is None else refused

        return guarded  # type: ignore[return-value]

    return decorate


def verified(request: HttpRequest) -> Verified[Any]:
    """Whose call this is. Raises `KeystileError` in a view that is not guarded."""
    found = getattr(request, "keystile", None)
    if not isinstance(found, Verified):
        raise KeystileError("this view is not behind the guard")
    return found


def _in_step(keystile: Keystile | AsyncKeystile) -> Keystile:
    """Connections of an async client belong to one event loop, and sync Django has none."""
    if isinstance(keystile, AsyncKeystile):
        raise ConfigurationError("an AsyncKeystile needs async views and ASGI: use a Keystile here")
    return keystile


def _ask(keystile: Keystile, asked: ProtectOptions[HttpRequest], request: HttpRequest) -> HttpResponse | None:
    return _settled(request, admit(keystile, asked, request, _incoming(request)))


async def _ask_async(
    keystile: Keystile | AsyncKeystile, asked: ProtectOptions[HttpRequest], request: HttpRequest
) -> HttpResponse | None:
    if isinstance(keystile, AsyncKeystile):
        return _settled(request, await admit_async(keystile, asked, request, _incoming(request)))
    return _settled(request, await sync_to_async(admit)(keystile, asked, request, _incoming(request)))


def _settled(request: HttpRequest, found: Verified[Any] | Refusal) -> HttpResponse | None:
    if isinstance(found, Refusal):
        headers = {name: value for name, value in found.headers.items() if name != "content-type"}
        return HttpResponse(found.content, status=found.status, headers=headers, content_type=found.headers["content-type"])
    request.keystile = found
    return None


def _incoming(request: HttpRequest) -> Incoming:
    # Under ASGI, Django writes the same variables, and joins headers that came twice.
    return wsgi.incoming({"PATH_INFO": request.path, "SCRIPT_NAME": "", **_plain(request.META)})


def _plain(meta: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in meta.items() if name not in ("PATH_INFO", "SCRIPT_NAME")}
