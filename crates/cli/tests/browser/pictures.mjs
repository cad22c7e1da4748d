// The pictures of the documentation, from the demo's data: `node crates/cli/tests/browser/pictures.mjs`.
import { createServer } from "node:http";
import { join } from "node:path";
import { copy, dialog, launch, openKeys, root, signedIn, start } from "./harness.mjs";

const folder = join(root, "docs/images");
const server = await start({ demo: true });
const browser = await launch();
const page = await signedIn(browser, server, { setup: true, viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
const take = (name, seen = page) => seen.screenshot({ path: join(folder, `${name}.png`) });

const organizations = (await server.ok("GET", "/v1/organizations?limit=100")).data;
const of = (product) => organizations.find((one) => one.product === product);
const projectOf = async (product) => (await server.ok("GET", `/v1/organizations/${of(product).id}/projects`)).data[0];

const inn = await projectOf("innkept");
await openKeys(page, inn.id);
await take("keys");
await page.getByRole("region", { name: "Secret Keys", exact: true }).getByRole("link", { name: "Add key" }).click();
await dialog(page).getByLabel("Name").fill("Night audit");
await dialog(page).getByRole("button", { name: "Create" }).click();
await dialog(page).locator("#secret-value").waitFor();
await take("once");
await copy(dialog(page).getByRole("button", { name: "Copy" }));
await dialog(page).getByRole("link", { name: "Close" }).click();
await page.goto(`/console/organizations/${of("innkept").id}`);
await take("overview");
await page.goto(`/console/organizations/${of("datakeen").id}/credits?mode=test`);
await take("credits");

const dark = await browser.newContext({ baseURL: server.base, colorScheme: "dark", viewport: { width: 1280, height: 800 }, storageState: await page.context().storageState() });
const night = await dark.newPage();
await openKeys(night, (await projectOf("datakeen")).id);
await take("dark", night);
const phone = await browser.newContext({ baseURL: server.base, viewport: { width: 360, height: 740 }, storageState: await page.context().storageState() });
const small = await phone.newPage();
await openKeys(small, (await projectOf("bkend")).id);
await take("phone", small);

// The portal, in the page of an operator.
const theme = { light: { accent: "#1d5d4f", background: "#ffffff", surface: "#ffffff", text: "#14211d" } };
const http = createServer(async (request, answer) => {
  if (request.method === "POST") {
    const link = await server.ok("POST", `/v1/organizations/${of("innkept").id}/portal-tokens`,
      { abilities: ["keys:create", "keys:change", "keys:rotate", "keys:revoke"], origin, visitor: "user_812", theme });
    return answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(link));
  }
  answer.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><html lang="en"><title>Innkept</title>
    <style>body{margin:0;font:15px system-ui;color:#14211d}header{background:#1d5d4f;color:#fff;padding:14px 28px;font-weight:650}
    header span{opacity:.75;font-weight:400;margin-left:24px}section{max-width:1080px;margin:16px auto}</style>
    <header>Innkept <span>Rooms</span><span>Guests</span><span>Settings</span></header>
    <section><script src="${server.base}/portal/v1/portal.js" data-link="/link" async></script></section>`);
});
await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
const origin = `http://localhost:${http.address().port}`;
const around = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
await around.goto(origin);
await around.frameLocator("iframe").getByRole("heading", { level: 1 }).waitFor();
await take("portal", around);
http.close();

await browser.close();
await server.stop();
