// Innkept's API, for one environment: the widget asks for quotes, the hotel's server reads them.
import { randomUUID } from "node:crypto";
import { serve } from "@hono/node-server";
import { Keystile } from "@keystile/sdk";
import { protect } from "@keystile/sdk/hono";
import { Hono } from "hono";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

interface Hotel {
  destinations: Map<string, { name: string; nightly: number }>;
  leads: { id: string; email: string; destination: string; nights: number }[];
  quotes: { lead: string; total: number; currency: "EUR" }[];
}

const keystile = new Keystile({ url: process.env.KEYSTILE_SERVER, operatorKey: process.env.KEYSTILE_KEY });
const hotels = new Map<string, Hotel>();

const app = new Hono();
// The widget calls from the hotel's page; which pages may is a matter of its key.
app.use("/v1/*", cors());
app.use("/v1/*", protect(keystile, { credentialHeaders: ["authorization"], realm: "innkept" }));
app.use("/v1/*", bodyLimit({ maxSize: 16 * 1024 }));

app.get("/v1/widget/config", (c) => {
  const destinations = [...own(c).destinations].map(([id, destination]) => ({ id, ...destination }));
  return c.json({ currency: "EUR", destinations });
});

app.post("/v1/leads", async (c) => {
  const { email, destination, nights } = await body(c);
  const wanted = own(c).destinations.get(String(destination));
  if (typeof email !== "string" || !/^\S+@\S+$/.test(email) || email.length > 200) return problem(c, 422, "email is an address");
  if (wanted === undefined) return problem(c, 422, "destination is one of those in the widget's configuration");
  if (!isNumber(nights, 1, 60)) return problem(c, 422, "nights is a number from 1 to 60");
  const lead = { id: `lead_${randomUUID().slice(0, 8)}`, email, destination: wanted.name, nights };
  const quote = { lead: lead.id, total: wanted.nightly * nights, currency: "EUR" as const };
  own(c).leads.push(lead);
  own(c).quotes.push(quote);
  return c.json(quote, 201);
});

app.get("/v1/leads", (c) => c.json({ data: own(c).leads }));
app.get("/v1/quotes", (c) => c.json({ data: own(c).quotes }));

app.put("/v1/destinations/:id", async (c) => {
  const { name, nightly } = await body(c);
  if (typeof name !== "string" || name === "" || name.length > 100) return problem(c, 422, "name is a text of 1 to 100 characters");
  if (!isNumber(nightly, 1, 100_000)) return problem(c, 422, "nightly is a price from 1 to 100000");
  own(c).destinations.set(c.req.param("id"), { name, nightly });
  return c.json({ id: c.req.param("id"), name, nightly });
});

app.notFound((c) => problem(c, 404, `nothing is at ${c.req.path}`));
app.onError((error, c) => {
  if (error instanceof HTTPException) return error.res ?? problem(c, error.status, error.message);
  console.error(error);
  return problem(c, 500, "something broke");
});

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });

/** What belongs to the hotel whose key it is. */
function own(c: Context): Hotel {
  const { id } = c.get("keystile").project;
  const found = hotels.get(id) ?? { destinations: new Map(), leads: [], quotes: [] };
  hotels.set(id, found);
  return found;
}

async function body(c: Context): Promise<Record<string, unknown>> {
  const found: unknown = await c.req.json().catch(() => undefined);
  if (typeof found !== "object" || found === null) throw new HTTPException(400, { message: "the body is a JSON object" });
  return found as Record<string, unknown>;
}

function isNumber(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

function problem(c: Context, status: ContentfulStatusCode, detail: string): Response {
  return c.json({ type: "about:blank", status, detail }, status, { "content-type": "application/problem+json" });
}
