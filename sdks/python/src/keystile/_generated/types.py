# Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.
"""The types of the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ..secret import Secret

Kind = Literal["publishable", "secret"]
"""Who may hold a key: everyone, or only a server."""

Mode = Literal["live", "test"]
"""Whether a key works on real data: `production` is live, every other environment is test."""

KeyState = Literal["revoked", "expired", "disabled", "active"]
"""The state of a key by its own fields, worst first."""

PortalAbility = Literal["keys:create", "keys:change", "keys:rotate", "keys:revoke", "keys:reveal"]
"""Something that a guest of the portal may do; all of them see keys and their usage."""

PortalScheme = Literal["auto", "light", "dark"]
"""Whether pages are light or dark."""

LedgerEntryType = Literal["granted", "expired", "voided", "spent", "reserved", "settled", "refunded", "reversed", "released", "ran_out", "credits.low", "credits.exhausted"]
"""What an entry of the ledger says."""

SpendStatus = Literal["spent", "reserved", "settled", "released", "ran_out", "refunded", "partly_refunded"]
"""What became of a charge."""

Effect = Literal["narrows", "widens", "neutral", "unclear"]
"""What a change does to the rights of keys that exist."""

By = Literal["hour", "day"]
"""How long a step is."""


@dataclass(frozen=True, kw_only=True)
class CreatedKey:
    """A key with its secret."""

    key: Key
    secret: Secret | None = None
    """The whole value of a secret key: only here, and never again."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key, without its secret."""

    id: str
    kind: Kind
    mode: Mode
    name: str
    preview: str
    """What may be shown of any key: prefix, four characters, bullets."""
    foreign: bool
    """`true`: the value comes from another system; rotating the key gives it one of ours."""
    status: KeyState
    enabled: bool
    scopes: list[str]
    """What it may do now."""
    product: str
    organization: str
    project: str
    environment: KeyEnvironment
    idle: bool
    """Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more."""
    created_at: datetime
    created_by: str
    """Who created it; recorded, decides nothing."""
    note: str | None = None
    value: str | None = None
    """The whole value, of publishable keys only."""
    own_scopes: list[str] | None = None
    """The scopes it lists itself; absent when it follows the manifest."""
    allowed_origins: list[str] | None = None
    allowed_ips: list[str] | None = None
    rate_limit: RateLimit | None = None
    """Its own rate limit; without one, that of the manifest holds."""
    spend_caps: SpendCaps | None = None
    """How many credits it may spend; `null` is as many as its organization has."""
    metadata: dict[str, Any] | None = None
    binding: Binding | None = None
    """For operator keys: what it is confined to."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    rotated_at: datetime | None = None
    retiring: RetiringValue | None = None
    """The value before this one, for as long as its grace runs."""
    exposed_at: datetime | None = None
    """When a web page first sent the secret, so that its visitors can read it: replace it."""
    last_used: LastUsed | None = None
    """The last call that was allowed."""


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """So many calls in so many milliseconds."""

    limit: int
    """How many calls."""
    period_seconds: int
    """In how many seconds."""


@dataclass(frozen=True, kw_only=True)
class SpendCaps:
    """The most credits that a key may spend; a part that is `None` bounds nothing. A key without any
    cap has no `SpendCaps` at all.
    """

    day: int | None = None
    """In one day of the calendar, in UTC; 0 allows no credit at all."""
    month: int | None = None
    """In one month of the calendar, in UTC; 0 allows no credit at all."""
    total: int | None = None
    """In all, for as long as the key exists; 0 allows no credit at all."""


@dataclass(frozen=True, kw_only=True)
class Binding:
    """What an operator key's verifies and calls are confined to."""

    product: str
    """The one product it may act for."""
    environment: str | None = None
    """The one environment name it decides in."""


@dataclass(frozen=True, kw_only=True)
class KeyEnvironment:
    """Where a key belongs."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class RetiringValue:
    """A value whose grace runs."""

    preview: str
    ends_at: datetime
    """From when on it is refused."""
    last_used: LastUsed | None = None
    """The last call that was allowed with it; a client that still sends it shows here."""


@dataclass(frozen=True, kw_only=True)
class LastUsed:
    """An allowed call."""

    at: datetime
    operation: str | None = None
    """For which operation of the manifest, where the call named one."""
    address: str | None = None
    """Of secret keys: from where, as the first 24 bits of an IPv4 address or 48 of an IPv6 one."""


@dataclass(frozen=True, kw_only=True)
class AdoptedKey:
    """The key as it is known here."""

    key: Key


@dataclass(frozen=True, kw_only=True)
class ImportedKeys:
    """What became of the rows."""

    imported: int
    """How many are keys here now; in a dry run, would be."""
    already_there: int
    """How many were keys here before, and were left alone."""
    refused: int
    """How many were refused."""
    results: list[ImportResult]
    """One for each row, in their order."""


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became of one row."""

    outcome: str
    name: str | None = None
    """What it is called."""
    key: str | None = None
    """The key; absent in a dry run."""
    errors: list[FieldError] | None = None
    """What is wrong and what to do."""


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """What is wrong with one field."""

    pointer: str
    """Where in the body, as a JSON pointer (RFC 6901); `?name` for a query parameter."""
    message: str
    """What is wrong and what to do."""


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """What another system says of one key."""

    digest: str
    """SHA-256 or SHA-512 of the whole key, in hex, base64 or base64url."""
    start: str | None = None
    """How the key begins, as far as that is known: tells which of the product's foreign formats it
    has, and what may be shown of it. Not the whole key.
    """
    organization: str | None = None
    """Whose key it is: the organization's id, or your own id for it."""
    project: str | None = None
    """The project's id, where the organization has several."""
    environment: str | None = None
    """The environment: its id (then organization and project may be left out, and must be its own
    where they are not), or its name. Left out, the only one there is for keys of this mode.
    """
    name: str | None = None
    """What people call it; names that repeat or are missing are numbered."""
    enabled: bool | None = None
    """`false`: it is refused until it is enabled."""
    scopes: list[str] | None = None
    """What it may do; left out, it follows the manifest."""
    allowed_origins: list[str] | None = None
    """Web origins it may be used from; left out, any."""
    allowed_ips: list[str] | None = None
    """Address ranges it may be used from; left out, any."""
    rate_limit: RateLimit | None = None
    """How often it may be used; of a publishable key, by each client. Left out, as the manifest
    says.
    """
    spend_caps: SpendCaps | None = None
    """How many credits it may spend per day and per month of the calendar in UTC, and in all.
    Left out, as many as its organization has.
    """
    expires_at: datetime | None = None
    """When it ends by itself, or has ended."""
    metadata: dict[str, Any] | None = None
    """A JSON object of yours, at most 2 KiB; every verdict carries it."""
    note: str | None = None
    """For people."""


@dataclass(frozen=True, kw_only=True)
class ChangedKey:
    """Something that was changed, with the proof when rights were taken away."""

    id: str
    kind: Kind
    mode: Mode
    name: str
    preview: str
    """What may be shown of any key: prefix, four characters, bullets."""
    foreign: bool
    """`true`: the value comes from another system; rotating the key gives it one of ours."""
    status: KeyState
    enabled: bool
    scopes: list[str]
    """What it may do now."""
    product: str
    organization: str
    project: str
    environment: KeyEnvironment
    idle: bool
    """Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more."""
    created_at: datetime
    created_by: str
    """Who created it; recorded, decides nothing."""
    note: str | None = None
    value: str | None = None
    """The whole value, of publishable keys only."""
    own_scopes: list[str] | None = None
    """The scopes it lists itself; absent when it follows the manifest."""
    allowed_origins: list[str] | None = None
    allowed_ips: list[str] | None = None
    rate_limit: RateLimit | None = None
    """Its own rate limit; without one, that of the manifest holds."""
    spend_caps: SpendCaps | None = None
    """How many credits it may spend; `null` is as many as its organization has."""
    metadata: dict[str, Any] | None = None
    binding: Binding | None = None
    """For operator keys: what it is confined to."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    rotated_at: datetime | None = None
    retiring: RetiringValue | None = None
    """The value before this one, for as long as its grace runs."""
    exposed_at: datetime | None = None
    """When a web page first sent the secret, so that its visitors can read it: replace it."""
    last_used: LastUsed | None = None
    """The last call that was allowed."""
    effective: Effective | None = None
    """Present when the change took rights away: it is in force on all these nodes."""


@dataclass(frozen=True, kw_only=True)
class Effective:
    """The proof that a narrowing is in force everywhere."""

    seq: int
    """The journal row of the change."""
    nodes: int
    """How many nodes there were; the sum of the other two."""
    confirmed: int
    """How many have said that they no longer allow on the old state."""
    lapsed: int
    """How many could not say so, and whose lease has ended: they allow nothing at all."""


@dataclass(frozen=True, kw_only=True)
class RotatedKey:
    """A key with its new value."""

    key: Key
    effective: Effective
    """The old value, or one that was in its grace before, is dead on all these nodes."""
    secret: Secret | None = None
    """The new value of a secret key: only here, and never again."""


@dataclass(frozen=True, kw_only=True)
class RevealedKey:
    """A key with its secret, shown again."""

    key: Key
    secret: Secret
    """The whole current value."""


@dataclass(frozen=True, kw_only=True)
class EndedKey:
    """A key that is dead."""

    key: Key
    used_lately: bool
    """Whether a call was allowed with it in the hour before: then somebody still uses it."""
    effective: Effective
    """No request that begins from now on is allowed on any of these nodes."""


@dataclass(frozen=True, kw_only=True)
class CreatedOrganization:
    """An organization with what came automatically."""

    organization: Organization
    projects: list[CreatedProject]
    """The automatic project with its environments and keys; empty in products without one."""


@dataclass(frozen=True, kw_only=True)
class Organization:
    """An organization, a customer of a product."""

    id: str
    product: str
    name: str
    enabled: bool
    """`false`: suspended, every key below is refused."""
    created_at: datetime
    external_id: str | None = None
    plan: str | None = None
    """The plan's name; absent plans mean the product's first."""
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class CreatedProject:
    """A project with everything that came with it."""

    project: Project
    environments: list[EnvironmentWithKeys]


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project of an organization."""

    id: str
    organization: str
    product: str
    name: str
    enabled: bool
    """`false`: every key below is refused."""
    created_at: datetime
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class EnvironmentWithKeys:
    """An environment with the keys that came with it."""

    id: str
    project: str
    organization: str
    product: str
    name: str
    """`production` is live, every other name is test."""
    mode: Mode
    enabled: bool
    """`false`: every key in it is refused."""
    created_at: datetime
    keys: list[AutomaticKey]


@dataclass(frozen=True, kw_only=True)
class AutomaticKey:
    """A key that was made automatically."""

    id: str
    kind: Kind
    mode: Mode
    name: str
    preview: str
    """What may be shown of any key: prefix, four characters, bullets."""
    foreign: bool
    """`true`: the value comes from another system; rotating the key gives it one of ours."""
    status: KeyState
    enabled: bool
    scopes: list[str]
    """What it may do now."""
    product: str
    organization: str
    project: str
    environment: KeyEnvironment
    idle: bool
    """Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more."""
    created_at: datetime
    created_by: str
    """Who created it; recorded, decides nothing."""
    note: str | None = None
    value: str | None = None
    """The whole value, of publishable keys only."""
    own_scopes: list[str] | None = None
    """The scopes it lists itself; absent when it follows the manifest."""
    allowed_origins: list[str] | None = None
    allowed_ips: list[str] | None = None
    rate_limit: RateLimit | None = None
    """Its own rate limit; without one, that of the manifest holds."""
    spend_caps: SpendCaps | None = None
    """How many credits it may spend; `null` is as many as its organization has."""
    metadata: dict[str, Any] | None = None
    binding: Binding | None = None
    """For operator keys: what it is confined to."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    rotated_at: datetime | None = None
    retiring: RetiringValue | None = None
    """The value before this one, for as long as its grace runs."""
    exposed_at: datetime | None = None
    """When a web page first sent the secret, so that its visitors can read it: replace it."""
    last_used: LastUsed | None = None
    """The last call that was allowed."""
    secret: Secret | None = None
    """Secret keys only, and only in this answer."""


@dataclass(frozen=True, kw_only=True)
class FoundOrganization:
    """An organization that is there."""

    organization: Organization


@dataclass(frozen=True, kw_only=True)
class ChangedOrganization:
    """Something that was changed, with the proof when rights were taken away."""

    id: str
    product: str
    name: str
    enabled: bool
    """`false`: suspended, every key below is refused."""
    created_at: datetime
    external_id: str | None = None
    plan: str | None = None
    """The plan's name; absent plans mean the product's first."""
    metadata: dict[str, Any] | None = None
    effective: Effective | None = None
    """Present when the change took rights away: it is in force on all these nodes."""


@dataclass(frozen=True, kw_only=True)
class PortalToken:
    """A link to the portal."""

    token: str
    """What the link carries: `kcp_…`. It opens the portal once."""
    url: str
    """The link, for an `iframe` or a tab."""
    expires_at: datetime
    """When the link opens nothing any more: five minutes from now."""
    lifetime_seconds: int
    """How long the portal stays open once it is."""


@dataclass(frozen=True, kw_only=True)
class PortalTheme:
    """How pages of the portal look; what is left out is as in the console."""

    scheme: PortalScheme | None = None
    """`auto` follows the guest's device."""
    light: PortalColours | None = None
    """Colours of light pages."""
    dark: PortalColours | None = None
    """Colours of dark pages."""


@dataclass(frozen=True, kw_only=True)
class PortalColours:
    """Colours, each as `#rrggbb`."""

    accent: str | None = None
    """Links, buttons and what can be done."""
    background: str | None = None
    """The ground of the page."""
    surface: str | None = None
    """The ground of cards and dialogs."""
    text: str | None = None
    """Text."""


@dataclass(frozen=True, kw_only=True)
class ChangedProject:
    """Something that was changed, with the proof when rights were taken away."""

    id: str
    organization: str
    product: str
    name: str
    enabled: bool
    """`false`: every key below is refused."""
    created_at: datetime
    metadata: dict[str, Any] | None = None
    effective: Effective | None = None
    """Present when the change took rights away: it is in force on all these nodes."""


@dataclass(frozen=True, kw_only=True)
class CreatedEnvironment:
    """An environment with its automatic keys."""

    environment: EnvironmentWithKeys


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment of a project."""

    id: str
    project: str
    organization: str
    product: str
    name: str
    """`production` is live, every other name is test."""
    mode: Mode
    enabled: bool
    """`false`: every key in it is refused."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ChangedEnvironment:
    """Something that was changed, with the proof when rights were taken away."""

    id: str
    project: str
    organization: str
    product: str
    name: str
    """`production` is live, every other name is test."""
    mode: Mode
    enabled: bool
    """`false`: every key in it is refused."""
    created_at: datetime
    effective: Effective | None = None
    """Present when the change took rights away: it is in force on all these nodes."""


@dataclass(frozen=True, kw_only=True)
class Credits:
    """The two accounts of an organization, which never touch."""

    live: Balance
    """What live keys spend from."""
    test: Balance
    """What test keys spend from."""


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What an account holds. `granted` is always the sum of the others."""

    granted: int
    """Everything that was ever granted."""
    spent: int
    """What was spent, less refunds."""
    reserved: int
    """What is set aside for calls whose cost is not known yet."""
    expired: int
    """What ended unspent, with its time or because its grant was declared void."""
    remaining: int
    """What can be spent."""


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One entry of the ledger."""

    id: str
    """Its id, for ever; of `spent` and `reserved` that of the spend."""
    at: datetime
    mode: Mode
    type: LedgerEntryType
    """What happened."""
    changes: LedgerChanges
    """What it does to each sum of the account."""
    grants: list[GrantPart]
    """The grants that credits were added to, came from, or went back to."""
    amount: int | None = None
    """How many credits it is about; absent where the credits that remain reached a threshold."""
    spend_id: str | None = None
    """The spend that it is, or that it changes."""
    key: str | None = None
    """The key that made the call."""
    operation: str | None = None
    """The operation of the call, as the manifest writes it."""
    expires_at: datetime | None = None
    """Of `granted`: when what is left of it ends."""
    reserved_until: datetime | None = None
    """Of `reserved`: until when, unless it is settled or released before."""
    threshold: int | None = None
    """Of `credits.low` and `credits.exhausted`: what was reached."""
    remaining: int | None = None
    """Of `credits.low` and `credits.exhausted`: how many credits remained."""


@dataclass(frozen=True, kw_only=True)
class LedgerChanges:
    """What an entry adds to each sum of its account; less than nothing takes away."""

    granted: int
    spent: int
    reserved: int
    expired: int
    remaining: int


@dataclass(frozen=True, kw_only=True)
class GrantPart:
    """So many credits of a grant."""

    id: str
    """The grant."""
    amount: int
    """How many."""


@dataclass(frozen=True, kw_only=True)
class OneGrant:
    """One grant."""

    grant: Grant


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Credits that an organization was given at once."""

    id: str
    organization: str
    mode: Mode
    amount: int
    """How many."""
    remaining: int
    """How many of them can still be spent."""
    reason: str
    """Why, for people."""
    created_at: datetime
    created_by: str
    """Who made it: an operator key, `local` or `system`."""
    occasion: GrantOccasion | None = None
    """What it was made for, if that happens once only; `null` for grants by hand."""
    expires_at: datetime | None = None
    """When what is left of it ends."""
    voided_at: datetime | None = None
    """When it was declared void."""


@dataclass(frozen=True, kw_only=True)
class GrantOccasion:
    """What a grant was made for."""

    type: str
    plan: str | None = None
    """The plan's name."""
    period: str | None = None
    """The period, such as `2026-11`."""


@dataclass(frozen=True, kw_only=True)
class OneSpend:
    """One charge."""

    spend: Spend


@dataclass(frozen=True, kw_only=True)
class Spend:
    """A charge as it stands now."""

    id: str
    organization: str
    mode: Mode
    key: str
    """The key that made the call."""
    amount: int
    """How many credits the call was charged, or how many were reserved."""
    status: SpendStatus
    refunded: int
    """How much was refunded since."""
    net: int
    """What the call costs as it stands: reserved or spent, less what was given back."""
    at: datetime
    grants: list[GrantPart]
    """The grants it came from."""
    operation: str | None = None
    """The operation, as the manifest writes it."""
    settled: int | None = None
    """Of a reservation that was settled: for how much."""
    reserved_until: datetime | None = None
    """Of a reservation: until when credits are set aside unless it is settled or released before."""


@dataclass(frozen=True, kw_only=True)
class ChangedSpend:
    """A charge that was changed."""

    spend: Spend
    credits: RemainingCredits


@dataclass(frozen=True, kw_only=True)
class RemainingCredits:
    """What is left of the account."""

    remaining: int
    """What can be spent."""


@dataclass(frozen=True, kw_only=True)
class AppliedManifest:
    """What applying a manifest did, or would do."""

    product: Product
    changes: list[Change]
    """Empty when it is the manifest that is in force already."""
    dry_run: bool
    """Whether nothing was written, because that was asked for."""
    effective: Effective | None = None
    """Present when the change may have taken rights away: it is in force on all these nodes."""
    destroyed_secrets: int | None = None
    """How many sealed secrets were destroyed, or would be, because the product's secrets are not
    recoverable any more. When this answers, none is left.
    """


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product with its manifest."""

    slug: str
    manifest: str
    """The manifest as TOML."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference between two manifests."""

    pointer: str
    """The place as a JSON Pointer; entries of lists stand under their names, as in
    `/scopes/chat:send/publishable`.
    """
    effect: Effect
    """What that does to the rights of keys that exist."""
    before: Any | None = None
    """What stood there; absent when it is new."""
    after: Any | None = None
    """What will stand there; absent when it is removed."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Calls by hour or day and by how they ended."""

    by: By
    since: datetime
    until: datetime
    total: dict[str, int]
    """All calls of the time, by the code of their verdict."""
    data: list[UsageStep]
    """The hours or days in which there were calls, the earliest first."""


@dataclass(frozen=True, kw_only=True)
class UsageStep:
    """One hour or day."""

    at: datetime
    """When it begins."""
    outcomes: dict[str, int]
    """Its calls, by the code of their verdict; `ok` is allowed."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Who did what, when, and from where."""

    seq: int
    """Its number; there are no gaps."""
    at: datetime
    actor: Actor
    action: str
    subjects: list[str]
    """What it wrote, by id."""
    details: Any
    """What changed, without secrets."""
    product: str | None = None
    organization: str | None = None
    request_id: str | None = None
    from_: Personal | None = None
    """Absent once erased."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who made a change."""

    type: str
    id: str | None = None
    """That key."""
    operator_key: str | None = None
    """The operator key that let them in; none when somebody on the machine did."""
    visitor: str | None = None
    """The operator's own id for the guest."""


@dataclass(frozen=True, kw_only=True)
class Personal:
    """Fields about people: kept beside the chain, which covers a salted hash of them, so that they
    can be erased without breaking it.
    """

    ip: str | None = None
    """The address the call came from."""
    user_agent: str | None = None
    """The caller's user agent."""


@dataclass(frozen=True, kw_only=True)
class CreatedOperatorKey:
    """An operator key with its secret."""

    key: Key
    secret: Secret | None = None
    """Only here, and never again; absent in a repeated answer."""


@dataclass(frozen=True, kw_only=True)
class VerifyAnswer:
    """The verdict about one key, with all that may be told."""

    valid: bool
    """Whether the call may go on."""
    code: str
    """A stable word: `ok`, or why not."""
    message: str
    """The same for people."""
    since: str | None = None
    """Since when the key does not work, where that is known."""
    missing_scope: str | None = None
    """The first scope that the key lacks."""
    key: VerifiedKey | None = None
    """The key, when it is one of the product."""
    organization: VerifiedOrganization | None = None
    """The customer it belongs to."""
    project: VerifiedProject | None = None
    """The project it belongs to."""
    environment: VerifiedEnvironment | None = None
    """The environment it belongs to."""
    session: Session | None = None
    """The session, when its token was presented in place of the key."""
    rate_limit: RateLimitLeft | None = None
    """What is left of the rate limit that has least left, if there is one."""
    credits: CreditsLeft | None = None
    """The organization's credits of the key's mode, when the call was charged."""
    spend_id: str | None = None
    """Names the charge, when there is one."""
    checks: list[CheckResult] | None = None
    """Each check's own result, when `explain` asked for it."""
    request_id: str | None = None
    """The request, as the log knows it; in a batch it stands once, beside the results."""


@dataclass(frozen=True, kw_only=True)
class VerifiedKey:

    id: str
    kind: Kind
    mode: Mode
    name: str
    preview: str
    scopes: list[str]
    metadata: dict[str, Any] | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class VerifiedOrganization:

    id: str
    external_id: str | None = None
    plan: str | None = None


@dataclass(frozen=True, kw_only=True)
class VerifiedProject:

    id: str


@dataclass(frozen=True, kw_only=True)
class VerifiedEnvironment:

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session whose token was sent in place of the key."""

    id: str
    expires_at: datetime
    """From when on it is refused."""


@dataclass(frozen=True, kw_only=True)
class RateLimitLeft:
    """What is left of a rate limit."""

    limit: int
    """How many calls its period has room for."""
    remaining: int
    """How many more there may be now."""
    reset_seconds: int
    """In how many seconds there is room for more; 0 when nothing counts."""


@dataclass(frozen=True, kw_only=True)
class CreditsLeft:
    """What is left of an organization's credits."""

    remaining: int
    """How many can be spent."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:

    check: str
    passed: bool
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class OwnKey:
    """What the holder of a key is told. Of a publishable key, which anyone can read in a page, only
    kind, mode and scopes.
    """

    kind: Kind
    mode: Mode
    scopes: list[str]
    session: Session | None = None
    """The session, when its token was sent."""
    id: str | None = None
    name: str | None = None
    preview: str | None = None
    product: str | None = None
    organization: str | None = None
    project: str | None = None
    environment: OwnEnvironment | None = None
    expires_at: datetime | None = None
    rate_limit: RateLimitLeft | None = None
    """What is left of the rate limit that has least left, if there is one; asking counts nothing."""
    credits: CreditsLeft | None = None
    """The organization's credits of the key's mode, where the product has calls that cost some."""
    spend_caps: CapsLeft | None = None
    """What is left of the key's own spending caps, where it has some."""


@dataclass(frozen=True, kw_only=True)
class OwnEnvironment:

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class CapsLeft:
    """How many credits the key may still spend; absent where it has no such cap."""

    day: int | None = None
    """Today (UTC)."""
    month: int | None = None
    """This month (UTC)."""
    total: int | None = None
    """In all."""


@dataclass(frozen=True, kw_only=True)
class OwnKeyEnded:
    """A key that its holder has revoked."""

    key: DeadKey
    effective: Effective
    """No request that begins from now on is allowed on any of these nodes."""


@dataclass(frozen=True, kw_only=True)
class DeadKey:
    """What its holder is told of it; notes and metadata are the operator's."""

    id: str
    name: str
    preview: str
    status: KeyState
    revoked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CreatedSession:
    """A session with its token."""

    token: Secret
    """Send it as `Authorization: Bearer` in place of the key."""
    session: SessionView
    expires_in: int
    """So many seconds until it ends."""
    scopes: list[str]
    """What it may do: what the key may."""
    request_id: str


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """What is told of a session."""

    id: str
    """Its identifier, which verdicts tell."""
    visitor: str
    """The visitor it is for."""
    expires_at: datetime
    """From when on it is refused."""


@dataclass(frozen=True, kw_only=True)
class JsonWebKeySet:
    """The public halves of the signing keys, newest first. An old one stays until all its tokens have
    ended.
    """

    keys: list[JsonWebKey]


@dataclass(frozen=True, kw_only=True)
class JsonWebKey:
    """An Ed25519 public key (RFC 8037 §2)."""

    kty: str
    crv: str
    alg: str
    use: str
    kid: str
    """Its thumbprint (RFC 7638), which tokens name."""
    x: str
    """The key in base64url."""
