// The write path against a real Keystile, with the decisions that all implementations share.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import test, { after, before } from "node:test";
import { ApiError, ConnectionError, Keystile, Secret } from "@keystile/sdk";
import { fake, start, vectors, whole } from "./keystile.mjs";

let server;
before(async () => (server = await start()));
after(() => server.stop());

test("a key is created, rotated, revoked and deleted, and its secret is never printed", async () => {
  const { admin } = server;
  await server.apply("bkend");
  const { organization } = await admin.organizations.create({ product: "bkend", name: "Paperboat Labs", external_id: "paperboat" });
  const { environments } = await admin.projects.create(organization.id, { name: "Regatta" });
  const [{ id }] = environments;
  const created = await admin.keys.create(id, { kind: "secret", name: "API server", metadata: { secret: "a word of the customer's" } });
  assert.ok(created.secret instanceof Secret);
  assert.match(created.secret.reveal(), /^sk_live_/);
  assert.ok(!`${JSON.stringify(created)}${inspect(created, { depth: 9 })}`.includes(created.secret.reveal()));
  assert.equal(created.key.metadata.secret, "a word of the customer's");
  const changed = await admin.keys.update(created.key.id, { name: "Server", rate_limit: { limit: 5, period_seconds: 1 } });
  assert.equal(changed.rate_limit.limit, 5);
  assert.equal((await admin.keys.update(created.key.id, { rate_limit: null })).rate_limit ?? null, null);
  const rotated = await admin.keys.rotate(created.key.id, { grace_seconds: 60 });
  assert.notEqual(rotated.secret.reveal(), created.secret.reveal());
  const revoked = await admin.keys.revoke(created.key.id);
  assert.equal(revoked.effective.confirmed + revoked.effective.lapsed, revoked.effective.nodes);
  assert.equal((await admin.keys.get(created.key.id)).status, "revoked");
  await admin.keys.delete(created.key.id);
  assert.equal((await admin.ownKey.get(rotated.secret).catch((error) => error)).status, 401);
});

test("lists are walked page by page", async () => {
  const { admin } = server;
  await server.apply("innkept");
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await admin.organizations.create({ product: "innkept", name });
  const first = await admin.organizations.list({ product: "innkept", limit: 2 });
  assert.equal(first.data.length, 2);
  assert.ok(first.next_cursor);
  const seen = [];
  for await (const { name } of admin.organizations.list({ product: "innkept", limit: 2 })) seen.push(name);
  assert.deepEqual(seen.sort(), names);
  assert.equal((await admin.organizations.list({ product: "innkept", limit: 2 }).toArray(3)).length, 3);
});

test("a creating call that is repeated creates nothing anew", async () => {
  const { admin } = server;
  await server.apply("keepem");
  const body = { product: "keepem", name: "Riverside" };
  const first = await admin.organizations.create(body, { idempotencyKey: "once" });
  const second = await admin.organizations.create(body, { idempotencyKey: "once" });
  assert.equal(first.organization.id, second.organization.id);
});

test("creating calls are tried again as the same, other changes are not", async () => {
  const shaky = await fake((response, count) => (count < 2 ? response.destroy() : response.end(JSON.stringify({ organization: { id: "org_x" }, projects: [] }))));
  const client = new Keystile({ url: shaky.url, operatorKey: server.operatorKey, retryDelay: 0 });
  await client.organizations.create({ product: "keepem", name: "x" });
  const [first, second] = shaky.requests.map(({ headers }) => headers["idempotency-key"]);
  assert.ok(first);
  assert.equal(first, second);
  const broken = await fake((response) => response.destroy());
  const other = new Keystile({ url: broken.url, operatorKey: server.operatorKey, retryDelay: 0 });
  await assert.rejects(other.keys.revoke("key_x"), ConnectionError);
  await assert.rejects(other.keys.get("key_x"), ConnectionError);
  assert.deepEqual(broken.requests.map(({ method }) => method), ["POST", "GET", "GET", "GET"]);
  await shaky.stop();
  await broken.stop();
});

test("ids cannot lead to another path", async () => {
  const { admin } = server;
  for (const id of ["", ".", "..", undefined]) assert.throws(() => admin.keys.get(id), /key is/);
  await assert.rejects(admin.keys.get("../organizations"), ApiError);
});

test("a manifest is applied as TOML, as JSON and as a dry run", async () => {
  const { admin } = server;
  const manifest = { product: { slug: "letters", name: "Letters" }, environments: [{ name: "production" }], keys: { secret: {} }, scopes: [{ name: "read" }] };
  assert.equal((await admin.products.apply("letters", manifest, { dry_run: true })).dry_run, true);
  await admin.products.apply("letters", manifest);
  const { manifest: toml } = await admin.products.get("letters");
  assert.deepEqual((await admin.products.apply("letters", toml)).changes, []);
});

test("credits are granted and listed", async () => {
  const { admin } = server;
  await server.apply("datakeen");
  const { organization } = await admin.organizations.create({ product: "datakeen", name: "Northbank" });
  const { grant } = await admin.credits.createGrant(organization.id, { mode: "live", amount: 5, reason: "invoice 17" });
  assert.equal((await admin.credits.get(organization.id)).live.remaining, 5);
  const types = [];
  for await (const entry of admin.credits.listLedger(organization.id, { mode: "live" })) types.push(entry.type);
  assert.ok(types.includes("granted"));
  assert.equal((await admin.credits.voidGrant(grant.id)).grant.remaining, 0);
});

test("the holder of a key is told of it, and can end it", async () => {
  const { admin } = server;
  await server.apply("datakeen");
  const { projects } = await admin.organizations.create({ product: "datakeen", name: "Holder" });
  const { secret } = projects[0].environments[1].keys.find(({ kind }) => kind === "secret");
  assert.equal((await admin.ownKey.get(secret)).kind, "secret");
  assert.equal((await admin.ownKey.revoke(secret)).key.status, "revoked");
});

/** Brings a key of the shared table into its state. */
async function bring(admin, key, { state, environment, ...wanted }, made) {
  const [environments, organization, project] = made;
  const place = environments.find(({ name }) => name === environment);
  const created = await admin.keys.create(place.id, { ...wanted, ...(wanted.expires_at ? { expires_at: new Date(Date.now() + 86_400_000).toISOString() } : {}) });
  const { id, value } = created.key;
  const text = created.secret?.reveal() ?? value;
  const change = {
    revoked: () => admin.keys.revoke(id),
    deleted: () => admin.keys.delete(id),
    replaced: () => admin.keys.rotate(id),
    retiring: () => admin.keys.rotate(id, { grace_seconds: 3600 }),
    disabled: () => admin.keys.update(id, { enabled: false }),
    disabled_environment: () => admin.environments.update(place.id, { enabled: false }),
    disabled_project: () => admin.projects.update(project.id, { enabled: false }),
    deleted_environment: () => admin.environments.delete(place.id),
    deleted_project: () => admin.projects.delete(project.id),
    suspended_organization: () => admin.organizations.update(organization.id, { enabled: false }),
    deleted_organization: () => admin.organizations.delete(organization.id),
    revoked_and_suspended: async () => {
      await admin.keys.revoke(id);
      await admin.organizations.update(organization.id, { enabled: false });
    },
  };
  await change[state]?.();
  return text;
}

test("decisions.json: the SDK gives the code of every row that it can ask", async () => {
  const { admin } = server;
  const { manifest, keys, rows } = vectors("decisions.json");
  await admin.products.apply("table", manifest);
  const texts = new Map();
  const world = async (name) => {
    const { organization, projects } = await admin.organizations.create({ product: "table", name });
    return [projects[0].environments, organization, projects[0].project];
  };
  const shared = await world("shared");
  // Nobody can wait for a key to expire, so that one state is left to the table's other readers.
  for (const key of keys.filter(({ state }) => state !== "expired")) {
    const { name, state, ...wanted } = key;
    const made = state?.match(/organization|project|environment|suspended/) ? await world(name) : shared;
    texts.set(name, await bring(admin, name, { ...wanted, state, name }, made));
  }
  const asked = rows.filter(({ key, text }) => text !== undefined || texts.has(key));
  assert.ok(asked.length >= rows.length - 10, `${asked.length} of ${rows.length}`);
  for (const { key, text, code, missing_scope, ...question } of asked) {
    const verdict = await admin.verify({ ...question, product: "table", key: text === undefined ? texts.get(key) : whole(text) });
    assert.deepEqual([verdict.code, verdict.missing_scope ?? undefined], [code, missing_scope], JSON.stringify({ key, text, ...question }));
  }
});
