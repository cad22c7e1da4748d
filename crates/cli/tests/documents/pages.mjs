// Blocks that belong into a page: each is put into one, at the addresses that the documents name,
// in a real browser.
import assert from "node:assert/strict";
import { launch } from "../browser/harness.mjs";

const HOTEL = "https://hotel.example";
const APPLICATION = "https://app.example.com";

/** A browser in which the names of the documents lead to the server and to pages made here. */
export class Pages {
  static async open(server, address) {
    const pages = new Pages();
    Object.assign(pages, { server, address, browser: await launch() });
    return pages;
  }

  close() {
    return this.browser.close();
  }

  /** Opens `html` as a page of `origin`. `answer` serves other hosts: from a request to a reply. */
  async visit(html, { origin = HOTEL, headers = {}, answer = () => undefined } = {}) {
    const context = await this.browser.newContext();
    const page = await context.newPage();
    const asked = [];
    page.on("pageerror", (error) => asked.push({ error: error.message }));
    await context.route("**/*", async (route) => {
      const request = route.request();
      const url = new URL(request.url());
      if (url.origin === this.address) {
        const reply = await route.fetch({ url: this.server.base + url.pathname + url.search, maxRedirects: 0 });
        const next = reply.headers().location;
        // A redirect would leave for the network: the page goes there by itself instead.
        if (next) return route.fulfill({ headers: { "set-cookie": reply.headers()["set-cookie"] ?? "" }, contentType: "text/html", body: `<meta http-equiv="refresh" content="0;url=${next}">` });
        return route.fulfill({ response: reply });
      }
      asked.push({ url: request.url(), method: request.method(), authorization: request.headers().authorization });
      const open = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
      if (request.method() === "OPTIONS") return route.fulfill({ status: 204, headers: open });
      const made = await answer(url, request);
      if (made) return route.fulfill({ ...made, headers: { ...open, ...made.headers } });
      return route.fulfill({ contentType: "text/html", headers, body: url.origin === origin ? html : "" });
    });
    await page.goto(`${origin}/`);
    const close = async () => {
      // What is still asked for is answered no more.
      await context.unrouteAll({ behavior: "ignoreErrors" });
      await context.close();
    };
    return { page, asked, close };
  }
}

/** The texts of a block with a real key in the place of the one that is cut off. */
const real = (text, { publishable }) => text.replaceAll("pk_live_…", publishable);

const document = (head, body = "") => `<!doctype html><title>Hotel</title>${head}<body>${body}`;

const tag = ({ publishable }, more = "") => `<script src="https://keys.example.com/embed/v1/loader.js" data-key="${publishable}" ${more} async></script>`;

/** An API that answers everything with the same JSON. */
const api = (answered) => (url) => (url.hostname.startsWith("api.") ? { contentType: "application/json", body: JSON.stringify(answered) } : undefined);

/** Waits until the page's own API was called at `path`, with a session's token. */
async function called(asked, page, path) {
  const isCall = ({ url, method, authorization }) => method !== "OPTIONS" && url?.endsWith(path) && authorization?.startsWith("Bearer st_");
  while (!asked.some(isCall)) await page.waitForEvent("requestfinished");
}

const opens = () => window.Keystile?.ready?.then(() => true);

/** The page has a session. */
async function hasSession(pages, html, options) {
  const { page, asked, close } = await pages.visit(html, options);
  await page.waitForFunction(opens);
  assert.deepEqual(asked.filter(({ error }) => error), []);
  await close();
}

const EMBED = [
  async (pages, readers, { text }) => hasSession(pages, document(real(text, readers))),
  async (pages, readers, { text }) => {
    const more = 'data-base-url="https://api.example.com"';
    const { page, asked, close } = await pages.visit(document(tag(readers, more), `<script>const showHint = () => {};\n${text}</script>`), { answer: api({}) });
    await called(asked, page, "/v1/leads");
    await close();
  },
  async (pages, readers, { text }) => {
    const more = 'data-base-url="https://api.example.com" data-widget="quote"';
    const { page, close } = await pages.visit(document(`<script>${text}</script>`, tag(readers, more)), { answer: api({ greeting: "Rooms from 80" }) });
    await page.getByText("Rooms from 80").waitFor();
    await close();
  },
  async (pages, readers, { text }) => {
    const more = 'data-base-url="https://api.example.com" data-frame="https://player.example.com/"';
    const player = { contentType: "text/html", body: `<!doctype html><title>Player</title><body><script type="module">${text}</script>` };
    const answer = (url) => (url.hostname === "player.example.com" ? player : api({})(url));
    const { page, asked, close } = await pages.visit(document("", tag(readers, more)), { answer });
    await called(asked, page, "/v1/events/summer-night/messages");
    await close();
  },
  async (pages, readers, { text }) => {
    const code = real(text, readers).replace("unmount(embed);", "await embed.ready; unmount(embed); document.body.dataset.done = 'yes';");
    const { page, asked, close } = await pages.visit(document("", `<div id="quote"></div><script type="module">${code}</script>`));
    await page.waitForSelector("body[data-done]", { state: "attached" });
    assert.deepEqual(asked.filter(({ error }) => error), []);
    await close();
  },
  async (pages, readers, { text }) => hasSession(pages, document(real(text, readers))),
  async (pages, readers, { text }) => {
    const policy = text.trim().replace(/\s+/g, " ").replace("Content-Security-Policy: ", "");
    await hasSession(pages, document(tag(readers)), { headers: { "content-security-policy": `default-src 'none'; ${policy}` } });
    const blocked = policy.replaceAll("https://keys.example.com", "");
    const { page, close } = await pages.visit(document(tag(readers)), { headers: { "content-security-policy": `default-src 'none'; ${blocked}` } });
    assert.equal(await page.evaluate(opens), undefined, "another policy is not enough");
    await close();
  },
];

const SESSION = [
  async (pages, readers, { text }) => {
    const code = `const publishableKey = "${readers.publishable}";\n${text}\nwindow.made = made;`;
    const { page, close } = await pages.visit(document("", `<script type="module">${code}</script>`));
    await page.waitForFunction(() => window.made);
    const { token, session, expires_in } = await page.evaluate(() => window.made);
    assert.match(token, /^st_/);
    assert.ok(session.id && session.visitor && session.expires_at && expires_in > 0);
    await close();
  },
];

const PORTAL = [
  async (pages, readers, { text }) => {
    const answer = async (url) => {
      if (url.pathname !== "/settings/keys-link") return undefined;
      const path = `/v1/organizations/${readers.organization}/portal-tokens`;
      const link = await pages.server.ok("POST", path, { abilities: ["keys:create"], origin: APPLICATION, visitor: "user_812" });
      return { contentType: "application/json", body: JSON.stringify(link) };
    };
    const { page, close } = await pages.visit(document("", text), { origin: APPLICATION, answer });
    const frame = page.frameLocator("iframe");
    await frame.getByRole("heading", { name: "Publishable Key" }).waitFor();
    await close();
  },
  async (pages, readers, { text }) => {
    await pages.server.ok("POST", `/v1/organizations/${readers.organization}/portal-tokens`, JSON.parse(text));
  },
];

/** The pages with such blocks: which languages these are, and what tries them in turn. */
const IN_PAGES = {
  "docs/embed.md": [["html", "js", "http"], EMBED],
  "docs/session-tokens.md": [["js"], SESSION],
  "docs/portal.md": [["html", "json"], PORTAL],
};

/** What tries this block in a page; `undefined` for one that belongs into none. */
export function inPages(page, blocks, block) {
  const [languages, trials] = IN_PAGES[page] ?? [[], []];
  const theirs = blocks.filter(({ language }) => languages.includes(language));
  return trials[theirs.indexOf(block)];
}
