// bkend on Keystile: nginx asks about every request, and the service behind it never sees a key.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { asOwner, begin, call, choose, dialog, launch, offlineAndBack, openKeys, refusal, slowAndBack } from "./world.mjs";

let bkend, browser, api, staging, dev, keys;

before(async () => {
  bkend = await begin("bkend");
  browser = await launch();
  ({ API: api, STAGING: staging, DEV: dev } = bkend.variables);
  keys = bkend.keys;
  assert.equal((await ask("PUT", "/v1/schema/boats", { key: keys.secret, body: { columns: ["name"] } })).status, 200);
});
after(async () => {
  await browser?.close();
  await bkend?.stop();
});

/** A call with the key in X-API-Key, and perhaps an end user's token in Authorization. */
const ask = (method, path, { base = api, key, user, body, headers = {} } = {}) =>
  call(method, base + path, { body, headers: { ...(key && { "x-api-key": key.value }), ...(user && { authorization: `Bearer ${user}` }), ...headers } });
const signIn = async (email, key = keys.publishable, base = api) => (await ask("POST", "/v1/auth/signin", { base, key, body: { email } })).json.token;

describe("through nginx", { timeout: 180_000 }, () => {
  test("B6 the key comes in X-API-Key, and the end user's JWT in Authorization goes through untouched", async () => {
    const [first, second] = [await signIn("first@example.com"), await signIn("second@example.com")];
    assert.match(first, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    const made = await ask("POST", "/v1/data/boats", { key: keys.publishable, user: first, body: { name: "Dinghy" } });
    assert.deepEqual([made.status, made.json.owner], [201, "first@example.com"]);
    const rows = async (user) => (await ask("GET", "/v1/data/boats", { key: keys.publishable, user })).json;
    assert.deepEqual((await rows(first)).data.map(({ values }) => values.name), ["Dinghy"]);
    assert.deepEqual(await rows(second), { user: "second@example.com", data: [] });
    // The signature covers every character, so one that is changed is not a token any more.
    const changed = await ask("GET", "/v1/data/boats", { key: keys.publishable, user: first.replace(/.(?=\.[^.]*$)/, (one) => (one === "A" ? "B" : "A")) });
    assert.deepEqual([changed.status, changed.json.detail], [401, "sign in, and send the token as Authorization: Bearer: the token is not one of ours"]);
    const without = await ask("GET", "/v1/data/boats", { key: keys.publishable });
    assert.equal(without.status, 401, "the service itself asks for the user");
    assert.equal(without.json.code, undefined, "and it is not Keystile that refuses");
  });

  test("B6 a key anywhere else is no key", async () => {
    const inAuthorization = await call("GET", `${api}/v1/data/boats`, { key: keys.secret.value });
    assert.deepEqual(refusal(inAuthorization), [401, "missing_credential"]);
    const inUrl = await ask("GET", `/v1/data/boats?key=${keys.secret.value}`);
    assert.deepEqual(refusal(inUrl), [401, "missing_credential"]);
    assert.ok(!inUrl.text.includes(keys.secret.value));
    assert.deepEqual(refusal(await ask("GET", "/v1/data/boats", { headers: { cookie: `key=${keys.secret.value}` } })), [401, "missing_credential"]);
  });

  test("B2 a publishable key is limited, a secret key is not", async () => {
    const [pk, sk] = [keys.publishable, keys.secret];
    assert.ok(pk.value.startsWith("pk_live_") && sk.value.startsWith("sk_live_"));
    const user = await signIn("sailor@example.com");
    assert.equal((await ask("POST", "/v1/data/boats", { key: pk, user, body: { name: "Kayak" } })).status, 201);
    for (const [method, path] of [["DELETE", "/v1/data/boats/row_1"], ["PUT", "/v1/schema/boats"]]) {
      assert.deepEqual(refusal(await ask(method, path, { key: pk, user, body: method === "PUT" ? { columns: [] } : undefined })), [403, "insufficient_scope"]);
    }
    const all = (await ask("GET", "/v1/data/boats", { key: sk })).json.data;
    const mine = all.find(({ owner }) => owner === "sailor@example.com");
    assert.equal((await ask("DELETE", `/v1/data/boats/${mine.id}`, { key: sk })).status, 204);
    assert.equal((await ask("GET", "/v1/data/boats", { key: sk })).json.data.length, all.length - 1);
    assert.equal((await ask("PUT", "/v1/schema/races", { key: sk, body: { columns: ["course"] } })).status, 200);
    const browsed = await ask("GET", "/v1/data/boats", { key: sk, headers: { origin: "https://app.example" } });
    assert.deepEqual(refusal(browsed), [403, "secret_key_in_browser"]);
  });

  test("B2 nobody becomes a server by saying so", async () => {
    const claims = { "x-keystile-kind": "secret", "x-keystile-environment": bkend.environments.staging.id };
    const user = await signIn("claimant@example.com");
    const read = await ask("GET", "/v1/data/boats", { key: keys.publishable, user, headers: claims });
    assert.deepEqual(read.json, { user: "claimant@example.com", data: [] }, "their own rows, in their own environment");
    assert.equal((await ask("GET", "/v1/data/boats", { headers: claims })).status, 401);
  });

  test("B1 each environment has its own keys and its own rows", async () => {
    assert.ok(keys.stagingSecret.value.startsWith("sk_test_") && keys.devPublishable.value.startsWith("pk_test_"));
    for (const [base, key] of [[api, keys.stagingSecret], [api, keys.devPublishable], [staging, keys.secret], [staging, keys.devPublishable], [dev, keys.secret], [dev, keys.stagingSecret]]) {
      assert.deepEqual(refusal(await ask("GET", "/v1/data/boats", { base, key })), [403, "wrong_environment"]);
    }
    assert.equal((await ask("GET", "/v1/data/boats", { base: staging, key: keys.stagingSecret })).status, 404, "staging has no such table yet");
    assert.equal((await ask("PUT", "/v1/schema/boats", { base: staging, key: keys.stagingSecret, body: { columns: ["name"] } })).status, 200);
    assert.deepEqual((await ask("GET", "/v1/data/boats", { base: staging, key: keys.stagingSecret })).json.data, []);
    const user = await signIn("tester@example.com", keys.devPublishable, dev);
    const crossed = await ask("GET", "/v1/data/boats", { key: keys.publishable, user });
    assert.equal(crossed.status, 401, "nor is a user of one environment one of another");
  });

  test("B8 a deleted key is invalid at once, and the other environments' go on", async () => {
    const owner = await asOwner(browser, bkend);
    await openKeys(owner, bkend.project, "production");
    await choose(owner, keys.secret.name, "Delete this key");
    await dialog(owner).getByLabel("Type the key's name to confirm").fill(keys.secret.name);
    assert.equal((await ask("GET", "/v1/data/boats", { key: keys.secret })).status, 200, "typing deletes nothing");
    // A client that calls all the time: whatever it begins after the page said so is refused.
    let isDeleted = false;
    const answers = [];
    const calling = (async () => {
      while (answers.filter(({ late }) => late).length < 5) {
        const late = isDeleted;
        answers.push({ late, status: (await ask("GET", "/v1/data/boats", { key: keys.secret })).status });
      }
    })();
    await dialog(owner).getByRole("button", { name: "Confirm Delete" }).click();
    await owner.getByText("is deleted").waitFor();
    isDeleted = true;
    await calling;
    assert.deepEqual(answers.filter(({ late }) => late).map(({ status }) => status), Array(5).fill(401));
    assert.ok(answers.some(({ status }) => status === 200));
    assert.equal((await ask("GET", "/v1/data/boats", { base: staging, key: keys.stagingSecret })).status, 200);
    keys = { ...keys, secret: await bkend.keystile.createKey(bkend.environments.production, "secret", keys.secret.name) };
    assert.equal((await ask("GET", "/v1/data/boats", { key: keys.secret })).status, 200, "its name is free again");
  });

  test("what is no request of bkend's is 4xx", async () => {
    const send = (method, path, body) => ask(method, path, { key: keys.secret, body });
    assert.equal((await send("POST", "/v1/data/boats", { colour: "red" })).status, 422);
    assert.equal((await send("GET", "/v1/data/none")).status, 404);
    assert.deepEqual(refusal(await send("GET", "/v1/data/boats/extra/words")), [403, "unknown_operation"]);
    const broken = await fetch(`${api}/v1/data/boats`, { method: "POST", body: "[", headers: { "x-api-key": keys.secret.value } });
    assert.equal(broken.status, 400);
    assert.deepEqual(refusal(await ask("GET", "/v1/data/boats", { key: { value: "pk_live_nothing" } })), [401, "unknown_key"]);
  });

  test("while Keystile is away the answer is 503, and then everything is as before", async () => {
    await offlineAndBack(bkend, () => ask("GET", "/v1/data/boats", { key: keys.secret }));
  });

  test("while Keystile does not answer the answer is 503, in bounded time", async () => {
    await slowAndBack(bkend, () => ask("GET", "/v1/data/boats", { key: keys.secret }));
  });
});
