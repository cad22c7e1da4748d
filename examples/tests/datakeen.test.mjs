// Datakeen on Keystile: analyses cost credits, in production real ones and in test those for testing.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { asOwner, begin, call, choose, dialog, launch, offlineAndBack, openKeys, picture, refusal, slowAndBack, whileSilent } from "./world.mjs";

let datakeen, browser, url, keys;

before(async () => {
  datakeen = await begin("datakeen");
  browser = await launch();
  const { JOURNEYS: journeys, DOCUMENTS: documents, TEST_JOURNEYS: testJourneys, TEST_DOCUMENTS: testDocuments } = datakeen.variables;
  url = { journeys, documents, testJourneys, testDocuments };
  keys = datakeen.keys;
});
after(async () => {
  await browser?.close();
  await datakeen?.stop();
});

const INVOICE = { name: "invoice.txt", text: "Total 120.00 EUR, due in 14 days" };
const BLANK = { name: "blank.txt", text: "... --- ..." };
const analyse = (key, { base = url.testDocuments, body = INVOICE, idempotencyKey } = {}) =>
  call("POST", `${base}/v1/analyses`, { key, body, headers: idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey } });
const journey = (key, base = url.testJourneys) => call("POST", `${base}/v1/journeys`, { key });
const credits = (organization = datakeen.organization) => datakeen.keystile.call("GET", `/v1/organizations/${organization}/credits`);
const statuses = (answers) => answers.map(({ status }) => status);
const count = (answers, status) => statuses(answers).filter((one) => one === status).length;

/** Another customer, with an account of their own. */
async function customer(name) {
  const { organization, project, environments } = await datakeen.keystile.customer("datakeen", name);
  const secret = (environment) => environments[environment].keys.find(({ kind }) => kind === "secret");
  return { id: organization.id, project: project.id, live: secret("production").secret, test: secret("test").secret, testKey: secret("test").id };
}

describe("credits", { timeout: 180_000 }, () => {
  test("D4 an organisation has 20 test credits, the 21st analysis is refused, and only support gives more", async () => {
    const { id, test } = await customer("Harbour Bank");
    assert.deepEqual((await credits(id)).test, { granted: 20, spent: 0, reserved: 0, expired: 0, remaining: 20 });
    for (let done = 0; done < 20; done++) assert.equal((await analyse(test)).status, 201);
    const refused = await analyse(test);
    assert.deepEqual(refusal(refused), [402, "credits_exhausted"]);
    assert.equal(refused.json.title, "Payment Required");
    const { test: account, live } = await credits(id);
    assert.deepEqual([account.spent, account.remaining, live.spent], [20, 0, 0]);
    assert.equal((await journey(test)).status, 201, "what costs nothing goes on");
    await datakeen.keystile.call("POST", `/v1/organizations/${id}/grants`, { mode: "test", amount: 1, reason: "support" });
    assert.deepEqual(statuses([await analyse(test), await analyse(test)]), [201, 402]);
  });

  test("D5 production spends real credits until there are none, and test never does", async () => {
    assert.equal((await credits()).live.remaining, 5);
    const answers = [];
    for (let done = 0; done < 7; done++) answers.push(await analyse(keys.secret.value, { base: url.documents }));
    assert.deepEqual(statuses(answers), [201, 201, 201, 201, 201, 402, 402]);
    const { live, test } = await credits();
    assert.deepEqual([live.spent, live.remaining, test.spent], [5, 0, 0]);
    const { id } = answers[0].json;
    assert.equal((await call("GET", `${url.documents}/v1/analyses/${id}`, { key: keys.secret.value })).json.amounts[0], "120.00 EUR");
    assert.equal((await analyse(keys.testSecret.value)).status, 201, "test goes on");
    assert.deepEqual([(await credits()).live.spent, (await credits()).test.spent], [5, 1]);
  });

  test("D5 many at once get exactly as many analyses as there are credits", async () => {
    const { id, test } = await customer("Quayside Credit");
    const answers = await Promise.all(Array.from({ length: 30 }, () => analyse(test)));
    assert.deepEqual([count(answers, 201), count(answers, 402)], [20, 10]);
    const ids = answers.filter(({ status }) => status === 201).map(({ json }) => json.id);
    assert.equal(new Set(ids).size, 20, "each is an analysis of its own");
    assert.deepEqual((await credits(id)).test, { granted: 20, spent: 20, reserved: 0, expired: 0, remaining: 0 });
  });

  test("D5 a call that is repeated with its Idempotency-Key is charged once and has one answer", async () => {
    const { id, test } = await customer("Millbrook Finance");
    const again = () => analyse(test, { idempotencyKey: "invoice-17" });
    const answers = [await again(), await again(), ...(await Promise.all(Array.from({ length: 8 }, again)))];
    assert.deepEqual(statuses(answers), Array(10).fill(201));
    assert.equal(new Set(answers.map(({ json }) => json.id)).size, 1);
    assert.equal((await credits(id)).test.spent, 1);
    const other = await analyse(test, { idempotencyKey: "invoice-17", body: { ...INVOICE, text: "Total 9.00 EUR" } });
    assert.equal(other.status, 422);
    assert.match(other.json.detail, /sent with another document/);
    assert.equal((await analyse(test, { idempotencyKey: "invoice-18" })).status, 201);
    assert.equal((await credits(id)).test.spent, 2, "another key is another call");
  });

  test("D5 an analysis that fails is refunded, once, however often it is repeated", async () => {
    const { id, test } = await customer("Larch Lending");
    for (const body of [BLANK, { name: "no text" }, { ...INVOICE, name: "" }]) {
      const failed = await analyse(test, { body });
      assert.equal(failed.status, 422);
      assert.match(JSON.stringify(failed.json.detail), /nothing was charged/);
    }
    const repeated = await Promise.all(Array.from({ length: 6 }, () => analyse(test, { body: BLANK, idempotencyKey: "scan-1" })));
    assert.deepEqual(statuses(repeated), Array(6).fill(422));
    assert.deepEqual((await credits(id)).test, { granted: 20, spent: 0, reserved: 0, expired: 0, remaining: 20 });
    const { data } = await datakeen.keystile.call("GET", `/v1/organizations/${id}/ledger?mode=test`);
    const types = data.map(({ type }) => type);
    assert.ok(types.includes("spent"), "it was charged before the work began");
    assert.equal(types.filter((type) => type === "refunded").length, types.filter((type) => type === "spent").length);
  });

  test("D5 whoever was not answered repeats the call, and is charged once", async () => {
    const { id, test } = await customer("Tarn Savings");
    const unanswered = await whileSilent(datakeen.keystile, () => analyse(test, { idempotencyKey: "scan-9" }));
    assert.deepEqual(refusal(unanswered), [503, "undecided"]);
    assert.equal((await analyse(test, { idempotencyKey: "scan-9" })).status, 201);
    assert.equal((await credits(id)).test.spent, 1);
  });
});

describe("keys and environments", { timeout: 180_000 }, () => {
  test("D1 all four keys exist from the start, and each is good in its environment", async () => {
    const shape = Object.fromEntries(Object.entries(keys).map(([name, { value }]) => [name, value.slice(0, 8)]));
    assert.deepEqual(shape, { public: "pk_live_", secret: "sk_live_", testPublic: "pk_test_", testSecret: "sk_test_" });
    for (const [base, key] of [[url.journeys, keys.public], [url.journeys, keys.secret], [url.testJourneys, keys.testPublic], [url.testJourneys, keys.testSecret]]) {
      assert.equal((await call("GET", `${base}/v1/workspace`, { key: key.value })).status, 200);
    }
  });

  test("D2 the public key tells which workspace it is, and the secret key does the work", async () => {
    const told = await call("GET", `${url.testDocuments}/v1/workspace`, { key: keys.testPublic.value });
    assert.deepEqual(told.json, { workspace: datakeen.project, environment: "test" });
    const before = await credits();
    for (const refused of [await analyse(keys.testPublic.value), await journey(keys.testPublic.value), await call("GET", `${url.testDocuments}/v1/analyses/analysis_1`, { key: keys.testPublic.value })]) {
      assert.deepEqual(refusal(refused), [403, "insufficient_scope"]);
    }
    assert.deepEqual(await credits(), before, "a refused call costs nothing");
    assert.equal((await journey(keys.testSecret.value)).status, 201);
    const browsed = await call("POST", `${url.testJourneys}/v1/journeys`, { key: keys.testSecret.value, headers: { origin: "https://app.example" } });
    assert.deepEqual(refusal(browsed), [403, "secret_key_in_browser"]);
  });

  test("D7 one key serves both production APIs, and neither environment takes the other's keys", async () => {
    const { id, live, test } = await customer("Fjord Capital");
    await datakeen.keystile.call("POST", `/v1/organizations/${id}/grants`, { mode: "live", amount: 1, reason: "first invoice" });
    assert.notEqual(new URL(url.journeys).host, new URL(url.documents).host);
    assert.equal((await journey(live, url.journeys)).status, 201);
    assert.equal((await analyse(live, { base: url.documents })).status, 201);
    for (const [key, journeys, documents] of [[test, url.journeys, url.documents], [live, url.testJourneys, url.testDocuments]]) {
      assert.deepEqual(refusal(await journey(key, journeys)), [403, "wrong_environment"]);
      assert.deepEqual(refusal(await analyse(key, { base: documents })), [403, "wrong_environment"]);
    }
    const { live: account, test: testAccount } = await credits(id);
    assert.deepEqual([account.spent, testAccount.spent], [1, 0]);
  });

  test("D8 nothing that a test key does touches production", async () => {
    const { id, live, test } = await customer("Gorse Leasing");
    const made = await analyse(test);
    assert.equal(made.status, 201);
    assert.equal((await call("GET", `${url.testDocuments}/v1/analyses/${made.json.id}`, { key: test })).status, 200);
    assert.equal((await call("GET", `${url.documents}/v1/analyses/${made.json.id}`, { key: live })).status, 404);
    const foreign = await call("GET", `${url.testDocuments}/v1/analyses/${made.json.id}`, { key: keys.testSecret.value });
    assert.equal(foreign.status, 404, "nor is it another customer's");
    assert.deepEqual((await credits(id)).live, { granted: 0, spent: 0, reserved: 0, expired: 0, remaining: 0 });
  });

  test("D6 D7 the page shows the base URLs, and regenerating there ends the old key at once, or after a grace", async () => {
    const owner = await asOwner(browser, datakeen);
    const { project, live, test } = await customer("Elm Mortgages");
    await openKeys(owner, project, "production");
    for (const base of [url.journeys, url.documents]) await owner.getByText(base, { exact: true }).first().waitFor();
    await picture(owner, "datakeen-console");
    const regenerate = async (environment, grace) => {
      await openKeys(owner, project, environment);
      await owner.getByRole("region", { name: "Secret Keys" }).getByRole("link", { name: "Regenerate" }).first().click();
      if (grace) await dialog(owner).getByLabel(grace).check();
      else assert.ok(await dialog(owner).getByLabel("Now").isChecked(), "now is the default");
      await dialog(owner).getByRole("button", { name: "Regenerate" }).click();
      return (await dialog(owner).locator("#secret-value").textContent()).trim();
    };
    const fresh = await regenerate("production");
    assert.deepEqual(refusal(await journey(live, url.journeys)), [401, "revoked_key"]);
    assert.deepEqual(refusal(await analyse(live, { base: url.documents })), [401, "revoked_key"]);
    assert.equal((await journey(fresh, url.journeys)).status, 201);
    const next = await regenerate("test", "In 24 hours");
    assert.deepEqual(statuses([await journey(test), await journey(next)]), [201, 201], "both work while integrations are updated");
    await openKeys(owner, project, "test");
    await choose(owner, "Secret", "Revoke");
    await dialog(owner).getByRole("button", { name: "Revoke" }).click();
    await owner.getByText(/Dead on 1 of 1 nodes/).waitFor();
    assert.deepEqual(statuses([await journey(test), await journey(next)]), [401, 401]);
  });
});

describe("bad input and faults", { timeout: 180_000 }, () => {
  test("a key in the URL is refused, and an Idempotency-Key that is none costs nothing", async () => {
    const before = await credits();
    const inUrl = await call("POST", `${url.testDocuments}/v1/analyses?key=${keys.testSecret.value}`, { body: INVOICE });
    assert.deepEqual(refusal(inUrl), [401, "missing_credential"]);
    assert.ok(!inUrl.text.includes(keys.testSecret.value));
    for (const idempotencyKey of ["", "x".repeat(256)]) {
      assert.equal((await analyse(keys.testSecret.value, { idempotencyKey })).status, 400);
    }
    assert.deepEqual(refusal(await call("GET", `${url.testDocuments}/v1/nothing`, { key: keys.testSecret.value })), [404, undefined]);
    assert.deepEqual(await credits(), before);
  });

  test("while Keystile is away the answer is 503, nothing is charged, and then everything is as before", async () => {
    await offlineAndBack(datakeen, () => journey(keys.testSecret.value), 201);
  });

  test("while Keystile does not answer the answer is 503, in bounded time", async () => {
    await slowAndBack(datakeen, () => journey(keys.testSecret.value), 201);
  });
});
