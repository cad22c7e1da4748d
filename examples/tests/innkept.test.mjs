// Innkept on Keystile: visitors of a hotel's page ask for quotes, and the hotel's server reads them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { findProgram } from "../runner/keystile.mjs";
import { asOwner, begin, call, fitsPhone, launch, offlineAndBack, openKeys, picture, refusal, republish, revokeInConsole, said, slowAndBack, violations, visit } from "./world.mjs";

let innkept, browser, owner, api, staging, keys, page, site;

before(async () => {
  innkept = await begin("innkept");
  browser = await launch();
  owner = await asOwner(browser, innkept);
  ({ API: api, STAGING: staging } = innkept.variables);
  keys = innkept.keys;
  page = innkept.open.Page;
  site = new URL(page).origin;
});
after(async () => {
  await browser?.close();
  await innkept?.stop();
});

const LEAD = { destination: "harbour", nights: 2, email: "guest@example.com" };
const production = () => innkept.environments.production;
const onPage = (method, path, body, key = keys.publishable) => call(method, api + path, { key: key.value, body, headers: { origin: site } });
const onServer = (method, path, body, key = keys.secret) => call(method, api + path, { key: key.value, body });
const fill = async ({ page }, email) => {
  await page.getByLabel("House").selectOption({ label: "Cottage in the vineyard, €95.00 a night" });
  await page.getByLabel("Nights").fill("4");
  await page.getByLabel("Your email").fill(email);
  await page.getByRole("button", { name: "Get a quote" }).click();
};

describe("on the hotel's page", { timeout: 180_000 }, () => {
  test("I5 I9 I10 one script tag shows the widget, and a visitor leaves a lead that the hotel's server reads", async () => {
    const hosts = [page, innkept.keystile.url, api].map((url) => new URL(url).host);
    assert.equal(new Set(hosts).size, 3, "the page, the service and the API have different hosts");
    const visited = await visit(browser, page);
    const credentials = [];
    visited.page.on("request", (request) => request.url() === `${api}/v1/leads` && request.method() === "POST" && credentials.push(request.headers().authorization));
    await fill(visited, "visitor@example.com");
    await visited.page.getByRole("status").getByText("Your stay: €380.00").waitFor();
    assert.equal(credentials.length, 1);
    assert.match(credentials[0], /^Bearer st_/, "the call carries the visitor's session");
    assert.equal(await visited.page.locator("script").count(), 1);
    assert.deepEqual(visited.heard, { errors: [], said: [] });
    assert.deepEqual(await violations(visited.page), []);
    await picture(visited.page, "innkept-page");
    await fitsPhone(visited.page);
    await picture(visited.page, "innkept-phone");
    await visited.page.setViewportSize({ width: 1280, height: 720 });

    await visited.page.getByRole("link", { name: "For the desk" }).click();
    await visited.page.getByRole("row").filter({ hasText: "visitor@example.com" }).getByText("€ 380").waitFor();
    assert.ok(!(await visited.page.content()).includes(keys.secret.value));
    assert.deepEqual(await violations(visited.page), []);
    await picture(visited.page, "innkept-desk");
    await visited.close();
  });

  test("I7 the console says of both keys that they were just used", async () => {
    await innkept.keystile.createKey(production(), "secret", "Never used");
    assert.equal((await onPage("GET", "/v1/widget/config")).status, 200);
    assert.equal((await onServer("GET", "/v1/leads")).status, 200);
    await openKeys(owner, innkept.project, "production");
    const row = (name) => owner.getByRole("row").filter({ hasText: name });
    for (const name of ["Website", "Front desk"]) await row(name).getByText("just now").waitFor();
    await row("Never used").getByText("never", { exact: true }).waitFor();
  });

  test("I8 the same page at another origin gets no widget, and the console says what to do", async () => {
    const elsewhere = page.replace("localhost", "127.0.0.1");
    const visited = await visit(browser, elsewhere);
    const message = await said(visited.page, visited.heard, /origin_not_allowed/);
    assert.ok(message.includes(`add ${new URL(elsewhere).origin} to its allowed origins`), message);
    assert.equal(await visited.page.getByRole("button").count(), 0);
    const taken = await call("POST", `${api}/v1/leads`, { key: keys.publishable.value, body: LEAD, headers: { origin: "https://evil.example" } });
    assert.deepEqual(refusal(taken), [403, "origin_not_allowed"]);
    assert.equal((await onPage("POST", "/v1/leads", LEAD)).status, 201, "the hotel's own page is allowed");
    await visited.close();
  });

  test("a secret key in the page is refused loudly, and no message repeats it", async () => {
    const { id, value } = await innkept.keystile.createKey(production(), "secret", "Pasted");
    const careless = await republish(page, keys.publishable.value, value);
    const visited = await visit(browser, careless.url);
    await said(visited.page, visited.heard, /^error: Keystile: everybody can read the secret key .*\[secret_key\]/);
    assert.ok(!visited.heard.said.join().includes(value));
    let found;
    do found = await innkept.keystile.call("GET", `/v1/keys/${id}`);
    while (!found.exposed_at);
    await visited.close();
    careless.close();
  });

  test("a visitor's next call is refused once the key is revoked in the console", async () => {
    const made = await innkept.keystile.createKey(production(), "publishable", "Campaign");
    const campaign = await republish(page, keys.publishable.value, made.value);
    const visited = await visit(browser, campaign.url);
    await fill(visited, "before@example.com");
    await visited.page.getByRole("status").getByText("Your stay").waitFor();
    await revokeInConsole(owner, innkept.project, "Campaign");
    await fill(visited, "after@example.com");
    await visited.page.getByRole("status").getByText("401 revoked_key").waitFor();
    await said(visited.page, visited.heard, /\[revoked_key\]/);
    const leads = (await onServer("GET", "/v1/leads")).json.data.map(({ email }) => email);
    assert.ok(leads.includes("before@example.com") && !leads.includes("after@example.com"));
    await visited.close();
    campaign.close();
  });
});

describe("at Innkept's API", { timeout: 180_000 }, () => {
  test("I1 the environment decides about the prefix, and each refuses the other's keys", async () => {
    for (const [name, prefix] of [["publishable", "pk_live_"], ["secret", "sk_live_"], ["testPublishable", "pk_test_"], ["testSecret", "sk_test_"]]) {
      assert.ok(keys[name].value.startsWith(prefix), `${name}: ${prefix}`);
    }
    const at = async (base, key) => refusal(await call("GET", `${base}/v1/widget/config`, { key: key.value, headers: key === keys.publishable ? { origin: site } : {} }));
    for (const key of [keys.publishable, keys.secret]) {
      assert.deepEqual(await at(api, key), [200, undefined]);
      assert.deepEqual(await at(staging, key), [403, "wrong_environment"]);
    }
    for (const key of [keys.testPublishable, keys.testSecret]) {
      assert.deepEqual(await at(staging, key), [200, undefined]);
      assert.deepEqual(await at(api, key), [403, "wrong_environment"]);
    }
  });

  test("I6 publishable keys carry exactly two scopes, and each key can be given fewer", async () => {
    const { scopes } = await innkept.keystile.call("GET", `/v1/keys/${keys.publishable.id}`);
    assert.deepEqual(scopes.sort(), ["read_config", "submit_quote"]);
    const create = (kind, name, scopes) => innkept.keystile.createKey(production(), kind, name, { scopes });
    await assert.rejects(create("publishable", "Greedy", ["read_leads"]), /answers 422/);
    const reader = await create("secret", "Reports", ["read_leads"]);
    assert.equal((await onServer("GET", "/v1/leads", undefined, reader)).status, 200);
    assert.deepEqual(refusal(await onServer("GET", "/v1/quotes", undefined, reader)), [403, "insufficient_scope"]);
    const looker = await create("publishable", "Price list", ["read_config"]);
    assert.equal((await onPage("GET", "/v1/widget/config", undefined, looker)).status, 200);
    assert.deepEqual(refusal(await onPage("POST", "/v1/leads", LEAD, looker)), [403, "insufficient_scope"]);
  });

  test("I9 the publishable key asks for quotes, and the secret key does the rest", async () => {
    assert.equal((await onPage("GET", "/v1/widget/config")).json.destinations.length, 2);
    const lead = await onPage("POST", "/v1/leads", LEAD);
    assert.deepEqual([lead.status, lead.json.total], [201, 280]);
    for (const [method, path, scope] of [["GET", "/v1/leads", "read_leads"], ["GET", "/v1/quotes", "read_quotes"], ["PUT", "/v1/destinations/harbour", "manage_destinations"]]) {
      const refused = await onPage(method, path, method === "PUT" ? { name: "Mine", nightly: 1 } : undefined);
      assert.deepEqual([refused.status, refused.json.code, refused.json.missing_scope], [403, "insufficient_scope", scope]);
    }
    assert.equal((await onServer("PUT", "/v1/destinations/mill", { name: "The old mill", nightly: 80 })).status, 200);
    assert.equal((await onPage("GET", "/v1/widget/config")).json.destinations.length, 3);
    const { data } = (await onServer("GET", "/v1/quotes")).json;
    assert.ok(data.some(({ lead: id }) => id === lead.json.lead));
  });

  test("I10 the secret key comes as Bearer with Node's own fetch, and from nowhere else", async () => {
    assert.equal((await onServer("GET", "/v1/leads")).status, 200);
    assert.deepEqual(refusal(await call("GET", `${api}/v1/leads`, { headers: { "x-api-key": keys.secret.value } })), [401, "missing_credential"]);
    const inUrl = await call("GET", `${api}/v1/leads?key=${keys.secret.value}`);
    assert.deepEqual(refusal(inUrl), [401, "missing_credential"]);
    assert.ok(/in the URL/.test(inUrl.json.detail) && !inUrl.text.includes(keys.secret.value));
    for (const headers of [{ origin: site }, { origin: "null" }, { "sec-fetch-site": "cross-site" }]) {
      assert.deepEqual(refusal(await call("GET", `${api}/v1/leads`, { key: keys.secret.value, headers })), [403, "secret_key_in_browser"], JSON.stringify(headers));
    }
  });

  test("what is no request of Innkept's is 4xx", async () => {
    for (const wrong of [{}, { ...LEAD, nights: "2" }, { ...LEAD, destination: "moon" }, { ...LEAD, email: "x" }]) {
      assert.equal((await onPage("POST", "/v1/leads", wrong)).status, 422);
    }
    const broken = await fetch(`${api}/v1/leads`, { method: "POST", body: "{", headers: { authorization: `Bearer ${keys.secret.value}` } });
    assert.equal(broken.status, 400);
    const large = await onServer("POST", "/v1/leads", { ...LEAD, note: "x".repeat(20_000) });
    assert.equal(large.status, 413);
    assert.deepEqual(refusal(await onServer("GET", "/v1/nothing")), [403, "unknown_operation"]);
  });

  test("while Keystile is away the answer is 503, and then everything is as before", async () => {
    await offlineAndBack(innkept, () => onServer("GET", "/v1/leads"));
  });

  test("while Keystile does not answer the answer is 503, in bounded time", async () => {
    await slowAndBack(innkept, () => onServer("GET", "/v1/leads"));
  });
});

describe("as a hosted installation", { timeout: 180_000 }, () => {
  let hosted;
  before(async () => {
    const withoutStaging = (text) => text.replace(/\[\[environments\]\]\nname = "staging"\nbase_urls = .*\n/, "");
    hosted = await begin("innkept", { manifest: withoutStaging });
  });
  after(() => hosted?.stop());

  test("I2 only live keys are made, and no other environment is", async () => {
    assert.deepEqual(Object.keys(hosted.environments), ["production"]);
    assert.ok(Object.values(hosted.keys).every(({ value }) => /^[ps]k_live_/.test(value)));
    await assert.rejects(hosted.keystile.call("POST", `/v1/projects/${hosted.project}/environments`, { name: "staging" }), /answers 4(09|22)/);
    await assert.rejects(hosted.keystile.bound("innkept", "staging"), /answers 4/);
  });

  test("I2 a test key is refused", async () => {
    const base = hosted.variables.API;
    assert.equal((await call("GET", `${base}/v1/leads`, { key: hosted.keys.secret.value })).status, 200);
    const test = execFileSync(findProgram(process.env.TRIED_PROGRAM), ["mint", "--mode", "test"]).toString().trim();
    assert.match(test, /^sk_test_/);
    assert.equal((await call("GET", `${base}/v1/leads`, { key: test })).status, 401);
    assert.equal((await call("GET", `${base}/v1/leads`, { key: keys.testSecret.value })).status, 401, "nor one of another installation");
  });
});
