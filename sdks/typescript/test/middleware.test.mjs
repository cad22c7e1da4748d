// The middleware of every framework gives the same answers, against a real Keystile.
import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import test, { after, before } from "node:test";
import { serve } from "@hono/node-server";
import { ConfigurationError, Keystile } from "@keystile/sdk";
import * as forExpress from "@keystile/sdk/express";
import * as forFastify from "@keystile/sdk/fastify";
import * as forFetch from "@keystile/sdk/fetch";
import * as forHono from "@keystile/sdk/hono";
import * as forNext from "@keystile/sdk/next";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { NextRequest } from "next/server.js";
import { fake, listening, mint, nobody, startDatakeen } from "./keystile.mjs";

let server;
before(async () => (server = await startDatakeen()));
after(() => server.stop());

/** What the guarded route of every app answers. */
const told = (verified) => ({ organization: verified.organization.id, environment: verified.environment.name, spend: verified.spend?.id ?? null });

/** An app of each framework that guards everything. Each gives its address and how to stop it. */
const frameworks = {
  async express(client, options) {
    const app = express();
    app.use("/v1", forExpress.protect(client, options));
    app.all("/v1/{*rest}", (request, response) => response.json(told(forExpress.verified(request))));
    return node(createServer(app));
  },
  async fastify(client, options) {
    const app = fastify();
    app.addHook("onRequest", forFastify.protect(client, options));
    app.all("/*", (request) => told(forFastify.verified(request)));
    await app.listen({ port: 0, host: "127.0.0.1" });
    return { url: `http://127.0.0.1:${app.server.address().port}`, stop: () => app.close() };
  },
  async hono(client, options) {
    const app = new Hono();
    app.use("/v1/*", forHono.protect(client, options));
    app.all("/v1/*", (c) => c.json(told(c.get("keystile"))));
    return fetching(app.fetch);
  },
  async next(client, options) {
    const handler = forNext.protect(client, async (_, verified, { params }) => Response.json({ ...told(verified), ...(await params) }), options);
    return fetching((request) => handler(new NextRequest(request.url, { method: request.method, headers: request.headers }), { params: Promise.resolve({}) }));
  },
  async fetch(client, options) {
    const guard = forFetch.protect(client, options);
    return fetching(async (request) => {
      const found = await guard(request);
      return found instanceof Response ? found : Response.json(told(found));
    });
  },
};

async function node(app) {
  return { url: await listening(app), stop: () => (app.closeAllConnections(), new Promise((done) => app.close(done))) };
}

async function fetching(handler) {
  const app = serve({ fetch: handler, port: 0, hostname: "127.0.0.1" });
  await new Promise((done) => (app.listening ? done() : app.once("listening", done)));
  return { url: `http://127.0.0.1:${app.address().port}`, stop: () => (app.closeAllConnections?.(), new Promise((done) => app.close(done))) };
}

/** Sends headers exactly as given, twice if they are there twice. */
function call(url, headers = [], { method = "GET", path = "/v1/workspace" } = {}) {
  return new Promise((done, failed) => {
    const target = new URL(url);
    const sent = httpRequest({ host: target.hostname, port: target.port, method, path, headers: ["host", target.host, "content-length", "0", "connection", "close", ...headers.flat()] }, (response) => {
      let text = "";
      response.on("data", (data) => (text += data));
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, text, json: text === "" ? undefined : JSON.parse(text) }));
    });
    sent.on("error", failed).end();
  });
}

const bearer = (key) => ["authorization", `Bearer ${key}`];
const quiet = { onError: () => {} };

async function withApp(framework, client, options, use) {
  const app = await frameworks[framework](client, options);
  try {
    await use(app.url);
  } finally {
    await app.stop();
  }
}

for (const framework of Object.keys(frameworks)) {
  test(`${framework}: a good key is let in, and the handler knows whose it is`, () =>
    withApp(framework, server.client, {}, async (url) => {
      const found = await call(url, [bearer(server.publishable)]);
      assert.deepEqual([found.status, found.json], [200, { organization: server.organization.id, environment: "test", spend: null }]);
    }));

  test(`${framework}: the method and path are the operation, and charges are known`, () =>
    withApp(framework, server.client, {}, async (url) => {
      const found = await call(url, [bearer(server.secret)], { method: "POST", path: "/v1/analyses?x=1" });
      assert.equal(found.status, 200);
      assert.match(found.json.spend, /^spend_/);
      await server.admin.credits.refundSpend(found.json.spend);
      const unknown = await call(url, [bearer(server.secret)], { path: "/v1/nothing" });
      assert.deepEqual([unknown.status, unknown.json.code], [403, "unknown_operation"]);
    }));

  test(`${framework}: k14_k15_k16_k17 the key is read as every door reads it`, () =>
    withApp(framework, server.client, {}, async (url) => {
      const key = server.publishable;
      const cases = [
        [[["authorization", `bEaReR ${key}`]], 200],
        [[["x-api-key", key]], 200],
        [[["authorization", "Bearer eyJ.x.y"], ["x-api-key", key]], 200],
        [[], 401, "missing_credential"],
        [[["authorization", "Basic eDp5"]], 401, "missing_credential"],
        [[["authorization", "Bearer eyJ.x.y"]], 401, "malformed_key"],
        [[["x-api-key", ""]], 401, "malformed_key"],
        [[bearer(key), ["x-api-key", key]], 400, "conflicting_credentials"],
        [[bearer(key), ["x-api-key", server.secret]], 400, "conflicting_credentials"],
        [[bearer(key), bearer(key)], 400, "conflicting_credentials"],
        [[["x-api-key", key], ["x-api-key", key]], 400, "conflicting_credentials"],
        [[["authorization", `Bearer ${key}, Bearer ${key}`]], 400, "conflicting_credentials"],
      ];
      for (const [headers, status, code] of cases) {
        const found = await call(url, headers);
        assert.deepEqual([found.status, found.json.code], [status, code], JSON.stringify(headers.map(([name]) => name)));
      }
    }));

  test(`${framework}: refusals are problems that say what to do, and never repeat the key`, () =>
    withApp(framework, server.client, { realm: "Datakeen" }, async (url) => {
      const missing = await call(url);
      assert.equal(missing.headers["content-type"], "application/problem+json");
      assert.equal(missing.headers["www-authenticate"], 'Bearer realm="Datakeen"');
      assert.equal(missing.headers["cache-control"], "no-store");
      assert.deepEqual([missing.json.type, missing.json.title, missing.json.status], ["about:blank", "Unauthorized", 401]);
      const unknown = mint("--mode", "test");
      const refused = await call(url, [bearer(unknown)]);
      assert.equal(refused.json.code, "unknown_key");
      assert.match(refused.headers["www-authenticate"], /error="invalid_token", error_description="there is no such key"/);
      assert.match(refused.json.request_id, /^req_/);
      const masked = await call(url, [["authorization", Buffer.from(`Bearer ${server.secret.slice(0, 12)}********`).toString()]]);
      assert.match(masked.json.detail, /masked preview/);
      const lacking = await call(url, [bearer(server.publishable)], { method: "POST", path: "/v1/journeys" });
      assert.match(lacking.headers["www-authenticate"], /error="insufficient_scope".*scope="journeys:create"/);
      for (const { text, headers } of [refused, lacking]) assert.ok(![unknown, server.publishable].some((key) => `${text}${JSON.stringify(headers)}`.includes(key.slice(-30))));
    }));

  test(`${framework}: a key in the URL is refused with the reason`, () =>
    withApp(framework, server.client, {}, async (url) => {
      const inQuery = await call(url, [], { path: `/v1/workspace?api_key=${server.secret}` });
      assert.deepEqual([inQuery.status, inQuery.json.code], [401, "missing_credential"]);
      assert.match(inQuery.json.detail, /in the URL, where it is never read/);
      assert.ok(!inQuery.text.includes(server.secret.slice(-30)));
      const besides = await call(url, [bearer(server.publishable)], { path: `/v1/workspace/${server.secret.replace("_", "%5F")}` });
      assert.deepEqual([besides.status, besides.json.code], [400, "conflicting_credentials"]);
    }));

  test(`${framework}: o02_o20 the page is passed on, and a browser has no secret key`, () =>
    withApp(framework, server.client, {}, async (url) => {
      for (const headers of [[["origin", "https://shop.example"]], [["sec-fetch-site", "same-origin"]], [["origin", "null"]]]) {
        const found = await call(url, [bearer(server.secret), ...headers], { path: "/v1/analyses/1" });
        assert.deepEqual([found.status, found.json.code], [403, "secret_key_in_browser"]);
      }
      assert.equal((await call(url, [bearer(server.secret), ["referer", "https://docs.example/x"], ["sec-fetch-mode", "cors"]], { path: "/v1/analyses/1" })).status, 200);
    }));

  test(`${framework}: whatever cannot be decided is 503 and never lets anybody in`, async () => {
    const silent = await fake(() => {});
    const garbage = await fake((response) => response.end('{"valid":true}'));
    const stranger = mint("--brand", "keystile");
    const cases = [[await nobody(), server.operatorKey], [silent.url, server.operatorKey], [garbage.url, server.operatorKey], [server.url, stranger]];
    for (const [keystile, operatorKey] of cases) {
      const errors = [];
      const client = new Keystile({ url: keystile, operatorKey, product: "datakeen", environment: "test", timeout: keystile === silent.url ? 30 : 2000, retryDelay: 0 });
      await withApp(framework, client, { onError: (error) => errors.push(error) }, async (url) => {
        const found = await call(url, [bearer(server.publishable)]);
        assert.deepEqual([found.status, found.json.code, found.headers["retry-after"]], [503, "undecided", "1"]);
        assert.equal(errors.length, 1);
      });
    }
    await silent.stop();
    await garbage.stop();
  });

  test(`${framework}: an idempotency key that cannot be is the client's mistake`, async () => {
    for (const key of ["", "x".repeat(256)]) {
      await withApp(framework, server.client, { idempotencyKey: () => key }, async (url) => {
        const found = await call(url, [bearer(server.publishable)]);
        assert.deepEqual([found.status, found.json.code], [400, "invalid_idempotency_key"]);
      });
    }
  });

  test(`${framework}: what the app says is asked`, async () => {
    const asked = await fake((response) => response.end(JSON.stringify({ valid: false, code: "rate_limited", message: "wait", rate_limit: { limit: 9, remaining: 0, reset_seconds: 7 } })));
    const client = new Keystile({ url: asked.url, operatorKey: server.operatorKey });
    const options = { operation: () => "POST /v1/analyses", cost: async () => 3, reserve: true, idempotencyKey: () => "job-1", ip: () => "192.0.2.1" };
    await withApp(framework, client, options, async (url) => {
      const found = await call(url, [bearer(server.publishable), ["referer", "https://shop.example/page?x"], ["x-forwarded-for", "6.6.6.6"]]);
      assert.deepEqual([found.status, found.headers["retry-after"], found.headers.ratelimit], [429, "7", '"keystile";r=0;t=7']);
    });
    assert.deepEqual(JSON.parse(asked.requests[0].body), { key: server.publishable, operation: "POST /v1/analyses", origin: "https://shop.example", ip: "192.0.2.1", cost: 3, reserve: true, idempotency_key: "job-1" });
    await withApp(framework, client, { scope: ["a", "b"] }, (url) => call(url, [bearer(server.publishable), ["x-forwarded-for", "6.6.6.6"]]));
    assert.deepEqual(JSON.parse(asked.requests[1].body), { key: server.publishable, scope: ["a", "b"] });
    await asked.stop();
  });
}

test("credits that are used up are 402", () =>
  withApp("express", server.client, {}, async (url) => {
    const { organization, projects } = await server.admin.organizations.create({ product: "datakeen", name: "Poor" });
    const key = projects[0].environments.find(({ name }) => name === "test").keys.find(({ kind }) => kind === "secret").secret.reveal();
    await Promise.all(Array.from({ length: 20 }, () => server.client.verify({ key, operation: "POST /v1/analyses" })));
    const found = await call(url, [bearer(key)], { method: "POST", path: "/v1/analyses" });
    assert.deepEqual([found.status, found.json.code], [402, "credits_exhausted"]);
    await server.admin.organizations.update(organization.id, { enabled: false });
    assert.equal((await call(url, [bearer(key)])).json.code, "organization_suspended");
  }));

test("a revoked key is refused in the next request, and its holder is told since when", () =>
  withApp("fastify", server.client, {}, async (url) => {
    const { projects } = await server.admin.organizations.create({ product: "datakeen", name: "Revoked" });
    const { id, value } = projects[0].environments.find(({ name }) => name === "test").keys.find(({ kind }) => kind === "publishable");
    assert.equal((await call(url, [bearer(value)])).status, 200);
    await server.admin.keys.revoke(id);
    const found = await call(url, [bearer(value)]);
    assert.deepEqual([found.status, found.json.code], [401, "revoked_key"]);
    assert.match(found.json.detail, /since 2/);
  }));

test("a hook of the app that fails is 503 and not a way in", () =>
  withApp("express", server.client, { ...quiet, ip: () => { throw new Error("no proxy"); } }, async (url) => {
    assert.equal((await call(url, [bearer(server.publishable)])).status, 503);
  }));

test("two ways of saying what is asked are a mistake at the start", () => {
  assert.throws(() => forExpress.protect(server.client, { scope: "a", authenticateOnly: true }), ConfigurationError);
});

test("a route without the middleware has nobody's key", () => {
  assert.throws(() => forExpress.verified({}), /not behind protect/);
  assert.throws(() => forFastify.verified({}), /not behind protect/);
});
