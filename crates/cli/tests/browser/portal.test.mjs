// The portal inside the page of an operator: another site, another origin, another design.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { copied, launch, picture, start, violations } from "./harness.mjs";

const EVERYTHING = ["keys:create", "keys:change", "keys:rotate", "keys:revoke", "keys:reveal"];
const BLUE = { light: { accent: "#1a4fd6", background: "#f4f6fb", surface: "#ffffff", text: "#101828" } };

let server, browser, hotel, site, wanted, links;

/** The operator's page and backend, which asks for links. */
const operate = async () => {
  const http = createServer(async (request, answer) => {
    if (request.url === "/portal-link" && request.method === "POST") {
      links += 1;
      const { status, json } = await server.api("POST", `/v1/organizations/${hotel.organization.id}/portal-tokens`, wanted);
      answer.writeHead(status, { "content-type": "application/json" });
      return answer.end(JSON.stringify(json));
    }
    if (request.url !== "/settings") return answer.writeHead(404).end();
    answer.writeHead(200, {
      "content-type": "text/html",
      // What the docs tell operators to allow, and nothing else; the script sets styles of its frame.
      "content-security-policy": `default-src 'none'; script-src ${server.base}; frame-src ${server.base}; connect-src 'self'`,
    });
    answer.end(`<!doctype html><html lang="en"><title>Settings</title><h1>Settings</h1>
      <script src="${server.base}/portal/v1/portal.js" data-link="/portal-link" async></script>`);
  });
  await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
  // By another name than the service, so that browsers take the two for different sites.
  http.origin = `http://localhost:${http.address().port}`;
  return http;
};

before(async () => {
  server = await start({ systems: ["innkept"] });
  browser = await launch();
  hotel = await server.organization("innkept", "Hotel Lindenhof");
  site = await operate();
});
after(async () => {
  await browser.close();
  site.close();
  await server.stop();
});
beforeEach(() => {
  links = 0;
  wanted = { abilities: EVERYTHING, origin: site.origin, visitor: "user_7", theme: BLUE };
});

/** A guest at the operator's page. */
const visit = async (options = {}) => {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Browsers do not let a framed page take the focus by itself; the script does once somebody has clicked.
    if (message.type() === "error" && !/^Blocked autofocusing/.test(message.text())) complaints.push(message.text());
  });
  page.complaints = complaints;
  await page.goto(`${site.origin}/settings`);
  const inside = page.frameLocator("iframe");
  return { context, page, inside };
};

/** Waits until all of something inside is where the reader looks. */
const inSight = async (page, what) => {
  for (let tries = 0; tries < 300; tries += 1) {
    const box = await what.boundingBox();
    if (box && box.y >= 0 && box.y + box.height <= page.viewportSize().height) return;
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  throw new Error(JSON.stringify(await what.boundingBox()));
};

/** The document inside, for what a locator cannot do. */
const framed = async (page) => (await page.locator("iframe").elementHandle()).contentFrame();

test("a_guest_makes_copies_and_revokes_a_key_inside_the_operators_page", async () => {
  const { context, page, inside } = await visit();
  await inside.getByRole("heading", { level: 1 }).waitFor();
  await inside.getByRole("region", { name: "Secret Keys" }).getByRole("link", { name: "Add key" }).click();
  const dialog = inside.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Channel manager");
  await dialog.getByRole("button", { name: "Create" }).click();
  const shown = dialog.locator("#secret-value");
  await shown.waitFor();
  const secret = (await shown.textContent()).trim();
  assert.match(secret, /^sk_live_[0-9A-Za-z]{38}$/);
  await assert.doesNotReject(inSight(page, dialog), "the whole dialog is in sight");
  await picture(page, "portal-once");
  assert.equal(await copied(page, dialog.getByRole("button", { name: "Copy" })), secret);
  await dialog.getByRole("button", { name: "I have stored it" }).click();
  await inside.getByText("Channel manager").first().waitFor();
  assert.ok(!(await (await framed(page)).content()).includes(secret), "and is nowhere afterwards");
  assert.equal((await server.verify(secret, { product: "innkept" })).code, "ok");

  const row = inside.getByRole("row").filter({ hasText: "Channel manager" });
  await row.locator("summary").click();
  await row.getByRole("link", { name: "Revoke" }).click();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await inside.getByText(/Dead on 1 of 1 nodes/).waitFor();
  assert.equal((await server.verify(secret, { product: "innkept" })).code, "revoked_key");
  assert.deepEqual(page.complaints, []);
  await context.close();
});

test("it_has_the_operators_colours_and_axe_finds_nothing", async () => {
  wanted.theme = { ...BLUE, dark: { accent: "#9db7ff", background: "#0b1020", surface: "#131a2e", text: "#e8ecf8" } };
  for (const [colorScheme, paper, accent] of [["light", "rgb(244, 246, 251)", "rgb(26, 79, 214)"], ["dark", "rgb(11, 16, 32)", "rgb(157, 183, 255)"]]) {
    const { context, page, inside } = await visit({ colorScheme });
    await inside.getByRole("heading", { level: 1 }).waitFor();
    const frame = await framed(page);
    assert.equal(await frame.evaluate(() => getComputedStyle(document.body).backgroundColor), paper);
    const link = inside.locator("a:not([class])").first();
    assert.equal(await link.evaluate((one) => getComputedStyle(one).color), accent);
    assert.deepEqual(await violations(frame), []);
    await picture(page, `portal-${colorScheme}`);
    await context.close();
  }
});

test("the_frame_is_as_high_as_what_it_shows", async () => {
  const { context, page, inside } = await visit({ viewport: { width: 360, height: 700 } });
  await inside.getByRole("heading", { level: 1 }).waitFor();
  const frame = await framed(page);
  await frame.waitForFunction(() => document.documentElement.scrollHeight <= innerHeight);
  assert.ok(await frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "and no wider");
  await picture(page, "portal-phone");
  await context.close();
});

test("d03_no_other_page_can_frame_it", async () => {
  wanted.origin = "https://app.elsewhere.example";
  const { context, page } = await visit();
  await page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
  const frame = await framed(page);
  assert.ok(!(await frame.content()).includes("Secret Keys"));
  await context.close();
});

test("before_it_closes_it_gets_another_link_and_nothing_typed_is_lost", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`${site.origin}/settings`);
  const inside = page.frameLocator("iframe").first();
  await inside.getByRole("region", { name: "Secret Keys" }).getByRole("link", { name: "Add key" }).click();
  const name = inside.getByRole("dialog").getByLabel("Name", { exact: true });
  await name.fill("Half typed");
  const held = async () => (await context.cookies(server.base)).find(({ name }) => name === "keystile_portal").value;
  const before = await held();
  const renewed = page.waitForResponse((answer) => answer.url().includes("&renew"));
  await page.clock.fastForward("59:30");
  assert.equal((await renewed).status(), 200);
  assert.equal(links, 2);
  assert.notEqual(await held(), before);
  assert.equal(await name.inputValue(), "Half typed");
  await inside.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await inside.getByText("Copy your secret key now").waitFor();
  await context.close();
});

test("a_guest_who_may_only_look_is_offered_nothing_else", async () => {
  wanted.abilities = [];
  const { context, page, inside } = await visit();
  await inside.getByRole("heading", { level: 1 }).waitFor();
  const offered = await inside.getByRole("link").allTextContents();
  for (const word of ["Add key", "Regenerate", "Revoke", "Edit", "Delete"]) assert.ok(!offered.includes(word), word);
  assert.deepEqual(page.complaints, []);
  await context.close();
});
