// Every code block of the documents does what it says: commands are run and their answers compared,
// manifests are checked, and what belongs into a page is put into one.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root, start } from "../browser/harness.mjs";
import { Shell, blocksOf, commandsOf, jsonOf, misfits, pattern } from "./blocks.mjs";
import { Pages, inPages } from "./pages.mjs";

const PUBLIC = "https://keys.example.com";

/** Commands that no test runs here, and why. */
const ELSEWHERE = [
  [/^cargo xtask (test|generate|tidy)\b/, "runs this, or is a part of what does"],
  [/^cargo xtask (bench|soak|docs)$/, "takes long, or is tried besides"],
  [/^cargo (install --path crates\/cli|build --release --package keystile)$/, "builds the program that this tries"],
  [/^examples\/run (keepem|innkept|bkend|datakeen)$/, "is what the tests of the examples run"],
];

/** Languages that are tried by the SDK whose README it is: the first block is run, all are compiled. */
const SDK = /^sdks\/.*\/README\.md$/;
const IN_SDKS = ["ts", "python", "go", "rust", "toml"];

/** What a page is about: the product whose customer its commands see. */
const ABOUT = { "docs/credits.md": "datakeen", "docs/recoverable-secrets.md": "datakeen", "docs/moving-in.md": "bkend" };

const SYSTEMS = ["keepem", "innkept", "bkend", "datakeen"];
const documents = [
  "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md", "gateways/nginx/README.md", "examples/README.md",
  ...SYSTEMS.map((system) => `examples/${system}/README.md`),
  ...["typescript", "python", "go", "rust"].map((language) => `sdks/${language}/README.md`),
  ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
];
let server, pages;

before(async () => {
  server = await start({ publicUrl: PUBLIC });
  pages = await Pages.open(server, PUBLIC);
});
after(async () => {
  await pages?.close();
  await server?.stop();
});

/** A customer of the product, with a key and its circumstances in variables. */
async function world(page) {
  const product = ABOUT[page] ?? "keepem";
  const directory = mkdtempSync(join(tmpdir(), "keystile-document-"));
  copyFileSync(join(root, "examples/moving-in/keys.csv"), join(directory, "keys.csv"));
  if (product === "bkend") {
    const manifest = readFileSync(join(root, "examples/bkend/keystile.toml"), "utf8");
    await server.ok("PUT", "/v1/products/bkend", `${manifest}\n${blocksOf(page).find(({ language }) => language === "toml").text}`);
  }
  const external = product === "bkend" ? "paperboat" : undefined;
  const { organization, projects } = await server.organization(product, `Readers of ${page}`, { external_id: external });
  const project = projects?.[0]?.project ?? projects?.[0] ?? (await server.project(organization.id, "Main")).project;
  const environments = (await server.ok("GET", `/v1/projects/${project.id}/environments`)).data;
  const environment = environments.find(({ name }) => name === "production").id;
  let { data: keys } = await server.ok("GET", `/v1/keys?environment=${environment}`);
  let secret = keys.find(({ kind }) => kind === "secret");
  let value;
  if (secret) ({ secret: value } = await server.ok("POST", `/v1/keys/${secret.id}/reveal`));
  else ({ key: secret, secret: value } = await server.ok("POST", `/v1/environments/${environment}/keys`, { kind: "secret", name: "Readers" }));
  ({ data: keys } = await server.ok("GET", `/v1/keys?environment=${environment}`));
  const publishable = keys.find(({ kind }) => kind === "publishable")?.value
    ?? (await server.ok("POST", `/v1/environments/${environment}/keys`, { kind: "publishable", name: "Page" })).key.value;
  const found = { page, product, directory, publishable, organization: organization.id, key: secret.id };
  found.shell = new Shell(directory, {
    KEYSTILE: server.base, KEYSTILE_DATA: join(server.directory, "data"), OPERATOR_KEY: server.operator, KEYSTILE_KEY: server.operator,
    ORG: organization.id, PROJECT: project.id, ENVIRONMENT: environment, KEY_ID: secret.id, KEY: value, PUBLISHABLE_KEY: publishable,
  });
  if (product === "keepem") {
    await server.verify(value, { product, operation: "POST /v1/events" });
    await server.verify(value, { product, operation: "GET /v1/nothing" });
  }
  if (product === "datakeen") {
    await server.ok("POST", `/v1/organizations/${organization.id}/grants`, { mode: "live", amount: 500, reason: "readers" });
    const spent = await server.verify(value, { product, operation: "POST /v1/analyses" });
    found.shell.run(`SPEND=${spent.spend_id}`);
  }
  return found;
}

/** How each language is tried. */
const LANGUAGES = {
  /** As it is written, where there is no server, as somebody would who follows the page. */
  async sh({ text }, { directory }) {
    const own = join(directory, "own");
    mkdirSync(own, { recursive: true });
    new Shell(own, {}).run(text);
  },

  /** The rooms of the tree, each with what it is for. */
  async text({ text }) {
    for (const line of text.trimEnd().split("\n")) assert.ok(existsSync(join(root, line.split(" ")[0])), line);
  },

  async console({ text }, { shell, page }) {
    for (const { command, expected } of commandsOf(text)) {
      const plain = command.replace(/\s+#.*$/, "").replace(/^cargo run --release -- /, "keystile ")
        // Names of operator keys are taken once, and several pages make one of the same name.
        .replace(/(operator-key create ")/, `$1${page}: `);
      if (ELSEWHERE.some(([known]) => known.test(plain))) continue;
      if (/^keystile serve/.test(plain)) {
        const own = plain.includes("--demo") ? "" : " --data served";
        await shell.runUntil(`${plain} --listen 127.0.0.1:0${own}`, expected ? pattern(expected) : /\/console/);
        continue;
      }
      const said = shell.run(plain.replace(PUBLIC, server.base));
      const shown = jsonOf(expected);
      if (shown === undefined) assert.match(said, pattern(expected), command);
      else assert.deepEqual(misfits(shown, JSON.parse(said)), [], `${command}\n${said}`);
    }
  },

  /** A whole manifest, or parts that fit into one. */
  async toml({ text }, { directory, shell }) {
    const whole = text.includes("[product]") ? text : `${text}\n${BESIDES.filter(([part]) => !text.includes(part)).map(([, besides]) => besides).join("\n")}`;
    writeFileSync(join(directory, "block.toml"), whole);
    shell.run("keystile apply block.toml --dry-run");
  },
};

/** What a part of a manifest needs around it, unless it has that itself. */
const BESIDES = [
  ["[product]", '[product]\nslug = "fragment"\nname = "Fragment"\n'],
  ['name = "production"', '[[environments]]\nname = "production"\n'],
  ['name = "test"', '[[environments]]\nname = "test"\n'],
  ["[keys.publishable]", '[keys.publishable]\nscopes = ["pages:read"]\n'],
  ["[keys.secret]", '[keys.secret]\nscopes = ["*"]\n'],
  ['[[scopes]]\nname = "pages:read"', '[[scopes]]\nname = "pages:read"\ndescription = "Read pages"\npublishable = true\n'],
  ['[[scopes]]\nname = "documents:analyse"', '[[scopes]]\nname = "documents:analyse"\ndescription = "Analyse documents"\n'],
  ['[[scopes]]\nname = "exports:write"', '[[scopes]]\nname = "exports:write"\ndescription = "Export"\n'],
];

for (const page of documents) {
  const blocks = blocksOf(page).filter(({ language }) => !(SDK.test(page) && IN_SDKS.includes(language)));
  if (!blocks.length) continue;
  describe(page, { timeout: 240_000 }, () => {
    let readers;
    before(async () => { readers = await world(page); });
    after(() => rmSync(readers.directory, { recursive: true, force: true }));
    for (const block of blocks) {
      test(`${page}:${block.line} is right`, async () => {
        const own = inPages(page, blocks, block);
        if (own) return own(pages, readers, block);
        const tried = LANGUAGES[block.language];
        assert.ok(tried, `no test runs ${block.language || "a block without a language"}`);
        await tried(block, readers);
      });
    }
  });
}
