"""One call of the API, as the generated part describes it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timezone
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from .errors import KeystileError
from .pages import AsyncPages, Pages
from .secret import Secret

T = TypeVar("T")
Credential = str | Secret


class NotGiven:
    """Stands for a parameter that was left out, where `None` would be sent as `null`."""

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN = NotGiven()


class _Operator:
    """Stands for the client's own operator key."""


OPERATOR = _Operator()


@dataclass(frozen=True)
class Options:
    """What one call is told beside its own parameters."""

    timeout: float | None = None
    idempotency_key: str | None = None
    origin: str | None = None


@dataclass(frozen=True)
class Operation:
    """One call."""

    id: str
    verb: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | str | None = field(default=None, repr=False)
    credential: Credential | None | _Operator = field(default=OPERATOR, repr=False)
    takes_idempotency_key: bool = False
    is_safe: bool = False


class Caller(Protocol):
    """Who carries calls out."""

    def send(self, operation: Operation, answer: type[T], options: Options) -> T: ...

    def pages(self, operation: Operation, item: type[T], options: Options) -> Pages[T]: ...


class AsyncCaller(Protocol):
    """Who carries calls out, without waiting for them."""

    async def send(self, operation: Operation, answer: type[T], options: Options) -> T: ...

    def pages(self, operation: Operation, item: type[T], options: Options) -> AsyncPages[T]: ...


def segment(name: str, value: str) -> str:
    """One part of a path. An empty one, or one of dots, would lead elsewhere."""
    if not isinstance(value, str) or value in ("", ".", ".."):
        raise KeystileError(f"{name} is missing, empty or made of dots")
    return quote(value, safe="")


def given(**values: Any) -> dict[str, Any]:
    """The parameters that were not left out, as JSON can have them."""
    return {name: plain(value) for name, value in values.items() if value is not NOT_GIVEN}


def plain(value: Any) -> Any:
    """A value as JSON can have it."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)
        return aware.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        parts = {part.name: plain(getattr(value, part.name)) for part in fields(value)}
        return {name: part for name, part in parts.items() if part is not None}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value
