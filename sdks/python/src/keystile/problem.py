"""From a refusal to what stands on the wire: the one table, as every door of Keystile has it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .secret import masked
from .verdict import Refused


@dataclass(frozen=True)
class Refusal:
    """A refusal (RFC 9457), ready to be sent by any framework."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return json.dumps(self.body).encode()


_TABLE: dict[str, tuple[int, str | None]] = {
    "missing_credential": (401, None),
    "conflicting_credentials": (400, "invalid_request"),
    "malformed_key": (401, "invalid_token"),
    "unknown_key": (401, "invalid_token"),
    "invalid_session": (401, "invalid_token"),
    "revoked_key": (401, "invalid_token"),
    "expired_key": (401, "invalid_token"),
    "disabled_key": (401, "invalid_token"),
    "organization_suspended": (403, None),
    "unknown_host": (403, None),
    "wrong_environment": (403, None),
    "secret_key_in_browser": (403, None),
    "origin_not_allowed": (403, None),
    "ip_not_allowed": (403, None),
    "unknown_operation": (403, None),
    "insufficient_scope": (403, "insufficient_scope"),
    "rate_limited": (429, None),
    "spend_cap_reached": (402, None),
    "credits_exhausted": (402, None),
    "idempotency_conflict": (409, None),
    "invalid_idempotency_key": (400, None),
    "undecided": (503, None),
    "spend_unknown": (503, None),
}

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    409: "Conflict",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


def refusal_of(reason: Refused, realm: str) -> Refusal:
    """The refusal of a call. A code that this version does not know refuses as 403."""
    status, oauth = _TABLE.get(reason.code, (403, None))
    detail = masked(reason.message if reason.since is None else f"{reason.message}, since {reason.since}")
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    if status == 401 or oauth is not None:
        headers["www-authenticate"] = _challenge(realm, oauth, detail, reason.missing_scope)
    limit = reason.rate_limit
    if status == 429 and limit is not None:
        headers["retry-after"] = str(max(1, limit.reset_seconds))
        headers["ratelimit-policy"] = f'"keystile";q={limit.limit}'
        headers["ratelimit"] = f'"keystile";r={limit.remaining};t={limit.reset_seconds}'
    if status == 503:
        headers["retry-after"] = "1"
    body = {"type": "about:blank", "title": _TITLES[status], "status": status, "code": reason.code, "detail": detail}
    if reason.request_id is not None:
        body["request_id"] = reason.request_id
    if reason.missing_scope is not None:
        body["missing_scope"] = reason.missing_scope
    return Refusal(status, headers, body)


def _challenge(realm: str, oauth: str | None, detail: str, scope: str | None) -> str:
    """The value of `WWW-Authenticate` (RFC 6750 §3)."""
    value = f'Bearer realm="{_quoted(realm)}"'
    if oauth is not None:
        value += f', error="{oauth}", error_description="{_quoted(detail)}"'
    if scope is not None:
        value += f', scope="{_quoted(scope)}"'
    return value


def _quoted(text: str) -> str:
    """What may stand between quotes in a header."""
    return re.sub(r"[^ -~]", "?", re.sub(r'["\\]', "'", text))
