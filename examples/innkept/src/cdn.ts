// Innkept's CDN: one file that is Keystile's loader and Innkept's widget, so that hotels need one tag.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const own = (file: string) => readFileSync(join(import.meta.dirname, "../public", file), "utf8");
const loader = await (await fetch(`${process.env.KEYSTILE_SERVER}/embed/v1/loader.js`)).text();

const files = new Map([
  ["/quote.js", { type: "text/javascript", text: `${loader}\n${own("quote.js")}` }],
  ["/quote.css", { type: "text/css", text: own("quote.css") }],
]);

createServer((request, response) => {
  const file = files.get(request.url ?? "");
  if (file === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": `${file.type}; charset=utf-8`, "cache-control": "max-age=300", "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" });
  response.end(file.text);
}).listen(Number(process.env.PORT), "127.0.0.1");
