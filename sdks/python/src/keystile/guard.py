"""Asks about a request: the way of every middleware, whatever its framework."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .client import AsyncKeystile, Keystile
from .credential import Incoming, find_credential, origin_of
from .errors import ConfigurationError, KeystileError
from .problem import Refusal, refusal_of
from .verdict import AsyncSpend, Refused, Spend, Verified

R = TypeVar("R")
_log = logging.getLogger("keystile")
_BAD_IDEMPOTENCY_KEY = Refused(code="invalid_idempotency_key", message="an idempotency key has 1 to 255 characters")
_UNDECIDED = Refused(code="undecided", message="it could not be decided whether the key is good; try again later")


@dataclass(frozen=True, kw_only=True)
class ProtectOptions(Generic[R]):
    """What the middleware asks about each request of its framework."""

    operation: str | Callable[[R], Any] | None = None
    """What is to be done, as in the manifest. Left out, and without `scope`, it is the request's method and path."""
    scope: str | Sequence[str] | Callable[[R], Any] | None = None
    """The scope that is needed, or several that are needed together."""
    authenticate_only: bool = False
    """Ask only whose key it is."""
    cost: int | Callable[[R], Any] | None = None
    """What the call costs, where the manifest allows a range."""
    reserve: bool = False
    """Only sets the cost aside: settle or release it when it is known."""
    idempotency_key: Callable[[R], Any] | None = None
    """By what a repetition of the call is known, so that it is charged once."""
    ip: Callable[[R], Any] | None = None
    """The client's address. Only you know which proxy stands before you: `X-Forwarded-For` can be written by anybody."""
    credential_headers: Sequence[str] = ("authorization", "x-api-key")
    """The headers that carry keys, as in the manifest."""
    realm: str = "api"
    """What `WWW-Authenticate` calls your API."""
    on_error: Callable[[Exception], None] | None = None
    """Is told why nothing could be decided. It changes nothing: the client gets 503. Default: a log line."""

    def __post_init__(self) -> None:
        ways = [self.operation is not None, self.scope is not None, self.authenticate_only]
        if sum(ways) > 1:
            raise ConfigurationError("say one of operation, scope and authenticate_only")

    def failed(self, error: Exception) -> Refusal:
        """What becomes of a request about which nothing could be decided."""
        if not isinstance(error, KeystileError):
            told: Exception = KeystileError(f"the request could not be asked about: {type(error).__name__}")
            told.__cause__ = error
        else:
            told = error
        if self.on_error is not None:
            self.on_error(told)
        else:
            _log.error("%s: %s", type(told).__name__, told)
        return refusal_of(_UNDECIDED, self.realm)

    def asked(self, request: R, incoming: Incoming, key: str) -> dict[str, Any]:
        """The parts of the question; some may still have to be awaited."""
        question: dict[str, Any] = {"key": key, "origin": origin_of(incoming, key)}
        if self.authenticate_only:
            question["authenticate_only"] = True
        elif self.scope is not None:
            question["scope"] = _told(self.scope, request)
        elif self.operation is not None:
            question["operation"] = _told(self.operation, request)
        else:
            question["operation"] = f"{incoming.method} {incoming.target.partition('?')[0]}"
        question["ip"] = _told(self.ip, request)
        question["cost"] = _told(self.cost, request)
        question["reserve"] = self.reserve
        question["idempotency_key"] = _told(self.idempotency_key, request)
        return question


def _is_idempotency_key(key: str | None) -> bool:
    """Clients choose it in many APIs, so one that cannot be is their mistake."""
    return key is None or 1 <= len(key) <= 255


def _told(source: Any, request: Any) -> Any:
    return source(request) if callable(source) else source


def admit(keystile: Keystile, options: ProtectOptions[R], request: R, incoming: Incoming) -> Verified[Spend] | Refusal:
    """Whether a request is let in."""
    key = find_credential(incoming, options.credential_headers, keystile.foreign_prefixes)
    if isinstance(key, Refused):
        return refusal_of(key, options.realm)
    try:
        question = options.asked(request, incoming, key)
        if not _is_idempotency_key(question["idempotency_key"]):
            return refusal_of(_BAD_IDEMPOTENCY_KEY, options.realm)
        verdict = keystile.verify(**question)
    except Exception as error:
        return options.failed(error)
    return refusal_of(verdict, options.realm) if isinstance(verdict, Refused) else verdict


async def admit_async(
    keystile: AsyncKeystile, options: ProtectOptions[R], request: R, incoming: Incoming
) -> Verified[AsyncSpend] | Refusal:
    """Whether a request is let in."""
    key = find_credential(incoming, options.credential_headers, keystile.foreign_prefixes)
    if isinstance(key, Refused):
        return refusal_of(key, options.realm)
    try:
        question = options.asked(request, incoming, key)
        awaited = {name: await _awaited(value) for name, value in question.items()}
        if not _is_idempotency_key(awaited["idempotency_key"]):
            return refusal_of(_BAD_IDEMPOTENCY_KEY, options.realm)
        verdict = await keystile.verify(**awaited)
    except Exception as error:
        return options.failed(error)
    return refusal_of(verdict, options.realm) if isinstance(verdict, Refused) else verdict


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


