"""Session tokens, checked offline by the installation's public keys."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import anyio
import httpx

from .errors import ConfigurationError, SessionTokenError, UnexpectedAnswer
from .secret import Secret, revealed
from .transport import Request, Settings, check_url, send, send_async

_LONGEST_TOKEN = 2048
_LONGEST_LIFE = 900
# The four bits that 64 bytes leave over in the last digit are zero (RFC 4648, section 3.5): a token has one writing.
_TOKEN = re.compile(r"st_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{85}[AQgw])")
_BETWEEN_FETCHES = 10.0


def looks_like_token(text: str) -> bool:
    """Whether a text has the form of a session token."""
    return len(text) <= _LONGEST_TOKEN and _TOKEN.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class SessionClaims:
    """What a session token says."""

    iss: str
    """The installation."""
    aud: str
    """The product."""
    sub: str
    """The visitor, `vis_…`."""
    jti: str
    """The session, `ses_…`."""
    iat: int
    """When it was made, in seconds since 1970."""
    exp: int
    """When it ends, in seconds since 1970."""
    scopes: tuple[str, ...]
    """What the session may do."""
    origin: str | None
    """The page it was made for; `None` when there was none."""
    key: str
    """The id of the key it was made with."""
    publishable_key: str
    """The value of that key, which is public."""
    organization: str
    environment: str


@dataclass(frozen=True)
class _Token:
    kid: str
    signed: bytes
    signature: bytes
    claims: Any


class _Base:
    def __init__(
        self,
        *,
        issuer: str,
        product: str,
        jwks_url: str | None = None,
        leeway: float = 5.0,
        cache_for: float = 300.0,
        timeout: float = 2.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Says how session tokens are checked.

        - `issuer`: the `--public-url` of the installation.
        - `product`: the product's slug.
        - `jwks_url`: where the public keys are; left out, `/.well-known/jwks.json` below the issuer.
        - `leeway`: by how many seconds clocks may differ, at most 60.
        - `cache_for`: for how many seconds the public keys are kept, at most 300.
        - `timeout`: how long fetching the public keys may take, in seconds.
        - `now`: the time in seconds since 1970.
        """
        try:
            from cryptography.hazmat.primitives.asymmetric import ed25519
        except ImportError:
            raise ConfigurationError("checking session tokens offline needs `pip install keystile[sessions]`") from None
        self._ed25519 = ed25519
        base = check_url(issuer, "issuer")
        if not product:
            raise ConfigurationError("product is missing: tokens name it as their audience")
        if not 0 <= leeway <= 60:
            raise ConfigurationError("leeway is a number of seconds from 0 to 60")
        if not 0 <= cache_for <= 300:
            raise ConfigurationError("cache_for is a number of seconds from 0 to 300")
        url = check_url(jwks_url or f"{base}/.well-known/jwks.json", "jwks_url")
        self._issuer, self._product, self._leeway, self._cache_for, self._timeout = issuer, product, leeway, cache_for, timeout
        self._now = now
        self._settings = Settings(url, "", 0, 0.0)
        self._request = Request("GET", url, {"accept": "application/json"}, None, False)
        self._keys: dict[str, Any] = {}
        self._known_at: float | None = None
        self._asked_at = float("-inf")

    def _must_load(self, kid: str) -> bool:
        """An unknown signer may be a new one: the keys are fetched again, but not for every made-up token."""
        now = self._now()
        if self._known_at is None or now - self._known_at >= self._cache_for:
            return True
        return kid not in self._keys and now - self._asked_at >= _BETWEEN_FETCHES

    def _learn(self, found: Any) -> None:
        keys = found.get("keys")
        if not isinstance(keys, list):
            raise UnexpectedAnswer("what was fetched is not a set of public keys")
        known = {}
        for key in keys:
            if not isinstance(key, dict) or key.get("kty") != "OKP" or key.get("crv") != "Ed25519":
                continue
            raw = _bytes(key.get("x"))
            if isinstance(key.get("kid"), str) and raw is not None and len(raw) == 32:
                known[key["kid"]] = self._ed25519.Ed25519PublicKey.from_public_bytes(raw)
        self._keys, self._known_at = known, self._now()

    def _judged(self, token: _Token, origin: str | None) -> SessionClaims:
        from cryptography.exceptions import InvalidSignature

        key = self._keys.get(token.kid)
        if key is None:
            raise SessionTokenError("unknown_signer", "the token was not signed by this installation, or its key has ended")
        try:
            key.verify(token.signature, token.signed)
        except InvalidSignature:
            raise SessionTokenError("bad_signature", "the signature does not fit the token") from None
        claims = _read_claims(token.claims)
        if claims.iss != self._issuer:
            raise SessionTokenError("wrong_issuer", f"the token was made by {claims.iss}, not by {self._issuer}")
        if claims.aud != self._product:
            raise SessionTokenError("wrong_audience", f"the token is for the product {claims.aud}, not for {self._product}")
        now = self._now()
        if claims.exp + self._leeway <= now:
            ended = datetime.fromtimestamp(claims.exp, timezone.utc).isoformat()
            raise SessionTokenError("expired", f"the session ended at {ended}")
        if claims.iat - self._leeway > now:
            raise SessionTokenError(
                "not_yet_valid", "the token was made in the future: compare the clocks of this machine and of Keystile"
            )
        if claims.origin is not None and claims.origin != origin:
            where = "the request has no Origin" if origin is None else "the request comes from another page"
            raise SessionTokenError("wrong_origin", f"the token was made for {claims.origin}, and {where}")
        return claims


class SessionTokens(_Base):
    """Checks session tokens offline: needs no operator key, and asks Keystile once in five minutes.

    Whoever checks offline does not hear of a revoke: such a token lives out its few minutes. Ask
    `Keystile.verify` where that matters.
    """

    def __init__(self, *, http_client: httpx.Client | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._http = http_client or httpx.Client()
        self._lock = threading.Lock()

    __init__.__doc__ = _Base.__init__.__doc__

    def verify(self, token: str | Secret, *, origin: str | None = None) -> SessionClaims:
        """Checks signature, issuer, audience, time and origin, and says what the token says.

        `origin` is the `Origin` header of the request; a token that was made for a page is refused
        without it. Raises `SessionTokenError`, or `UnavailableError` when the public keys cannot be
        had.
        """
        parts = _opened(revealed(token))
        if self._must_load(parts.kid):
            # Many tokens at once wait for one fetch.
            with self._lock:
                if self._must_load(parts.kid):
                    self._asked_at = self._now()
                    self._learn(send(self._http, self._settings, self._request, self._timeout))
        return self._judged(parts, origin)


class AsyncSessionTokens(_Base):
    """The same as `SessionTokens`, for asyncio and trio."""

    def __init__(self, *, http_client: httpx.AsyncClient | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._http = http_client or httpx.AsyncClient()
        self._lock: anyio.Lock | None = None

    __init__.__doc__ = _Base.__init__.__doc__

    async def verify(self, token: str | Secret, *, origin: str | None = None) -> SessionClaims:
        """See `SessionTokens.verify`."""
        parts = _opened(revealed(token))
        if self._must_load(parts.kid):
            self._lock = self._lock or anyio.Lock()
            async with self._lock:
                if self._must_load(parts.kid):
                    self._asked_at = self._now()
                    self._learn(await send_async(self._http, self._settings, self._request, self._timeout))
        return self._judged(parts, origin)


def _opened(text: str) -> _Token:
    form = _TOKEN.fullmatch(text) if len(text) <= _LONGEST_TOKEN else None
    if form is None:
        raise SessionTokenError("malformed", "this is not a session token: it is st_ and three parts in base64url")
    header = _json(form[1])
    if not isinstance(header, dict) or header.get("alg") != "EdDSA" or "crit" in header or not isinstance(header.get("kid"), str):
        raise SessionTokenError("malformed", "the token's header is none that Keystile writes")
    return _Token(header["kid"], f"{form[1]}.{form[2]}".encode(), _bytes(form[3]) or b"", _json(form[2]))


_TEXTS = ("iss", "aud", "sub", "jti", "scope", "key", "publishable_key", "organization", "environment")


def _read_claims(found: Any) -> SessionClaims:
    wrong = SessionTokenError("malformed", "the claims are not those of a session")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in _TEXTS):
        raise wrong
    iat, exp, origin = found.get("iat"), found.get("exp"), found.get("origin")
    if type(iat) is not int or type(exp) is not int or exp - iat > _LONGEST_LIFE or not isinstance(origin, (str, type(None))):
        raise wrong
    texts = {name: found[name] for name in _TEXTS if name != "scope"}
    return SessionClaims(**texts, iat=iat, exp=exp, origin=origin, scopes=tuple(found["scope"].split()))


def _json(part: str) -> Any:
    try:
        return json.loads(_bytes(part) or b"")
    except ValueError:
        return None


def _bytes(part: object) -> bytes | None:
    if not isinstance(part, str):
        return None
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return None
