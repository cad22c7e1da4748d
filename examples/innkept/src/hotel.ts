// A hotel's website: a page with the quote widget, and a desk that reads leads with the secret key.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const { PORT, KEYSTILE_SERVER, INNKEPT_CDN = "", INNKEPT_API = "", INNKEPT_PUBLISHABLE_KEY, INNKEPT_SECRET_KEY } = process.env;
const style = readFileSync(join(import.meta.dirname, "../public/hotel.css"));
// What docs/embed.md asks for, with the stylesheets of the widget and of the page.
const policy = `default-src 'none'; script-src ${INNKEPT_CDN}; connect-src ${KEYSTILE_SERVER} ${INNKEPT_API}; style-src 'self' ${INNKEPT_CDN}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A call with the secret key, which never leaves this server. */
async function innkept(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(INNKEPT_API + path, {
    method,
    headers: { authorization: `Bearer ${INNKEPT_SECRET_KEY}`, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  const json = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(`Innkept answers ${answer.status} ${String(json.code ?? json.detail)}`);
  return json;
}

await innkept("PUT", "/v1/destinations/harbour", { name: "House by the harbour", nightly: 140 });
await innkept("PUT", "/v1/destinations/vineyard", { name: "Cottage in the vineyard", nightly: 95 });

const page = `<header><h1>Hotel Lindenhof</h1><p>Two houses by the lake, open all year.</p></header>
<main>
<h2>What will it cost?</h2>
<script src="${INNKEPT_CDN}/quote.js" data-key="${INNKEPT_PUBLISHABLE_KEY}" data-widget="quote" data-base-url="${INNKEPT_API}" async></script>
<noscript><p>Write to us: desk@lindenhof.example</p></noscript>
</main>
<footer><a href="/desk">For the desk</a></footer>`;

const desk = async () => {
  const [leads, quotes] = await Promise.all([innkept("GET", "/v1/leads"), innkept("GET", "/v1/quotes")]);
  const totals = new Map((quotes.data as { lead: string; total: number }[]).map(({ lead, total }) => [lead, total]));
  const rows = (leads.data as { id: string; email: string; destination: string; nights: number }[]).map(
    ({ id, email, destination, nights }) => `<tr><td>${plain(email)}</td><td>${plain(destination)}</td><td>${nights}</td><td>€ ${totals.get(id)}</td></tr>`,
  );
  return `<header><h1>Leads</h1></header><main>${rows.length === 0 ? "<p>None yet.</p>" : `<table><thead><tr><th>Email</th><th>House</th><th>Nights</th><th>Quote</th></tr></thead><tbody>${rows.join("")}</tbody></table>`}</main>
<footer><a href="/">The page</a></footer>`;
};

const plain = (text: string) => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

createServer((request, response) => {
  const send = (status: number, title: string, body: string) => {
    response.writeHead(status, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy, "cache-control": "no-store" });
    response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><link rel="stylesheet" href="/hotel.css"><body>${body}`);
  };
  if (request.url === "/hotel.css") response.writeHead(200, { "content-type": "text/css" }).end(style);
  else if (request.url === "/") send(200, "Hotel Lindenhof", page);
  else if (request.url !== "/desk") send(404, "Not found", "<main><h1>Not found</h1></main>");
  else desk().then((body) => send(200, "Leads", body), (error: Error) => send(502, "Leads", `<main><h1>Leads</h1><p role="alert">${plain(error.message)}</p></main>`));
}).listen(Number(PORT), "127.0.0.1");
