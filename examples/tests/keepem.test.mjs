// Keepem on Keystile: viewers chat at a page of an organiser, whose server does the rest.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { asOwner, begin, call, choose, dialog, fitsPhone, launch, offlineAndBack, openKeys, picture, refusal, republish, revokeInConsole, said, slowAndBack, violations, visit } from "./world.mjs";

let keepem, browser, page, elsewhere, api, event, publishable, secret, console;

before(async () => {
  keepem = await begin("keepem");
  browser = await launch();
  console = await asOwner(browser, keepem);
  page = keepem.open.Page;
  elsewhere = page.replace("localhost", "127.0.0.1");
  api = keepem.variables.API;
  ({ publishable, secret } = keepem.keys);
  [event] = (await call("GET", `${api}/v1/events`, { key: secret.value })).json.data;
});
after(async () => {
  await browser?.close();
  await keepem?.stop();
});

const visitPage = async (url = page) => {
  const visited = await visit(browser, url);
  return { ...visited, player: visited.page.frameLocator("iframe[title='Player and chat']") };
};
const join = async (player, name) => {
  await player.getByLabel("Your name").fill(name);
  await player.getByRole("button", { name: "Join" }).click();
  await player.getByLabel("Message").waitFor();
};
const say = async (player, text) => {
  await player.getByLabel("Message", { exact: true }).fill(text);
  await player.getByRole("button", { name: "Send" }).click();
};
const asViewer = (method, path, body) => call(method, api + path, { key: publishable.value, body, headers: { origin: new URL(page).origin } });
const asServer = (method, path, body, key = secret.value) => call(method, api + path, { key, body });

describe("at the organiser's page", { timeout: 180_000 }, () => {
  test("K11 K4 one script tag brings the player, and a viewer chats", async () => {
    const visited = await visitPage();
    const credentials = [];
    visited.page.on("request", (request) => {
      if (request.url().startsWith(`${api}/v1`) && request.method() !== "OPTIONS") credentials.push(request.headers().authorization);
    });
    await join(visited.player, "Front row");
    await say(visited.player, "Good evening!");
    await visited.player.getByText("Front row Good evening!").waitFor();
    const { json } = await asServer("GET", `/v1/events/${event.id}/analytics`);
    assert.deepEqual([json.viewers, json.messages], [1, 1]);
    assert.equal(await visited.page.locator("script").count(), 1, "the page has no script but the tag");
    assert.ok(credentials.length >= 3 && credentials.every((one) => /^Bearer st_/.test(one)), "calls carry the viewer's session");
    assert.deepEqual(visited.heard, { errors: [], said: [] });
    assert.deepEqual(await violations(visited.page), []);
    assert.deepEqual(await violations(await (await visited.page.locator("iframe").elementHandle()).contentFrame()), []);
    await picture(visited.page, "keepem-page");
    await fitsPhone(visited.page);
    await picture(visited.page, "keepem-phone");
    await visited.page.setViewportSize({ width: 1280, height: 720 });
    await visited.close();
  });

  test("K6 the organiser's own server registers guests and reads analytics", async () => {
    const visited = await visitPage(`${page}backstage`);
    await visited.page.getByLabel("Register a guest").fill("guest@example.com");
    await visited.page.getByRole("button", { name: "Register" }).click();
    await visited.page.getByText("Registrations").locator("..").getByText("1").waitFor();
    assert.ok(!(await visited.page.content()).includes(secret.value), "the secret stays on the server");
    assert.deepEqual(await violations(visited.page), []);
    await picture(visited.page, "keepem-backstage");
    await visited.close();
  });

  test("the same page at another origin gets no player, and the console says what to do", async () => {
    const visited = await visitPage(elsewhere);
    const message = await said(visited.page, visited.heard, /origin_not_allowed/);
    assert.ok(message.startsWith("error: Keystile: ") && message.includes(`add ${new URL(elsewhere).origin} to its allowed origins`), message);
    // Whoever takes the key out of the page and calls from there gets no further.
    const stolen = await visited.page.evaluate(async ([url, key]) => (await fetch(url, { headers: { authorization: `Bearer ${key}` } })).status, [`${api}/v1/events/${event.id}/public`, publishable.value]);
    assert.equal(stolen, 403);
    await visited.close();
  });

  test("K1 K3 the publishable key came with the project and is for pages; a secret key there is refused loudly", async () => {
    const { data } = await keepem.keystile.call("GET", `/v1/keys?organization=${keepem.organization}&kind=publishable`);
    assert.deepEqual(data.map(({ id }) => id), [publishable.id], "nobody made another");
    assert.ok(publishable.value.startsWith("pk_live_") && secret.value.startsWith("sk_live_"));
    const careless = await republish(page, publishable.value, secret.value);
    const visited = await visitPage(careless.url);
    const message = await said(visited.page, visited.heard, /\[secret_key\]/);
    assert.match(message, /^error: Keystile: everybody can read the secret key on this page: regenerate it/);
    assert.ok(!visited.heard.said.join().includes(secret.value), "no message repeats it");
    let found;
    do found = await keepem.keystile.call("GET", `/v1/keys/${secret.id}`);
    while (!found.exposed_at);
    assert.equal((await asServer("GET", "/v1/events")).status, 200, "nobody stops servers by pasting a key into a page");
    await visited.close();
    careless.close();
  });
});

describe("at Keepem's API", { timeout: 180_000 }, () => {
  test("K4 a publishable key does what viewers do, and nothing else", async () => {
    const { json } = await asViewer("POST", "/v1/viewer-sessions", { event: event.id, name: "Back row" });
    const path = `/v1/events/${event.id}`;
    assert.equal((await asViewer("POST", `${path}/messages`, { viewer: json.viewer.id, text: "Hello" })).status, 201);
    assert.equal((await asViewer("GET", `${path}/public`)).status, 200);
    for (const [method, where, scope] of [["POST", "/v1/events", "events:create"], ["GET", "/v1/events", "events:read"], ["POST", `${path}/registrations`, "registrations:manage"], ["GET", `${path}/analytics`, "analytics:read"]]) {
      const refused = await asViewer(method, where, method === "POST" ? { name: "x", email: "x" } : undefined);
      assert.deepEqual([refused.status, refused.json.code, refused.json.missing_scope], [403, "insufficient_scope", scope]);
    }
    assert.equal((await asServer("GET", "/v1/events")).json.data.length, 1, "nothing was created");
  });

  test("K6 a secret key does everything", async () => {
    const made = await asServer("POST", "/v1/events", { name: "Matinee" });
    assert.equal(made.status, 201);
    const path = `/v1/events/${made.json.id}`;
    assert.equal((await asServer("POST", `${path}/registrations`, { email: "guest@example.com" })).status, 201);
    assert.equal((await asServer("POST", "/v1/viewer-sessions", { event: made.json.id, name: "Box office" })).status, 201);
    assert.equal((await asServer("POST", `${path}/messages`, { text: "Doors open at two" })).json.from, "Organiser");
    assert.equal((await asServer("GET", `${path}/public`)).json.messages.length, 1);
    assert.deepEqual((await asServer("GET", `${path}/analytics`)).json, { viewers: 1, messages: 1, registrations: 1 });
    const events = (await asServer("GET", "/v1/events")).json.data.map(({ name }) => name);
    assert.deepEqual(events.sort(), [event.name, "Matinee"].sort());
  });

  test("K10 the key comes as Authorization: Bearer, and never in the URL", async () => {
    const url = `${api}/v1/events`;
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      assert.equal((await call("GET", url, { headers: { authorization: `${scheme} ${secret.value}` } })).status, 200);
    }
    const bare = await call("GET", url);
    assert.deepEqual(refusal(bare), [401, "missing_credential"]);
    assert.match(bare.headers.get("www-authenticate"), /^Bearer realm="keepem"/);
    const inUrl = await call("GET", `${url}?key=${secret.value}`);
    assert.deepEqual(refusal(inUrl), [401, "missing_credential"]);
    assert.match(inUrl.json.detail, /in the URL, where it is never read/);
    assert.ok(!inUrl.text.includes(secret.value));
    assert.deepEqual(refusal(await call("GET", `${url}?key=${secret.value}`, { key: secret.value })), [400, "conflicting_credentials"]);
    assert.deepEqual(refusal(await asServer("GET", "/v1/events", undefined, "sk_live_oZXP••••••••".replaceAll("•", "*"))), [401, "malformed_key"]);
  });

  test("a browser that sends the secret key is refused", async () => {
    const sent = await call("GET", `${api}/v1/events`, { key: secret.value, headers: { origin: "https://shop.example" } });
    assert.deepEqual(refusal(sent), [403, "secret_key_in_browser"]);
  });

  test("what is no request of Keepem's is 4xx", async () => {
    const lacking = await asServer("POST", "/v1/events", {});
    assert.deepEqual([lacking.status, lacking.json.detail], [422, "name is a text of 1 to 200 characters"]);
    assert.equal((await asServer("GET", "/v1/events/evt_none/public")).status, 404);
    assert.deepEqual(refusal(await asServer("DELETE", "/v1/events")), [403, "unknown_operation"]);
    const other = await keepem.keystile.customer("keepem", "Hillside Stage", "Main");
    const [theirs] = other.environments.production.keys;
    const foreign = await call("GET", `${api}/v1/events/${event.id}/public`, { key: theirs.value });
    assert.equal(foreign.status, 404, "another customer's events are not there");
  });

  test("while Keystile is away the answer is 503, and then everything is as before", async () => {
    await offlineAndBack(keepem, () => asServer("GET", "/v1/events"));
  });

  test("while Keystile does not answer the answer is 503, in bounded time", async () => {
    await slowAndBack(keepem, () => asServer("GET", "/v1/events"));
  });
});

describe("from the console", { timeout: 180_000 }, () => {
  test("K9 Regenerate asks, and then the old key fails everywhere", async () => {
    const backstage = await visitPage(`${page}backstage`);
    await openKeys(console, keepem.project);
    await choose(console, secret.name, "Regenerate");
    await dialog(console).getByRole("heading", { name: "Regenerate this key?" }).waitFor();
    assert.equal((await asServer("GET", "/v1/events")).status, 200, "asking changes nothing");
    await dialog(console).getByRole("button", { name: "Regenerate" }).click();
    const fresh = (await dialog(console).locator("#secret-value").textContent()).trim();
    for (const [method, path] of [["GET", "/v1/events"], ["POST", "/v1/events"], ["POST", "/v1/viewer-sessions"], ["GET", `/v1/events/${event.id}/analytics`]]) {
      assert.deepEqual(refusal(await asServer(method, path)), [401, "revoked_key"]);
    }
    assert.equal((await asServer("GET", "/v1/events", undefined, fresh)).status, 200);
    await backstage.page.reload();
    await backstage.page.getByRole("alert").getByText("Keepem answers 401 revoked_key").waitFor();
    await backstage.close();
  });

  test("a viewer's next message is refused once the page's key is revoked", async () => {
    const visited = await visitPage();
    await join(visited.player, "Last row");
    await say(visited.player, "Still here");
    await visited.player.getByText("Last row Still here").waitFor();
    await revokeInConsole(console, keepem.project, publishable.name);
    await say(visited.player, "Anyone?");
    await visited.player.getByText(/revoked_key/).waitFor();
    await said(visited.page, visited.heard, /\[revoked_key\]/);
    assert.equal(await visited.player.getByText("Anyone?").count(), 0);
    assert.deepEqual(refusal(await asViewer("GET", `/v1/events/${event.id}/public`)), [401, "revoked_key"]);
    await visited.close();
  });
});
