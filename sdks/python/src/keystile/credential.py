"""Where in a request the key is. Only headers are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from .keys import is_key
from .sessions import looks_like_token
from .verdict import Refused

_MISSING = "no key was sent; send it as `Authorization: Bearer <key>`"
_CONFLICTING = "more than one key was sent; send exactly one"
_IN_URL = (
    "a key was sent in the URL, where it is never read; send it as `Authorization: Bearer <key>`, "
    "and replace that key, because URLs are written into logs"
)


@dataclass(frozen=True)
class Incoming:
    """A request, as every framework can tell of it."""

    method: str
    target: str
    """Path and query, as they came."""
    header: Callable[[str], Sequence[str]]
    """Every value of a header; the name is in lower case."""


def find_credential(incoming: Incoming, names: Sequence[str], foreign_prefixes: Sequence[str]) -> str | Refused:
    """Finds the key in the headers that the product reads keys from.

    `Authorization` may carry something else, such as an end user's own token, as long as another
    header carries a key. Two keys, equal or not, are a conflict, and so is one of these headers
    sent twice. A key in the URL is refused wherever else there is one.
    """
    found: str | None = None
    other: str | None = None
    conflict = Refused(code="conflicting_credentials", message=_CONFLICTING)
    for name in map(str.lower, names):
        values = incoming.header(name)
        if len(values) > 1:
            return conflict
        if not values:
            continue
        key = _bearer(values[0]) if name == "authorization" else values[0]
        # Servers join a header that came twice; no key has a comma.
        if key is not None and "," in key:
            return conflict
        if key is None or (name == "authorization" and not key.startswith(("pk_", "sk_", "st_", *foreign_prefixes))):
            other = key
            continue
        if found is not None:
            return conflict
        found = key
    # Whatever follows Bearer is taken when there is nothing else, so that its holder is told what
    # is wrong with it.
    if found is None:
        found = other
    if has_key_in_url(incoming.target):
        return Refused(code="missing_credential" if found is None else "conflicting_credentials", message=_IN_URL)
    return Refused(code="missing_credential", message=_MISSING) if found is None else found


def _bearer(value: str) -> str | None:
    """What follows the scheme `Bearer`, in any case (RFC 9110 §11.1), and exactly one space."""
    scheme, space, token = value.partition(" ")
    return token if space and scheme.lower() == "bearer" else None


_IN_TEXT = re.compile(r"(?:pk|sk)_(?:[a-z][a-z0-9]{1,7}_)?(?:live|test)_[0-9A-Za-z]{38}|st_[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


def has_key_in_url(target: str) -> bool:
    """Whether a real key, or a session token, stands anywhere in a URL."""
    return any(is_key(found) or looks_like_token(found) for found in _IN_TEXT.findall(unquote(target)))


def origin_of(incoming: Incoming, key: str) -> str | None:
    """The page that a request comes from, as the JSON door takes it.

    Its `Origin`, or, only without one, its `Referer`'s. A secret key is judged by whether a browser
    sent it, so its `Referer` only counts when the browser says that it is one.
    """
    origins = incoming.header("origin")
    if origins:
        return ", ".join(origins)
    is_secret = key.startswith("sk_")
    if is_secret and not incoming.header("sec-fetch-site"):
        return None
    referers = incoming.header("referer")
    page = re.match(r"[^:]+://[^/?#]*", referers[0]) if len(referers) == 1 else None
    return page[0] if page else ("null" if is_secret else None)
