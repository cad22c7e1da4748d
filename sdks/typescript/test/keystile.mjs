// What the tests need: a real Keystile with a product, and servers that misbehave.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Keystile } from "@keystile/sdk";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const program = process.env.TRIED_PROGRAM ?? join(root, "target/debug/keystile");

/** The vectors that all implementations share. */
export function vectors(name) {
  return JSON.parse(readFileSync(join(root, "conformance", name), "utf8"));
}

/** A text of the vectors, put together. */
export const whole = (parts) => parts.join("");

/** A key that has the right form and was never issued. */
export function mint(...words) {
  return execFileSync(program, ["mint", ...words]).toString().trim();
}

/** What tokens name as their issuer. */
export const ISSUER = "https://keys.example.com";

/** A server with an empty data directory. */
export async function start() {
  const directory = mkdtempSync(join(tmpdir(), "keystile-sdk-"));
  const operatorKey = mint("--brand", "keystile");
  const child = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--data", join(directory, "data"), "--public-url", ISSUER], {
    env: { ...process.env, KEYSTILE_BOOTSTRAP_KEY: operatorKey },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  child.stderr.on("data", (data) => (printed += data));
  const url = await new Promise((found, failed) => {
    child.stdout.on("data", (data) => {
      printed += data;
      const line = /listens on (http:\/\/\S+)/.exec(printed);
      if (line) found(line[1]);
    });
    child.on("exit", () => failed(new Error(`the server ended: ${printed}`)));
  });
  const admin = new Keystile({ url, operatorKey });
  return {
    url,
    operatorKey,
    admin,
    /** An operator key that is bound to a product and an environment, as every guide recommends. */
    async bound(product, environment, scopes = ["keys:verify"]) {
      const { secret } = await admin.installation.createOperatorKey({ name: `${product} ${environment} ${Math.random()}`, product, environment, scopes });
      return secret.reveal();
    },
    async apply(system) {
      await admin.products.apply(system, readFileSync(join(root, "examples", system, "keystile.toml"), "utf8"));
    },
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((done) => child.on("exit", done));
      child.kill("SIGTERM");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A server with Keepem or Datakeen and one customer, whose keys are in `keys`. */
export async function startDatakeen() {
  const server = await start();
  await server.apply("datakeen");
  const { organization, projects } = await server.admin.organizations.create({ product: "datakeen", name: "Northbank Credit" });
  const [{ environments }] = projects;
  const named = (name) => environments.find((environment) => environment.name === name);
  const key = (name, kind) => named(name).keys.find((found) => found.kind === kind);
  return {
    ...server,
    organization,
    environments: { production: named("production"), test: named("test") },
    secret: key("test", "secret").secret.reveal(),
    publishable: key("test", "publishable").value,
    liveSecret: key("production", "secret").secret.reveal(),
    client: new Keystile({ url: server.url, operatorKey: await server.bound("datakeen", "test"), retryDelay: 0 }),
  };
}

/** A local server that answers as it is told, and counts. */
export async function fake(answer) {
  const requests = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data) => (body += data));
    request.on("end", () => {
      requests.push({ method: request.method, url: request.url, headers: request.headers, body });
      answer(response, requests.length, requests.at(-1));
    });
  });
  const url = await listening(server);
  return { url, requests, stop: () => (server.closeAllConnections(), new Promise((done) => server.close(done))) };
}

/** Starts a server of Node on a free port; its address. */
export async function listening(server) {
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${server.address().port}`;
}

/** An address where nobody listens. */
export async function nobody() {
  const { url, stop } = await fake(() => {});
  await stop();
  return url;
}
