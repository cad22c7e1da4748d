"""Sends calls and reads their answers, with all tries within one time."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx

from .errors import ApiError, ConfigurationError, ConnectionFailed, FieldError, KeystileError, TimedOut, UnexpectedAnswer
from .operation import Operation, Options, _Operator
from .secret import revealed

_LONGEST_ANSWER = 16 * 1024 * 1024
_PASSING = (502, 503, 504)


@dataclass(frozen=True)
class Settings:
    """How a client is put together. It never prints its key."""

    base: str
    operator_key: str = field(repr=False)
    max_retries: int
    retry_delay: float


@dataclass(frozen=True)
class Request:
    """A call, ready to be sent."""

    verb: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)
    can_repeat: bool


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: httpx.Headers
    content: bytes = field(repr=False)


def prepare(settings: Settings, operation: Operation, options: Options) -> Request:
    """Writes a call down."""
    headers = {"accept": "application/json"}
    credential = operation.credential
    if isinstance(credential, _Operator):
        credential = settings.operator_key
    if credential is not None:
        headers["authorization"] = f"Bearer {_plain(revealed(credential))}"
    if operation.takes_idempotency_key:
        headers["idempotency-key"] = options.idempotency_key or str(uuid.uuid4())
    if options.origin is not None:
        headers["origin"] = options.origin
    content = None
    if isinstance(operation.body, str):
        headers["content-type"] = "application/toml"
        content = operation.body.encode()
    elif operation.body is not None:
        headers["content-type"] = "application/json"
        content = json.dumps(operation.body).encode()
    query = {name: _text(value) for name, value in operation.query.items() if value is not None}
    url = str(httpx.URL(settings.base + operation.path, params=query)) if query else settings.base + operation.path
    can_repeat = operation.verb == "GET" or operation.is_safe or operation.takes_idempotency_key
    return Request(operation.verb, url, headers, content, can_repeat)


def _plain(credential: str) -> str:
    """What cannot stand in a header is no key, and must not be shown by whoever refuses it."""
    if not credential or not all("!" <= c <= "~" for c in credential):
        raise KeystileError("the key has characters that no key has")
    return credential


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def send(client: httpx.Client, settings: Settings, request: Request, timeout: float) -> Any:
    """Sends a call, and sends it again where that can do no harm."""
    end = time.monotonic() + timeout
    tries = 0
    while True:
        try:
            return read(settings, _once(client, settings, request, end, timeout))
        except KeystileError as error:
            wait = _wait(settings, request, error, tries)
            if wait is None:
                raise
            if time.monotonic() + wait >= end:
                raise _late(timeout) from None
        tries += 1
        time.sleep(wait)


async def send_async(client: httpx.AsyncClient, settings: Settings, request: Request, timeout: float) -> Any:
    """The same, without keeping others waiting."""
    try:
        with anyio.fail_after(timeout):
            tries = 0
            while True:
                try:
                    return read(settings, await _once_async(client, settings, request))
                except KeystileError as error:
                    wait = _wait(settings, request, error, tries)
                    if wait is None:
                        raise
                tries += 1
                await anyio.sleep(wait)
    except TimeoutError:
        raise _late(timeout) from None


def _wait(settings: Settings, request: Request, error: KeystileError, tries: int) -> float | None:
    """How long to wait before the next try, in seconds; `None` is not at all."""
    passing = isinstance(error, ConnectionFailed) or (isinstance(error, ApiError) and error.status in _PASSING)
    if not request.can_repeat or not passing or tries >= settings.max_retries:
        return None
    return float(settings.retry_delay * 2**tries * (0.5 + random.random() / 2))


def _once(client: httpx.Client, settings: Settings, request: Request, end: float, timeout: float) -> Answer:
    left = end - time.monotonic()
    if left <= 0:
        raise _late(timeout)
    try:
        stream = client.stream(
            request.verb, request.url, headers=dict(request.headers), content=request.content, timeout=left, follow_redirects=False
        )
        with stream as response:
            content = bytearray()
            for part in response.iter_bytes():
                _grow(content, part)
                # Whoever answers drop by drop is not waited for.
                if time.monotonic() >= end:
                    raise _late(timeout)
            return Answer(response.status_code, response.headers, bytes(content))
    except httpx.TimeoutException:
        raise _late(timeout) from None
    except (httpx.HTTPError, httpx.StreamError):
        raise _unreachable(settings) from None


async def _once_async(client: httpx.AsyncClient, settings: Settings, request: Request) -> Answer:
    try:
        stream = client.stream(
            request.verb, request.url, headers=dict(request.headers), content=request.content, timeout=None, follow_redirects=False
        )
        async with stream as response:
            content = bytearray()
            async for part in response.aiter_bytes():
                _grow(content, part)
            return Answer(response.status_code, response.headers, bytes(content))
    except (httpx.HTTPError, httpx.StreamError):
        raise _unreachable(settings) from None


def _grow(content: bytearray, part: bytes) -> None:
    content.extend(part)
    if len(content) > _LONGEST_ANSWER:
        raise UnexpectedAnswer("the answer is longer than any that Keystile gives")


def _late(timeout: float) -> TimedOut:
    return TimedOut(f"Keystile did not answer within {timeout:g} s")


def _unreachable(settings: Settings) -> ConnectionFailed:
    # What httpx says may repeat the request, so nothing of it is passed on.
    return ConnectionFailed(f"Keystile cannot be reached at {settings.base}")


def read(settings: Settings, answer: Answer) -> Any:
    """The JSON of an answer. Raises what the answer says."""
    if 300 <= answer.status < 400:
        raise UnexpectedAnswer(f"{settings.base} redirects elsewhere; nothing is sent there: check `url`")
    try:
        found = json.loads(answer.content)
    except ValueError:
        found = None
    if not 200 <= answer.status < 300:
        raise _problem(settings, answer, found)
    if not isinstance(found, dict):
        raise _garbage(settings, answer.status)
    return found


def _problem(settings: Settings, answer: Answer, found: Any) -> KeystileError:
    seconds = answer.headers.get("retry-after", "")
    retry_after = float(seconds) if seconds.isascii() and seconds.isdigit() else None
    if not isinstance(found, dict) or not isinstance(found.get("code"), str):
        if answer.status not in _PASSING:
            return _garbage(settings, answer.status)
        detail = "something between here and Keystile answered in its place"
        return ApiError(answer.status, "undecided", detail, retry_after=retry_after)
    errors = found.get("errors")
    read_errors = [
        FieldError(str(error.get("pointer", "")), str(error.get("message", "")))
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    told = found.get("detail")
    request_id = found.get("request_id")
    return ApiError(
        answer.status,
        found["code"],
        told if isinstance(told, str) else "Keystile refused the call",
        request_id=request_id if isinstance(request_id, str) else None,
        errors=read_errors,
        retry_after=retry_after,
    )


def _garbage(settings: Settings, status: int) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"{settings.base} does not answer as Keystile does (status {status}): check `url`")


def check_url(url: object, name: str = "url") -> str:
    """The address of an installation, without a slash at its end."""
    if not isinstance(url, str) or url == "":
        raise ConfigurationError(f"{name} is missing: where does Keystile listen?")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{name} is an address such as https://keys.example.com")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} is scheme, host, port and path alone: no user, query or fragment")
    return url.rstrip("/")

