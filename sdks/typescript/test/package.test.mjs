// What users get: the package is packed, installed into an empty project, and its README holds there.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { root, startDatakeen } from "./keystile.mjs";

const sdk = join(root, "sdks/typescript");
const blocks = [...readFileSync(join(sdk, "README.md"), "utf8").matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code);
const versions = JSON.parse(readFileSync(join(sdk, "package.json"), "utf8")).devDependencies;
const quiet = ["--silent", "--no-audit", "--no-fund", "--no-package-lock"];
let project;

before(() => {
  project = mkdtempSync(join(tmpdir(), "keystile-project-"));
  const packed = JSON.parse(execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", project], { cwd: sdk, stdio: ["ignore", "pipe", "ignore"] }).toString());
  const { filename, files } = packed[0];
  assert.ok(files.every(({ path }) => /^(dist|src|package\.json|README\.md|LICENSE)/.test(path)), "only what is meant to be published");
  writeFileSync(join(project, "package.json"), '{"private":true,"type":"module"}');
  const others = ["express", "@types/express", "@types/node", "fastify", "hono", "typescript"].map((name) => `${name}@${versions[name]}`);
  execFileSync("npm", ["install", ...quiet, join(project, filename), ...others], { cwd: project, stdio: "ignore" });
});
after(() => rmSync(project, { recursive: true, force: true }));

test("the package brings nothing along", () => {
  const { dependencies } = JSON.parse(readFileSync(join(project, "node_modules/@keystile/sdk/package.json"), "utf8"));
  assert.equal(dependencies, undefined);
});

test("the first example of the README guards an API", async () => {
  const server = await startDatakeen();
  writeFileSync(join(project, "app.js"), blocks[0]);
  const port = await free();
  const app = spawn(process.execPath, ["app.js"], { cwd: project, env: { ...process.env, PORT: port, KEYSTILE_SERVER: server.url, KEYSTILE_KEY: await server.bound("datakeen", "test") }, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await new Promise((ready, failed) => (app.stdout.once("data", ready), app.once("exit", failed)));
    const call = (headers) => fetch(`http://127.0.0.1:${port}/v1/workspace`, { headers });
    const allowed = await call({ authorization: `Bearer ${server.publishable}` });
    assert.deepEqual([allowed.status, await allowed.json()], [200, { organization: server.organization.id }]);
    assert.equal((await call({})).status, 401);
  } finally {
    app.removeAllListeners("exit");
    app.kill();
    await server.stop();
  }
});

test("every example of the README fits the types", () => {
  const names = blocks.map((code, at) => {
    const prelude = /\bconst keystile\b/.test(code) ? "" : 'import { Keystile as Client } from "@keystile/sdk";\ndeclare const keystile: Client;\n';
    writeFileSync(join(project, `block${at}.ts`), `${prelude}${code}\nexport {};\n`);
    return `block${at}.ts`;
  });
  assert.ok(names.length >= 9);
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--skipLibCheck", "--types", "node"];
  try {
    execFileSync(join(project, "node_modules/.bin/tsc"), [...options, ...names], { cwd: project, stdio: "pipe" });
  } catch (error) {
    assert.fail(error.stdout.toString());
  }
});

function free() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}
