"""What a WSGI server tells of a request (PEP 3333)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from .credential import Incoming


def incoming(environ: dict[str, Any]) -> Incoming:
    """Headers that came twice are joined with commas there, which no key has."""

    def header(name: str) -> list[str]:
        value = environ.get("HTTP_" + name.upper().replace("-", "_"))
        return [] if value is None else [value]

    return Incoming(environ["REQUEST_METHOD"], _target(environ), header)


def _target(environ: dict[str, Any]) -> str:
    # Most servers tell the path as it came; PEP 3333 itself knows only the decoded one.
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if isinstance(raw, str) and raw.startswith("/"):
        return raw
    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"), safe="/:@!$&'()*+,;=~")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path
