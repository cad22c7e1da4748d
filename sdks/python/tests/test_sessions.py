"""Session tokens, checked offline by both checkers: real ones, and forged ones with keys of our own."""

from __future__ import annotations

import base64
import json
import string

import anyio
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from conftest import ISSUER, Fake, Reply, nobody
from keystile import (
    AsyncSessionTokens,
    ConfigurationError,
    ConnectionFailed,
    SessionTokenError,
    SessionTokens,
    TimedOut,
    UnexpectedAnswer,
)

PAGE = "https://shop.example"


class InStep:
    """The async checker, called as the other is."""

    def __init__(self, **options):
        self.tokens = AsyncSessionTokens(**options)

    def verify(self, token, **options):
        async def run():
            return await self.tokens.verify(token, **options)

        return anyio.run(run)


@pytest.fixture(params=[SessionTokens, InStep], ids=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture
def checker(kind, datakeen):
    def make(**more):
        options = {"issuer": ISSUER, "product": "datakeen", "jwks_url": f"{datakeen.server.url}/.well-known/jwks.json"}
        return kind(**{**options, **more})

    return make


@pytest.fixture
def made(datakeen):
    def make(origin=PAGE):
        return datakeen.server.admin.sessions.create(datakeen.publishable, origin=origin).token.reveal()

    return make


def encoded(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forger:
    """An installation of our own that signs whatever it is told to, and sets the time."""

    def __init__(self, kind, **options):
        self.private = Ed25519PrivateKey.generate()
        x = encoded(self.private.public_key().public_bytes_raw())
        self.keys = [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k1", "x": x}]
        self.jwks = Fake(lambda *_: Reply(body={"keys": self.keys}))
        self.now = 1_800_000_000
        self.tokens = kind(issuer=ISSUER, product="datakeen", jwks_url=self.jwks.url, now=lambda: self.now, **options)

    def token(self, header=None, **changes):
        claims = {"iss": ISSUER, "aud": "datakeen", "sub": "vis_x", "jti": "ses_x", "iat": 1_800_000_000, "exp": 1_800_000_300}
        claims |= {"scope": "a b", "key": "key_x", "publishable_key": "pk", "organization": "org_x", "environment": "env_x"}
        message = f"{encoded(header or {'alg': 'EdDSA', 'kid': 'k1', 'typ': 'JWT'})}.{encoded({**claims, **changes})}"
        return f"st_{message}.{encoded(self.private.sign(message.encode()))}"

    def refuses(self, code, token):
        with pytest.raises(SessionTokenError) as error:
            self.tokens.verify(token)
        assert error.value.code == code


@pytest.fixture
def forger(kind):
    forger = Forger(kind)
    with forger.jwks:
        yield forger


def test_a_real_token_is_good_on_its_page_and_says_whose_it_is(checker, made, datakeen):
    claims = checker().verify(made(), origin=PAGE)
    assert (claims.organization, claims.origin, claims.aud) == (datakeen.organization, PAGE, "datakeen")
    assert claims.scopes == ("workspace:read",)


def test_a_token_works_in_place_of_its_key(made, datakeen):
    created = datakeen.server.admin.sessions.create(datakeen.publishable, lifetime_seconds=60)
    assert created.token.reveal() not in repr(created)
    verdict = datakeen.client.verify(created.token, scope="workspace:read")
    assert verdict.valid and verdict.session.id == created.session.id


def test_a_token_of_a_page_is_refused_elsewhere_and_without_an_origin(checker, made):
    for origin in ("https://evil.example", None):
        with pytest.raises(SessionTokenError) as error:
            checker().verify(made(), origin=origin)
        assert error.value.code == "wrong_origin"
    checker().verify(made(origin=None))


def test_every_change_of_a_token_is_refused(checker, made):
    token, tokens = made(), checker()
    tokens.verify(token, origin=PAGE)
    digits = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    forged = [token[:-1], f"{token}=", token[3:], f"{token}.x", "", "st_..", f" {token}", f"{token}\n"]
    for at, digit in enumerate(token):
        forged.append(token[:at] + digits[(digits.find(digit) + 1) % 64] + token[at + 1 :])
    for text in forged:
        with pytest.raises(SessionTokenError) as error:
            tokens.verify(text, origin=PAGE)
    assert error.value.code == "malformed", "no two writings of one signature"


def test_issuer_and_audience_must_be_those_that_were_set(checker, made):
    for more, code in (({"issuer": "https://other.example"}, "wrong_issuer"), ({"product": "keepem"}, "wrong_audience")):
        with pytest.raises(SessionTokenError) as error:
            checker(**more).verify(made(), origin=PAGE)
        assert error.value.code == code


def test_other_algorithms_and_unknown_parts_of_a_header_are_refused(forger):
    forger.tokens.verify(forger.token())
    for header in ({"alg": "none", "kid": "k1"}, {"alg": "HS256", "kid": "k1"}, {"alg": "EdDSA"}, {"alg": "EdDSA", "kid": "k1", "crit": ["x"]}):
        forger.refuses("malformed", forger.token(header))


def test_clocks_may_differ_by_the_leeway_and_no_more(forger):
    old = forger.token()
    forger.now += 304
    forger.tokens.verify(old)
    forger.now += 1
    forger.refuses("expired", old)
    forger.now = 1_800_000_000 - 5
    forger.tokens.verify(old)
    forger.now -= 1
    forger.refuses("not_yet_valid", old)


@pytest.mark.parametrize("changes", [{"exp": "never"}, {"exp": 1_800_000_901}, {"iat": None}, {"exp": True}, {"scope": ["a"]}, {"sub": None}, {"iss": 1}, {"origin": 1}], ids=str)
def test_claims_that_are_no_sessions_are_refused(forger, changes):
    forger.refuses("malformed", forger.token(**changes))


def test_public_keys_are_kept_for_five_minutes(forger):
    for _ in range(5):
        forger.tokens.verify(forger.token())
    forger.now += 299
    forger.tokens.verify(forger.token())
    assert len(forger.jwks.requests) == 1
    forger.now += 1
    forger.tokens.verify(forger.token())
    assert len(forger.jwks.requests) == 2


def test_a_new_signer_is_found_at_once_and_made_up_ones_cause_no_flood(forger):
    forger.tokens.verify(forger.token())
    forger.now += 10
    forger.keys.append({**forger.keys[0], "kid": "k2"})
    forger.tokens.verify(forger.token({"alg": "EdDSA", "kid": "k2"}))
    assert len(forger.jwks.requests) == 2
    for at in range(20):
        forger.refuses("unknown_signer", forger.token({"alg": "EdDSA", "kid": f"made-up-{at}"}))
    assert len(forger.jwks.requests) == 2


def test_without_public_keys_nobody_is_let_in(checker, made):
    token = made()
    with pytest.raises(ConnectionFailed):
        checker(jwks_url=nobody()).verify(token, origin=PAGE)
    with Fake(lambda *_: Reply(is_silent=True)) as silent, pytest.raises(TimedOut):
        checker(jwks_url=silent.url, timeout=0.05).verify(token, origin=PAGE)
    for answer in ("<html>", "[]", "null", {"keys": 1}):
        with Fake(lambda *_: Reply(body=answer)) as garbage, pytest.raises(UnexpectedAnswer):
            checker(jwks_url=garbage.url).verify(token, origin=PAGE)
    odd = {"keys": [None, {"kty": "RSA"}, {"kty": "OKP", "crv": "Ed25519", "kid": "x", "x": "AA"}, {"kty": "OKP", "crv": "Ed25519", "kid": "y", "x": 1}]}
    with Fake(lambda *_: Reply(body=odd)) as other, pytest.raises(SessionTokenError):
        checker(jwks_url=other.url).verify(token, origin=PAGE)


@pytest.mark.parametrize("wrong", [{"issuer": "keys"}, {"product": ""}, {"leeway": -1}, {"leeway": 61}, {"cache_for": 301}], ids=str)
def test_settings_that_cannot_be_right_are_refused(checker, wrong):
    with pytest.raises(ConfigurationError):
        checker(**wrong)
