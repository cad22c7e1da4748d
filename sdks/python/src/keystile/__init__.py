"""Verify API keys with Keystile, and manage them."""

from ._generated import types
from .client import AsyncKeystile, Keystile, Question
from .errors import (
    ApiError,
    ConfigurationError,
    ConnectionFailed,
    FieldError,
    KeyFormatError,
    KeystileError,
    SessionTokenError,
    TimedOut,
    UnavailableError,
    UnexpectedAnswer,
)
from .guard import ProtectOptions
from .keys import ParsedKey, is_key, parse_key
from .pages import AsyncPages, Page, Pages
from .secret import Secret
from .sessions import AsyncSessionTokens, SessionClaims, SessionTokens
from .verdict import AsyncSpend, Refused, Spend, Verified

__all__ = [
    "ApiError",
    "AsyncKeystile",
    "AsyncPages",
    "AsyncSessionTokens",
    "AsyncSpend",
    "ConfigurationError",
    "ConnectionFailed",
    "FieldError",
    "KeyFormatError",
    "Keystile",
    "KeystileError",
    "Page",
    "Pages",
    "ParsedKey",
    "ProtectOptions",
    "Question",
    "Refused",
    "Secret",
    "SessionClaims",
    "SessionTokenError",
    "SessionTokens",
    "Spend",
    "TimedOut",
    "UnavailableError",
    "UnexpectedAnswer",
    "Verified",
    "is_key",
    "parse_key",
    "types",
]
