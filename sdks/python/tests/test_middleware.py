"""The middleware of every framework gives the same answers, through real servers."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from contextlib import contextmanager
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
import flask
import pytest
import uvicorn
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import JsonResponse
from django.urls import re_path
from fastapi import Depends, FastAPI

import keystile.django
import keystile.fastapi
import keystile.flask
from conftest import Fake, Reply, mint, nobody
from keystile import AsyncKeystile, ConfigurationError, Keystile, KeystileError

settings.configure(DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[f"{__name__}.guard"], SECRET_KEY="-", LOGGING_CONFIG=None)
django.setup()


def told(verified):
    return {
        "organization": verified.organization.id,
        "environment": verified.environment.name,
        "spend": verified.spend.id if verified.spend else None,
    }


def view(request):
    return JsonResponse(told(keystile.django.verified(request)))


urlpatterns = [re_path(".*", view)]
current = {}


def guard(get_response):
    """What settings name; each test puts its own there."""
    return current["middleware"](get_response)


guard.sync_capable = guard.async_capable = True


@contextmanager
def wsgi(app):
    """Behind the standard library's server."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_):
            pass

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def asgi(app):
    """Behind uvicorn."""
    started, ports = threading.Event(), []

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            ports.append(self.servers[0].sockets[0].getsockname()[1])
            started.set()

    server = Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    started.wait()
    yield ports[0]
    server.should_exit = True
    thread.join()


def fastapi_app(client, options):
    app = FastAPI()
    keystile.fastapi.answer_refusals(app)
    dependency = keystile.fastapi.protect(client, **options)

    @app.api_route("/{rest:path}", methods=["GET", "POST"])
    async def route(verified=Depends(dependency)):
        return told(verified)

    return asgi(app)


def flask_app(client, options):
    app = flask.Flask("app")
    app.before_request(keystile.flask.before_request(client, **options))
    app.add_url_rule("/<path:rest>", "route", lambda rest: told(keystile.flask.verified()), methods=["GET", "POST"])
    return wsgi(app)


def flask_decorated(client, options):
    app = flask.Flask("app")

    @app.route("/<path:rest>", methods=["GET", "POST"])
    @keystile.flask.protect(client, **options)
    def route(rest):
        return told(keystile.flask.verified())

    return wsgi(app)


def django_wsgi(client, options):
    current["middleware"] = keystile.django.middleware(client, paths=["/v1/"], **options)
    return wsgi(WSGIHandler())


def django_asgi(client, options):
    current["middleware"] = keystile.django.middleware(client, paths=["/v1/"], **options)
    return asgi(ASGIHandler())


FRAMEWORKS = {
    "fastapi": (fastapi_app, AsyncKeystile),
    "fastapi in threads": (fastapi_app, Keystile),
    "flask": (flask_app, Keystile),
    "flask decorator": (flask_decorated, Keystile),
    "django": (django_wsgi, Keystile),
    "django asgi": (django_asgi, AsyncKeystile),
    "django asgi in threads": (django_asgi, Keystile),
}


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.text = response.status, dict((n.lower(), v) for n, v in response.getheaders()), response.read().decode()
        self.json = json.loads(self.text)
        self.code = self.json.get("code") if isinstance(self.json, dict) else None


def call(port, headers=(), method="GET", path="/v1/workspace"):
    """Sends headers exactly as given, twice if they are there twice."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.putrequest(method, path)
    for name, value in (*headers, ("connection", "close"), ("content-length", "0")):
        connection.putheader(name, value)
    connection.endheaders()
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def bearer(key):
    return ("authorization", f"Bearer {key}")


@pytest.fixture(params=FRAMEWORKS)
def app(request, datakeen):
    start, kind = FRAMEWORKS[request.param]

    def run(options=None, **more):
        defaults = {"url": datakeen.server.url, "operator_key": datakeen.operator_key, "retry_delay": 0}
        return start(kind(**{**defaults, **more}), options or {})

    return run


def test_a_good_key_is_let_in_and_the_handler_knows_whose_it_is(app, datakeen):
    with app() as port:
        found = call(port, [bearer(datakeen.publishable)])
        assert (found.status, found.json) == (200, {"organization": datakeen.organization, "environment": "test", "spend": None})


def test_the_method_and_path_are_the_operation_and_charges_are_known(app, datakeen):
    with app() as port:
        found = call(port, [bearer(datakeen.secret)], "POST", "/v1/analyses?x=1")
        assert found.status == 200
        datakeen.server.admin.credits.refund_spend(found.json["spend"])
        assert call(port, [bearer(datakeen.secret)], path="/v1/nothing").code == "unknown_operation"


def test_the_key_is_read_as_every_door_reads_it(app, datakeen):
    key = datakeen.publishable
    cases = [
        ([("authorization", f"bEaReR {key}")], 200, None),
        ([("x-api-key", key)], 200, None),
        ([("authorization", "Bearer eyJ.x.y"), ("x-api-key", key)], 200, None),
        ([], 401, "missing_credential"),
        ([("authorization", "Basic eDp5")], 401, "missing_credential"),
        ([("authorization", "Bearer eyJ.x.y")], 401, "malformed_key"),
        ([("x-api-key", "")], 401, "malformed_key"),
        ([bearer(key), ("x-api-key", key)], 400, "conflicting_credentials"),
        ([bearer(key), ("x-api-key", datakeen.secret)], 400, "conflicting_credentials"),
        ([bearer(key), bearer(key)], 400, "conflicting_credentials"),
        ([("x-api-key", key), ("x-api-key", key)], 400, "conflicting_credentials"),
        ([("authorization", f"Bearer {key}, Bearer {key}")], 400, "conflicting_credentials"),
    ]
    with app() as port:
        for headers, status, code in cases:
            found = call(port, headers)
            assert (found.status, found.code) == (status, code), [name for name, _ in headers]


def test_refusals_are_problems_that_say_what_to_do_and_never_repeat_the_key(app, datakeen):
    with app({"realm": "Datakeen"}) as port:
        missing = call(port)
        assert missing.headers["content-type"] == "application/problem+json"
        assert missing.headers["www-authenticate"] == 'Bearer realm="Datakeen"'
        assert missing.headers["cache-control"] == "no-store"
        assert (missing.json["type"], missing.json["title"], missing.json["status"]) == ("about:blank", "Unauthorized", 401)
        unknown = mint("--mode", "test")
        refused = call(port, [bearer(unknown)])
        assert refused.code == "unknown_key" and refused.json["request_id"].startswith("req_")
        assert 'error="invalid_token", error_description="there is no such key"' in refused.headers["www-authenticate"]
        assert "masked preview" in call(port, [bearer(f"{datakeen.secret[:12]}********")]).json["detail"]
        lacking = call(port, [bearer(datakeen.publishable)], "POST", "/v1/journeys")
        assert 'error="insufficient_scope"' in lacking.headers["www-authenticate"]
        assert 'scope="journeys:create"' in lacking.headers["www-authenticate"]
        for answer in (refused, lacking):
            for key in (unknown, datakeen.publishable):
                assert key[-30:] not in f"{answer.text}{answer.headers}"


def test_a_key_in_the_url_is_refused_with_the_reason(app, datakeen):
    with app() as port:
        found = call(port, path=f"/v1/workspace?api_key={datakeen.secret}")
        assert (found.status, found.code) == (401, "missing_credential")
        assert "in the URL, where it is never read" in found.json["detail"]
        assert datakeen.secret[-30:] not in found.text
        escaped = datakeen.secret.replace("_", "%5F", 1)
        besides = call(port, [bearer(datakeen.publishable)], path=f"/v1/workspace/{escaped}")
        assert (besides.status, besides.code) == (400, "conflicting_credentials")


def test_the_page_is_passed_on_and_a_browser_has_no_secret_key(app, datakeen):
    with app() as port:
        for header in (("origin", "https://shop.example"), ("sec-fetch-site", "same-origin"), ("origin", "null")):
            found = call(port, [bearer(datakeen.secret), header], path="/v1/analyses/1")
            assert (found.status, found.code) == (403, "secret_key_in_browser")
        headers = [bearer(datakeen.secret), ("referer", "https://docs.example/x"), ("sec-fetch-mode", "cors")]
        assert call(port, headers, path="/v1/analyses/1").status == 200


def test_whatever_cannot_be_decided_is_503_and_never_lets_anybody_in(app, datakeen):
    with Fake(lambda *_: Reply(is_silent=True)) as silent, Fake(lambda *_: Reply(body='{"valid":true}')) as garbage:
        stranger = mint("--brand", "keystile")
        for more in (
            {"url": nobody()},
            {"url": silent.url, "timeout": 0.05},
            {"url": garbage.url},
            {"operator_key": stranger, "product": "datakeen", "environment": "test"},
        ):
            errors = []
            with app({"on_error": errors.append}, **more) as port:
                found = call(port, [bearer(datakeen.publishable)])
                assert (found.status, found.code, found.headers["retry-after"]) == (503, "undecided", "1")
                assert len(errors) == 1 and isinstance(errors[0], KeystileError)


def test_what_the_app_says_is_asked(app, datakeen):
    limited = {"valid": False, "code": "rate_limited", "message": "wait", "rate_limit": {"limit": 9, "remaining": 0, "reset_seconds": 7}}
    with Fake(lambda *_: Reply(body=limited)) as asked:
        options = {
            "operation": lambda _: "POST /v1/analyses",
            "cost": 3,
            "reserve": True,
            "idempotency_key": lambda _: "job-1",
            "ip": lambda _: "192.0.2.1",
        }
        with app(options, url=asked.url) as port:
            headers = [bearer(datakeen.publishable), ("referer", "https://shop.example/page?x"), ("x-forwarded-for", "6.6.6.6")]
            found = call(port, headers)
            assert (found.status, found.headers["retry-after"], found.headers["ratelimit"]) == (429, "7", '"keystile";r=0;t=7')
        with app({"scope": ["a", "b"]}, url=asked.url) as port:
            call(port, [bearer(datakeen.publishable), ("x-forwarded-for", "6.6.6.6")])
        first, second = [json.loads(request["body"]) for request in asked.requests]
        assert first == {
            "key": datakeen.publishable,
            "operation": "POST /v1/analyses",
            "origin": "https://shop.example",
            "ip": "192.0.2.1",
            "cost": 3,
            "reserve": True,
            "idempotency_key": "job-1",
        }
        assert second == {"key": datakeen.publishable, "scope": ["a", "b"]}


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_that_cannot_be_is_the_clients_mistake(app, datakeen, key):
    with app({"idempotency_key": lambda _: key}) as port:
        found = call(port, [bearer(datakeen.publishable)])
        assert (found.status, found.code) == (400, "invalid_idempotency_key")


def test_an_async_app_may_find_what_it_asks_by_waiting(datakeen):
    async def cost(request):
        await request.body()
        return 3

    with Fake(lambda *_: Reply(body={"valid": False, "code": "credits_exhausted", "message": "none left"})) as asked:
        client = AsyncKeystile(url=asked.url, operator_key=datakeen.operator_key)
        with fastapi_app(client, {"cost": cost}) as port:
            assert call(port, [bearer(datakeen.publishable)]).status == 402
        assert json.loads(asked.requests[0]["body"])["cost"] == 3


def test_a_hook_of_the_app_that_fails_is_503_and_not_a_way_in(app, datakeen):
    def fail(_):
        raise RuntimeError("no proxy")

    with app({"ip": fail, "on_error": lambda _: None}) as port:
        assert call(port, [bearer(datakeen.publishable)]).status == 503


def test_a_revoked_key_is_refused_in_the_next_request(app, datakeen):
    created = datakeen.server.admin.organizations.create(product="datakeen", name="Revoked")
    key = next(key for key in created.projects[0].environments[1].keys if key.kind == "publishable")
    with app() as port:
        assert call(port, [bearer(key.value)]).status == 200
        datakeen.server.admin.keys.revoke(key.id)
        found = call(port, [bearer(key.value)])
        assert (found.status, found.code) == (401, "revoked_key")
        assert "since 2" in found.json["detail"]


def test_sync_django_takes_no_async_client(datakeen):
    client = AsyncKeystile(url=datakeen.server.url, operator_key=datakeen.operator_key)
    with pytest.raises(ConfigurationError, match="use a Keystile here"):
        keystile.django.middleware(client)(lambda request: None)
    with pytest.raises(ConfigurationError, match="use a Keystile here"):
        keystile.django.protect(client)(lambda request: None)


def test_a_path_that_is_not_guarded_has_nobodys_key(datakeen):
    client = Keystile(url=datakeen.server.url, operator_key=datakeen.operator_key)
    with pytest.raises(ConfigurationError):
        keystile.flask.protect(client, scope="a", authenticate_only=True)
    with pytest.raises(KeystileError, match="not behind the guard"):
        keystile.django.verified(type("Request", (), {})())
    with flask.Flask("app").app_context(), pytest.raises(KeystileError, match="not behind the guard"):
        keystile.flask.verified()
