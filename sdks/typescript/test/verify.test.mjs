// The read path against a real Keystile, and against servers that misbehave.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import test, { after, before } from "node:test";
import { ApiError, ConnectionError, Keystile, TimeoutError, UnavailableError, UnexpectedAnswerError } from "@keystile/sdk";
import { fake, mint, nobody, startDatakeen } from "./keystile.mjs";

let server;
before(async () => (server = await startDatakeen()));
after(() => server.stop());

const scoped = { scope: "results:read" };
const verdict = { valid: true, code: "ok", message: "", key: { id: "key_x" }, organization: { id: "org_x" }, project: { id: "prj_x" }, environment: { id: "env_x", name: "test" } };
const send = (response, status, body, headers = {}) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body));
const client = (url, more = {}) => new Keystile({ url, operatorKey: server.operatorKey, product: "datakeen", environment: "test", retryDelay: 0, ...more });

test("a good key is verified with whose it is", async () => {
  const found = await server.client.verify({ key: server.secret, ...scoped });
  assert.equal(found.valid, true);
  assert.equal(found.organization.id, server.organization.id);
  assert.equal(found.environment.name, "test");
  assert.equal(found.key.kind, "secret");
  assert.equal(found.spend, undefined);
});

test("d7_a_key_of_another_environment_is_refused", async () => {
  assert.equal((await server.client.verify({ key: server.liveSecret, ...scoped })).code, "wrong_environment");
});

test("k07_a_publishable_key_lacks_what_only_servers_may_do", async () => {
  const found = await server.client.verify({ key: server.publishable, ...scoped });
  assert.deepEqual([found.valid, found.code, found.missing_scope], [false, "insufficient_scope", "results:read"]);
});

test("an unbound operator key takes product and environment from the client", async () => {
  assert.equal((await client(server.url).verify({ key: server.secret, ...scoped })).valid, true);
  assert.equal((await client(server.url, { environment: undefined }).verify({ key: server.secret, mode: "any", ...scoped })).valid, true);
});

test("k04_a_malformed_key_never_leaves_the_process", async () => {
  const silent = await fake((response) => send(response, 200, verdict));
  const asked = client(silent.url);
  for (const key of [`${server.secret}\n`, `"${server.secret}"`, `${server.secret.slice(0, -1)}!`, "", "x", "st_cut.off"]) {
    const found = await asked.verify({ key, ...scoped });
    assert.equal(found.valid, false);
    assert.match(found.code, /malformed_key|invalid_session/);
  }
  const batch = await asked.verifyBatch([{ key: "x", ...scoped }]);
  assert.equal(batch[0].code, "malformed_key");
  assert.equal(silent.requests.length, 0);
  await silent.stop();
});

test("keys of another system pass the check of form where the client knows how they begin", async () => {
  const other = await fake((response) => send(response, 200, { valid: false, code: "unknown_key", message: "there is no such key" }));
  const asked = client(other.url, { foreignPrefixes: ["kp_"] });
  assert.equal((await asked.verify({ key: "kp_4f1d2a", ...scoped })).code, "unknown_key");
  assert.equal((await asked.verify({ key: "kq_4f1d2a", ...scoped })).code, "malformed_key");
  assert.equal((await asked.verify({ key: "kp_4f 1d2a", ...scoped })).code, "malformed_key");
  assert.equal(other.requests.length, 1);
  await other.stop();
});

test("a batch answers in its order, with those that were not sent", async () => {
  const unknown = mint("--mode", "test");
  const found = await server.client.verifyBatch([server.secret, "garbage", unknown, server.publishable].map((key) => ({ key, ...scoped })));
  assert.deepEqual(found.map(({ code }) => code), ["ok", "malformed_key", "unknown_key", "insufficient_scope"]);
});

test("a charged call can be given back, settled and released", async () => {
  const analysis = { key: server.secret, operation: "POST /v1/analyses" };
  const charged = await server.client.verify(analysis);
  assert.equal(charged.credits.remaining, 19);
  assert.equal((await charged.spend.refund()).credits.remaining, 20);
  const reserved = await server.client.verify({ ...analysis, reserve: true });
  assert.equal((await reserved.spend.settle(1)).spend.status, "settled");
  const released = await server.client.verify({ ...analysis, reserve: true });
  assert.equal((await released.spend.release()).credits.remaining, 19);
});

test("an idempotency key is charged once", async () => {
  const call = { key: server.secret, operation: "POST /v1/analyses", idempotency_key: "analysis-1" };
  const [first, second] = [await server.client.verify(call), await server.client.verify(call)];
  assert.equal(first.spend.id, second.spend.id);
});

test("a question that is wrong is an error that names the field", async () => {
  await assert.rejects(server.client.verify({ key: server.secret, scope: "no:such" }), (error) => {
    return error instanceof ApiError && error.status === 422 && error.errors[0].pointer === "/scope" && error.requestId.startsWith("req_");
  });
});

test("an operator key that Keystile does not know is an error and no verdict", async () => {
  const stranger = new Keystile({ url: server.url, operatorKey: mint("--brand", "keystile"), product: "datakeen", environment: "test" });
  await assert.rejects(stranger.verify({ key: server.secret, ...scoped }), (error) => error instanceof ApiError && error.status === 401);
});

test("a server that is not there is an error and never a yes", async () => {
  await assert.rejects(client(await nobody()).verify({ key: server.secret, ...scoped }), (error) => error instanceof ConnectionError && error instanceof UnavailableError);
});

test("a server that never answers is given up after the time-out", async () => {
  const silent = await fake(() => {});
  await assert.rejects(client(silent.url, { timeout: 20 }).verify({ key: server.secret, ...scoped }), TimeoutError);
  const halfway = await fake((response) => response.writeHead(200).write("{"));
  await assert.rejects(client(halfway.url, { timeout: 50 }).verify({ key: server.secret, ...scoped }), TimeoutError);
  await silent.stop();
  await halfway.stop();
});

test("the time-out is for all tries together", async () => {
  const down = await fake((response) => send(response, 503, { code: "undecided", detail: "later" }));
  const patient = client(down.url, { timeout: 30, retryDelay: 60_000 });
  await assert.rejects(patient.verify({ key: server.secret, ...scoped }), TimeoutError);
  assert.equal(down.requests.length, 1);
  await down.stop();
});

test("a caller can give up", async () => {
  const silent = await fake(() => {});
  const given = new AbortController();
  const asked = client(silent.url).verify({ key: server.secret, ...scoped }, { signal: given.signal });
  given.abort(new Error("enough"));
  await assert.rejects(asked, /enough/);
  await silent.stop();
});

test("garbage is an error and never a yes", async () => {
  const { key: _, ...incomplete } = verdict;
  const answers = ["<html>", "", "null", "[]", "true", "{}", { valid: "yes", code: "ok" }, { valid: true, code: "revoked_key" }, { valid: false, code: "ok" }, incomplete, { ...verdict, organization: null }];
  for (const answer of answers) {
    const other = await fake((response) => send(response, 200, answer));
    await assert.rejects(client(other.url).verify({ key: server.secret, ...scoped }), UnexpectedAnswerError, JSON.stringify(answer));
    await other.stop();
  }
});

test("a redirect is not followed, so that the operator key goes nowhere else", async () => {
  const elsewhere = await fake((response) => send(response, 200, verdict));
  const redirecting = await fake((response) => response.writeHead(307, { location: elsewhere.url }).end());
  await assert.rejects(client(redirecting.url).verify({ key: server.secret, ...scoped }), UnexpectedAnswerError);
  assert.equal(elsewhere.requests.length, 0);
  await elsewhere.stop();
  await redirecting.stop();
});

test("what passes is tried again", async () => {
  for (const fail of [(response) => response.destroy(), (response) => send(response, 503, { code: "undecided", detail: "later" }), (response) => send(response, 502, "<html>")]) {
    const shaky = await fake((response, count) => (count < 3 ? fail(response) : send(response, 200, verdict)));
    assert.equal((await client(shaky.url).verify({ key: server.secret, ...scoped })).valid, true);
    assert.equal(shaky.requests.length, 3);
    await shaky.stop();
  }
});

test("a refusal is not tried again, and no try comes after the last", async () => {
  const refusing = await fake((response) => send(response, 403, { code: "insufficient_scope", detail: "no" }));
  await assert.rejects(client(refusing.url).verify({ key: server.secret, ...scoped }), ApiError);
  assert.equal(refusing.requests.length, 1);
  const down = await fake((response) => send(response, 503, { code: "undecided", detail: "later" }));
  await assert.rejects(client(down.url, { maxRetries: 1 }).verify({ key: server.secret, ...scoped }), ApiError);
  assert.equal(down.requests.length, 2);
  await refusing.stop();
  await down.stop();
});

test("a call that may cost credits is repeated only as the same charge", async () => {
  const shaky = await fake((response, count) => (count < 2 ? response.destroy() : send(response, 200, verdict)));
  await client(shaky.url).verify({ key: server.secret, operation: "POST /v1/analyses", cost: 3 });
  const keys = shaky.requests.map(({ body }) => JSON.parse(body).idempotency_key);
  assert.equal(keys.length, 2);
  assert.ok(keys[0]);
  assert.equal(keys[0], keys[1]);
  await shaky.stop();
  const once = await fake((response) => response.destroy());
  await assert.rejects(client(once.url, { maxRetries: 0 }).verify({ key: server.secret, operation: "POST /v1/analyses" }), ConnectionError);
  assert.equal(JSON.parse(once.requests[0].body).idempotency_key, undefined);
  await once.stop();
});

test("neither a client nor an error prints a key, whatever the server says", async () => {
  const echo = await fake((response, _, { headers, body }) => send(response, 400, { code: "bad_request", detail: `${headers.authorization} ${body}`, errors: [{ pointer: "", message: headers.authorization }] }));
  const asked = client(echo.url);
  const error = await asked.verify({ key: server.secret, ...scoped }).catch((error) => error);
  const shown = [asked, error].flatMap((value) => [`${value}`, JSON.stringify(value), inspect(value, { depth: 9, showHidden: true }), value.stack ?? ""]).join("\n");
  assert.match(shown, /bad_request/);
  for (const key of [server.operatorKey, server.secret]) assert.ok(!shown.includes(key.slice(-30)), shown);
  await echo.stop();
  const gone = await client(await nobody()).verify({ key: server.secret, ...scoped }).catch((error) => error);
  assert.ok(!inspect(gone, { depth: 9, showHidden: true }).includes(server.operatorKey.slice(-30)));
});
