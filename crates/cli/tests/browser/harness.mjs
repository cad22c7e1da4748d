// What every browser test needs: a server of its own, its API, and a real Chromium.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, "../../../..");
const need = createRequire(join(process.env.BROWSER_PACKAGES ?? join(root, "target/tools/browser"), "package.json"));
const { chromium } = need("playwright-core");
export const axe = readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");
export const program = process.env.TRIED_PROGRAM ?? join(root, "target/debug/keystile");
const pictures = join(root, "target/screenshots");

const SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** A server with an empty data directory; the four systems' manifests are applied. */
export async function start({ systems = ["keepem", "innkept", "bkend", "datakeen"], demo = false, publicUrl } = {}) {
  const directory = mkdtempSync(join(tmpdir(), "keystile-browser-"));
  const operator = execFileSync(program, ["mint", "--brand", "keystile"]).toString().trim();
  const listen = `127.0.0.1:${publicUrl ? await freePort() : 0}`;
  const args = ["serve", "--listen", listen, ...(publicUrl ? ["--public-url", publicUrl] : []), ...(demo ? ["--demo"] : ["--data", join(directory, "data")])];
  const child = spawn(program, args, { env: { ...process.env, KEYSTILE_BOOTSTRAP_KEY: operator }, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  let log = "";
  child.stderr.on("data", (data) => { log += data; });
  const setup = await new Promise((found, failed) => {
    child.stdout.on("data", (data) => {
      printed += data;
      const link = printed.match(/https?:\/\/\S+\/console\/setup\?token=\S+/);
      if (link) found(link[0]);
    });
    child.on("exit", () => failed(new Error(`the server ended: ${printed}${log}`)));
  });
  const base = publicUrl ? `http://${listen}` : new URL(setup).origin;
  const server = {
    base, setup, operator, directory,
    log: () => log,
    async api(method, path, body, { key = operator, type } = {}) {
      const isText = typeof body === "string";
      const answer = await fetch(base + path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": type ?? (isText ? "application/toml" : "application/json") }) },
        body: body === undefined ? undefined : isText ? body : JSON.stringify(body),
      });
      const json = await answer.json();
      return { status: answer.status, json };
    },
    async ok(method, path, body) {
      const { status, json } = await server.api(method, path, body);
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
      return json;
    },
    /** The verdict on a key at the HTTP door. */
    async verify(key, { product, environment = "production", operation, scope, origin, ...rest }) {
      const asked = operation || scope ? {} : { authenticate_only: true };
      return server.ok("POST", "/v1/keys/verify", { key, product, environment, operation, scope, origin, ...asked, ...rest });
    },
    async organization(product, name, more = {}) {
      return server.ok("POST", "/v1/organizations", { product, name, ...more });
    },
    async project(organization, name) {
      return server.ok("POST", `/v1/organizations/${organization}/projects`, { name });
    },
    /** A command of the machine itself, over the control socket. */
    command(...words) {
      return execFileSync(program, ["--data", join(directory, "data"), ...words]).toString();
    },
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((done) => child.on("exit", done));
      child.kill("SIGTERM");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
  if (!demo) for (const system of systems) {
    await server.ok("PUT", `/v1/products/${system}`, readFileSync(join(root, "examples", system, "keystile.toml"), "utf8"));
  }
  return server;
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((found) => {
    const taken = createServer().listen(0, "127.0.0.1", () => {
      const { port } = taken.address();
      taken.close(() => found(port));
    });
  });
}

/** A Chromium with an empty profile, and perhaps more switches. */
export function launch(more = []) {
  return chromium.launch({ executablePath: process.env.TRIED_BROWSER ?? "/usr/bin/chromium", args: [...SWITCHES, ...more], headless: true });
}

export const OWNER = { name: "Ada Owner", email: "ada@example.com", password: "correct horse battery" };

/** A page where the owner is signed in; what the page complains of is kept. */
export async function signedIn(browser, server, { setup = false, person = OWNER, ...options } = {}) {
  const context = await browser.newContext({ baseURL: server.base, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  page.complaints = watch(page, server.base);
  await page.goto(setup ? server.setup : "/console/sign-in");
  if (setup) await page.getByLabel("Your name").fill(person.name);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: setup ? "Create the owner" : "Sign in" }).click();
  await page.waitForURL((url) => !/setup|sign-in/.test(url.pathname));
  return page;
}

/** Errors of scripts, reports of the content security policy, and requests that leave the origin. */
export function watch(page, base) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) complaints.push(`left the origin: ${request.url()}`);
  });
  return complaints;
}

/** The page of keys of a project. */
export async function openKeys(page, project, environment = "production") {
  await page.goto(`/console/projects/${project}/keys?environment=${environment}`);
}

export const dialog = (page) => page.getByRole("dialog");

/** Waits until the page has put the focus where it belongs in what it has just shown. */
export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector(".htmx-swapping, .htmx-settling, .htmx-added"));
}

/** Copies with a button, and waits until the page says that it did. */
export async function copy(button) {
  const one = await button.elementHandle();
  const said = one.evaluate((one) => new Promise((done) => {
    const look = () => one.classList.contains("done") && done();
    new MutationObserver(look).observe(one, { attributes: true });
  }));
  await one.click();
  await said;
}

/** What a button puts on the clipboard. */
export async function copied(page, button) {
  await copy(button);
  return page.evaluate(() => navigator.clipboard.readText());
}

/** What axe finds, as short lines. */
export async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  });
}

export async function picture(page, name) {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: false });
}
