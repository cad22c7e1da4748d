// Keepem's API and player: organisers create events, viewers join and chat.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Keystile } from "@keystile/sdk";
import { protect, verified } from "@keystile/sdk/express";
import express from "express";
import type { NextFunction, Request, Response } from "express";

interface Event {
  id: string;
  name: string;
  viewers: Map<string, string>;
  messages: { from: string; text: string }[];
  registrations: { id: string; email: string }[];
}

const keystile = new Keystile({ url: process.env.KEYSTILE_SERVER, operatorKey: process.env.KEYSTILE_KEY });
const events = new Map<string, Map<string, Event>>();

const app = express();
app.disable("x-powered-by");

// The page that embeds the player is another site's, and it makes the player's calls.
app.use("/v1", (request, response, next) => {
  response.set({ "access-control-allow-origin": "*", "access-control-allow-headers": "authorization, content-type" });
  if (request.method === "OPTIONS") response.status(204).end();
  else next();
});
app.use("/v1", protect(keystile, { realm: "keepem" }));
app.use("/v1", express.json({ limit: "16kb" }));

app.post("/v1/events", (request, response) => {
  const event: Event = { id: `evt_${randomUUID().slice(0, 8)}`, name: text(request, "name"), viewers: new Map(), messages: [], registrations: [] };
  own(request).set(event.id, event);
  response.status(201).json({ id: event.id, name: event.name });
});

app.get("/v1/events", (request, response) => {
  response.json({ data: [...own(request).values()].map(({ id, name }) => ({ id, name })) });
});

app.get("/v1/events/:event/public", (request, response) => {
  const { id, name, viewers, messages } = find(request);
  response.set("cache-control", "no-store").json({ id, name, watching: viewers.size, messages: messages.slice(-50) });
});

app.post("/v1/viewer-sessions", (request, response) => {
  const event = find(request, text(request, "event"));
  const viewer = { id: `viewer_${randomUUID()}`, name: text(request, "name", 40) };
  event.viewers.set(viewer.id, viewer.name);
  response.status(201).json({ viewer });
});

app.post("/v1/events/:event/messages", (request, response) => {
  const event = find(request);
  // A server speaks for the organiser; everybody else has joined before.
  const isServer = verified(request).key.kind === "secret";
  const from = isServer ? "Organiser" : event.viewers.get(text(request, "viewer"));
  if (from === undefined) throw new Problem(422, "join the event first: POST /v1/viewer-sessions");
  const message = { from, text: text(request, "text", 500) };
  event.messages.push(message);
  response.status(201).json(message);
});

app.post("/v1/events/:event/registrations", (request, response) => {
  const event = find(request);
  const registration = { id: `reg_${randomUUID().slice(0, 8)}`, email: text(request, "email") };
  event.registrations.push(registration);
  response.status(201).json(registration);
});

app.get("/v1/events/:event/analytics", (request, response) => {
  const { viewers, messages, registrations } = find(request);
  response.json({ viewers: viewers.size, messages: messages.length, registrations: registrations.length });
});

// The player stands in a frame of the page, and loads nothing but itself and Keystile's module.
const policy = `default-src 'none'; script-src 'self' ${process.env.KEYSTILE_SERVER}; style-src 'self'; base-uri 'none'; form-action 'none'`;
app.use("/player", express.static(join(import.meta.dirname, "../public"), { setHeaders: (response) => response.setHeader("content-security-policy", policy) }));
app.get("/keystile.js", (_, response) => {
  response.type("js").send(`export { connect } from ${JSON.stringify(`${process.env.KEYSTILE_SERVER}/embed/v1/frame.mjs`)};`);
});

app.use((request: Request) => {
  throw new Problem(404, `nothing is at ${request.path}`);
});
app.use((error: Error & { status?: number }, _: Request, response: Response, next: NextFunction) => {
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  if (response.headersSent) return next(error);
  response.status(status).type("application/problem+json").send(JSON.stringify({ type: "about:blank", status, detail: status < 500 ? error.message : "something broke" }));
});

app.listen(Number(process.env.PORT), "127.0.0.1");

class Problem extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The events of the project whose key it is: nobody reaches another's. */
function own(request: Request): Map<string, Event> {
  const { id } = verified(request).project;
  const found = events.get(id) ?? new Map<string, Event>();
  events.set(id, found);
  return found;
}

function find(request: Request, id = String(request.params.event)): Event {
  const event = own(request).get(id);
  if (event === undefined) throw new Problem(404, `there is no event ${id}`);
  return event;
}

function text(request: Request, field: string, longest = 200): string {
  const value: unknown = (request.body as Record<string, unknown> | undefined)?.[field];
  if (typeof value !== "string" || value.trim() === "" || value.length > longest) {
    throw new Problem(422, `${field} is a text of 1 to ${longest} characters`);
  }
  return value.trim();
}
