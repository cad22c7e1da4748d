// The embed on pages of customers: from other hosts than the service, under strict policies, and
// where it can get no session.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { launch, start } from "./harness.mjs";

let server, browser, inn, sites, api, asked, key, loader;
const pages = new Map();

/** A server on a port of its own; every name that ends in .example leads to it. */
async function listen(answer) {
  const listening = createServer(answer);
  await new Promise((done) => listening.listen(0, "127.0.0.1", done));
  const { port } = listening.address();
  return { port, at: (host) => `http://${host}:${port}`, close: () => new Promise((done) => listening.close(done).closeAllConnections()) };
}

/** The API of Innkept: asks Keystile about every call, as its middleware would. */
async function innkept(request, reply) {
  const { origin, authorization = "" } = request.headers;
  const token = request.headers["x-api-key"] ?? authorization.replace(/^Bearer /, "");
  reply.setHeader("access-control-allow-origin", "*");
  reply.setHeader("access-control-allow-headers", "authorization, content-type, x-api-key");
  reply.setHeader("access-control-expose-headers", "x-told");
  if (request.method === "OPTIONS") return reply.writeHead(204).end();
  const operation = `${request.method} ${request.url.replace(/^\/base/, "")}`;
  asked.push({ operation, origin, token, user: request.headers["x-api-key"] && authorization });
  const verdict = await server.verify(token || "none", { product: "innkept", operation, origin });
  reply.setHeader("x-told", verdict.code);
  reply.writeHead(verdict.valid ? 200 : verdict.code === "insufficient_scope" ? 403 : 401, { "content-type": "application/json" });
  reply.end(JSON.stringify({ code: verdict.code, session: verdict.session }));
}

async function page(request, reply) {
  const found = pages.get(request.url.split("?")[0]);
  if (!found) return reply.writeHead(404, { "content-type": "text/html" }).end("nothing here");
  reply.writeHead(200, { "content-type": "text/html", "access-control-allow-origin": "*", ...found.headers });
  reply.end(found.text);
}

before(async () => {
  server = await start();
  browser = await launch(["--host-resolver-rules=MAP *.example 127.0.0.1"]);
  asked = [];
  sites = await listen(page);
  api = await listen(innkept);
  inn = await server.organization("innkept", "Riverside Inn");
  key = (await made("publishable", "Site", { allowed_origins: [sites.at("hotel.example")] })).value;
  loader = `${server.base}/embed/v1/loader.js`;
});
after(async () => {
  await browser.close();
  await Promise.all([sites.close(), api.close()]);
  await server.stop();
});

let count = 0;
/** A key of the inn's production. */
async function made(kind, name, more = {}) {
  const project = inn.projects[0].project ?? inn.projects[0];
  const { data } = await server.ok("GET", `/v1/projects/${project.id}/environments`);
  const production = data.find((one) => one.name === "production");
  const answer = await server.ok("POST", `/v1/environments/${production.id}/keys`, { kind, name: `${name} ${++count}`, ...more });
  return { id: answer.key.id, value: answer.secret ?? answer.key.value };
}

const tag = (attributes, source = loader) => `<script src="${source}" async ${Object.entries(attributes).map(([name, value]) => `${name}="${value.replaceAll('"', "&quot;")}"`).join(" ")}></script>`;

/** A page with that body: its own script must go on whatever the embed does. */
async function visit(body, { host = "hotel.example", headers = {}, prepare, url, context: options } = {}) {
  const path = `/page-${++count}`;
  pages.set(path, { headers, text: `<!doctype html><meta charset="utf-8"><title>Hotel</title><body>${body}` });
  const context = await browser.newContext(options);
  const opened = await context.newPage();
  const seen = { messages: [], errors: [], sessions: [], told: [] };
  opened.on("console", (message) => {
    if (/Keystile/.test(message.text())) seen.messages.push(`${message.type()}: ${message.text()}`);
  });
  opened.on("pageerror", (error) => seen.errors.push(error.message));
  opened.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/v1/sessions")) seen.sessions.push(request);
  });
  const waiting = new Set();
  await opened.exposeFunction("tellTest", (...what) => {
    seen.told.push(what);
    for (const wait of waiting) wait();
  });
  await opened.addInitScript(() => {
    for (const type of ["ready", "renewed", "refused", "ended"]) {
      document.addEventListener(`keystile:${type}`, ({ detail }) => window.tellTest(type, detail.embed.settings.id ?? "", detail.error?.code ?? ""));
    }
    addEventListener("unhandledrejection", ({ reason }) => window.tellTest("unhandled", "", String(reason)));
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => window.tellTest("policy", violatedDirective, blockedURI));
  });
  if (prepare) await prepare(opened);
  await opened.goto(url ?? `${sites.at(host)}${path}`);
  const visited = {
    page: opened, seen,
    /** Waits until something was told so often. */
    until: (type, times = 1) => new Promise((done) => {
      const look = () => {
        if (seen.told.filter(([one]) => one === type).length < times) return;
        waiting.delete(look);
        done();
      };
      waiting.add(look);
      look();
    }),
    /** What the embed's wrapped fetch brings. */
    call: (path, init) => opened.evaluate(async ([path, init]) => {
      const reply = await window.Keystile.fetch(path, init);
      return [reply.status, reply.headers.get("x-told")];
    }, [path, init]),
    /** How many sessions were asked for, once everything that was asked for has been seen. */
    async asked() {
      await opened.evaluate(() => fetch(location.href).then(() => 0, () => 0));
      return seen.sessions.length;
    },
    /** Nothing of the page was broken. */
    async close() {
      assert.deepEqual(seen.errors, []);
      assert.ok(!visited.seen.told.some(([type]) => type === "unhandled"));
      await context.close();
    },
  };
  return visited;
}

/** Lets time go by on the page until something is told; while it waits for the service, none does. */
async function advance(visited, type) {
  while (!visited.seen.told.some(([one]) => one === type)) {
    await visited.page.clock.runFor(500);
    for (const request of visited.seen.sessions) await request.response().catch(() => null);
  }
}

/** Waits for the refusal and gives the one message of it. */
async function refusal(visited, code, times = 1) {
  await visited.until("refused", times);
  await visited.asked();
  const told = visited.seen.told.filter(([type]) => type === "refused");
  assert.deepEqual(told.map(([, , why]) => why), Array(times).fill(code));
  const errors = visited.seen.messages.filter((message) => message.startsWith("error: "));
  assert.equal(errors.length, times, errors.join("\n"));
  assert.match(errors[0], new RegExp(`\\[${code}\\]`));
  return errors[0];
}

describe("one tag", { timeout: 180_000 }, () => {
  test("K11 I5 makes a session and calls the API, though the script comes from another host, path and name", async () => {
    const text = await (await fetch(loader)).text();
    pages.set("/some/where/quotes.min.js", { text, headers: { "content-type": "text/javascript" } });
    const event = "summer-night";
    const visited = await visit(tag({ "data-key": key, "data-event": event, "data-base-url": api.at("api.localhost") }, `${sites.at("cdn.example")}/some/where/quotes.min.js`));
    await visited.until("ready");
    assert.deepEqual(await visited.call("/v1/leads", { method: "POST", body: "{}" }), [200, "ok"]);
    const { token, origin } = asked.at(-1);
    assert.match(token, /^st_/, "the API is given the session, not the key");
    assert.equal(origin, sites.at("hotel.example"));
    assert.equal(await visited.asked(), 1);
    assert.equal(new URL(visited.seen.sessions[0].url()).origin, server.base, "the address is that of the file, not that of the script");
    const settings = await visited.page.evaluate(() => window.Keystile.embeds[0].settings);
    assert.deepEqual(settings, { event, baseUrl: api.at("api.localhost") });
    assert.deepEqual(visited.seen.messages, []);
    await visited.close();
  });

  test("K11 I5 asks the service that data-api names, whatever is written into the file", async () => {
    const text = (await (await fetch(loader)).text()).replace(server.base, "http://other.example:1");
    pages.set("/copy.js", { text, headers: { "content-type": "text/javascript" } });
    const visited = await visit(tag({ "data-key": key, "data-api": `${server.base}/` }, `${sites.at("cdn.example")}/copy.js`));
    await visited.until("ready");
    await visited.close();
  });

  test("I8 is refused on another origin, and the message names the origin to add", async () => {
    const visited = await visit(tag({ "data-key": key }), { host: "evil.example" });
    const message = await refusal(visited, "origin_not_allowed");
    assert.ok(message.includes(`add ${sites.at("evil.example")} to its allowed origins`), message);
    assert.equal(await visited.asked(), 1, "a refusal is not asked for again");
    await visited.close();
  });

  test("K4 I9 may do with its session what the key may, and no more", async () => {
    const visited = await visit(tag({ "data-key": key, "data-base-url": api.at("api.localhost") }));
    await visited.until("ready");
    assert.deepEqual(await visited.call("/v1/widget/config"), [200, "ok"]);
    assert.deepEqual(await visited.call("/v1/leads"), [403, "insufficient_scope"]);
    await visited.close();
  });

  test("B6 leaves the page's own Authorization alone, and sends the session beside it", async () => {
    const visited = await visit(tag({ "data-key": key, "data-base-url": api.at("api.localhost") }));
    await visited.until("ready");
    await visited.call("/v1/widget/config", { headers: { authorization: "Bearer user-token" } });
    assert.equal(asked.at(-1).user, "Bearer user-token");
    assert.match(asked.at(-1).token, /^st_/);
    await visited.close();
  });

  test("sends the token to the base address and nowhere else", async () => {
    const visited = await visit(tag({ "data-key": key, "data-base-url": `${api.at("api.localhost")}/base/` }));
    await visited.until("ready");
    const token = async (address) => {
      await visited.call(address);
      return asked.at(-1).token;
    };
    const base = api.at("api.localhost");
    assert.match(await token("/v1/widget/config"), /^st_/);
    assert.match(await token(`${base}/base/v1/widget/config`), /^st_/);
    for (const address of [`${base}/v1/widget/config`, `${base}/based/v1`, `${base}/base/../v1`, `${base}/base/%2e%2e/v1`, "/../v1", api.at("other.example") + "/base/v1"]) {
      assert.equal(await token(address), "", address);
    }
    await visited.close();
  });

  test("a call made before the script came is made when it comes", async () => {
    const waiting = `<script>window.Keystile = [(keystile) => keystile.on("ready", ({ detail }) => { window.heard = detail.embed.key; })]; Keystile.push((keystile) => { window.version = keystile.version; });</script>`;
    const visited = await visit(waiting + tag({ "data-key": key }));
    await visited.until("ready");
    assert.deepEqual(await visited.page.evaluate(() => [window.heard, window.version]), [key, "1.0.0"]);
    await visited.close();
  });
});

describe("several tags", { timeout: 180_000 }, () => {
  test("the same tag twice makes one session and shows one widget", async () => {
    const widget = `<script>(window.Keystile ??= []).push((keystile) => keystile.register("quote", { mount(element) { element.className = "quote"; } }));</script>`;
    const one = tag({ "data-key": key, "data-widget": "quote" });
    const visited = await visit(widget + one + one);
    await visited.until("ready");
    await visited.page.locator(".quote").waitFor({ state: "attached" });
    assert.equal(await visited.asked(), 1);
    assert.equal(await visited.page.locator(".quote").count(), 1);
    assert.match(visited.seen.messages.join(), /^warning: Keystile: this page has the same script tag twice/);
    await visited.close();
  });

  test("tags with the same key share a session, and each shows its own", async () => {
    const widget = `<script>(window.Keystile ??= []).push((keystile) => keystile.register("event", { async mount(element, embed) { element.className = "event"; element.textContent = embed.settings.event; } }));</script>`;
    const one = (event) => tag({ "data-key": key, "data-widget": "event", "data-event": event });
    const visited = await visit(`${widget}<main>${one("first")}</main><aside>${one("second")}</aside>`);
    await visited.page.waitForSelector("main .event");
    await visited.page.waitForSelector("aside .event");
    assert.deepEqual(await visited.page.locator(".event").allTextContents(), ["first", "second"]);
    assert.equal(await visited.asked(), 1);
    assert.deepEqual(visited.seen.messages, []);
    await visited.close();
  });

  test("tags with different keys have sessions of their own, and one's refusal is not the other's", async () => {
    const other = (await made("publishable", "Other")).value;
    const elsewhere = (await made("publishable", "Elsewhere", { allowed_origins: ["https://elsewhere.example"] })).value;
    const visited = await visit(tag({ "data-key": key, "data-id": "a" }) + tag({ "data-key": other, "data-id": "b" }) + tag({ "data-key": elsewhere, "data-id": "c" }));
    await visited.until("ready", 2);
    await visited.until("refused");
    assert.deepEqual(visited.seen.told.sort(), [["ready", "a", ""], ["ready", "b", ""], ["refused", "c", "origin_not_allowed"]]);
    const keys = visited.seen.sessions.map((request) => request.headers().authorization.slice(7));
    assert.deepEqual(keys.sort(), [key, other, elsewhere].sort());
    await visited.close();
  });
});

describe("what is wrong is said, and the page goes on", { timeout: 180_000 }, () => {
  const cases = [
    ["a missing key", () => ({}), "missing_key", /add data-key="pk_\.\.\."/, 0],
    ["quotes around the key", () => ({ "data-key": `"${key}"` }), "broken_key", /no quotes, spaces, line breaks/, 0],
    ["line breaks around the key", () => ({ "data-key": `\n${key}\n` }), "broken_key", /no quotes, spaces, line breaks/, 0],
    ["typographic quotes around the key", () => ({ "data-key": `\u201c${key}\u201d` }), "broken_key", /no quotes, spaces, line breaks/, 0],
    ["a garbled key", () => ({ "data-key": key.replace(/.$/, (last) => (last === "a" ? "b" : "a")) }), "malformed_key", /copy it again from the console/, 1],
    ["an unknown key", () => ({ "data-key": server.command("mint", "--kind", "publishable").trim() }), "unknown_key", /does not know this key/, 1],
    ["an address that is none", () => ({ "data-key": key, "data-api": "keys.example" }), "bad_api", /add data-api="https:/, 0],
    ["an address where something else answers", () => ({ "data-key": key, "data-api": sites.at("hotel.example") }), "not_keystile", /is not Keystile: check data-api/, 1],
  ];
  for (const [what, attributes, code, words, sessions] of cases) {
    test(`I5 ${what}`, async () => {
      const visited = await visit(tag(attributes()));
      const message = await refusal(visited, code);
      assert.match(message, words);
      assert.ok(!message.includes(key), "no key is printed");
      assert.equal(await visited.asked(), sessions);
      await visited.close();
    });
  }

  test("D6 K9 a revoked key", async () => {
    const dead = await made("publishable", "Dead");
    await server.ok("POST", `/v1/keys/${dead.id}/revoke`, {});
    const visited = await visit(tag({ "data-key": dead.value }));
    assert.match(await refusal(visited, "revoked_key"), /put a current one into data-key/);
    await visited.close();
  });

  test("a pinned file without data-api", async () => {
    const visited = await visit(tag({ "data-key": key }, `${server.base}/embed/v1.0.0/loader.js`));
    assert.match(await refusal(visited, "bad_api"), /add data-api="https:/);
    await visited.close();
  });

  test("a sandboxed frame, whose origin is null", async () => {
    const path = `/inner-${++count}`;
    const told = `<script>document.addEventListener("keystile:refused", ({ detail }) => parent.postMessage(detail.error.message, "*"));</script>`;
    pages.set(path, { text: `<!doctype html><body>${told}${tag({ "data-key": key })}` });
    const heard = `<script>addEventListener("message", ({ data }) => { window.heard = data; });</script>`;
    const visited = await visit(`${heard}<iframe sandbox="allow-scripts" src="${path}"></iframe>`);
    await visited.page.waitForFunction(() => window.heard);
    assert.match(await visited.page.evaluate(() => window.heard), /add allow-same-origin.*\[no_origin\]/);
    assert.equal(await visited.asked(), 0);
    await visited.close();
  });

  test("a file:// page", async () => {
    const directory = mkdtempSync(join(tmpdir(), "keystile-page-"));
    const file = join(directory, "page.html");
    writeFileSync(file, `<!doctype html><body>${tag({ "data-key": key })}`);
    const visited = await visit("", { url: pathToFileURL(file).href });
    assert.match(await refusal(visited, "file_page"), /serve it, as from http:\/\/localhost/);
    await visited.close();
    rmSync(directory, { recursive: true });
  });

  test("I5 no network, or an ad blocker: it tries a few times, then waits until it is asked again", async () => {
    let blocked = true;
    const prepare = async (opened) => {
      await opened.clock.install();
      await opened.route("**/v1/sessions", (route) => (blocked ? route.abort("blockedbyclient") : route.continue()));
    };
    const visited = await visit(tag({ "data-key": key }), { prepare });
    await advance(visited, "refused");
    const message = await refusal(visited, "no_network");
    assert.match(message, /cannot be reached: this device is offline, an ad blocker or the Content-Security-Policy \(connect-src\)/);
    const warnings = visited.seen.messages.filter((one) => one.startsWith("warning"));
    assert.equal(warnings.length, 4);
    assert.match(warnings[0], /ad blocker.*Trying again in 1 s/);
    const tried = await visited.asked();
    await visited.page.clock.runFor(3_600_000);
    assert.equal(await visited.asked(), tried, "and then no more by itself");
    blocked = false;
    assert.match(await visited.page.evaluate(() => window.Keystile.token()), /^st_/);
    await visited.until("ready");
    await visited.close();
  });

  test("a policy without connect-src for the service: the message says so", async () => {
    const headers = { "content-security-policy": `default-src 'none'; script-src ${server.base}` };
    const visited = await visit(tag({ "data-key": key }), { headers, prepare: (opened) => opened.clock.install() });
    await advance(visited, "refused");
    assert.match(await refusal(visited, "no_network"), /Content-Security-Policy \(connect-src\)/);
    await visited.close();
  });

  test("a widget that fails, and a place that is not there", async () => {
    const widget = `<script>(window.Keystile ??= []).push((keystile) => keystile.register("bad", { async mount() { throw new Error("no quotes today"); } }));</script>`;
    const visited = await visit(widget + tag({ "data-key": key, "data-widget": "bad" }) + tag({ "data-key": key, "data-widget": "bad", "data-target": "#gone" }));
    await visited.until("ready", 2);
    await visited.asked();
    const messages = visited.seen.messages.join("\n");
    assert.match(messages, /bad failed:.*no quotes today/s);
    assert.match(messages, /this page has no #gone/);
    await visited.close();
  });
});

describe("a secret key in a page", { timeout: 180_000 }, () => {
  const exposed = async (id) => {
    for (;;) {
      const found = await server.ok("GET", `/v1/keys/${id}`);
      if (found.exposed_at) return found;
    }
  };

  test("is refused loudly, told to the service once and marked as exposed", async () => {
    const { id, value } = await made("secret", "Leaked");
    const visited = await visit(tag({ "data-key": value }) + tag({ "data-key": value, "data-id": "again" }));
    const message = await refusal(visited, "secret_key", 2);
    assert.match(message, /everybody can read the secret key on this page: regenerate it/);
    assert.ok(!message.includes(value));
    assert.equal((await exposed(id)).status, "active");
    assert.equal(await visited.asked(), 1);
    const failed = await visited.page.evaluate(() => window.Keystile.token().then(() => "a token", (error) => error.code));
    assert.equal(failed, "secret_key");
    await visited.close();
  });

  test("is found in any attribute and with quotes around it", async () => {
    const { id, value } = await made("secret", "Beside");
    const visited = await visit(tag({ "data-key": key, "data-note": `'${value}'` }));
    await refusal(visited, "secret_key");
    await exposed(id);
    await visited.close();
  });

  test("is not sent where it could be read on the way", async () => {
    const { value } = await made("secret", "Plain");
    const visited = await visit(tag({ "data-key": value, "data-api": sites.at("keys.example") }));
    await refusal(visited, "secret_key");
    assert.equal(await visited.asked(), 0);
    await visited.close();
  });
});

describe("a session's life", { timeout: 180_000 }, () => {
  const withClock = (time) => ({ prepare: (opened) => opened.clock.install(time && { time }) });

  test("it is renewed before it ends", async () => {
    const visited = await visit(tag({ "data-key": key, "data-base-url": api.at("api.localhost") }), withClock());
    await visited.until("ready");
    const first = await visited.page.evaluate(() => window.Keystile.token());
    await visited.page.clock.runFor(200_000);
    assert.equal(await visited.asked(), 1, "not too early");
    await advance(visited, "renewed");
    const second = await visited.page.evaluate(() => window.Keystile.token());
    assert.notEqual(second, first);
    assert.deepEqual(await visited.call("/v1/widget/config"), [200, "ok"]);
    assert.equal(await visited.asked(), 2);
    await visited.close();
  });

  test("D18 the clock of the browser may be wrong by years", async () => {
    for (const time of ["2001-01-01T00:00:00Z", "2051-01-01T00:00:00Z"]) {
      const visited = await visit(tag({ "data-key": key, "data-base-url": api.at("api.localhost") }), withClock(new Date(time)));
      await visited.until("ready");
      assert.deepEqual(await visited.call("/v1/widget/config"), [200, "ok"]);
      await visited.page.clock.runFor(100_000);
      assert.equal(await visited.asked(), 1);
      await visited.close();
    }
  });

  test("at a 401 it is renewed once and the call made again", async () => {
    const visited = await visit(tag({ "data-key": key, "data-base-url": api.at("api.localhost") }));
    await visited.until("ready");
    let times = 0;
    await visited.page.route("**/v1/leads", (route) => (times++ ? route.continue() : route.fulfill({ status: 401, headers: { "access-control-allow-origin": "*" } })));
    assert.deepEqual(await visited.call("/v1/leads", { method: "POST", body: "{}" }), [200, "ok"]);
    assert.deepEqual([times, await visited.asked()], [2, 2]);
    await visited.page.unroute("**/v1/leads");
    await visited.page.route("**/v1/leads", (route) => route.fulfill({ status: 401, headers: { "access-control-allow-origin": "*" } }));
    for (let again = 0; again < 5; again++) assert.equal((await visited.call("/v1/leads", { method: "POST", body: "{}" }))[0], 401);
    assert.equal(await visited.asked(), 2, "an API that always says 401 makes no sessions without end");
    await visited.close();
  });

  test("K9 D6 revoking the key stops the next call, and the page is told why", async () => {
    const own = await made("publishable", "Revoked");
    const visited = await visit(tag({ "data-key": own.value, "data-base-url": api.at("api.localhost") }));
    await visited.until("ready");
    assert.deepEqual(await visited.call("/v1/leads", { method: "POST", body: "{}" }), [200, "ok"]);
    await server.ok("POST", `/v1/keys/${own.id}/revoke`, {});
    assert.deepEqual(await visited.call("/v1/leads", { method: "POST", body: "{}" }), [401, "revoked_key"]);
    await refusal(visited, "revoked_key");
    assert.deepEqual(visited.seen.told.map(([type]) => type), ["ready", "refused", "ended"]);
    await visited.close();
  });

  test("429 is obeyed to the second, and 503 is tried a few times", async () => {
    const answers = [{ status: 429, after: "7" }, { status: 503 }];
    const cors = { "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after", "content-type": "application/problem+json" };
    const prepare = async (opened) => {
      // It stands still but when it is told to run.
      await opened.clock.install({ time: 0 });
      await opened.clock.pauseAt(1000);
      await opened.route("**/v1/sessions", (route) => {
        const next = route.request().method() === "POST" && answers.shift();
        if (!next) return route.continue();
        return route.fulfill({ status: next.status, headers: { ...cors, ...(next.after ? { "retry-after": next.after } : {}) }, body: JSON.stringify({ code: next.status === 429 ? "rate_limited" : "undecided", request_id: "x" }) });
      });
    };
    const visited = await visit(tag({ "data-key": key }), { prepare });
    const message = (words) => visited.page.waitForEvent("console", { predicate: (one) => words.test(one.text()) });
    if (!visited.seen.messages.length) await message(/rate_limited/);
    await visited.page.clock.runFor(6900);
    assert.equal(await visited.asked(), 1, "not before its time");
    const second = message(/undecided/);
    await visited.page.clock.runFor(200);
    await second;
    assert.equal(await visited.asked(), 2);
    await visited.page.clock.runFor(4000);
    await visited.until("ready");
    await visited.close();
  });
});

describe("policies of the page", { timeout: 180_000 }, () => {
  test("the strictest policy that names the service is enough", async () => {
    const own = `/own-${++count}.js`;
    pages.set(own, { headers: { "content-type": "text/javascript" }, text: `(window.Keystile ??= []).push((keystile) => keystile.register("quote", { mount(element) { element.textContent = "42 EUR"; } }));` });
    const player = `/player-${++count}`;
    pages.set(player, { text: "<!doctype html><p>player" });
    const headers = { "content-security-policy": `default-src 'none'; script-src 'self' ${server.base}; connect-src ${server.base}; frame-src ${sites.at("player.example")}; style-src 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'` };
    // Not safe, but this machine's: what data-frame takes.
    const frame = `http://localhost:${sites.port}${player}`;
    headers["content-security-policy"] = headers["content-security-policy"].replace(sites.at("player.example"), `http://localhost:${sites.port}`);
    const visited = await visit(`<script src="${own}"></script><main id="here"></main>${tag({ "data-key": key, "data-widget": "quote", "data-target": "#here" })}${tag({ "data-key": key, "data-frame": frame })}`, { headers });
    await visited.page.getByText("42 EUR").waitFor();
    await visited.page.frameLocator("iframe").getByText("player").waitFor();
    assert.deepEqual(visited.seen.told.filter(([type]) => type === "policy"), []);
    await visited.close();
  });

  test("a nonce is enough, and an isolated page may load it", async () => {
    const headers = { "content-security-policy": `script-src 'nonce-abc'; connect-src ${server.base}`, "cross-origin-embedder-policy": "require-corp", "cross-origin-opener-policy": "same-origin" };
    const visited = await visit(tag({ nonce: "abc", "data-key": key }), { headers });
    await visited.until("ready");
    await visited.close();
  });

  test("a pinned version loads with its published hash, and not with another", async () => {
    const { files } = await (await fetch(`${server.base}/embed/v1/integrity.json`)).json();
    const { path, integrity } = files["loader.js"];
    const bytes = Buffer.from(await (await fetch(server.base + path)).arrayBuffer());
    assert.equal(integrity, `sha384-${createHash("sha384").update(bytes).digest("base64")}`);
    const pinned = (hash) => tag({ integrity: hash, crossorigin: "anonymous", "data-key": key, "data-api": server.base }, server.base + path);
    const good = await visit(pinned(integrity));
    await good.until("ready");
    await good.close();
    const bad = await visit(pinned(integrity.replace(/.{4}$/, "AAAA")));
    assert.equal(await bad.page.evaluate(() => typeof window.Keystile), "undefined");
    await bad.close();
  });
});

describe("the module", { timeout: 180_000 }, () => {
  test("mounts a widget into an element, and unmounts it with its session", async () => {
    const visited = await visit(`<main></main>`, { prepare: (opened) => opened.clock.install() });
    const first = await visited.page.evaluate(async ([address, key, base]) => {
      const { mount } = await import(address);
      const element = document.querySelector("main");
      window.gone = [];
      window.embed = mount({
        key, element, baseUrl: [base], settings: { id: "m" },
        widget: { mount(place, embed) { place.textContent = `quote ${embed.settings.id}`; }, unmount(place) { place.textContent = ""; window.gone.push("unmounted"); } },
      });
      window.embed.on("ended", () => window.gone.push("ended"));
      const ready = await window.embed.ready;
      return [ready === window.embed, ready.state, (await ready.fetch("/v1/widget/config")).status];
    }, [`${server.base}/embed/v1/loader.mjs`, key, api.at("api.localhost")]);
    assert.deepEqual(first, [true, "ready", 200]);
    assert.equal(await visited.page.locator("main").textContent(), "quote m");
    const after = await visited.page.evaluate(async () => {
      window.embed.unmount();
      window.embed.unmount();
      return [window.gone, window.embed.state, await window.embed.token().catch(({ code }) => code)];
    });
    assert.deepEqual(after, [["unmounted", "ended"], "ended", "ended"]);
    assert.equal(await visited.page.locator("main").textContent(), "");
    await visited.page.clock.runFor(3_600_000);
    assert.equal(await visited.asked(), 1, "nothing is renewed any more");
    await visited.close();
  });

  test("shares its work with a tag of the same page, and loads outside of browsers", async () => {
    const visited = await visit(tag({ "data-key": key }));
    await visited.until("ready");
    const same = await visited.page.evaluate(async ([address, key]) => {
      const { mount } = await import(address);
      return (await mount({ key }).ready) === window.Keystile.embeds[1];
    }, [`${server.base}/embed/v1/loader.mjs`, key]);
    assert.equal(same, true);
    assert.equal(await visited.asked(), 1);
    await visited.close();
    const text = await (await fetch(`${server.base}/embed/v1/loader.mjs`)).text();
    const { mount } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
    assert.equal(typeof mount, "function");
  });
});

describe("a frame of the product", { timeout: 180_000 }, () => {
  /** A page for the frame, on this machine's own name. */
  function player(text) {
    const path = `/player-${++count}`;
    pages.set(path, { text: `<!doctype html><body>${text}` });
    return `http://localhost:${sites.port}${path}`;
  }

  test("K11 is given the session, and its calls go out from the page", async () => {
    const frame = player(`<script type="module">
      import { connect } from "${server.base}/embed/v1/frame.mjs";
      const session = await connect();
      session.resize(321);
      const reply = await session.fetch("/v1/leads", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
      const away = await session.fetch("${api.at("other.example")}/v1/leads").then(() => "went", ({ code }) => code);
      document.body.textContent = [session.settings.event, session.token.slice(0, 3), session.origin, reply.status, (await reply.json()).code, away].join(" ");
    </script>`);
    const visited = await visit(tag({ "data-key": key, "data-event": "gala", "data-frame": frame, "data-frame-title": "Chat", "data-base-url": api.at("api.localhost") }));
    const inside = visited.page.frameLocator("iframe[title=Chat]").locator("body");
    await inside.filter({ hasText: "gala" }).waitFor();
    assert.equal(await inside.textContent(), `gala st_ ${sites.at("hotel.example")} 200 ok bad_address`);
    assert.equal(asked.at(-1).origin, sites.at("hotel.example"));
    assert.equal(await visited.page.locator("iframe").getAttribute("height"), "321");
    await visited.close();
  });

  test("no other frame and no other origin is told anything", async () => {
    const curious = `<script>addEventListener("message", ({ data }) => { document.body.textContent += JSON.stringify(data); }); parent.postMessage({ type: "keystile:hello" }, "*"); parent.postMessage({ type: "keystile:fetch", id: 1, url: "/v1/leads" }, "*"); parent.postMessage("asked", "*");</script>`;
    const stranger = player(curious);
    // The frame's address leads elsewhere: what arrives there is not its origin.
    const moved = player(`<script>location = "${sites.at("moved.example")}${new URL(stranger).pathname}";</script>`);
    const heard = `<script>window.asked = 0; addEventListener("message", ({ data }) => { if (data === "asked") window.asked++; });</script>`;
    const visited = await visit(`${heard}<iframe id="stranger" src="${stranger}"></iframe>${tag({ "data-key": key, "data-frame": moved, "data-base-url": api.at("api.localhost") })}`);
    await visited.page.waitForFunction(() => window.asked === 2);
    const calls = asked.length;
    // Now that the frame is there, both ask again.
    for (const frame of visited.page.frames().slice(1)) {
      await frame.evaluate(() => {
        for (const type of ["hello", "fetch"]) parent.postMessage({ type: `keystile:${type}`, id: 2, url: "/v1/leads" }, "*");
        parent.postMessage("asked", "*");
      });
    }
    await visited.page.waitForFunction(() => window.asked === 4);
    await visited.page.evaluate(() => window.Keystile.fetch("/v1/widget/config"));
    for (const frame of visited.page.frames().slice(1)) assert.equal(await frame.evaluate(() => document.body.textContent.includes("token")), false);
    assert.equal(asked.length, calls + 1);
    await visited.close();
  });

  test("an address that could be read or changed on the way is not shown", async () => {
    for (const frame of ["javascript:alert(1)", "data:text/html,x", sites.at("player.example")]) {
      const visited = await visit(tag({ "data-key": key, "data-frame": frame }));
      await visited.until("ready");
      await visited.page.waitForFunction(() => !document.querySelector("iframe"));
      assert.match(visited.seen.messages.join(), /must be https, or on this machine/);
      await visited.close();
    }
  });
});
