// What the tests of the examples share: a running system, calls of its API, and its console.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { setImmediate } from "node:timers/promises";
import { dialog, launch, openKeys, picture, signedIn, violations } from "../../crates/cli/tests/browser/harness.mjs";
import { start } from "../runner/system.mjs";

export { dialog, launch, openKeys, picture, violations };

// Tests that are broken off leave nothing running.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A system as `examples/run` starts it, with Keystile at hand. */
export async function begin(system, options = {}) {
  const world = await start(system, { program: process.env.TRIED_PROGRAM, isQuiet: true, ...options });
  return Object.assign(world, world.told, { server: { base: world.keystile.url, setup: world.setup } });
}

/** The console as its owner sees it. */
export const asOwner = (browser, { server }) => signedIn(browser, server, { setup: true });

/** One call with Node's own fetch. */
export async function call(method, url, { key, body, headers = {} } = {}) {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get("content-type") ?? "");
  return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

/** Status and code of a refusal. */
export function refusal({ status, json }) {
  return [status, json?.code];
}

/** Nobody is let in while Keystile is away or does not answer, and everybody when it is back. */
export async function offlineAndBack({ keystile }, attempt, success = 200) {
  assert.equal((await attempt()).status, success);
  await keystile.stop();
  assert.deepEqual(refusal(await attempt()), [503, "undecided"], "while it is away");
  await keystile.restart();
  assert.equal((await attempt()).status, success, "when it is back");
}

/** The same, with a Keystile that takes connections and says nothing. */
export async function slowAndBack({ keystile }, attempt, success = 200) {
  assert.deepEqual(refusal(await whileSilent(keystile, attempt)), [503, "undecided"], "while it says nothing");
  assert.equal((await attempt()).status, success, "when it speaks again");
}

/** What is answered while Keystile stands still: as it goes on only afterwards, the time of the answer is bounded. */
export async function whileSilent({ pid }, attempt) {
  process.kill(pid, "SIGSTOP");
  try {
    // The signal is only sent by then: each thread stops when it notices, and may answer until it does.
    while (!standsStill(pid)) await setImmediate();
    return await attempt();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** Whether every thread of a process is stopped: proc_pid_stat(5), the state behind the name in brackets. */
function standsStill(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) => readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8").split(") ").at(-1).startsWith("T"));
}

/** A page of a customer, in a browser that has never seen it. */
export async function visit(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(url);
  return { page, heard, close: () => context.close() };
}

/** A page, and every frame in it, is no wider than a phone. */
export async function fitsPhone(page) {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const frame of page.frames()) {
    const [wanted, there] = await frame.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wanted <= there, `${frame.url()} wants ${wanted} of ${there} pixels`);
  }
}

/** What a page of a customer complains of: its scripts, its policy, and what the loader says. */
function listen(page) {
  const heard = { errors: [], said: [] };
  page.on("pageerror", (error) => heard.errors.push(error.message));
  page.on("console", (message) => {
    const text = message.text();
    if (/^Keystile/.test(text)) heard.said.push(`${message.type()}: ${text}`);
    else if (message.type() === "error" && !/status of (4|5)\d\d/.test(text)) heard.errors.push(text);
  });
  return heard;
}

/** Waits until the loader says something of that kind. */
export async function said(page, heard, pattern) {
  for (;;) {
    const found = heard.said.find((one) => pattern.test(one));
    if (found !== undefined) return found;
    await page.waitForEvent("console");
  }
}

/** The same page at another address, with another text in one place. */
export async function republish(url, from, to) {
  const server = createServer(async (request, reply) => {
    const original = await fetch(new URL(request.url, url));
    const headers = Object.fromEntries(["content-type", "content-security-policy"].map((name) => [name, original.headers.get(name) ?? ""]));
    reply.writeHead(original.status, headers).end((await original.text()).replaceAll(from, to));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://localhost:${server.address().port}${new URL(url).pathname}`, close: () => (server.closeAllConnections(), server.close()) };
}

/** Revokes a key on the console's page, as a person does, and gives what the page says. */
export async function revokeInConsole(page, project, name, environment) {
  await openKeys(page, project, environment);
  await choose(page, name, "Revoke");
  await dialog(page).getByRole("button", { name: "Revoke" }).click();
  await page.getByText(/Dead on 1 of 1 nodes after \d+ ms/).waitFor();
}

/** Opens something of a key's menu. */
export async function choose(page, name, what) {
  const row = page.getByRole("row").filter({ hasText: name });
  await row.locator("summary").click();
  await row.locator("details").getByRole("link", { name: what, exact: true }).click();
}
