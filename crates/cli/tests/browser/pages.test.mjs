// What holds on every page: nothing for axe to find, no script of strangers, no way out of the origin.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { copy, dialog, launch, picture, settled, signedIn, start, violations, watch } from "./harness.mjs";

const PAYLOADS = [
  "<script>window.hit=1</script>", "<img src=x onerror=window.hit=1>", "<svg onload=window.hit=1>",
  "\"><script>window.hit=1</script>", "'><img src=x onerror=window.hit=1>", "javascript:window.hit=1",
  "</title><script>window.hit=1</script>", "</textarea><script>window.hit=1</script>",
  "</script><script>window.hit=1</script>", "<iframe srcdoc='<script>parent.hit=1</script>'>",
  "<math><mtext><style><img title='</style><img src=x onerror=window.hit=1>'>", "<details open ontoggle=window.hit=1>",
  "<a href='javascript:window.hit=1'>x</a>", "{{constructor.constructor('window.hit=1')()}}", "${window.hit=1}",
  "<body onload=window.hit=1>", "<input autofocus onfocus=window.hit=1>", "<marquee onstart=window.hit=1>",
  "<video><source onerror=window.hit=1>", "<object data='javascript:window.hit=1'>", "<embed src='javascript:window.hit=1'>",
  "<form action='javascript:window.hit=1'><button>x</button></form>", "<base href='https://evil.example/'>",
  "<link rel=stylesheet href='https://evil.example/x.css'>", "<meta http-equiv=refresh content='0;url=https://evil.example'>",
  "<style>*{background:url(https://evil.example/x)}</style>", "\u202Eevil\u202C", "\u2028window.hit=1//", "&lt;script&gt;",
  "<img src='https://evil.example/pixel'>", "<div hx-get='/console' hx-trigger=load>", "<div hx-on:load='window.hit=1'>",
  "<div data-hx-get='https://evil.example' data-hx-trigger='load'>", "<template><script>window.hit=1</script></template>",
  "<noscript><p title='</noscript><img src=x onerror=window.hit=1>'>", "<svg><animate onbegin=window.hit=1>",
  "<svg><a xlink:href='javascript:window.hit=1'>x</a></svg>", "\" onmouseover=\"window.hit=1", "' autofocus onfocus='window.hit=1",
  "<x contenteditable onblur=window.hit=1>x</x>",
];

let server, browser, page, places;

before(async () => {
  server = await start();
  browser = await launch();
  page = await signedIn(browser, server, { setup: true });
  const inn = await server.organization("innkept", "Riverside Inn");
  const project = inn.projects[0].project ?? inn.projects[0];
  const environments = (await server.ok("GET", `/v1/projects/${project.id}/environments`)).data;
  const production = environments.find(({ name }) => name === "production");
  const made = {};
  for (const [kind, name, more] of [["publishable", "Squarespace site", { allowed_origins: ["https://riverside.example"] }], ["publishable", "Old launch page", {}], ["secret", "Booking server", {}], ["secret", "CRM sync", { scopes: ["read_leads", "read_quotes"] }], ["secret", "Laptop test", {}]]) {
    made[name] = await server.ok("POST", `/v1/environments/${production.id}/keys`, { kind, name, ...more });
  }
  for (let at = 0; at < 30; at++) await server.verify(made["Booking server"].secret, { product: "innkept", operation: "GET /v1/leads" });
  for (let at = 0; at < 4; at++) await server.verify(made["Squarespace site"].key.value, { product: "innkept", operation: "POST /v1/leads", origin: "https://evil.example" });
  await server.verify(made["Laptop test"].secret, { product: "innkept", operation: "GET /v1/leads", origin: "http://localhost:3000" });
  await server.ok("POST", `/v1/keys/${made["CRM sync"].key.id}/rotate`, { grace_seconds: 86400 });
  const org = inn.organization.id;
  places = {
    "sign-in": null, organizations: "/console", overview: `/console/organizations/${org}`,
    keys: `/console/projects/${project.id}/keys`, key: `/console/keys/${made["Booking server"].key.id}`,
    publishable: `/console/keys/${made["Squarespace site"].key.id}`,
    credits: `/console/organizations/${org}/credits`, audit: `/console/organizations/${org}/audit`,
    members: `/console/organizations/${org}/members`, try: `/console/organizations/${org}/try`,
    products: "/console/products", product: "/console/products/innkept", account: "/console/account",
    new: `/console/environments/${production.id}/keys/new?kind=secret`, revoke: `/console/keys/${made["CRM sync"].key.id}/revoke`,
    "operator-keys": "/console/operator-keys", "operator-keys-new": "/console/operator-keys/new",
    "all-members": "/console/members", "invite": `/console/organizations/${org}/members/invite`,
    "all-audit": "/console/audit", "audit-none": "/console/audit?action=portal.opened&since=2020-01-01&until=2020-01-02",
    search: "/console/search?q=server", "search-none": "/console/search?q=nothing-of-this-name",
    "account-password": "/console/account/password", "account-codes": "/console/account/codes", "account-name": "/console/account/name",
    projects: `/console/organizations/${org}/projects`, "grant": `/console/organizations/${org}/credits/grant`,
    edit: `/console/keys/${made["Booking server"].key.id}/edit`, regenerate: `/console/keys/${made["Booking server"].key.id}/regenerate`,
    "end-old": `/console/keys/${made["CRM sync"].key.id}/end-old`, delete: `/console/keys/${made["Booking server"].key.id}/delete`,
    "test-origin": `/console/keys/${made["Squarespace site"].key.id}/test-origin?origin=https%3A%2F%2Fother.example`,
    missing: "/console/nothing",
  };
});
after(async () => {
  await browser.close();
  await server.stop();
});

describe("every page", () => {
  for (const look of ["light", "dark", "phone"]) {
    test(`axe finds nothing in ${look}, and nothing leaves the origin`, async () => {
      const context = await browser.newContext({
        baseURL: server.base, colorScheme: look === "dark" ? "dark" : "light",
        viewport: look === "phone" ? { width: 360, height: 740 } : { width: 1280, height: 860 },
        storageState: await page.context().storageState(), reducedMotion: "reduce",
        // What is tried here is the page, with a tool that is put into it.
        bypassCSP: true,
      });
      const seen = await context.newPage();
      const complaints = watch(seen, server.base);
      for (const [name, path] of Object.entries(places)) {
        if (path === null) {
          const stranger = await browser.newContext({ baseURL: server.base, colorScheme: look === "dark" ? "dark" : "light", bypassCSP: true, viewport: look === "phone" ? { width: 360, height: 740 } : undefined });
          const door = await stranger.newPage();
          await door.goto("/console/sign-in");
          assert.deepEqual(await violations(door), [], name);
          await picture(door, `${name}-${look}`);
          await stranger.close();
          continue;
        }
        await seen.goto(path);
        assert.deepEqual(await violations(seen), [], `${name}`);
        const wide = await seen.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
        await picture(seen, `${name}-${look}`);
      }
      await seen.goto(places.keys);
      await seen.getByRole("region", { name: "Secret Keys", exact: true }).getByRole("link", { name: "Add key" }).click();
      await dialog(seen).getByLabel("Name").waitFor();
      assert.deepEqual(await violations(seen), [], "dialog");
      await picture(seen, `dialog-${look}`);
      await dialog(seen).getByLabel("Name").fill(`Shown ${look}`);
      await dialog(seen).getByRole("button", { name: "Create" }).click();
      await dialog(seen).locator("#secret-value").waitFor();
      assert.deepEqual(await violations(seen), [], "shown once");
      await picture(seen, `once-${look}`);
      await copy(dialog(seen).getByRole("button", { name: "Copy" }));
      await dialog(seen).getByRole("link", { name: "Close" }).click();
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  test("every flow works by keyboard alone", async () => {
    await page.goto(places.keys);
    await page.getByRole("region", { name: "Secret Keys", exact: true }).getByRole("link", { name: "Add key" }).focus();
    await page.keyboard.press("Enter");
    await dialog(page).getByLabel("Name").waitFor();
    await page.waitForFunction(() => document.activeElement.name === "name");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("By keyboard");
    await page.keyboard.press("Enter");
    await dialog(page).locator("#secret-value").waitFor();
    await page.waitForFunction(() => document.activeElement.textContent === "Copy");
    await page.keyboard.press("Enter");
    await dialog(page).getByRole("button", { name: "Copied" }).waitFor();
    await page.evaluate(() => { document.querySelector("main").dataset.before = "closing"; });
    await page.keyboard.press("Escape");
    // The page is asked for anew, with the key on it.
    await page.waitForFunction(() => !document.querySelector("main[data-before]"));
    await settled(page);
    await page.getByRole("row").filter({ hasText: "By keyboard" }).locator("summary").focus();
    await page.keyboard.press("Enter");
    for (let at = 0; at < 4; at++) await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Revoke");
    await page.keyboard.press("Enter");
    await dialog(page).getByRole("button", { name: "Revoke" }).waitFor();
    await settled(page);
    await dialog(page).getByRole("button", { name: "Revoke" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText(/“By keyboard” is revoked/).waitFor();
    await page.keyboard.press("Control+K");
    await dialog(page).getByLabel("Search").waitFor();
    await page.keyboard.press("Escape");
    assert.deepEqual(page.complaints, []);
  });

  test("a page weighs less than 60 KB and needs no other host", async () => {
    const client = await page.context().newCDPSession(page);
    await client.send("Network.enable");
    await client.send("Network.clearBrowserCache");
    let bytes = 0;
    client.on("Network.loadingFinished", ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await page.goto(places.keys, { waitUntil: "networkidle" });
    assert.ok(bytes > 10_000 && bytes < 60_000, `${bytes} bytes`);
    await client.detach();
  });
});

describe("what strangers write", () => {
  test("d01_d02_d11_no_payload_runs_wherever_it_is_stored", async () => {
    const { organization, projects } = await server.organization("innkept", PAYLOADS[0], { external_id: "x1" });
    const project = projects[0].project ?? projects[0];
    const environments = (await server.ok("GET", `/v1/projects/${project.id}/environments`)).data;
    const production = environments.find(({ name }) => name === "production").id;
    const paths = [`/console/projects/${project.id}/keys`, `/console/organizations/${organization.id}`, `/console/organizations/${organization.id}/audit`, "/console"];
    const cautious = await page.context().newPage();
    const complaints = watch(cautious, server.base);
    let last;
    let stored = 0;
    for (const [at, payload] of PAYLOADS.entries()) {
      await server.ok("PATCH", `/v1/organizations/${organization.id}`, { name: payload.slice(0, 100) });
      const made = await server.api("POST", `/v1/environments/${production}/keys`, { kind: "secret", name: `${at} ${payload}`.replace(/[\u2028\u202E\u202C]/g, "").slice(0, 100), note: payload.replace(/[\u2028\u202E\u202C]/g, "") });
      if (made.status === 201) {
        last = made.json.key.id;
        stored++;
      }
    }
    assert.ok(PAYLOADS.length >= 40 && stored >= PAYLOADS.length - 2, `${stored} of ${PAYLOADS.length} are stored`);
    for (const path of [...paths, `/console/keys/${last}`, `/console/keys/${last}/edit`, `/console/keys/${last}/delete`, `/console/search?q=${encodeURIComponent("<")}`]) {
      await cautious.goto(path);
      assert.equal(await cautious.evaluate(() => window.hit), undefined, path);
    }
    // In a dialog too.
    await cautious.goto(paths[0]);
    await cautious.getByRole("row").nth(1).locator("summary").click();
    await cautious.getByRole("row").nth(1).getByRole("link", { name: "Delete this key" }).click();
    await dialog(cautious).getByRole("button", { name: "Confirm Delete" }).waitFor();
    assert.equal(await cautious.evaluate(() => window.hit), undefined);
    for (const payload of PAYLOADS.slice(0, 6)) {
      await cautious.goto(`/console/${encodeURIComponent(payload)}`);
      assert.equal(await cautious.evaluate(() => window.hit), undefined);
    }
    assert.deepEqual(complaints, []);
    await cautious.close();
  });

  test("d03_d04_d08_no_page_can_be_framed_and_nothing_is_kept", async () => {
    const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    for (const path of Object.values(places).filter(Boolean)) {
      const answer = await fetch(server.base + path, { headers: { cookie: cookies }, redirect: "manual" });
      const header = (name) => answer.headers.get(name);
      assert.match(header("content-security-policy"), /frame-ancestors 'none'/);
      assert.match(header("content-security-policy"), /default-src 'none'; script-src 'self'/);
      assert.deepEqual([header("x-frame-options"), header("cache-control"), header("referrer-policy"), header("cross-origin-opener-policy")], ["DENY", "no-store", "no-referrer", "same-origin"], path);
    }
  });

  test("d06_d07_d12_a_secret_is_nowhere_after_its_dialog", async () => {
    await page.goto(places.keys);
    await page.getByRole("region", { name: "Secret Keys", exact: true }).getByRole("link", { name: "Add key" }).click();
    await dialog(page).getByLabel("Name").fill("Nowhere");
    await dialog(page).getByRole("button", { name: "Create" }).click();
    const secret = (await dialog(page).locator("#secret-value").textContent()).trim();
    assert.equal(await page.evaluate((secret) => [...document.querySelectorAll("input, textarea")].some(({ value }) => value.includes(secret)), secret), false);
    const everywhere = async () => page.evaluate(async (secret) => {
      const databases = indexedDB.databases ? await indexedDB.databases() : [];
      return [document.documentElement.outerHTML, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), JSON.stringify(history.state), location.href, JSON.stringify(databases)].map((text) => text.includes(secret.slice(8, 24)));
    }, secret);
    await copy(dialog(page).getByRole("button", { name: "Copy" }));
    await dialog(page).getByRole("link", { name: "Close" }).click();
    await page.waitForFunction(() => !document.querySelector("#dialog").open);
    assert.deepEqual(await everywhere(), [false, false, false, false, false, false]);
    // Leave with the dialog open, then come back.
    await page.getByRole("row").filter({ hasText: "Nowhere" }).getByRole("link", { name: "Regenerate" }).click();
    await dialog(page).getByRole("button", { name: "Regenerate" }).click();
    const second = (await dialog(page).locator("#secret-value").textContent()).trim();
    await copy(dialog(page).getByRole("button", { name: "Copy" }));
    await page.goto("/console/account");
    await page.goBack();
    await page.waitForLoadState();
    assert.ok(!(await page.content()).includes(second.slice(8, 24)));
  });
});

describe("forms", () => {
  const send = async (path, body, headers = {}) => {
    const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    return fetch(server.base + path, { method: "POST", redirect: "manual", headers: { cookie: cookies, "content-type": "application/x-www-form-urlencoded", ...headers }, body: new URLSearchParams(body) });
  };

  test("s04_s05_s06_a_form_from_elsewhere_changes_nothing", async () => {
    const path = `${places.revoke}`;
    for (const headers of [{}, { origin: "https://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { "sec-fetch-site": "none" }]) {
      const answer = await send(path, { form_token: "0".repeat(32) }, headers);
      assert.equal(answer.status, 403, JSON.stringify(headers));
    }
    for (const type of ["text/plain", "multipart/form-data; boundary=x", "application/json"]) {
      const answer = await send(path, {}, { "content-type": type, "sec-fetch-site": "cross-site" });
      assert.ok([403, 415].includes(answer.status), type);
    }
    const key = await server.ok("GET", `/v1/keys/${places.revoke.split("/")[3]}`);
    assert.equal(key.status, "active");
    // Nor signs anybody in.
    const door = await send("/console/sign-in", { email: "ada@example.com", password: "correct horse battery" }, { "sec-fetch-site": "cross-site" });
    assert.deepEqual([door.status, door.headers.get("set-cookie")], [403, null]);
  });

  test("d09_a_form_that_is_sent_twice_makes_one_key_and_shows_it_once", async () => {
    const path = places.new.split("?")[0];
    const body = { kind: "secret", name: "Sent twice", once: "a".repeat(32), sent: "yes" };
    const same = { "sec-fetch-site": "same-origin" };
    const first = await send(path, body, same);
    // How well a page is compressed tells of what is in it.
    assert.equal(first.headers.get("content-encoding"), null);
    assert.match(await first.text(), /sk_live_[0-9A-Za-z]{38}/);
    const second = await send(path, body, same);
    assert.equal(second.status, 303);
    assert.ok(!/sk_live_[0-9A-Za-z]{38}/.test(await second.text()));
    // Nor does a key that is regenerated twice lose the value that was shown.
    const { id } = (await server.ok("GET", "/v1/keys?name=Sent%20twice")).data[0];
    const again = { grace: "0", once: "b".repeat(32) };
    const shown = (await (await send(`/console/keys/${id}/regenerate`, again, same)).text()).match(/sk_live_[0-9A-Za-z]{38}/)[0];
    assert.equal((await send(`/console/keys/${id}/regenerate`, again, same)).status, 303);
    assert.equal((await server.verify(shown, { product: "innkept", operation: "GET /v1/leads" })).code, "ok");
  });

  test("everything works as a plain form, without script", async () => {
    const context = await browser.newContext({ baseURL: server.base, javaScriptEnabled: false, storageState: await page.context().storageState() });
    const plain = await context.newPage();
    await plain.goto(places.keys);
    await plain.getByRole("region", { name: "Secret Keys", exact: true }).getByRole("link", { name: "Add key" }).click();
    await plain.getByLabel("Name").fill("Without script");
    await plain.getByRole("button", { name: "Create" }).click();
    assert.match(await plain.locator("#secret-value").textContent(), /^sk_live_/);
    await plain.getByRole("button", { name: "I have stored it" }).click();
    await plain.getByRole("row").filter({ hasText: "Without script" }).waitFor();
    await context.close();
  });
});

describe("the way in", () => {
  test("s16_the_set_up_link_works_once", async () => {
    const answer = await fetch(server.setup);
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /This link has ended/);
  });

  test("s08_d14_after_signing_out_nothing_is_readable", async () => {
    const leaving = await signedIn(browser, server);
    await leaving.goto(places.overview);
    const cookies = (await leaving.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    await leaving.getByRole("button", { name: /Sign out/ }).click();
    await leaving.waitForURL(/sign-in/);
    await leaving.goBack();
    await leaving.waitForURL(/sign-in/);
    const replayed = await fetch(server.base + places.overview, { headers: { cookie: cookies }, redirect: "manual" });
    assert.equal(replayed.status, 303);
    assert.match(replayed.headers.get("location"), /^\/console\/sign-in\?to=/);
    await leaving.context().close();
  });

  test("d17_a_session_that_ends_under_a_dialog_loses_nothing_that_was_typed", async () => {
    const mine = await signedIn(browser, server);
    await mine.goto(places.keys);
    await mine.getByRole("region", { name: "Secret Keys", exact: true }).getByRole("link", { name: "Add key" }).click();
    await dialog(mine).getByLabel("Name").fill("Typed for a long time");
    const kept = await mine.context().cookies();
    await mine.context().clearCookies();
    await dialog(mine).getByRole("button", { name: "Create" }).click();
    await dialog(mine).getByText("You have been signed out").waitFor();
    assert.equal(await dialog(mine).getByLabel("Name").inputValue(), "Typed for a long time");
    await mine.context().addCookies(kept);
    await dialog(mine).getByRole("button", { name: "Create" }).click();
    await dialog(mine).locator("#secret-value").waitFor();
    await copy(dialog(mine).getByRole("button", { name: "Copy" }));
    await dialog(mine).getByRole("link", { name: "Close" }).click();
    await mine.context().close();
  });

  test("s11_guessing_is_slowed_down_and_every_reply_is_the_same", async () => {
    const guesser = await browser.newContext({ baseURL: server.base });
    const door = await guesser.newPage();
    const tryOnce = async (email) => {
      await door.goto("/console/sign-in");
      await door.getByLabel("Email").fill(email);
      await door.getByLabel("Password").fill("wrong horse battery");
      await door.getByRole("button", { name: "Sign in" }).click();
      return (await door.getByRole("alert").textContent()).trim();
    };
    assert.equal(await tryOnce("nobody@example.com"), await tryOnce("ada@example.com"));
    // Each wrong try makes the wait longer, until it is longer than a try takes.
    let said = "";
    for (let at = 0; at < 20 && !said.startsWith("Too many tries"); at++) said = await tryOnce("nobody@example.com");
    assert.match(said, /Too many tries; wait \d+ s/);
    await guesser.close();
  });
});
