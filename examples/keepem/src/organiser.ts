// The organiser's website: a page with the player, and a server side that uses the secret key.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const { PORT, KEYSTILE_SERVER, KEEPEM_API = "", KEEPEM_PUBLISHABLE_KEY, KEEPEM_SECRET_KEY } = process.env;
const style = readFileSync(join(import.meta.dirname, "../public/style.css"));
// What docs/embed.md asks for, and the page's own stylesheet.
const policy = `default-src 'none'; script-src ${KEYSTILE_SERVER}; connect-src ${KEYSTILE_SERVER} ${KEEPEM_API}; frame-src ${KEEPEM_API}; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;

/** A call of Keepem's API with the secret key, which never leaves this server. */
async function keepem(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(KEEPEM_API + path, {
    method,
    headers: { authorization: `Bearer ${KEEPEM_SECRET_KEY}`, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  const json = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(`Keepem answers ${answer.status} ${String(json.code ?? json.detail)}`);
  return json;
}

const event = await keepem("POST", "/v1/events", { name: "Summer Night on the Quay" });
const path = `/v1/events/${event.id}`;

const page = () => `<main><h1>${event.name}</h1>
<p>Live tonight from eight. Watch here, and say hello in the chat.</p>
<div id="player"></div></main>
<script src="${KEYSTILE_SERVER}/embed/v1/loader.js" data-key="${KEEPEM_PUBLISHABLE_KEY}" data-event="${event.id}"
  data-base-url="${KEEPEM_API}" data-frame="${KEEPEM_API}/player/" data-frame-title="Player and chat" data-target="#player" async></script>
<noscript><p>The player needs JavaScript.</p></noscript>
<footer><a href="/backstage">Backstage</a></footer>`;

const backstage = async () => {
  const { viewers, messages, registrations } = await keepem("GET", `${path}/analytics`);
  return `<main><h1>Backstage</h1>
<dl><div><dt>Viewers</dt><dd>${viewers}</dd></div><div><dt>Messages</dt><dd>${messages}</dd></div><div><dt>Registrations</dt><dd>${registrations}</dd></div></dl>
<form method="post"><label for="email">Register a guest</label> <input id="email" name="email" type="email" required placeholder="guest@example.com"> <button>Register</button></form></main>
<footer><a href="/">The page</a></footer>`;
};

const server = createServer((request, response) => {
  const send = (status: number, title: string, body: string) => {
    response.writeHead(status, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy, "cache-control": "no-store" });
    response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><link rel="stylesheet" href="/style.css"><body>${body}`);
  };
  const answer = async () => {
    const { pathname } = new URL(request.url ?? "/", "http://organiser");
    if (pathname === "/style.css") return response.writeHead(200, { "content-type": "text/css" }).end(style);
    if (pathname === "/") return send(200, String(event.name), page());
    if (pathname !== "/backstage") return send(404, "Not found", "<main><h1>Not found</h1></main>");
    if (request.method === "POST") {
      const form = new URLSearchParams(await body());
      await keepem("POST", `${path}/registrations`, { email: form.get("email") });
      return response.writeHead(303, { location: "/backstage" }).end();
    }
    send(200, "Backstage", await backstage());
  };
  const body = async () => {
    let text = "";
    for await (const chunk of request) if ((text += chunk).length > 4096) throw new Error("the form is too long");
    return text;
  };
  answer().catch((error: Error) => send(502, "Backstage", `<main><h1>Backstage</h1><p role="alert">${error.message.replace(/[<>&]/g, "")}</p></main>`));
});
server.listen(Number(PORT), "127.0.0.1");
