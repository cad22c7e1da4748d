// Session tokens, checked offline: real ones, and forged ones with keys of our own.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { ConfigurationError, ConnectionError, SessionTokenError, SessionTokens, TimeoutError, UnexpectedAnswerError } from "@keystile/sdk";
import { ISSUER, fake, nobody, startDatakeen } from "./keystile.mjs";

let server;
before(async () => (server = await startDatakeen()));
after(() => server.stop());

const page = "https://shop.example";
const made = async (more = {}) => (await server.admin.sessions.create(server.publishable, {}, { origin: page, ...more })).token.reveal();
const checker = (more = {}) => new SessionTokens({ issuer: ISSUER, product: "datakeen", jwksUrl: `${server.url}/.well-known/jwks.json`, ...more });
const refusal = (code) => (error) => error instanceof SessionTokenError && error.code === code;

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const digitAfter = (digit) => DIGITS[(DIGITS.indexOf(digit) + 1) % 64];
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

/** An installation of our own that signs whatever it is told to. */
async function forger({ now = 1_800_000_000_000, ...more } = {}) {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  const { x } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const keys = [{ kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", kid: "k1", x }];
  const jwks = await fake((response) => response.end(JSON.stringify({ keys })));
  const time = { now };
  const issuer = "https://keys.example.com";
  const seconds = now / 1000;
  const claims = { iss: issuer, aud: "datakeen", sub: "vis_x", jti: "ses_x", iat: seconds, exp: seconds + 300, scope: "a b", key: "key_x", publishable_key: "pk", organization: "org_x", environment: "env_x" };
  return {
    keys,
    jwks,
    time,
    tokens: new SessionTokens({ issuer, product: "datakeen", jwksUrl: jwks.url, now: () => time.now, ...more }),
    async token(changes = {}, header = { alg: "EdDSA", kid: "k1", typ: "JWT" }) {
      const message = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify({ ...claims, ...changes }))}`;
      const signature = await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, new TextEncoder().encode(message));
      return `st_${message}.${base64url(signature)}`;
    },
    /** Time passes. */
    pass: (milliseconds) => (time.now += milliseconds),
  };
}

test("a real token is good on its page and says whose it is", async () => {
  const claims = await checker().verify(await made(), { origin: page });
  assert.deepEqual([claims.organization, claims.origin, claims.aud, claims.publishable_key], [server.organization.id, page, "datakeen", server.publishable]);
  assert.deepEqual(claims.scopes, ["workspace:read"]);
});

test("a token works in place of its key, and is printed nowhere", async () => {
  const created = await server.admin.sessions.create(server.publishable, { lifetime_seconds: 60 });
  assert.ok(!JSON.stringify(created).includes(created.token.reveal()));
  const verdict = await server.client.verify({ key: created.token, scope: "workspace:read" });
  assert.deepEqual([verdict.valid, verdict.session.id], [true, created.session.id]);
});

test("o02_o20_a_token_of_a_page_is_refused_elsewhere_and_without_an_origin", async () => {
  const token = await made();
  await assert.rejects(checker().verify(token, { origin: "https://evil.example" }), refusal("wrong_origin"));
  await assert.rejects(checker().verify(token), refusal("wrong_origin"));
  await checker().verify(await made({ origin: undefined }));
});

test("every change of a token is refused", async () => {
  const token = await made();
  const tokens = checker();
  await tokens.verify(token, { origin: page });
  const forged = [token.slice(0, -1), `${token}=`, token.slice(3), `${token}.x`, "", "st_..", ` ${token}`, `${token}\n`];
  for (let at = 0; at < token.length; at++) forged.push(token.slice(0, at) + digitAfter(token[at]) + token.slice(at + 1));
  for (const [at, text] of forged.entries()) await assert.rejects(tokens.verify(text, { origin: page }), SessionTokenError, `change ${at}`);
  await assert.rejects(tokens.verify(forged.at(-1), { origin: page }), refusal("malformed"), "no two writings of one signature");
});

test("issuer and audience must be those that were set", async () => {
  const token = await made();
  await assert.rejects(new SessionTokens({ issuer: "https://other.example", product: "datakeen", jwksUrl: `${server.url}/.well-known/jwks.json` }).verify(token, { origin: page }), refusal("wrong_issuer"));
  await assert.rejects(checker({ product: "keepem" }).verify(token, { origin: page }), refusal("wrong_audience"));
});

test("other algorithms and unknown parts of a header are refused", async () => {
  const { tokens, token, jwks } = await forger();
  await tokens.verify(await token());
  for (const header of [{ alg: "none", kid: "k1" }, { alg: "HS256", kid: "k1" }, { alg: "EdDSA" }, { alg: "EdDSA", kid: "k1", crit: ["x"] }, { alg: "EdDSA", kid: "constructor" }]) {
    await assert.rejects(tokens.verify(await token({}, header)), SessionTokenError, JSON.stringify(header));
  }
  await jwks.stop();
});

test("clocks may differ by the leeway and no more", async () => {
  const { tokens, token, pass, jwks } = await forger({ leeway: 5 });
  const old = await token();
  pass(304_000);
  await tokens.verify(old);
  pass(1_000);
  await assert.rejects(tokens.verify(old), refusal("expired"));
  pass(-310_000);
  await tokens.verify(old);
  pass(-1_000);
  await assert.rejects(tokens.verify(old), refusal("not_yet_valid"));
  await jwks.stop();
});

test("claims that are no session's are refused", async () => {
  const { tokens, token, jwks } = await forger();
  for (const changes of [{ exp: "never" }, { exp: 1_800_000_901 }, { iat: undefined }, { scope: ["a"] }, { sub: undefined }, { iss: 1 }]) {
    await assert.rejects(tokens.verify(await token(changes)), refusal("malformed"), JSON.stringify(changes));
  }
  await jwks.stop();
});

test("public keys are fetched once for many tokens, and again after five minutes", async () => {
  const { tokens, token, pass, jwks } = await forger();
  const good = await token();
  await Promise.all(Array.from({ length: 20 }, () => tokens.verify(good)));
  pass(299_000);
  await tokens.verify(good);
  assert.equal(jwks.requests.length, 1);
  pass(1_000);
  await tokens.verify(good);
  assert.equal(jwks.requests.length, 2);
  await jwks.stop();
});

test("a new signer is found at once, and made-up ones cause no flood of requests", async () => {
  const { tokens, token, keys, pass, jwks } = await forger();
  await tokens.verify(await token());
  pass(10_000);
  keys.push({ ...keys[0], kid: "k2" });
  await tokens.verify(await token({}, { alg: "EdDSA", kid: "k2" }));
  assert.equal(jwks.requests.length, 2);
  for (let at = 0; at < 20; at += 1) await assert.rejects(tokens.verify(await token({}, { alg: "EdDSA", kid: `made-up-${at}` })), refusal("unknown_signer"));
  assert.equal(jwks.requests.length, 2);
  await jwks.stop();
});

test("without public keys nobody is let in", async () => {
  const token = await made();
  await assert.rejects(checker({ jwksUrl: await nobody() }).verify(token, { origin: page }), ConnectionError);
  const silent = await fake(() => {});
  await assert.rejects(checker({ jwksUrl: silent.url, timeout: 20 }).verify(token, { origin: page }), TimeoutError);
  await silent.stop();
  for (const answer of ["<html>", "[]", "null", '{"keys":1}']) {
    const garbage = await fake((response) => response.end(answer));
    await assert.rejects(checker({ jwksUrl: garbage.url }).verify(token, { origin: page }), UnexpectedAnswerError, answer);
    await garbage.stop();
  }
  const odd = await fake((response) => response.end('{"keys":[null,{"kty":"RSA"},{"kty":"OKP","crv":"Ed25519","kid":"x","x":"AA"}]}'));
  await assert.rejects(checker({ jwksUrl: odd.url }).verify(token, { origin: page }), refusal("unknown_signer"));
  await odd.stop();
});

test("settings that cannot be right are refused at the start", () => {
  for (const wrong of [{ issuer: "keys" }, { product: "" }, { leeway: -1 }, { leeway: 61 }, { cacheFor: 301 }]) assert.throws(() => checker(wrong), ConfigurationError);
});
