# Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.
"""The operations of the API, by what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..operation import NOT_GIVEN, AsyncCaller, Caller, Credential, NotGiven, Operation, Options, given, segment
from ..pages import AsyncPages, Pages
from . import types


class KeysResource:
    """The operations of the API that are about keys."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def create(
        self,
        environment: str,
        *,
        kind: types.Kind,
        name: str,
        scopes: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_origins: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_ips: Sequence[str] | None | NotGiven = NOT_GIVEN,
        rate_limit: types.RateLimit | None | NotGiven = NOT_GIVEN,
        spend_caps: types.SpendCaps | None | NotGiven = NOT_GIVEN,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        note: str | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedKey:
        """Create a key.

        The secret of a secret key is in this answer and nowhere else.

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="createKey",
                verb="POST",
                path=f"/v1/environments/{segment('environment', environment)}/keys",
                body=given(kind=kind, name=name, scopes=scopes, allowed_origins=allowed_origins, allowed_ips=allowed_ips, rate_limit=rate_limit, spend_caps=spend_caps, expires_at=expires_at, metadata=metadata, note=note),
                takes_idempotency_key=True,
            ),
            types.CreatedKey,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list_in_environment(
        self,
        environment: str,
        *,
        product: str | NotGiven = NOT_GIVEN,
        organization: str | NotGiven = NOT_GIVEN,
        external_id: str | NotGiven = NOT_GIVEN,
        project: str | NotGiven = NOT_GIVEN,
        kind: types.Kind | NotGiven = NOT_GIVEN,
        status: types.KeyState | NotGiven = NOT_GIVEN,
        name: str | NotGiven = NOT_GIVEN,
        exposed: bool | NotGiven = NOT_GIVEN,
        retiring: bool | NotGiven = NOT_GIVEN,
        idle: bool | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> Pages[types.Key]:
        """List the keys of an environment.

        Newest first; deleted keys are not listed.

        Needs the scope `keys:read`.
        """
        return self._api.pages(
            Operation(
                id="listEnvironmentKeys",
                verb="GET",
                path=f"/v1/environments/{segment('environment', environment)}/keys",
                query=given(product=product, organization=organization, external_id=external_id, project=project, kind=kind, status=status, name=name, exposed=exposed, retiring=retiring, idle=idle, cursor=cursor, limit=limit),
            ),
            types.Key,
            Options(timeout=timeout),
        )

    def adopt(
        self,
        *,
        key: str,
        product: str | None | NotGiven = NOT_GIVEN,
        organization: str | None | NotGiven = NOT_GIVEN,
        project: str | None | NotGiven = NOT_GIVEN,
        environment: str | None | NotGiven = NOT_GIVEN,
        name: str | None | NotGiven = NOT_GIVEN,
        scopes: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_origins: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_ips: Sequence[str] | None | NotGiven = NOT_GIVEN,
        rate_limit: types.RateLimit | None | NotGiven = NOT_GIVEN,
        spend_caps: types.SpendCaps | None | NotGiven = NOT_GIVEN,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        note: str | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.AdoptedKey:
        """Adopt a key that another system has just accepted.

        From then on it is verified here like any other, and the other system need not be asked again. Adopting it again answers the same key and changes nothing, so that no Idempotency-Key is needed.

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="adoptKey",
                verb="POST",
                path=f"/v1/keys/adopt",
                body=given(key=key, product=product, organization=organization, project=project, environment=environment, name=name, scopes=scopes, allowed_origins=allowed_origins, allowed_ips=allowed_ips, rate_limit=rate_limit, spend_caps=spend_caps, expires_at=expires_at, metadata=metadata, note=note),
            ),
            types.AdoptedKey,
            Options(timeout=timeout),
        )

    def import_(
        self,
        *,
        rows: Sequence[types.ImportRow],
        product: str | None | NotGiven = NOT_GIVEN,
        source: str | None | NotGiven = NOT_GIVEN,
        create_organizations: bool | NotGiven = NOT_GIVEN,
        dry_run: bool | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ImportedKeys:
        """Import keys of another system by their digests.

        Their texts need not be known: each goes on working as it is, until it is rotated. Importing the same rows again changes nothing.

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="importKeys",
                verb="POST",
                path=f"/v1/keys/import",
                body=given(rows=rows, product=product, source=source, create_organizations=create_organizations, dry_run=dry_run),
            ),
            types.ImportedKeys,
            Options(timeout=timeout),
        )

    def list(
        self,
        *,
        product: str | NotGiven = NOT_GIVEN,
        organization: str | NotGiven = NOT_GIVEN,
        external_id: str | NotGiven = NOT_GIVEN,
        project: str | NotGiven = NOT_GIVEN,
        environment: str | NotGiven = NOT_GIVEN,
        kind: types.Kind | NotGiven = NOT_GIVEN,
        status: types.KeyState | NotGiven = NOT_GIVEN,
        name: str | NotGiven = NOT_GIVEN,
        exposed: bool | NotGiven = NOT_GIVEN,
        retiring: bool | NotGiven = NOT_GIVEN,
        idle: bool | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> Pages[types.Key]:
        """List keys.

        Newest first; deleted keys are not listed.

        Needs the scope `keys:read`.
        """
        return self._api.pages(
            Operation(
                id="listKeys",
                verb="GET",
                path=f"/v1/keys",
                query=given(product=product, organization=organization, external_id=external_id, project=project, environment=environment, kind=kind, status=status, name=name, exposed=exposed, retiring=retiring, idle=idle, cursor=cursor, limit=limit),
            ),
            types.Key,
            Options(timeout=timeout),
        )

    def get(
        self,
        key: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedKey:
        """Show a key.

        `effective` is the proof that the last change which took rights away is in force.

        Needs the scope `keys:read`.
        """
        return self._api.send(
            Operation(
                id="getKey",
                verb="GET",
                path=f"/v1/keys/{segment('key', key)}",
            ),
            types.ChangedKey,
            Options(timeout=timeout),
        )

    def update(
        self,
        key: str,
        *,
        name: str | None | NotGiven = NOT_GIVEN,
        note: str | None | NotGiven = NOT_GIVEN,
        scopes: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_origins: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_ips: Sequence[str] | None | NotGiven = NOT_GIVEN,
        rate_limit: types.RateLimit | None | NotGiven = NOT_GIVEN,
        spend_caps: types.SpendCaps | None | NotGiven = NOT_GIVEN,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        enabled: bool | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedKey:
        """Change a key.

        What takes rights away is in force on every node when this answers, and `effective` proves it. With `If-Match`, a key that has changed since is left alone (412).

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="changeKey",
                verb="PATCH",
                path=f"/v1/keys/{segment('key', key)}",
                body=given(name=name, note=note, scopes=scopes, allowed_origins=allowed_origins, allowed_ips=allowed_ips, rate_limit=rate_limit, spend_caps=spend_caps, expires_at=expires_at, metadata=metadata, enabled=enabled),
            ),
            types.ChangedKey,
            Options(timeout=timeout),
        )

    def delete(
        self,
        key: str,
        *,
        timeout: float | None = None,
    ) -> types.EndedKey:
        """Revoke a key and remove it from lists.

        Its history stays.

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="deleteKey",
                verb="DELETE",
                path=f"/v1/keys/{segment('key', key)}",
            ),
            types.EndedKey,
            Options(timeout=timeout),
        )

    def rotate(
        self,
        key: str,
        *,
        grace_seconds: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.RotatedKey:
        """Give a key a new value.

        Id, name and rights stay. Rotating again during a grace ends the oldest value.

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="rotateKey",
                verb="POST",
                path=f"/v1/keys/{segment('key', key)}/rotate",
                body=given(grace_seconds=grace_seconds),
            ),
            types.RotatedKey,
            Options(timeout=timeout),
        )

    def retire(
        self,
        key: str,
        *,
        grace_seconds: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedKey:
        """Shorten or end the grace of a key's old value.

        After a rotation with grace: the old value ends now, or earlier than was said. Asking again changes nothing and proves the same.

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="retireKeyValue",
                verb="POST",
                path=f"/v1/keys/{segment('key', key)}/retire",
                body=given(grace_seconds=grace_seconds),
            ),
            types.ChangedKey,
            Options(timeout=timeout),
        )

    def reveal(
        self,
        key: str,
        *,
        timeout: float | None = None,
    ) -> types.RevealedKey:
        """Show a recoverable secret again.

        Only where the product's manifest says `reveal = "recoverable"`. The audit log says who saw it before the answer does. 409 `not_recoverable` where there is nothing to show, `key_is_revoked` where there is nothing any more.

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="revealKey",
                verb="POST",
                path=f"/v1/keys/{segment('key', key)}/reveal",
            ),
            types.RevealedKey,
            Options(timeout=timeout),
        )

    def revoke(
        self,
        key: str,
        *,
        timeout: float | None = None,
    ) -> types.EndedKey:
        """Revoke a key for good.

        When this answers, no request that begins afterwards is allowed on any node. Asking again changes nothing and proves the same.

        Needs the scope `keys:write`.
        """
        return self._api.send(
            Operation(
                id="revokeKey",
                verb="POST",
                path=f"/v1/keys/{segment('key', key)}/revoke",
            ),
            types.EndedKey,
            Options(timeout=timeout),
        )

    def usage(
        self,
        key: str,
        *,
        since: datetime | NotGiven = NOT_GIVEN,
        until: datetime | NotGiven = NOT_GIVEN,
        by: types.By | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.Usage:
        """Show how a key is used.

        Allowed and refused calls, up to this moment. Of calls with texts that are no key, only metrics know.

        Needs the scope `usage:read`.
        """
        return self._api.send(
            Operation(
                id="getKeyUsage",
                verb="GET",
                path=f"/v1/keys/{segment('key', key)}/usage",
                query=given(since=since, until=until, by=by),
            ),
            types.Usage,
            Options(timeout=timeout),
        )


class OrganizationsResource:
    """The operations of the API that are about organizations."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def create(
        self,
        *,
        product: str,
        name: str,
        external_id: str | None | NotGiven = NOT_GIVEN,
        plan: str | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedOrganization:
        """Create an organization.

        Where the manifest says so, it comes with a project, environments and keys; their secrets are in this answer and nowhere else.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="createOrganization",
                verb="POST",
                path=f"/v1/organizations",
                body=given(product=product, name=name, external_id=external_id, plan=plan, metadata=metadata),
                takes_idempotency_key=True,
            ),
            types.CreatedOrganization,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list(
        self,
        *,
        product: str | NotGiven = NOT_GIVEN,
        external_id: str | NotGiven = NOT_GIVEN,
        name: str | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> Pages[types.Organization]:
        """List organizations.

        Newest first.

        Needs the scope `organizations:read`.
        """
        return self._api.pages(
            Operation(
                id="listOrganizations",
                verb="GET",
                path=f"/v1/organizations",
                query=given(product=product, external_id=external_id, name=name, cursor=cursor, limit=limit),
            ),
            types.Organization,
            Options(timeout=timeout),
        )

    def create_or_get(
        self,
        product: str,
        external_id: str,
        *,
        name: str,
        plan: str | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.FoundOrganization:
        """Create an organization, or get the one with this external id.

        An organization that is there already is left as it is.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="createOrGetOrganization",
                verb="PUT",
                path=f"/v1/organizations/by-external-id/{segment('product', product)}/{segment('external_id', external_id)}",
                body=given(name=name, plan=plan, metadata=metadata),
            ),
            types.FoundOrganization,
            Options(timeout=timeout),
        )

    def get(
        self,
        organization: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedOrganization:
        """Show an organization.

        Needs the scope `organizations:read`.
        """
        return self._api.send(
            Operation(
                id="getOrganization",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}",
            ),
            types.ChangedOrganization,
            Options(timeout=timeout),
        )

    def update(
        self,
        organization: str,
        *,
        name: str | None | NotGiven = NOT_GIVEN,
        external_id: str | None | NotGiven = NOT_GIVEN,
        plan: str | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        enabled: bool | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedOrganization:
        """Change, suspend or resume an organization.

        Suspending is in force on every node when this answers, and `effective` proves it.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="changeOrganization",
                verb="PATCH",
                path=f"/v1/organizations/{segment('organization', organization)}",
                body=given(name=name, external_id=external_id, plan=plan, metadata=metadata, enabled=enabled),
            ),
            types.ChangedOrganization,
            Options(timeout=timeout),
        )

    def delete(
        self,
        organization: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedOrganization:
        """Delete an organization.

        Every key below is dead when this answers.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="deleteOrganization",
                verb="DELETE",
                path=f"/v1/organizations/{segment('organization', organization)}",
            ),
            types.ChangedOrganization,
            Options(timeout=timeout),
        )

    def create_portal_token(
        self,
        organization: str,
        *,
        abilities: Sequence[types.PortalAbility] | NotGiven = NOT_GIVEN,
        project: str | None | NotGiven = NOT_GIVEN,
        origin: str | None | NotGiven = NOT_GIVEN,
        visitor: str | None | NotGiven = NOT_GIVEN,
        theme: types.PortalTheme | NotGiven = NOT_GIVEN,
        lifetime_seconds: int | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.PortalToken:
        """Let a customer into the portal.

        The portal is the page of this organization's keys, inside your own site. Ask for a link whenever you show it: it opens once, within five minutes. Abilities need the scope `keys:write` too. All portals close at once with the operator key that asked for them, and with the organization.

        Needs the scope `keys:read`.
        """
        return self._api.send(
            Operation(
                id="createPortalToken",
                verb="POST",
                path=f"/v1/organizations/{segment('organization', organization)}/portal-tokens",
                body=given(abilities=abilities, project=project, origin=origin, visitor=visitor, theme=theme, lifetime_seconds=lifetime_seconds),
            ),
            types.PortalToken,
            Options(timeout=timeout),
        )


class ProjectsResource:
    """The operations of the API that are about projects."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def create(
        self,
        organization: str,
        *,
        name: str,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedProject:
        """Create a project.

        It comes with the manifest's environments and their automatic keys.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="createProject",
                verb="POST",
                path=f"/v1/organizations/{segment('organization', organization)}/projects",
                body=given(name=name),
                takes_idempotency_key=True,
            ),
            types.CreatedProject,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list(
        self,
        organization: str,
        *,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> Pages[types.Project]:
        """List the projects of an organization.

        Newest first.

        Needs the scope `organizations:read`.
        """
        return self._api.pages(
            Operation(
                id="listProjects",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}/projects",
                query=given(cursor=cursor, limit=limit),
            ),
            types.Project,
            Options(timeout=timeout),
        )

    def get(
        self,
        project: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedProject:
        """Show a project.

        Needs the scope `organizations:read`.
        """
        return self._api.send(
            Operation(
                id="getProject",
                verb="GET",
                path=f"/v1/projects/{segment('project', project)}",
            ),
            types.ChangedProject,
            Options(timeout=timeout),
        )

    def update(
        self,
        project: str,
        *,
        name: str | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        enabled: bool | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedProject:
        """Change, disable or enable a project.

        Disabling is in force on every node when this answers, and `effective` proves it.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="changeProject",
                verb="PATCH",
                path=f"/v1/projects/{segment('project', project)}",
                body=given(name=name, metadata=metadata, enabled=enabled),
            ),
            types.ChangedProject,
            Options(timeout=timeout),
        )

    def delete(
        self,
        project: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedProject:
        """Delete a project.

        Every key below is dead when this answers.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="deleteProject",
                verb="DELETE",
                path=f"/v1/projects/{segment('project', project)}",
            ),
            types.ChangedProject,
            Options(timeout=timeout),
        )


class EnvironmentsResource:
    """The operations of the API that are about environments."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def create(
        self,
        project: str,
        *,
        name: str,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedEnvironment:
        """Add an environment to a project.

        It comes with its automatic keys.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="createEnvironment",
                verb="POST",
                path=f"/v1/projects/{segment('project', project)}/environments",
                body=given(name=name),
                takes_idempotency_key=True,
            ),
            types.CreatedEnvironment,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list(
        self,
        project: str,
        *,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> Pages[types.Environment]:
        """List the environments of a project.

        Newest first.

        Needs the scope `organizations:read`.
        """
        return self._api.pages(
            Operation(
                id="listEnvironments",
                verb="GET",
                path=f"/v1/projects/{segment('project', project)}/environments",
                query=given(cursor=cursor, limit=limit),
            ),
            types.Environment,
            Options(timeout=timeout),
        )

    def get(
        self,
        environment: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedEnvironment:
        """Show an environment.

        Needs the scope `organizations:read`.
        """
        return self._api.send(
            Operation(
                id="getEnvironment",
                verb="GET",
                path=f"/v1/environments/{segment('environment', environment)}",
            ),
            types.ChangedEnvironment,
            Options(timeout=timeout),
        )

    def update(
        self,
        environment: str,
        *,
        enabled: bool | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedEnvironment:
        """Disable or enable an environment.

        Disabling is in force on every node when this answers, and `effective` proves it.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="changeEnvironment",
                verb="PATCH",
                path=f"/v1/environments/{segment('environment', environment)}",
                body=given(enabled=enabled),
            ),
            types.ChangedEnvironment,
            Options(timeout=timeout),
        )

    def delete(
        self,
        environment: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedEnvironment:
        """Delete an environment.

        Every key in it is dead when this answers.

        Needs the scope `organizations:write`.
        """
        return self._api.send(
            Operation(
                id="deleteEnvironment",
                verb="DELETE",
                path=f"/v1/environments/{segment('environment', environment)}",
            ),
            types.ChangedEnvironment,
            Options(timeout=timeout),
        )


class CreditsResource:
    """The operations of the API that are about credits."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def get(
        self,
        organization: str,
        *,
        timeout: float | None = None,
    ) -> types.Credits:
        """Show an organization's credits.

        Exact at this moment. Accounts of deleted organizations are shown too.

        Needs the scope `credits:read`.
        """
        return self._api.send(
            Operation(
                id="getCredits",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}/credits",
            ),
            types.Credits,
            Options(timeout=timeout),
        )

    def list_ledger(
        self,
        organization: str,
        *,
        mode: types.Mode | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> Pages[types.LedgerEntry]:
        """List everything that happened to an account.

        Newest first. Each entry says what it does to every sum of the account, so that all of them add up to what `getCredits` answers. With `format=csv` the whole account comes as CSV (RFC 4180), written while it is read.

        Needs the scope `credits:read`.
        """
        return self._api.pages(
            Operation(
                id="listLedger",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}/ledger",
                query=given(mode=mode, cursor=cursor, limit=limit),
            ),
            types.LedgerEntry,
            Options(timeout=timeout),
        )

    def create_grant(
        self,
        organization: str,
        *,
        mode: types.Mode,
        amount: int,
        reason: str,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.OneGrant:
        """Grant credits.

        They can be spent when this answers. Send an `Idempotency-Key`, so that a request that is repeated grants once.

        Needs the scope `credits:write`.
        """
        return self._api.send(
            Operation(
                id="createGrant",
                verb="POST",
                path=f"/v1/organizations/{segment('organization', organization)}/grants",
                body=given(mode=mode, amount=amount, reason=reason, expires_at=expires_at),
                takes_idempotency_key=True,
            ),
            types.OneGrant,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list_grants(
        self,
        organization: str,
        *,
        mode: types.Mode | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> Pages[types.Grant]:
        """List an organization's grants.

        Newest first, each with what is left of it.

        Needs the scope `credits:read`.
        """
        return self._api.pages(
            Operation(
                id="listGrants",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}/grants",
                query=given(mode=mode, cursor=cursor, limit=limit),
            ),
            types.Grant,
            Options(timeout=timeout),
        )

    def void_grant(
        self,
        grant: str,
        *,
        timeout: float | None = None,
    ) -> types.OneGrant:
        """Declare a grant void.

        What is left of it can be spent no more when this answers; what was spent stays spent. One that is void already stays as it is.

        Needs the scope `credits:write`.
        """
        return self._api.send(
            Operation(
                id="voidGrant",
                verb="POST",
                path=f"/v1/grants/{segment('grant', grant)}/void",
            ),
            types.OneGrant,
            Options(timeout=timeout),
        )

    def get_spend(
        self,
        spend: str,
        *,
        timeout: float | None = None,
    ) -> types.OneSpend:
        """Show what a call was charged.

        As it stands now, with what was settled and refunded.

        Needs the scope `credits:read`.
        """
        return self._api.send(
            Operation(
                id="getSpend",
                verb="GET",
                path=f"/v1/spends/{segment('spend', spend)}",
            ),
            types.OneSpend,
            Options(timeout=timeout),
        )

    def refund_spend(
        self,
        spend: str,
        *,
        amount: int | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedSpend:
        """Refund a spend.

        Back to the grants it came from, in sum never more than was spent; what returns to a grant that has ended counts as expired. Without `amount` it may be repeated: what is refunded stays refunded once. A part that is repeated is refunded again, so look at `refunded` first; an `Idempotency-Key` is refused there.

        Needs the scope `keys:verify`.
        """
        return self._api.send(
            Operation(
                id="refundSpend",
                verb="POST",
                path=f"/v1/spends/{segment('spend', spend)}/refund",
                body=given(amount=amount),
            ),
            types.ChangedSpend,
            Options(timeout=timeout),
        )

    def settle_spend(
        self,
        spend: str,
        *,
        amount: int,
        timeout: float | None = None,
    ) -> types.ChangedSpend:
        """Settle a reservation.

        The call cost so much; the rest of what was reserved is free again. The same again changes nothing.

        Needs the scope `keys:verify`.
        """
        return self._api.send(
            Operation(
                id="settleSpend",
                verb="POST",
                path=f"/v1/spends/{segment('spend', spend)}/settle",
                body=given(amount=amount),
            ),
            types.ChangedSpend,
            Options(timeout=timeout),
        )

    def release_spend(
        self,
        spend: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedSpend:
        """Release a reservation.

        Nothing is spent; all of it is free again. The same again changes nothing.

        Needs the scope `keys:verify`.
        """
        return self._api.send(
            Operation(
                id="releaseSpend",
                verb="POST",
                path=f"/v1/spends/{segment('spend', spend)}/release",
            ),
            types.ChangedSpend,
            Options(timeout=timeout),
        )


class ProductsResource:
    """The operations of the API that are about products."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def apply(
        self,
        product: str,
        manifest: str | dict[str, Any],
        *,
        dry_run: bool | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.AppliedManifest:
        """Apply a product's manifest.

        As JSON or as TOML (`application/toml`). Applying the same again changes nothing.

        Needs the scope `products:write`.
        """
        return self._api.send(
            Operation(
                id="applyManifest",
                verb="PUT",
                path=f"/v1/products/{segment('product', product)}",
                body=manifest,
                query=given(dry_run=dry_run),
            ),
            types.AppliedManifest,
            Options(timeout=timeout),
        )

    def get(
        self,
        product: str,
        *,
        timeout: float | None = None,
    ) -> types.Product:
        """Show a product with its manifest.

        Needs the scope `products:read`.
        """
        return self._api.send(
            Operation(
                id="getProduct",
                verb="GET",
                path=f"/v1/products/{segment('product', product)}",
            ),
            types.Product,
            Options(timeout=timeout),
        )

    def list(
        self,
        *,
        timeout: float | None = None,
    ) -> Pages[types.Product]:
        """List products.

        All of them, by slug.

        Needs the scope `products:read`.
        """
        return self._api.pages(
            Operation(
                id="listProducts",
                verb="GET",
                path=f"/v1/products",
            ),
            types.Product,
            Options(timeout=timeout),
        )


class InstallationResource:
    """The operations of the API that are about installation."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def get_usage(
        self,
        *,
        environment: str | NotGiven = NOT_GIVEN,
        organization: str | NotGiven = NOT_GIVEN,
        since: datetime | NotGiven = NOT_GIVEN,
        until: datetime | NotGiven = NOT_GIVEN,
        by: types.By | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.Usage:
        """Show how the keys of an environment or organization are used.

        Deleted keys are counted too.

        Needs the scope `usage:read`.
        """
        return self._api.send(
            Operation(
                id="getUsage",
                verb="GET",
                path=f"/v1/usage",
                query=given(environment=environment, organization=organization, since=since, until=until, by=by),
            ),
            types.Usage,
            Options(timeout=timeout),
        )

    def list_audit(
        self,
        *,
        product: str | NotGiven = NOT_GIVEN,
        organization: str | NotGiven = NOT_GIVEN,
        key: str | NotGiven = NOT_GIVEN,
        action: str | NotGiven = NOT_GIVEN,
        since: datetime | NotGiven = NOT_GIVEN,
        until: datetime | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> Pages[types.AuditEntry]:
        """List what was done.

        Newest first: who, what, when and from where.

        Needs the scope `audit:read`.
        """
        return self._api.pages(
            Operation(
                id="listAudit",
                verb="GET",
                path=f"/v1/audit",
                query=given(product=product, organization=organization, key=key, action=action, since=since, until=until, cursor=cursor, limit=limit),
            ),
            types.AuditEntry,
            Options(timeout=timeout),
        )

    def create_operator_key(
        self,
        *,
        name: str,
        scopes: Sequence[str] | None | NotGiven = NOT_GIVEN,
        product: str | None | NotGiven = NOT_GIVEN,
        environment: str | None | NotGiven = NOT_GIVEN,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedOperatorKey:
        """Create an operator key.

        It is shown, rotated and revoked like any other key, under `/v1/keys`.

        Needs the scope `installation:write`.
        """
        return self._api.send(
            Operation(
                id="createOperatorKey",
                verb="POST",
                path=f"/v1/operator-keys",
                body=given(name=name, scopes=scopes, product=product, environment=environment, expires_at=expires_at),
                takes_idempotency_key=True,
            ),
            types.CreatedOperatorKey,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )


class OwnKeyResource:
    """The operations of the API that are about own key."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def get(
        self,
        key: Credential,
        *,
        timeout: float | None = None,
    ) -> types.OwnKey:
        """What the key that is sent may do.

        Send the key itself as `Authorization: Bearer` or `X-API-Key`. Asking is counted against no rate limit.
        """
        return self._api.send(
            Operation(
                id="getOwnKey",
                verb="GET",
                path=f"/v1/keys/self",
                credential=key,
            ),
            types.OwnKey,
            Options(timeout=timeout),
        )

    def revoke(
        self,
        key: Credential,
        *,
        timeout: float | None = None,
    ) -> types.OwnKeyEnded:
        """Revoke the secret key that is sent.

        For good, as soon as this answers: for whoever finds a key where it should not be. 403 `publishable_key` for publishable keys, which anybody can read in a page.
        """
        return self._api.send(
            Operation(
                id="revokeOwnKey",
                verb="POST",
                path=f"/v1/keys/self/revoke",
                credential=key,
            ),
            types.OwnKeyEnded,
            Options(timeout=timeout),
        )


class SessionsResource:
    """The operations of the API that are about sessions."""

    def __init__(self, api: Caller) -> None:
        self._api = api

    def create(
        self,
        key: Credential,
        *,
        lifetime_seconds: int | None | NotGiven = NOT_GIVEN,
        origin: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedSession:
        """Make a session for a visitor.

        For pages: send the publishable key as `Authorization: Bearer`. The token works wherever the key does, for a few minutes, from the same origin, and dies with its key. Pages of any origin may read why they are refused: refusals of the key have only `code` and `request_id`.
        """
        return self._api.send(
            Operation(
                id="createSession",
                verb="POST",
                path=f"/v1/sessions",
                credential=key,
                body=given(lifetime_seconds=lifetime_seconds),
            ),
            types.CreatedSession,
            Options(timeout=timeout, origin=origin),
        )

    def signing_keys(
        self,
        *,
        timeout: float | None = None,
    ) -> types.JsonWebKeySet:
        """The public keys that session tokens are signed with.

        For checking tokens offline (RFC 7517). An old key stays until all its tokens have ended. May be kept for five minutes; a token that names another key is a reason to ask again.
        """
        return self._api.send(
            Operation(
                id="getSigningKeys",
                verb="GET",
                path=f"/.well-known/jwks.json",
                credential=None,
            ),
            types.JsonWebKeySet,
            Options(timeout=timeout),
        )


class Resources:
    """All operations of the API."""

    def __init__(self, api: Caller) -> None:
        self.keys = KeysResource(api)
        self.organizations = OrganizationsResource(api)
        self.projects = ProjectsResource(api)
        self.environments = EnvironmentsResource(api)
        self.credits = CreditsResource(api)
        self.products = ProductsResource(api)
        self.installation = InstallationResource(api)
        self.own_key = OwnKeyResource(api)
        self.sessions = SessionsResource(api)


class AsyncKeysResource:
    """The operations of the API that are about keys."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def create(
        self,
        environment: str,
        *,
        kind: types.Kind,
        name: str,
        scopes: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_origins: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_ips: Sequence[str] | None | NotGiven = NOT_GIVEN,
        rate_limit: types.RateLimit | None | NotGiven = NOT_GIVEN,
        spend_caps: types.SpendCaps | None | NotGiven = NOT_GIVEN,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        note: str | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedKey:
        """Create a key.

        The secret of a secret key is in this answer and nowhere else.

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="createKey",
                verb="POST",
                path=f"/v1/environments/{segment('environment', environment)}/keys",
                body=given(kind=kind, name=name, scopes=scopes, allowed_origins=allowed_origins, allowed_ips=allowed_ips, rate_limit=rate_limit, spend_caps=spend_caps, expires_at=expires_at, metadata=metadata, note=note),
                takes_idempotency_key=True,
            ),
            types.CreatedKey,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list_in_environment(
        self,
        environment: str,
        *,
        product: str | NotGiven = NOT_GIVEN,
        organization: str | NotGiven = NOT_GIVEN,
        external_id: str | NotGiven = NOT_GIVEN,
        project: str | NotGiven = NOT_GIVEN,
        kind: types.Kind | NotGiven = NOT_GIVEN,
        status: types.KeyState | NotGiven = NOT_GIVEN,
        name: str | NotGiven = NOT_GIVEN,
        exposed: bool | NotGiven = NOT_GIVEN,
        retiring: bool | NotGiven = NOT_GIVEN,
        idle: bool | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> AsyncPages[types.Key]:
        """List the keys of an environment.

        Newest first; deleted keys are not listed.

        Needs the scope `keys:read`.
        """
        return self._api.pages(
            Operation(
                id="listEnvironmentKeys",
                verb="GET",
                path=f"/v1/environments/{segment('environment', environment)}/keys",
                query=given(product=product, organization=organization, external_id=external_id, project=project, kind=kind, status=status, name=name, exposed=exposed, retiring=retiring, idle=idle, cursor=cursor, limit=limit),
            ),
            types.Key,
            Options(timeout=timeout),
        )

    async def adopt(
        self,
        *,
        key: str,
        product: str | None | NotGiven = NOT_GIVEN,
        organization: str | None | NotGiven = NOT_GIVEN,
        project: str | None | NotGiven = NOT_GIVEN,
        environment: str | None | NotGiven = NOT_GIVEN,
        name: str | None | NotGiven = NOT_GIVEN,
        scopes: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_origins: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_ips: Sequence[str] | None | NotGiven = NOT_GIVEN,
        rate_limit: types.RateLimit | None | NotGiven = NOT_GIVEN,
        spend_caps: types.SpendCaps | None | NotGiven = NOT_GIVEN,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        note: str | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.AdoptedKey:
        """Adopt a key that another system has just accepted.

        From then on it is verified here like any other, and the other system need not be asked again. Adopting it again answers the same key and changes nothing, so that no Idempotency-Key is needed.

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="adoptKey",
                verb="POST",
                path=f"/v1/keys/adopt",
                body=given(key=key, product=product, organization=organization, project=project, environment=environment, name=name, scopes=scopes, allowed_origins=allowed_origins, allowed_ips=allowed_ips, rate_limit=rate_limit, spend_caps=spend_caps, expires_at=expires_at, metadata=metadata, note=note),
            ),
            types.AdoptedKey,
            Options(timeout=timeout),
        )

    async def import_(
        self,
        *,
        rows: Sequence[types.ImportRow],
        product: str | None | NotGiven = NOT_GIVEN,
        source: str | None | NotGiven = NOT_GIVEN,
        create_organizations: bool | NotGiven = NOT_GIVEN,
        dry_run: bool | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ImportedKeys:
        """Import keys of another system by their digests.

        Their texts need not be known: each goes on working as it is, until it is rotated. Importing the same rows again changes nothing.

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="importKeys",
                verb="POST",
                path=f"/v1/keys/import",
                body=given(rows=rows, product=product, source=source, create_organizations=create_organizations, dry_run=dry_run),
            ),
            types.ImportedKeys,
            Options(timeout=timeout),
        )

    def list(
        self,
        *,
        product: str | NotGiven = NOT_GIVEN,
        organization: str | NotGiven = NOT_GIVEN,
        external_id: str | NotGiven = NOT_GIVEN,
        project: str | NotGiven = NOT_GIVEN,
        environment: str | NotGiven = NOT_GIVEN,
        kind: types.Kind | NotGiven = NOT_GIVEN,
        status: types.KeyState | NotGiven = NOT_GIVEN,
        name: str | NotGiven = NOT_GIVEN,
        exposed: bool | NotGiven = NOT_GIVEN,
        retiring: bool | NotGiven = NOT_GIVEN,
        idle: bool | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> AsyncPages[types.Key]:
        """List keys.

        Newest first; deleted keys are not listed.

        Needs the scope `keys:read`.
        """
        return self._api.pages(
            Operation(
                id="listKeys",
                verb="GET",
                path=f"/v1/keys",
                query=given(product=product, organization=organization, external_id=external_id, project=project, environment=environment, kind=kind, status=status, name=name, exposed=exposed, retiring=retiring, idle=idle, cursor=cursor, limit=limit),
            ),
            types.Key,
            Options(timeout=timeout),
        )

    async def get(
        self,
        key: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedKey:
        """Show a key.

        `effective` is the proof that the last change which took rights away is in force.

        Needs the scope `keys:read`.
        """
        return await self._api.send(
            Operation(
                id="getKey",
                verb="GET",
                path=f"/v1/keys/{segment('key', key)}",
            ),
            types.ChangedKey,
            Options(timeout=timeout),
        )

    async def update(
        self,
        key: str,
        *,
        name: str | None | NotGiven = NOT_GIVEN,
        note: str | None | NotGiven = NOT_GIVEN,
        scopes: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_origins: Sequence[str] | None | NotGiven = NOT_GIVEN,
        allowed_ips: Sequence[str] | None | NotGiven = NOT_GIVEN,
        rate_limit: types.RateLimit | None | NotGiven = NOT_GIVEN,
        spend_caps: types.SpendCaps | None | NotGiven = NOT_GIVEN,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        enabled: bool | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedKey:
        """Change a key.

        What takes rights away is in force on every node when this answers, and `effective` proves it. With `If-Match`, a key that has changed since is left alone (412).

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="changeKey",
                verb="PATCH",
                path=f"/v1/keys/{segment('key', key)}",
                body=given(name=name, note=note, scopes=scopes, allowed_origins=allowed_origins, allowed_ips=allowed_ips, rate_limit=rate_limit, spend_caps=spend_caps, expires_at=expires_at, metadata=metadata, enabled=enabled),
            ),
            types.ChangedKey,
            Options(timeout=timeout),
        )

    async def delete(
        self,
        key: str,
        *,
        timeout: float | None = None,
    ) -> types.EndedKey:
        """Revoke a key and remove it from lists.

        Its history stays.

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="deleteKey",
                verb="DELETE",
                path=f"/v1/keys/{segment('key', key)}",
            ),
            types.EndedKey,
            Options(timeout=timeout),
        )

    async def rotate(
        self,
        key: str,
        *,
        grace_seconds: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.RotatedKey:
        """Give a key a new value.

        Id, name and rights stay. Rotating again during a grace ends the oldest value.

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="rotateKey",
                verb="POST",
                path=f"/v1/keys/{segment('key', key)}/rotate",
                body=given(grace_seconds=grace_seconds),
            ),
            types.RotatedKey,
            Options(timeout=timeout),
        )

    async def retire(
        self,
        key: str,
        *,
        grace_seconds: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedKey:
        """Shorten or end the grace of a key's old value.

        After a rotation with grace: the old value ends now, or earlier than was said. Asking again changes nothing and proves the same.

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="retireKeyValue",
                verb="POST",
                path=f"/v1/keys/{segment('key', key)}/retire",
                body=given(grace_seconds=grace_seconds),
            ),
            types.ChangedKey,
            Options(timeout=timeout),
        )

    async def reveal(
        self,
        key: str,
        *,
        timeout: float | None = None,
    ) -> types.RevealedKey:
        """Show a recoverable secret again.

        Only where the product's manifest says `reveal = "recoverable"`. The audit log says who saw it before the answer does. 409 `not_recoverable` where there is nothing to show, `key_is_revoked` where there is nothing any more.

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="revealKey",
                verb="POST",
                path=f"/v1/keys/{segment('key', key)}/reveal",
            ),
            types.RevealedKey,
            Options(timeout=timeout),
        )

    async def revoke(
        self,
        key: str,
        *,
        timeout: float | None = None,
    ) -> types.EndedKey:
        """Revoke a key for good.

        When this answers, no request that begins afterwards is allowed on any node. Asking again changes nothing and proves the same.

        Needs the scope `keys:write`.
        """
        return await self._api.send(
            Operation(
                id="revokeKey",
                verb="POST",
                path=f"/v1/keys/{segment('key', key)}/revoke",
            ),
            types.EndedKey,
            Options(timeout=timeout),
        )

    async def usage(
        self,
        key: str,
        *,
        since: datetime | NotGiven = NOT_GIVEN,
        until: datetime | NotGiven = NOT_GIVEN,
        by: types.By | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.Usage:
        """Show how a key is used.

        Allowed and refused calls, up to this moment. Of calls with texts that are no key, only metrics know.

        Needs the scope `usage:read`.
        """
        return await self._api.send(
            Operation(
                id="getKeyUsage",
                verb="GET",
                path=f"/v1/keys/{segment('key', key)}/usage",
                query=given(since=since, until=until, by=by),
            ),
            types.Usage,
            Options(timeout=timeout),
        )


class AsyncOrganizationsResource:
    """The operations of the API that are about organizations."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def create(
        self,
        *,
        product: str,
        name: str,
        external_id: str | None | NotGiven = NOT_GIVEN,
        plan: str | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedOrganization:
        """Create an organization.

        Where the manifest says so, it comes with a project, environments and keys; their secrets are in this answer and nowhere else.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="createOrganization",
                verb="POST",
                path=f"/v1/organizations",
                body=given(product=product, name=name, external_id=external_id, plan=plan, metadata=metadata),
                takes_idempotency_key=True,
            ),
            types.CreatedOrganization,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list(
        self,
        *,
        product: str | NotGiven = NOT_GIVEN,
        external_id: str | NotGiven = NOT_GIVEN,
        name: str | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> AsyncPages[types.Organization]:
        """List organizations.

        Newest first.

        Needs the scope `organizations:read`.
        """
        return self._api.pages(
            Operation(
                id="listOrganizations",
                verb="GET",
                path=f"/v1/organizations",
                query=given(product=product, external_id=external_id, name=name, cursor=cursor, limit=limit),
            ),
            types.Organization,
            Options(timeout=timeout),
        )

    async def create_or_get(
        self,
        product: str,
        external_id: str,
        *,
        name: str,
        plan: str | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.FoundOrganization:
        """Create an organization, or get the one with this external id.

        An organization that is there already is left as it is.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="createOrGetOrganization",
                verb="PUT",
                path=f"/v1/organizations/by-external-id/{segment('product', product)}/{segment('external_id', external_id)}",
                body=given(name=name, plan=plan, metadata=metadata),
            ),
            types.FoundOrganization,
            Options(timeout=timeout),
        )

    async def get(
        self,
        organization: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedOrganization:
        """Show an organization.

        Needs the scope `organizations:read`.
        """
        return await self._api.send(
            Operation(
                id="getOrganization",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}",
            ),
            types.ChangedOrganization,
            Options(timeout=timeout),
        )

    async def update(
        self,
        organization: str,
        *,
        name: str | None | NotGiven = NOT_GIVEN,
        external_id: str | None | NotGiven = NOT_GIVEN,
        plan: str | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        enabled: bool | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedOrganization:
        """Change, suspend or resume an organization.

        Suspending is in force on every node when this answers, and `effective` proves it.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="changeOrganization",
                verb="PATCH",
                path=f"/v1/organizations/{segment('organization', organization)}",
                body=given(name=name, external_id=external_id, plan=plan, metadata=metadata, enabled=enabled),
            ),
            types.ChangedOrganization,
            Options(timeout=timeout),
        )

    async def delete(
        self,
        organization: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedOrganization:
        """Delete an organization.

        Every key below is dead when this answers.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="deleteOrganization",
                verb="DELETE",
                path=f"/v1/organizations/{segment('organization', organization)}",
            ),
            types.ChangedOrganization,
            Options(timeout=timeout),
        )

    async def create_portal_token(
        self,
        organization: str,
        *,
        abilities: Sequence[types.PortalAbility] | NotGiven = NOT_GIVEN,
        project: str | None | NotGiven = NOT_GIVEN,
        origin: str | None | NotGiven = NOT_GIVEN,
        visitor: str | None | NotGiven = NOT_GIVEN,
        theme: types.PortalTheme | NotGiven = NOT_GIVEN,
        lifetime_seconds: int | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.PortalToken:
        """Let a customer into the portal.

        The portal is the page of this organization's keys, inside your own site. Ask for a link whenever you show it: it opens once, within five minutes. Abilities need the scope `keys:write` too. All portals close at once with the operator key that asked for them, and with the organization.

        Needs the scope `keys:read`.
        """
        return await self._api.send(
            Operation(
                id="createPortalToken",
                verb="POST",
                path=f"/v1/organizations/{segment('organization', organization)}/portal-tokens",
                body=given(abilities=abilities, project=project, origin=origin, visitor=visitor, theme=theme, lifetime_seconds=lifetime_seconds),
            ),
            types.PortalToken,
            Options(timeout=timeout),
        )


class AsyncProjectsResource:
    """The operations of the API that are about projects."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def create(
        self,
        organization: str,
        *,
        name: str,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedProject:
        """Create a project.

        It comes with the manifest's environments and their automatic keys.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="createProject",
                verb="POST",
                path=f"/v1/organizations/{segment('organization', organization)}/projects",
                body=given(name=name),
                takes_idempotency_key=True,
            ),
            types.CreatedProject,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list(
        self,
        organization: str,
        *,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> AsyncPages[types.Project]:
        """List the projects of an organization.

        Newest first.

        Needs the scope `organizations:read`.
        """
        return self._api.pages(
            Operation(
                id="listProjects",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}/projects",
                query=given(cursor=cursor, limit=limit),
            ),
            types.Project,
            Options(timeout=timeout),
        )

    async def get(
        self,
        project: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedProject:
        """Show a project.

        Needs the scope `organizations:read`.
        """
        return await self._api.send(
            Operation(
                id="getProject",
                verb="GET",
                path=f"/v1/projects/{segment('project', project)}",
            ),
            types.ChangedProject,
            Options(timeout=timeout),
        )

    async def update(
        self,
        project: str,
        *,
        name: str | None | NotGiven = NOT_GIVEN,
        metadata: dict[str, Any] | None | NotGiven = NOT_GIVEN,
        enabled: bool | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedProject:
        """Change, disable or enable a project.

        Disabling is in force on every node when this answers, and `effective` proves it.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="changeProject",
                verb="PATCH",
                path=f"/v1/projects/{segment('project', project)}",
                body=given(name=name, metadata=metadata, enabled=enabled),
            ),
            types.ChangedProject,
            Options(timeout=timeout),
        )

    async def delete(
        self,
        project: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedProject:
        """Delete a project.

        Every key below is dead when this answers.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="deleteProject",
                verb="DELETE",
                path=f"/v1/projects/{segment('project', project)}",
            ),
            types.ChangedProject,
            Options(timeout=timeout),
        )


class AsyncEnvironmentsResource:
    """The operations of the API that are about environments."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def create(
        self,
        project: str,
        *,
        name: str,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedEnvironment:
        """Add an environment to a project.

        It comes with its automatic keys.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="createEnvironment",
                verb="POST",
                path=f"/v1/projects/{segment('project', project)}/environments",
                body=given(name=name),
                takes_idempotency_key=True,
            ),
            types.CreatedEnvironment,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list(
        self,
        project: str,
        *,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> AsyncPages[types.Environment]:
        """List the environments of a project.

        Newest first.

        Needs the scope `organizations:read`.
        """
        return self._api.pages(
            Operation(
                id="listEnvironments",
                verb="GET",
                path=f"/v1/projects/{segment('project', project)}/environments",
                query=given(cursor=cursor, limit=limit),
            ),
            types.Environment,
            Options(timeout=timeout),
        )

    async def get(
        self,
        environment: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedEnvironment:
        """Show an environment.

        Needs the scope `organizations:read`.
        """
        return await self._api.send(
            Operation(
                id="getEnvironment",
                verb="GET",
                path=f"/v1/environments/{segment('environment', environment)}",
            ),
            types.ChangedEnvironment,
            Options(timeout=timeout),
        )

    async def update(
        self,
        environment: str,
        *,
        enabled: bool | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedEnvironment:
        """Disable or enable an environment.

        Disabling is in force on every node when this answers, and `effective` proves it.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="changeEnvironment",
                verb="PATCH",
                path=f"/v1/environments/{segment('environment', environment)}",
                body=given(enabled=enabled),
            ),
            types.ChangedEnvironment,
            Options(timeout=timeout),
        )

    async def delete(
        self,
        environment: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedEnvironment:
        """Delete an environment.

        Every key in it is dead when this answers.

        Needs the scope `organizations:write`.
        """
        return await self._api.send(
            Operation(
                id="deleteEnvironment",
                verb="DELETE",
                path=f"/v1/environments/{segment('environment', environment)}",
            ),
            types.ChangedEnvironment,
            Options(timeout=timeout),
        )


class AsyncCreditsResource:
    """The operations of the API that are about credits."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def get(
        self,
        organization: str,
        *,
        timeout: float | None = None,
    ) -> types.Credits:
        """Show an organization's credits.

        Exact at this moment. Accounts of deleted organizations are shown too.

        Needs the scope `credits:read`.
        """
        return await self._api.send(
            Operation(
                id="getCredits",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}/credits",
            ),
            types.Credits,
            Options(timeout=timeout),
        )

    def list_ledger(
        self,
        organization: str,
        *,
        mode: types.Mode | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> AsyncPages[types.LedgerEntry]:
        """List everything that happened to an account.

        Newest first. Each entry says what it does to every sum of the account, so that all of them add up to what `getCredits` answers. With `format=csv` the whole account comes as CSV (RFC 4180), written while it is read.

        Needs the scope `credits:read`.
        """
        return self._api.pages(
            Operation(
                id="listLedger",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}/ledger",
                query=given(mode=mode, cursor=cursor, limit=limit),
            ),
            types.LedgerEntry,
            Options(timeout=timeout),
        )

    async def create_grant(
        self,
        organization: str,
        *,
        mode: types.Mode,
        amount: int,
        reason: str,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.OneGrant:
        """Grant credits.

        They can be spent when this answers. Send an `Idempotency-Key`, so that a request that is repeated grants once.

        Needs the scope `credits:write`.
        """
        return await self._api.send(
            Operation(
                id="createGrant",
                verb="POST",
                path=f"/v1/organizations/{segment('organization', organization)}/grants",
                body=given(mode=mode, amount=amount, reason=reason, expires_at=expires_at),
                takes_idempotency_key=True,
            ),
            types.OneGrant,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )

    def list_grants(
        self,
        organization: str,
        *,
        mode: types.Mode | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> AsyncPages[types.Grant]:
        """List an organization's grants.

        Newest first, each with what is left of it.

        Needs the scope `credits:read`.
        """
        return self._api.pages(
            Operation(
                id="listGrants",
                verb="GET",
                path=f"/v1/organizations/{segment('organization', organization)}/grants",
                query=given(mode=mode, cursor=cursor, limit=limit),
            ),
            types.Grant,
            Options(timeout=timeout),
        )

    async def void_grant(
        self,
        grant: str,
        *,
        timeout: float | None = None,
    ) -> types.OneGrant:
        """Declare a grant void.

        What is left of it can be spent no more when this answers; what was spent stays spent. One that is void already stays as it is.

        Needs the scope `credits:write`.
        """
        return await self._api.send(
            Operation(
                id="voidGrant",
                verb="POST",
                path=f"/v1/grants/{segment('grant', grant)}/void",
            ),
            types.OneGrant,
            Options(timeout=timeout),
        )

    async def get_spend(
        self,
        spend: str,
        *,
        timeout: float | None = None,
    ) -> types.OneSpend:
        """Show what a call was charged.

        As it stands now, with what was settled and refunded.

        Needs the scope `credits:read`.
        """
        return await self._api.send(
            Operation(
                id="getSpend",
                verb="GET",
                path=f"/v1/spends/{segment('spend', spend)}",
            ),
            types.OneSpend,
            Options(timeout=timeout),
        )

    async def refund_spend(
        self,
        spend: str,
        *,
        amount: int | None | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.ChangedSpend:
        """Refund a spend.

        Back to the grants it came from, in sum never more than was spent; what returns to a grant that has ended counts as expired. Without `amount` it may be repeated: what is refunded stays refunded once. A part that is repeated is refunded again, so look at `refunded` first; an `Idempotency-Key` is refused there.

        Needs the scope `keys:verify`.
        """
        return await self._api.send(
            Operation(
                id="refundSpend",
                verb="POST",
                path=f"/v1/spends/{segment('spend', spend)}/refund",
                body=given(amount=amount),
            ),
            types.ChangedSpend,
            Options(timeout=timeout),
        )

    async def settle_spend(
        self,
        spend: str,
        *,
        amount: int,
        timeout: float | None = None,
    ) -> types.ChangedSpend:
        """Settle a reservation.

        The call cost so much; the rest of what was reserved is free again. The same again changes nothing.

        Needs the scope `keys:verify`.
        """
        return await self._api.send(
            Operation(
                id="settleSpend",
                verb="POST",
                path=f"/v1/spends/{segment('spend', spend)}/settle",
                body=given(amount=amount),
            ),
            types.ChangedSpend,
            Options(timeout=timeout),
        )

    async def release_spend(
        self,
        spend: str,
        *,
        timeout: float | None = None,
    ) -> types.ChangedSpend:
        """Release a reservation.

        Nothing is spent; all of it is free again. The same again changes nothing.

        Needs the scope `keys:verify`.
        """
        return await self._api.send(
            Operation(
                id="releaseSpend",
                verb="POST",
                path=f"/v1/spends/{segment('spend', spend)}/release",
            ),
            types.ChangedSpend,
            Options(timeout=timeout),
        )


class AsyncProductsResource:
    """The operations of the API that are about products."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def apply(
        self,
        product: str,
        manifest: str | dict[str, Any],
        *,
        dry_run: bool | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.AppliedManifest:
        """Apply a product's manifest.

        As JSON or as TOML (`application/toml`). Applying the same again changes nothing.

        Needs the scope `products:write`.
        """
        return await self._api.send(
            Operation(
                id="applyManifest",
                verb="PUT",
                path=f"/v1/products/{segment('product', product)}",
                body=manifest,
                query=given(dry_run=dry_run),
            ),
            types.AppliedManifest,
            Options(timeout=timeout),
        )

    async def get(
        self,
        product: str,
        *,
        timeout: float | None = None,
    ) -> types.Product:
        """Show a product with its manifest.

        Needs the scope `products:read`.
        """
        return await self._api.send(
            Operation(
                id="getProduct",
                verb="GET",
                path=f"/v1/products/{segment('product', product)}",
            ),
            types.Product,
            Options(timeout=timeout),
        )

    def list(
        self,
        *,
        timeout: float | None = None,
    ) -> AsyncPages[types.Product]:
        """List products.

        All of them, by slug.

        Needs the scope `products:read`.
        """
        return self._api.pages(
            Operation(
                id="listProducts",
                verb="GET",
                path=f"/v1/products",
            ),
            types.Product,
            Options(timeout=timeout),
        )


class AsyncInstallationResource:
    """The operations of the API that are about installation."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def get_usage(
        self,
        *,
        environment: str | NotGiven = NOT_GIVEN,
        organization: str | NotGiven = NOT_GIVEN,
        since: datetime | NotGiven = NOT_GIVEN,
        until: datetime | NotGiven = NOT_GIVEN,
        by: types.By | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> types.Usage:
        """Show how the keys of an environment or organization are used.

        Deleted keys are counted too.

        Needs the scope `usage:read`.
        """
        return await self._api.send(
            Operation(
                id="getUsage",
                verb="GET",
                path=f"/v1/usage",
                query=given(environment=environment, organization=organization, since=since, until=until, by=by),
            ),
            types.Usage,
            Options(timeout=timeout),
        )

    def list_audit(
        self,
        *,
        product: str | NotGiven = NOT_GIVEN,
        organization: str | NotGiven = NOT_GIVEN,
        key: str | NotGiven = NOT_GIVEN,
        action: str | NotGiven = NOT_GIVEN,
        since: datetime | NotGiven = NOT_GIVEN,
        until: datetime | NotGiven = NOT_GIVEN,
        cursor: str | NotGiven = NOT_GIVEN,
        limit: int | NotGiven = NOT_GIVEN,
        timeout: float | None = None,
    ) -> AsyncPages[types.AuditEntry]:
        """List what was done.

        Newest first: who, what, when and from where.

        Needs the scope `audit:read`.
        """
        return self._api.pages(
            Operation(
                id="listAudit",
                verb="GET",
                path=f"/v1/audit",
                query=given(product=product, organization=organization, key=key, action=action, since=since, until=until, cursor=cursor, limit=limit),
            ),
            types.AuditEntry,
            Options(timeout=timeout),
        )

    async def create_operator_key(
        self,
        *,
        name: str,
        scopes: Sequence[str] | None | NotGiven = NOT_GIVEN,
        product: str | None | NotGiven = NOT_GIVEN,
        environment: str | None | NotGiven = NOT_GIVEN,
        expires_at: datetime | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedOperatorKey:
        """Create an operator key.

        It is shown, rotated and revoked like any other key, under `/v1/keys`.

        Needs the scope `installation:write`.
        """
        return await self._api.send(
            Operation(
                id="createOperatorKey",
                verb="POST",
                path=f"/v1/operator-keys",
                body=given(name=name, scopes=scopes, product=product, environment=environment, expires_at=expires_at),
                takes_idempotency_key=True,
            ),
            types.CreatedOperatorKey,
            Options(timeout=timeout, idempotency_key=idempotency_key),
        )


class AsyncOwnKeyResource:
    """The operations of the API that are about own key."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def get(
        self,
        key: Credential,
        *,
        timeout: float | None = None,
    ) -> types.OwnKey:
        """What the key that is sent may do.

        Send the key itself as `Authorization: Bearer` or `X-API-Key`. Asking is counted against no rate limit.
        """
        return await self._api.send(
            Operation(
                id="getOwnKey",
                verb="GET",
                path=f"/v1/keys/self",
                credential=key,
            ),
            types.OwnKey,
            Options(timeout=timeout),
        )

    async def revoke(
        self,
        key: Credential,
        *,
        timeout: float | None = None,
    ) -> types.OwnKeyEnded:
        """Revoke the secret key that is sent.

        For good, as soon as this answers: for whoever finds a key where it should not be. 403 `publishable_key` for publishable keys, which anybody can read in a page.
        """
        return await self._api.send(
            Operation(
                id="revokeOwnKey",
                verb="POST",
                path=f"/v1/keys/self/revoke",
                credential=key,
            ),
            types.OwnKeyEnded,
            Options(timeout=timeout),
        )


class AsyncSessionsResource:
    """The operations of the API that are about sessions."""

    def __init__(self, api: AsyncCaller) -> None:
        self._api = api

    async def create(
        self,
        key: Credential,
        *,
        lifetime_seconds: int | None | NotGiven = NOT_GIVEN,
        origin: str | None = None,
        timeout: float | None = None,
    ) -> types.CreatedSession:
        """Make a session for a visitor.

        For pages: send the publishable key as `Authorization: Bearer`. The token works wherever the key does, for a few minutes, from the same origin, and dies with its key. Pages of any origin may read why they are refused: refusals of the key have only `code` and `request_id`.
        """
        return await self._api.send(
            Operation(
                id="createSession",
                verb="POST",
                path=f"/v1/sessions",
                credential=key,
                body=given(lifetime_seconds=lifetime_seconds),
            ),
            types.CreatedSession,
            Options(timeout=timeout, origin=origin),
        )

    async def signing_keys(
        self,
        *,
        timeout: float | None = None,
    ) -> types.JsonWebKeySet:
        """The public keys that session tokens are signed with.

        For checking tokens offline (RFC 7517). An old key stays until all its tokens have ended. May be kept for five minutes; a token that names another key is a reason to ask again.
        """
        return await self._api.send(
            Operation(
                id="getSigningKeys",
                verb="GET",
                path=f"/.well-known/jwks.json",
                credential=None,
            ),
            types.JsonWebKeySet,
            Options(timeout=timeout),
        )


class AsyncResources:
    """All operations of the API."""

    def __init__(self, api: AsyncCaller) -> None:
        self.keys = AsyncKeysResource(api)
        self.organizations = AsyncOrganizationsResource(api)
        self.projects = AsyncProjectsResource(api)
        self.environments = AsyncEnvironmentsResource(api)
        self.credits = AsyncCreditsResource(api)
        self.products = AsyncProductsResource(api)
        self.installation = AsyncInstallationResource(api)
        self.own_key = AsyncOwnKeyResource(api)
        self.sessions = AsyncSessionsResource(api)
