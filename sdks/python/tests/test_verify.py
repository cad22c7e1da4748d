"""The read path with both clients, against a real Keystile and against servers that misbehave."""

from __future__ import annotations

import json
import traceback

import anyio
import pytest

from conftest import Fake, Reply, mint, nobody
from keystile import (
    ApiError,
    AsyncKeystile,
    ConnectionFailed,
    Keystile,
    Question,
    Refused,
    TimedOut,
    UnavailableError,
    UnexpectedAnswer,
    Verified,
)

SCOPED = {"scope": "results:read"}
VERDICT = {
    "valid": True,
    "code": "ok",
    "message": "",
    "key": {"id": "key_x", "kind": "secret", "mode": "test", "name": "x", "preview": "x", "scopes": []},
    "organization": {"id": "org_x"},
    "project": {"id": "prj_x"},
    "environment": {"id": "env_x", "name": "test"},
    "something_new": 1,
}


class InStep:
    """The async client, called as the other is, so that each test tries both."""

    def __init__(self, **options):
        self.options = options
        self.foreign_prefixes = options.get("foreign_prefixes", ())

    def __getattr__(self, name):
        def call(*arguments, **words):
            async def run():
                async with AsyncKeystile(**self.options) as client:
                    return await getattr(client, name)(*arguments, **words)

            return anyio.run(run)

        return call


@pytest.fixture(params=[Keystile, InStep], ids=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture
def make(kind, datakeen):
    def make(url=None, **more):
        options = {"operator_key": datakeen.server.operator_key, "product": "datakeen", "environment": "test", "retry_delay": 0}
        return kind(url=url or datakeen.server.url, **{**options, **more})

    return make


@pytest.fixture
def client(kind, datakeen):
    return kind(url=datakeen.server.url, operator_key=datakeen.operator_key, retry_delay=0)


def test_a_good_key_is_verified_with_whose_it_is(client, datakeen):
    found = client.verify(datakeen.secret, **SCOPED)
    assert isinstance(found, Verified) and found.valid
    assert (found.organization.id, found.environment.name, found.key.kind) == (datakeen.organization, "test", "secret")
    assert found.spend is None


def test_what_a_key_may_not_do_is_told(client, datakeen):
    found = client.verify(datakeen.publishable, **SCOPED)
    assert isinstance(found, Refused)
    assert (found.code, found.missing_scope) == ("insufficient_scope", "results:read")
    assert client.verify(datakeen.live_secret, **SCOPED).code == "wrong_environment"


def test_an_unbound_operator_key_takes_product_and_environment_from_the_client(make, datakeen):
    assert make().verify(datakeen.secret, **SCOPED).valid
    assert make(environment=None).verify(datakeen.secret, mode="any", **SCOPED).valid


def test_a_malformed_key_never_leaves_the_process(make, datakeen):
    with Fake(lambda *_: Reply(body=VERDICT)) as silent:
        asked = make(silent.url)
        for key in (f"{datakeen.secret}\n", f'"{datakeen.secret}"', f"{datakeen.secret[:-1]}!", "", "x", "st_cut.off"):
            found = asked.verify(key, **SCOPED)
            assert not found.valid and found.code in ("malformed_key", "invalid_session")
        assert asked.verify_batch([Question(key="x", **SCOPED)])[0].code == "malformed_key"
        assert silent.requests == []


def test_keys_of_another_system_pass_where_the_client_knows_how_they_begin(make):
    with Fake(lambda *_: Reply(body={"valid": False, "code": "unknown_key", "message": "no"})) as other:
        asked = make(other.url, foreign_prefixes=["kp_"])
        codes = [asked.verify(key, **SCOPED).code for key in ("kp_4f1d2a", "kq_4f1d2a", "kp_4f 1d2a")]
        assert codes == ["unknown_key", "malformed_key", "malformed_key"]
        assert len(other.requests) == 1


def test_a_batch_answers_in_its_order(client, datakeen):
    keys = [datakeen.secret, "garbage", mint("--mode", "test"), datakeen.publishable]
    found = client.verify_batch([Question(key=key, **SCOPED) for key in keys])
    assert [verdict.code for verdict in found] == ["ok", "malformed_key", "unknown_key", "insufficient_scope"]


def test_a_charged_call_can_be_given_back_settled_and_released(datakeen):
    analysis = {"operation": "POST /v1/analyses"}
    charged = datakeen.client.verify(datakeen.secret, **analysis)
    before = charged.credits.remaining
    assert charged.spend.refund().credits.remaining == before + 1
    assert datakeen.client.verify(datakeen.secret, reserve=True, **analysis).spend.settle(0).spend.status == "settled"
    assert datakeen.client.verify(datakeen.secret, reserve=True, **analysis).spend.release().spend.status == "released"


def test_a_charge_can_be_given_back_without_waiting(datakeen):
    async def run():
        async with AsyncKeystile(url=datakeen.server.url, operator_key=datakeen.operator_key) as client:
            charged = await client.verify(datakeen.secret, operation="POST /v1/analyses")
            return (await charged.spend.refund()).spend.status

    assert anyio.run(run) == "refunded"


def test_an_idempotency_key_is_charged_once(client, datakeen):
    call = {"operation": "POST /v1/analyses", "idempotency_key": f"one-{type(client).__name__}"}
    first, second = client.verify(datakeen.secret, **call), client.verify(datakeen.secret, **call)
    assert first.spend.id == second.spend.id
    datakeen.client.credits.refund_spend(first.spend.id)


def test_a_question_that_is_wrong_is_an_error_that_names_the_field(client, datakeen):
    with pytest.raises(ApiError) as error:
        client.verify(datakeen.secret, scope="no:such")
    assert (error.value.status, error.value.errors[0].pointer) == (422, "/scope")
    assert error.value.request_id.startswith("req_")


def test_an_operator_key_that_keystile_does_not_know_is_no_verdict(make, datakeen):
    with pytest.raises(ApiError) as error:
        make(operator_key=mint("--brand", "keystile")).verify(datakeen.secret, **SCOPED)
    assert error.value.status == 401


def test_a_server_that_is_not_there_is_never_a_yes(make, datakeen):
    with pytest.raises(ConnectionFailed) as error:
        make(nobody()).verify(datakeen.secret, **SCOPED)
    assert isinstance(error.value, UnavailableError)


def test_a_server_that_never_answers_is_given_up_after_the_time_out(make, datakeen):
    with Fake(lambda *_: Reply(is_silent=True)) as silent, pytest.raises(TimedOut):
        make(silent.url, timeout=0.05).verify(datakeen.secret, **SCOPED)


def test_the_time_out_is_for_all_tries_together(make, datakeen):
    with Fake(lambda *_: Reply(503, {"code": "undecided", "detail": "later"})) as down:
        with pytest.raises(TimedOut):
            make(down.url, timeout=0.2, retry_delay=60).verify(datakeen.secret, **SCOPED)
        assert len(down.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "<html>",
        "",
        "null",
        "[]",
        "true",
        "{}",
        {"valid": "yes", "code": "ok", "message": ""},
        {**VERDICT, "code": "revoked_key"},
        {"valid": False, "code": "ok", "message": ""},
        {name: value for name, value in VERDICT.items() if name != "key"},
        {**VERDICT, "organization": None},
    ],
    ids=str,
)
def test_garbage_is_never_a_yes(make, datakeen, answer):
    with Fake(lambda *_: Reply(body=answer)) as other, pytest.raises(UnexpectedAnswer):
        make(other.url).verify(datakeen.secret, **SCOPED)


def test_a_redirect_is_not_followed(make, datakeen):
    with Fake(lambda *_: Reply(body=VERDICT)) as elsewhere:
        with Fake(lambda *_: Reply(307, headers={"location": elsewhere.url})) as redirecting, pytest.raises(UnexpectedAnswer):
            make(redirecting.url).verify(datakeen.secret, **SCOPED)
        assert elsewhere.requests == []


@pytest.mark.parametrize("fail", [Reply(is_cut=True), Reply(503, {"code": "undecided", "detail": "later"}), Reply(502, "<html>")], ids=["cut", "503", "502"])
def test_what_passes_is_tried_again(make, datakeen, fail):
    with Fake(lambda count, _: fail if count < 3 else Reply(body=VERDICT)) as shaky:
        assert make(shaky.url).verify(datakeen.secret, **SCOPED).valid
        assert len(shaky.requests) == 3


def test_a_refusal_is_not_tried_again_and_no_try_comes_after_the_last(make, datakeen):
    for status, wanted in ((403, 1), (503, 2)):
        with Fake(lambda *_: Reply(status, {"code": "no", "detail": "no"})) as other:
            with pytest.raises(ApiError):
                make(other.url, max_retries=1).verify(datakeen.secret, **SCOPED)
            assert len(other.requests) == wanted


def test_a_call_that_may_cost_credits_is_repeated_only_as_the_same_charge(make, datakeen):
    with Fake(lambda count, _: Reply(is_cut=True) if count < 2 else Reply(body=VERDICT)) as shaky:
        make(shaky.url).verify(datakeen.secret, operation="POST /v1/analyses", cost=3)
        first, second = [json.loads(request["body"])["idempotency_key"] for request in shaky.requests]
        assert first == second
    with Fake(lambda *_: Reply(is_cut=True)) as once:
        with pytest.raises(ConnectionFailed):
            make(once.url, max_retries=0).verify(datakeen.secret, operation="POST /v1/analyses")
        assert "idempotency_key" not in json.loads(once.requests[0]["body"])


def test_neither_a_client_nor_an_error_prints_a_key(make, datakeen):
    def echo(_, request):
        told = f"{request['headers']['authorization']} {request['body'].decode()}"
        return Reply(400, {"code": "bad_request", "detail": told, "errors": [{"pointer": "", "message": told}]})

    with Fake(echo) as other:
        asked = make(other.url)
        with pytest.raises(ApiError) as error:
            asked.verify(datakeen.secret, **SCOPED)
    with pytest.raises(ConnectionFailed) as gone:
        make(nobody()).verify(datakeen.secret, **SCOPED)
    sync = Keystile(url=other.url, operator_key=datakeen.operator_key)
    told = [f"{value} {value!r} {value.__dict__}" for value in (error.value, gone.value)]
    told += ["".join(traceback.format_exception(found.value)) for found in (error, gone)]
    shown = "\n".join([*told, repr(sync), str(sync), repr(sync.__dict__), repr(Question(key=datakeen.secret))])
    assert "bad_request" in shown
    for key in (datakeen.operator_key, datakeen.server.operator_key, datakeen.secret):
        assert key[-30:] not in shown
