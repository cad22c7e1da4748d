// A Keystile of the example's own: found, started in an empty directory, asked over its API.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./packages.mjs";
import { untilPrinted } from "./processes.mjs";

/** The program: the one named, else the newest way that cargo builds it. */
export function findProgram(named = process.env.KEYSTILE_PROGRAM) {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  const places = named ? [named] : [join(target, "release/keystile"), join(target, "debug/keystile")];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    throw new Error(`no keystile at ${places.join(" or ")}: build it with \`cargo build --release --package keystile\`, or name one with --keystile`);
  }
  return found;
}

/** Starts a server on that port, with its data in the directory. */
export async function startKeystile(processes, { program, directory, port }) {
  const operatorKey = execFileSync(program, ["mint", "--brand", "keystile"], { env: clean() }).toString().trim();
  const args = ["serve", "--listen", `127.0.0.1:${port}`, "--data", join(directory, "keystile")];
  const env = { ...clean(), KEYSTILE_BOOTSTRAP_KEY: operatorKey };
  const begin = () => processes.start("keystile", program, args, { env });
  let child = begin();
  const setup = await untilPrinted(child, /http:\/\/\S+\/console\/setup\?token=\S+/);
  const url = `http://127.0.0.1:${port}`;
  return {
    url, operatorKey, setup,
    get pid() {
      return child.pid;
    },
    /** Ends the server; its data stays. */
    async stop() {
      await processes.end(child);
    },
    /** Starts it again, as it was. */
    async restart() {
      child = begin();
      await untilPrinted(child, /listens on/);
    },
    /** A call of the API that must succeed. */
    async call(method, path, body) {
      const type = typeof body === "string" ? "application/toml" : "application/json";
      const answer = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${operatorKey}`, ...(body === undefined ? {} : { "content-type": type }) },
        body: type === "application/toml" ? body : JSON.stringify(body),
      });
      const json = await answer.json();
      if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}: ${JSON.stringify(json)}`);
      return json;
    },
    /** An operator key that can do nothing but verify, for one environment of one product. */
    async bound(product, environment) {
      const asked = { name: `${product} ${environment} API`, product, environment, scopes: ["keys:verify"] };
      return (await this.call("POST", "/v1/operator-keys", asked)).secret;
    },
    /** A customer with one project; its environments by name. */
    async customer(product, name, projectName) {
      const { organization, projects } = await this.call("POST", "/v1/organizations", { product, name });
      const made = projects[0] ?? (await this.call("POST", `/v1/organizations/${organization.id}/projects`, { name: projectName }));
      const environments = Object.fromEntries(made.environments.map((one) => [one.name, one]));
      return { organization, project: made.project, environments };
    },
    async createKey(environment, kind, name, more = {}) {
      const { key, secret } = await this.call("POST", `/v1/environments/${environment.id}/keys`, { kind, name, ...more });
      return { id: key.id, name, value: secret ?? key.value };
    },
  };
}

/** The environment, without settings that were meant for another server. */
function clean() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KEYSTILE_")));
}
