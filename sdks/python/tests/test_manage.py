"""The write path against a real Keystile, with the decisions that all implementations share."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import anyio
import pytest

from conftest import Fake, Reply, vectors
from keystile import ApiError, AsyncKeystile, ConnectionFailed, Keystile, KeystileError, Secret, UnexpectedAnswer, types

ORGANIZATION = {
    "organization": {"id": "org_x", "product": "x", "name": "x", "enabled": True, "created_at": "2026-01-01T00:00:00.000Z"},
    "projects": [],
}


def test_a_key_is_created_rotated_revoked_and_deleted_and_its_secret_is_never_printed(server):
    admin = server.admin
    server.apply("bkend")
    organization = admin.organizations.create(product="bkend", name="Paperboat Labs", external_id="paperboat").organization
    environment = admin.projects.create(organization.id, name="Regatta").environments[0]
    created = admin.keys.create(environment.id, kind="secret", name="API server", metadata={"secret": "a word of the customer's"})
    assert isinstance(created.secret, Secret)
    assert created.secret.reveal().startswith("sk_live_")
    assert created.secret.reveal() not in repr(created)
    assert created.key.metadata == {"secret": "a word of the customer's"}
    assert created.key.created_at.tzinfo is not None
    limit = types.RateLimit(limit=5, period_seconds=1)
    assert admin.keys.update(created.key.id, rate_limit=limit).rate_limit == limit
    assert admin.keys.update(created.key.id, name="Server").rate_limit == limit, "what is left out stays"
    assert admin.keys.update(created.key.id, rate_limit=None).rate_limit is None
    rotated = admin.keys.rotate(created.key.id, grace_seconds=60)
    assert rotated.secret != created.secret
    effective = admin.keys.revoke(created.key.id).effective
    assert effective.confirmed + effective.lapsed == effective.nodes
    assert admin.keys.get(created.key.id).status == "revoked"
    admin.keys.delete(created.key.id)
    with pytest.raises(ApiError) as error:
        admin.own_key.get(rotated.secret)
    assert error.value.status == 401


def test_lists_are_walked_page_by_page(server):
    server.apply("innkept")
    names = ["a", "b", "c", "d", "e"]
    for name in names:
        server.admin.organizations.create(product="innkept", name=name)
    first = server.admin.organizations.list(product="innkept", limit=2).first()
    assert len(first.data) == 2 and first.next_cursor
    assert sorted(found.name for found in server.admin.organizations.list(product="innkept", limit=2)) == names

    async def run():
        async with AsyncKeystile(url=server.url, operator_key=server.operator_key) as client:
            pages = client.organizations.list(product="innkept", limit=2)
            return sorted([found.name async for found in pages]), len((await pages.first()).data)

    assert anyio.run(run) == (names, 2)


def test_a_creating_call_that_is_repeated_creates_nothing_anew(server):
    server.apply("keepem")
    make = lambda: server.admin.organizations.create(product="keepem", name="Riverside", idempotency_key="once")  # noqa: E731
    assert make().organization.id == make().organization.id


def test_creating_calls_are_tried_again_as_the_same_and_other_changes_are_not(server):
    with Fake(lambda count, _: Reply(is_cut=True) if count < 2 else Reply(body=ORGANIZATION)) as shaky:
        client = Keystile(url=shaky.url, operator_key=server.operator_key, retry_delay=0)
        client.organizations.create(product="keepem", name="x")
        first, second = [request["headers"]["idempotency-key"] for request in shaky.requests]
        assert first == second
    with Fake(lambda *_: Reply(is_cut=True)) as broken:
        client = Keystile(url=broken.url, operator_key=server.operator_key, retry_delay=0)
        for call in (client.keys.revoke, client.keys.get):
            with pytest.raises(ConnectionFailed):
                call("key_x")
        assert [request["method"] for request in broken.requests] == ["POST", "GET", "GET", "GET"]


def test_an_answer_of_another_form_is_an_error(server):
    for body in ({}, {"data": 1}, {**ORGANIZATION, "projects": [1]}, {**ORGANIZATION, "organization": "x"}):
        with Fake(lambda *_: Reply(body=body)) as other:
            client = Keystile(url=other.url, operator_key=server.operator_key)
            with pytest.raises(UnexpectedAnswer):
                client.organizations.create(product="x", name="x")
            with pytest.raises(UnexpectedAnswer):
                list(client.keys.list()) if "data" in body else client.keys.get("key_x")


def test_ids_cannot_lead_to_another_path(server):
    for id in ("", ".", "..", None):
        with pytest.raises(KeystileError):
            server.admin.keys.get(id)
    with pytest.raises(ApiError):
        server.admin.keys.get("../organizations")


def test_a_manifest_is_applied_as_toml_as_json_and_as_a_dry_run(server):
    manifest = {"product": {"slug": "letters", "name": "Letters"}, "environments": [{"name": "production"}], "keys": {"secret": {}}, "scopes": [{"name": "read"}]}
    assert server.admin.products.apply("letters", manifest, dry_run=True).dry_run
    server.admin.products.apply("letters", manifest)
    toml = server.admin.products.get("letters").manifest
    assert server.admin.products.apply("letters", toml).changes == []


def test_credits_are_granted_and_listed(server):
    server.apply("datakeen")
    organization = server.admin.organizations.create(product="datakeen", name="Northbank").organization
    ends = datetime.now(timezone.utc) + timedelta(days=1)
    grant = server.admin.credits.create_grant(organization.id, mode="live", amount=5, reason="invoice 17", expires_at=ends).grant
    assert server.admin.credits.get(organization.id).live.remaining == 5
    assert "granted" in [entry.type for entry in server.admin.credits.list_ledger(organization.id, mode="live")]
    assert server.admin.credits.void_grant(grant.id).grant.remaining == 0
    assert [entry.action for entry in server.admin.installation.list_audit(organization=organization.id)]


def test_the_holder_of_a_key_is_told_of_it_and_can_end_it(server):
    server.apply("datakeen")
    created = server.admin.organizations.create(product="datakeen", name="Holder")
    key = next(key for key in created.projects[0].environments[1].keys if key.kind == "secret")
    assert server.admin.own_key.get(key.secret).kind == "secret"
    assert server.admin.own_key.revoke(key.secret).key.status == "revoked"


def test_the_async_client_manages_too(server):
    server.apply("keepem")

    async def run():
        async with AsyncKeystile(url=server.url, operator_key=server.operator_key) as client:
            created = await client.organizations.create(product="keepem", name="Async")
            return (await client.organizations.get(created.organization.id)).name

    assert anyio.run(run) == "Async"


def bring(admin, row, environments, organization, project):
    """Brings a key of the shared table into its state; its text."""
    wanted = {name: value for name, value in row.items() if name not in ("state", "environment", "expires_at")}
    place = next(environment for environment in environments if environment.name == row["environment"])
    if "expires_at" in row:
        wanted["expires_at"] = datetime.now(timezone.utc) + timedelta(days=1)
    created = admin.keys.create(place.id, **wanted)
    id, state = created.key.id, row.get("state")
    if state in ("revoked", "revoked_and_suspended"):
        admin.keys.revoke(id)
    if state in ("suspended_organization", "revoked_and_suspended"):
        admin.organizations.update(organization.id, enabled=False)
    change = {
        "deleted": lambda: admin.keys.delete(id),
        "replaced": lambda: admin.keys.rotate(id),
        "retiring": lambda: admin.keys.rotate(id, grace_seconds=3600),
        "disabled": lambda: admin.keys.update(id, enabled=False),
        "disabled_environment": lambda: admin.environments.update(place.id, enabled=False),
        "disabled_project": lambda: admin.projects.update(project.id, enabled=False),
        "deleted_environment": lambda: admin.environments.delete(place.id),
        "deleted_project": lambda: admin.projects.delete(project.id),
        "deleted_organization": lambda: admin.organizations.delete(organization.id),
    }.get(state)
    if change:
        change()
    return created.secret.reveal() if created.secret else created.key.value


def test_decisions_every_row_that_can_be_asked_has_its_code(server):
    admin, table = server.admin, vectors("decisions.json")
    admin.products.apply("table", table["manifest"])

    def world(name):
        created = admin.organizations.create(product="table", name=name)
        return created.projects[0].environments, created.organization, created.projects[0].project

    shared, texts = world("shared"), {}
    for row in table["keys"]:
        state = row.get("state", "")
        # Nobody can wait for a key to expire, so that one state is left to the table's other readers.
        if state != "expired":
            apart = any(word in state for word in ("organization", "project", "environment", "suspended"))
            texts[row["name"]] = bring(admin, row, *(world(row["name"]) if apart else shared))
    asked = [row for row in table["rows"] if "text" in row or row["key"] in texts]
    assert len(asked) >= len(table["rows"]) - 10
    for row in asked:
        question = {name: value for name, value in row.items() if name not in ("key", "text", "code", "missing_scope")}
        key = "".join(row["text"]) if "text" in row else texts[row["key"]]
        verdict = admin.verify(key, product="table", **question)
        assert (verdict.code, getattr(verdict, "missing_scope", None)) == (row["code"], row.get("missing_scope")), json.dumps(row)
