"""What is known of a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Generic, Literal, TypeVar

from ._generated import types
from .decode import decode
from .errors import UnexpectedAnswer

C = TypeVar("C")


class Spend:
    """The charge of one call."""

    def __init__(self, credits: Any, id: str) -> None:
        self._credits = credits
        self.id = id
        """Its id, `spend_…`."""

    def refund(self, amount: int | None = None) -> types.ChangedSpend:
        """Gives back all of it, or a part. All of it may be repeated; a part that is repeated is given back again."""
        given = {} if amount is None else {"amount": amount}
        return self._credits.refund_spend(self.id, **given)  # type: ignore[no-any-return]

    def settle(self, amount: int) -> types.ChangedSpend:
        """Turns a reservation into a charge of `amount`; the rest is free again."""
        return self._credits.settle_spend(self.id, amount=amount)  # type: ignore[no-any-return]

    def release(self) -> types.ChangedSpend:
        """Gives a reservation back: the call cost nothing."""
        return self._credits.release_spend(self.id)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Spend({self.id})"


class AsyncSpend:
    """The charge of one call."""

    def __init__(self, credits: Any, id: str) -> None:
        self._credits = credits
        self.id = id
        """Its id, `spend_…`."""

    async def refund(self, amount: int | None = None) -> types.ChangedSpend:
        """Gives back all of it, or a part. All of it may be repeated; a part that is repeated is given back again."""
        given = {} if amount is None else {"amount": amount}
        return await self._credits.refund_spend(self.id, **given)  # type: ignore[no-any-return]

    async def settle(self, amount: int) -> types.ChangedSpend:
        """Turns a reservation into a charge of `amount`; the rest is free again."""
        return await self._credits.settle_spend(self.id, amount=amount)  # type: ignore[no-any-return]

    async def release(self) -> types.ChangedSpend:
        """Gives a reservation back: the call cost nothing."""
        return await self._credits.release_spend(self.id)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"AsyncSpend({self.id})"


S = TypeVar("S", Spend, AsyncSpend)


@dataclass(frozen=True, kw_only=True)
class Verified(Generic[S]):
    """A verdict that lets the call go on."""

    valid: Literal[True] = True
    code: Literal["ok"] = "ok"
    message: str
    key: types.VerifiedKey
    organization: types.VerifiedOrganization
    project: types.VerifiedProject
    environment: types.VerifiedEnvironment
    session: types.Session | None = None
    """The session, when its token was presented in place of the key."""
    rate_limit: types.RateLimitLeft | None = None
    credits: types.CreditsLeft | None = None
    spend: S | None = None
    """What the call was charged, when it was."""
    checks: list[types.CheckResult] | None = None
    request_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A verdict that refuses the call; `code` says why."""

    valid: Literal[False] = False
    code: str
    message: str
    since: str | None = None
    """Since when the key does not work, where that is known."""
    missing_scope: str | None = None
    key: types.VerifiedKey | None = None
    organization: types.VerifiedOrganization | None = None
    project: types.VerifiedProject | None = None
    environment: types.VerifiedEnvironment | None = None
    session: types.Session | None = None
    rate_limit: types.RateLimitLeft | None = None
    checks: list[types.CheckResult] | None = None
    request_id: str | None = None


Verdict = Verified[Spend] | Refused
AsyncVerdict = Verified[AsyncSpend] | Refused


def read_verdict(found: Any, spend: Callable[[str], S]) -> Verified[S] | Refused:
    """Reads a verdict. Whatever is not exactly one is no yes: something that is no Keystile must not let anybody in."""
    try:
        answer = decode(types.VerifyAnswer, found)
    except (ValueError, TypeError):
        raise _broken() from None
    if answer.valid != (answer.code == "ok"):
        raise _broken()
    if not answer.valid:
        names = {part.name for part in fields(Refused)} - {"valid"}
        return Refused(**{name: getattr(answer, name) for name in names})
    if answer.key is None or answer.organization is None or answer.project is None or answer.environment is None:
        raise _broken()
    return Verified(
        message=answer.message,
        key=answer.key,
        organization=answer.organization,
        project=answer.project,
        environment=answer.environment,
        session=answer.session,
        rate_limit=answer.rate_limit,
        credits=answer.credits,
        spend=None if answer.spend_id is None else spend(answer.spend_id),
        checks=answer.checks,
        request_id=answer.request_id,
    )


def _broken() -> UnexpectedAnswer:
    return UnexpectedAnswer("the answer is not a verdict: is this Keystile, and not older than this package?")

