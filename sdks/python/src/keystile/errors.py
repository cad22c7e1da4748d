"""Everything that this package raises. No message ever contains a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .secret import masked

KeyFormatCode = Literal["empty", "too_long", "masked_preview", "character", "prefix", "mode", "brand", "length", "checksum"]
SessionTokenCode = Literal[
    "malformed", "unknown_signer", "bad_signature", "wrong_issuer", "wrong_audience", "wrong_origin", "expired", "not_yet_valid"
]


class KeystileError(Exception):
    """Everything that this package raises."""


class ConfigurationError(KeystileError):
    """The client was put together wrongly: an address or a key that cannot be right."""


class KeyFormatError(KeystileError):
    """A text that is not a key; `code` says why, in the words of `conformance/keys.json`."""

    def __init__(self, code: KeyFormatCode, message: str) -> None:
        super().__init__(message)
        self.code: KeyFormatCode = code


@dataclass(frozen=True)
class FieldError:
    """One field that was wrong."""

    pointer: str
    """Where in the body, as a JSON pointer (RFC 6901); `?name` for a query parameter."""
    message: str
    """What is wrong and what to do."""


class ApiError(KeystileError):
    """Keystile answered with a problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        request_id: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        """The HTTP status."""
        self.code = masked(code)
        """A stable word for programs."""
        self.request_id = request_id
        """The request, as Keystile's log knows it."""
        self.errors = tuple(FieldError(error.pointer, masked(error.message)) for error in errors)
        """What is wrong with which field."""
        self.retry_after = retry_after
        """After how many seconds it makes sense to try again."""
        super().__init__(f"{masked(detail)} ({status} {self.code})")


class UnavailableError(KeystileError):
    """Nothing was decided: whoever asked must not go on as if the answer were yes."""


class ConnectionFailed(UnavailableError):
    """Keystile could not be reached, or the connection broke."""


class TimedOut(UnavailableError):
    """Keystile did not answer in time."""


class UnexpectedAnswer(UnavailableError):
    """What answered is not Keystile, or not one that this version understands."""


class SessionTokenError(KeystileError):
    """A session token that is not good here and now."""

    def __init__(self, code: SessionTokenCode, message: str) -> None:
        super().__init__(message)
        self.code: SessionTokenCode = code
