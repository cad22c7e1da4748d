"""Keystile, as seen from a server."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import httpx

from ._generated.resources import AsyncResources, Resources
from .decode import decode
from .errors import ConfigurationError, KeyFormatError, UnexpectedAnswer
from .keys import check_operator_key, parse_key
from .operation import Credential, Operation, Options
from .pages import AsyncPages, Page, Pages
from .secret import revealed
from .sessions import looks_like_token
from .transport import Settings, check_url, prepare, send, send_async
from .verdict import AsyncSpend, AsyncVerdict, Refused, Spend, Verdict, read_verdict

T = TypeVar("T")

Mode = Literal["live", "test", "any"]

_LONGEST_FOREIGN = 255


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question about one key. Say one of `operation`, `scope` and `authenticate_only`."""

    key: Credential = field(repr=False)
    """The key that was presented to you, or the token of a session, as it came."""
    operation: str | None = None
    """What is to be done, as method and path such as `POST /v1/events`."""
    scope: str | Sequence[str] | None = None
    """The scope that is needed, or several that are needed together."""
    authenticate_only: bool = False
    """Ask only whose key it is."""
    product: str | None = None
    environment: str | None = None
    mode: Mode | None = None
    origin: str | None = None
    """The `Origin` header of the call, when it had one."""
    ip: str | None = None
    """The client's address, when you know it."""
    cost: int | None = None
    """What the call costs, in credits, where the manifest allows a range."""
    reserve: bool = False
    """Only sets the cost aside, for a call whose cost is known afterwards."""
    idempotency_key: str | None = None
    """By what a repetition of this call is known for 24 hours: it is charged once."""
    explain: bool = False
    """Adds each check's own result to the answer."""


class _Base:
    """What both clients know and decide without asking anybody."""

    def __init__(
        self,
        *,
        url: str | None,
        operator_key: str | None,
        product: str | None = None,
        environment: str | None = None,
        timeout: float = 2.0,
        manage_timeout: float = 30.0,
        max_retries: int = 2,
        retry_delay: float = 0.05,
        foreign_prefixes: Sequence[str] = (),
    ) -> None:
        """Puts a client together.

        - `url`: where Keystile listens, such as `https://keys.example.com`.
        - `operator_key`: bind it to the product and the environment it serves.
        - `product`, `environment`: needed when the operator key is not bound to them.
        - `timeout`: how long a verify may take with all its tries, in seconds.
        - `manage_timeout`: how long any other call may take with all its tries, in seconds.
        - `max_retries`: how often a call that may be repeated is repeated.
        - `retry_delay`: the wait before the first repetition, in seconds; each further one is twice as long.
        - `foreign_prefixes`: how keys of another system begin, where the manifest has `[[foreign_formats]]`.

        Raises `ConfigurationError` when the address or the key cannot be right.
        """
        for name, seconds in (("timeout", timeout), ("manage_timeout", manage_timeout)):
            if not seconds > 0:
                raise ConfigurationError(f"{name} is a number of seconds above 0")
        if not 0 <= max_retries <= 10:
            raise ConfigurationError("max_retries is a number from 0 to 10")
        self._settings = Settings(check_url(url), check_operator_key(operator_key), max_retries, retry_delay)
        self._product = product
        self._environment = environment
        self._timeout = timeout
        self._manage_timeout = manage_timeout
        self.foreign_prefixes = tuple(foreign_prefixes)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings.base})"

    def _refused_here(self, key: Credential) -> Refused | None:
        """A verdict that needs nobody to be asked: the key has no form that could be good."""
        text = revealed(key)
        if text.startswith("st_"):
            if looks_like_token(text):
                return None
            return Refused(code="invalid_session", message="the session token is cut off or not one of ours")
        try:
            parse_key(text)
        except KeyFormatError as error:
            is_plain = len(text) <= _LONGEST_FOREIGN and all("!" <= c <= "~" for c in text)
            if is_plain and text.startswith(self.foreign_prefixes or ("\0",)):
                return None
            return Refused(code="malformed_key", message=str(error))
        return None

    def _body(self, question: Question) -> dict[str, Any]:
        """Fills in what the client knows.

        A question that may cost credits is given an `idempotency_key`, so that it can be asked
        again without being charged again.
        """
        if question.operation is not None and question.idempotency_key is None and self._settings.max_retries > 0:
            question = replace(question, idempotency_key=str(uuid.uuid4()))
        environment = question.environment or (None if question.mode else self._environment)
        scope = question.scope if question.scope is None or isinstance(question.scope, str) else list(question.scope)
        body: dict[str, Any] = {
            "key": revealed(question.key),
            "product": question.product or self._product,
            "environment": environment,
            "mode": question.mode,
            "operation": question.operation,
            "scope": scope,
            "authenticate_only": question.authenticate_only or None,
            "origin": question.origin,
            "ip": question.ip,
            "cost": question.cost,
            "reserve": question.reserve or None,
            "idempotency_key": question.idempotency_key,
            "explain": question.explain or None,
        }
        return {name: value for name, value in body.items() if value is not None}


def _verify_one(body: dict[str, Any]) -> Operation:
    return Operation("verifyKey", "POST", "/v1/keys/verify", body=body, is_safe=_is_safe(body))


def _verify_many(requests: list[dict[str, Any]]) -> Operation:
    is_safe = all(map(_is_safe, requests))
    return Operation("verifyKeys", "POST", "/v1/keys/verify_batch", body={"requests": requests}, is_safe=is_safe)


def _is_safe(body: Mapping[str, Any]) -> bool:
    """Repeating is safe when nothing can be charged twice."""
    return "idempotency_key" in body or not (body.keys() & {"operation", "cost", "reserve"})


def _results(answer: Any, wanted: int) -> list[Any]:
    results = answer.get("results")
    return results if isinstance(results, list) and len(results) == wanted else [None] * wanted


def _decoded(answer: type[T], found: Any) -> T:
    try:
        return decode(answer, found)
    except (ValueError, TypeError) as error:
        raise UnexpectedAnswer(f"the answer is not what this version understands: {error}") from None


def _page(item: type[T], found: Any) -> Page[T]:
    data, cursor = found.get("data"), found.get("next_cursor")
    if not isinstance(data, list):
        raise UnexpectedAnswer("the answer is not a list")
    return Page([_decoded(item, part) for part in data], cursor if isinstance(cursor, str) else None)


def _at(operation: Operation, cursor: str | None) -> Operation:
    return operation if cursor is None else replace(operation, query={**operation.query, "cursor": cursor})


class Keystile(_Base, Resources):
    """Keystile, as seen from a server: `verify` for the read path, and one attribute for each resource of the API."""

    def __init__(
        self,
        *,
        url: str | None,
        operator_key: str | None,
        product: str | None = None,
        environment: str | None = None,
        timeout: float = 2.0,
        manage_timeout: float = 30.0,
        max_retries: int = 2,
        retry_delay: float = 0.05,
        foreign_prefixes: Sequence[str] = (),
        http_client: httpx.Client | None = None,
    ) -> None:
        _Base.__init__(
            self,
            url=url,
            operator_key=operator_key,
            product=product,
            environment=environment,
            timeout=timeout,
            manage_timeout=manage_timeout,
            max_retries=max_retries,
            retry_delay=retry_delay,
            foreign_prefixes=foreign_prefixes,
        )
        Resources.__init__(self, _Calls(self))
        self._http = http_client or httpx.Client()

    __init__.__doc__ = _Base.__init__.__doc__

    def verify(
        self,
        key: Credential,
        *,
        operation: str | None = None,
        scope: str | Sequence[str] | None = None,
        authenticate_only: bool = False,
        product: str | None = None,
        environment: str | None = None,
        mode: Mode | None = None,
        origin: str | None = None,
        ip: str | None = None,
        cost: int | None = None,
        reserve: bool = False,
        idempotency_key: str | None = None,
        explain: bool = False,
        timeout: float | None = None,
    ) -> Verdict:
        """Asks whether a key is good for a call; the names are those of `Question`.

        A key that is malformed is refused here, and never sent. Raises `UnavailableError` when
        nothing could be decided, which is never a yes, and `ApiError` when the question or the
        operator key is wrong.
        """
        asked = Question(
            key=key,
            operation=operation,
            scope=scope,
            authenticate_only=authenticate_only,
            product=product,
            environment=environment,
            mode=mode,
            origin=origin,
            ip=ip,
            cost=cost,
            reserve=reserve,
            idempotency_key=idempotency_key,
            explain=explain,
        )
        refused = self._refused_here(key)
        if refused is not None:
            return refused
        found = self._send(_verify_one(self._body(asked)), Options(), timeout or self._timeout)
        return read_verdict(found, self._spend)

    def verify_batch(self, questions: Sequence[Question], *, timeout: float | None = None) -> list[Verdict]:
        """Asks up to 100 questions at once; the verdicts come in their order."""
        verdicts: list[Verdict | None] = [self._refused_here(question.key) for question in questions]
        open_ = [at for at, verdict in enumerate(verdicts) if verdict is None]
        if open_:
            requests = [self._body(questions[at]) for at in open_]
            found = self._send(_verify_many(requests), Options(), timeout or self._timeout)
            for at, result in zip(open_, _results(found, len(open_))):
                verdicts[at] = read_verdict(result, self._spend)
        return [verdict for verdict in verdicts if verdict is not None]

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Keystile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spend(self, id: str) -> Spend:
        return Spend(self.credits, id)

    def _send(self, operation: Operation, options: Options, timeout: float) -> Any:
        return send(self._http, self._settings, prepare(self._settings, operation, options), timeout)


class _Calls:
    """Carries out what the resources ask for."""

    def __init__(self, client: Keystile) -> None:
        self._client = client

    def send(self, operation: Operation, answer: type[T], options: Options) -> T:
        client = self._client
        return _decoded(answer, client._send(operation, options, options.timeout or client._manage_timeout))

    def pages(self, operation: Operation, item: type[T], options: Options) -> Pages[T]:
        client = self._client
        timeout = options.timeout or client._manage_timeout
        return Pages(lambda cursor: _page(item, client._send(_at(operation, cursor), options, timeout)))


class AsyncKeystile(_Base, AsyncResources):
    """The same as `Keystile`, for asyncio and trio."""

    def __init__(
        self,
        *,
        url: str | None,
        operator_key: str | None,
        product: str | None = None,
        environment: str | None = None,
        timeout: float = 2.0,
        manage_timeout: float = 30.0,
        max_retries: int = 2,
        retry_delay: float = 0.05,
        foreign_prefixes: Sequence[str] = (),
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        _Base.__init__(
            self,
            url=url,
            operator_key=operator_key,
            product=product,
            environment=environment,
            timeout=timeout,
            manage_timeout=manage_timeout,
            max_retries=max_retries,
            retry_delay=retry_delay,
            foreign_prefixes=foreign_prefixes,
        )
        AsyncResources.__init__(self, _AsyncCalls(self))
        self._http = http_client or httpx.AsyncClient()

    __init__.__doc__ = _Base.__init__.__doc__

    async def verify(
        self,
        key: Credential,
        *,
        operation: str | None = None,
        scope: str | Sequence[str] | None = None,
        authenticate_only: bool = False,
        product: str | None = None,
        environment: str | None = None,
        mode: Mode | None = None,
        origin: str | None = None,
        ip: str | None = None,
        cost: int | None = None,
        reserve: bool = False,
        idempotency_key: str | None = None,
        explain: bool = False,
        timeout: float | None = None,
    ) -> AsyncVerdict:
        """Asks whether a key is good for a call; the names are those of `Question`. See `Keystile.verify`."""
        asked = Question(
            key=key,
            operation=operation,
            scope=scope,
            authenticate_only=authenticate_only,
            product=product,
            environment=environment,
            mode=mode,
            origin=origin,
            ip=ip,
            cost=cost,
            reserve=reserve,
            idempotency_key=idempotency_key,
            explain=explain,
        )
        refused = self._refused_here(key)
        if refused is not None:
            return refused
        found = await self._send(_verify_one(self._body(asked)), Options(), timeout or self._timeout)
        return read_verdict(found, self._spend)

    async def verify_batch(self, questions: Sequence[Question], *, timeout: float | None = None) -> list[AsyncVerdict]:
        """Asks up to 100 questions at once; the verdicts come in their order."""
        verdicts: list[AsyncVerdict | None] = [self._refused_here(question.key) for question in questions]
        open_ = [at for at, verdict in enumerate(verdicts) if verdict is None]
        if open_:
            requests = [self._body(questions[at]) for at in open_]
            found = await self._send(_verify_many(requests), Options(), timeout or self._timeout)
            for at, result in zip(open_, _results(found, len(open_))):
                verdicts[at] = read_verdict(result, self._spend)
        return [verdict for verdict in verdicts if verdict is not None]

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncKeystile:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _spend(self, id: str) -> AsyncSpend:
        return AsyncSpend(self.credits, id)

    async def _send(self, operation: Operation, options: Options, timeout: float) -> Any:
        return await send_async(self._http, self._settings, prepare(self._settings, operation, options), timeout)


class _AsyncCalls:
    """Carries out what the resources ask for."""

    def __init__(self, client: AsyncKeystile) -> None:
        self._client = client

    async def send(self, operation: Operation, answer: type[T], options: Options) -> T:
        client = self._client
        return _decoded(answer, await client._send(operation, options, options.timeout or client._manage_timeout))

    def pages(self, operation: Operation, item: type[T], options: Options) -> AsyncPages[T]:
        client = self._client
        timeout = options.timeout or client._manage_timeout

        async def load(cursor: str | None) -> Page[T]:
            return _page(item, await client._send(_at(operation, cursor), options, timeout))

        return AsyncPages(load)
