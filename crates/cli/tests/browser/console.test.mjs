// What the console does besides the page of keys.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { copied, copy, dialog, launch, openKeys, signedIn, start } from "./harness.mjs";

let server, browser, page, organization, project, production;

before(async () => {
  server = await start({ systems: ["innkept", "datakeen"] });
  browser = await launch();
  page = await signedIn(browser, server, { setup: true });
  const made = await server.organization("innkept", "Riverside Inn");
  organization = made.organization;
  project = made.projects[0].project ?? made.projects[0];
  const environments = (await server.ok("GET", `/v1/projects/${project.id}/environments`)).data;
  production = environments.find(({ name }) => name === "production");
});
after(async () => {
  assert.deepEqual(page.complaints, []);
  await browser.close();
  await server.stop();
});

const key = async (name, more = {}) => server.ok("POST", `/v1/environments/${production.id}/keys`, { kind: "secret", name, ...more });

describe("keys", () => {
  test("what somebody else does appears without a reload", async () => {
    await openKeys(page, project.id);
    await page.evaluate(() => { window.stayed = true; });
    await key("Made by a machine");
    await page.getByRole("row").filter({ hasText: "Made by a machine" }).waitFor();
    assert.equal(await page.evaluate(() => window.stayed), true);
  });

  test("a15_two_people_who_edit_one_key_are_told", async () => {
    const { key: { id } } = await key("Edited twice");
    const other = await page.context().newPage();
    for (const one of [page, other]) await one.goto(`/console/keys/${id}`);
    for (const one of [page, other]) {
      await one.getByRole("link", { name: "Edit", exact: true }).click();
      await dialog(one).getByLabel("Name").waitFor();
    }
    await dialog(page).getByLabel("Name").fill("Edited by one");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("“Edited by one” is saved").waitFor();
    await dialog(other).getByLabel("Name").fill("Edited by the other");
    await dialog(other).getByRole("button", { name: "Save" }).click();
    await dialog(other).getByText("Somebody else has changed this key meanwhile").waitFor();
    assert.equal(await dialog(other).getByLabel("Name").inputValue(), "Edited by the other");
    assert.equal((await server.ok("GET", `/v1/keys/${id}`)).name, "Edited by one");
    await dialog(other).getByRole("button", { name: "Save" }).click();
    await other.getByText("“Edited by the other” is saved").waitFor();
    await other.close();
  });

  test("scopes_and_limits_are_edited_and_hold_at_once", async () => {
    const { key: { id }, secret } = await key("Narrowed");
    const ask = (operation) => server.verify(secret, { product: "innkept", operation });
    assert.equal((await ask("GET /v1/quotes")).code, "ok");
    await page.goto(`/console/keys/${id}/edit`);
    await page.getByLabel("Only what is ticked").check();
    for (const scope of ["read_config", "submit_quote", "read_quotes", "manage_destinations"]) await page.getByLabel(scope).uncheck();
    await page.getByLabel("Works from these addresses").fill("192.0.2.0/24\nnot an address");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("#f-allowed_ips-wrong").waitFor();
    assert.equal((await ask("GET /v1/quotes")).code, "ok");
    await page.getByLabel("Works from these addresses").fill("192.0.2.0/24");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/“Narrowed” is saved\. In force on 1 of 1 nodes/).waitFor();
    assert.equal((await server.verify(secret, { product: "innkept", operation: "GET /v1/quotes", ip: "192.0.2.7" })).code, "insufficient_scope");
    assert.equal((await server.verify(secret, { product: "innkept", operation: "GET /v1/leads", ip: "198.51.100.7" })).code, "ip_not_allowed");
    assert.equal((await server.verify(secret, { product: "innkept", operation: "GET /v1/leads", ip: "192.0.2.7" })).code, "ok");
  });

  test("what is wrong with a form is said where it is wrong, and nothing typed is lost", async () => {
    await openKeys(page, project.id);
    await page.getByRole("region", { name: "Publishable Keys" }).getByRole("link", { name: "Add key" }).click();
    await dialog(page).getByLabel("Name").fill("Wrong origin");
    await dialog(page).getByLabel("Works on these origins").fill("https://*\nhttps://good.example");
    await dialog(page).getByRole("button", { name: "Create" }).click();
    await dialog(page).locator("#f-allowed_origins-wrong").waitFor();
    assert.equal(await dialog(page).getByLabel("Name").inputValue(), "Wrong origin");
    await page.waitForFunction(() => document.activeElement.name === "allowed_origins");
    await dialog(page).getByRole("link", { name: "Cancel" }).click();
  });

  test("a snippet names the variable and never the secret", async () => {
    const { key: { id }, secret } = await key("Snippets");
    await page.goto(`/console/keys/${id}`);
    for (const name of ["curl", "TypeScript", "Python", "Go", "Rust"]) {
      const snippet = await copied(page, page.getByRole("region", { name, exact: true }).getByRole("button", { name: "Copy" }));
      assert.ok(snippet.includes("INNKEPT_SECRET_KEY") && !snippet.includes(secret), name);
    }
  });
});

describe("many keys", () => {
  test("d13_however_many_there_are_a_page_shows_fifty_and_leads_to_the_older_ones", async () => {
    const { projects } = await server.organization("innkept", "Grand Hotel");
    const grand = projects[0].project ?? projects[0];
    const environments = (await server.ok("GET", `/v1/projects/${grand.id}/environments`)).data;
    const { id } = environments.find(({ name }) => name === "production");
    for (let at = 0; at < 120; at++) await server.ok("POST", `/v1/environments/${id}/keys`, { kind: "secret", name: `Room ${at}` });
    await openKeys(page, grand.id);
    const rows = page.getByRole("row").filter({ hasText: "Room" });
    const seen = [];
    for (const expected of [50, 50, 20]) {
      assert.equal(await rows.count(), expected);
      seen.push(...await rows.locator(".name").allTextContents());
      if (expected === 50) await page.getByRole("link", { name: "Older keys" }).click();
      await page.waitForLoadState();
    }
    assert.equal(new Set(seen).size, 120);
    assert.equal(await page.getByRole("link", { name: "Older keys" }).count(), 0);
  });
});

describe("around the keys", () => {
  /** What the button for it gives. */
  const exported = async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export as CSV" }).click()]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
  };

  test("search finds keys and organizations by name", async () => {
    await key("Find me please");
    await page.goto(`/console/organizations/${organization.id}`);
    await page.keyboard.press("Control+K");
    await dialog(page).getByLabel("Search").fill("find me");
    await page.keyboard.press("Enter");
    await dialog(page).getByRole("link", { name: "Find me please" }).click();
    await page.getByRole("heading", { level: 1, name: "Find me please" }).waitFor();
  });

  test("a call is tried out step by step, without being counted", async () => {
    const { key: { id }, secret } = await key("Tried");
    await page.goto(`/console/organizations/${organization.id}/try`);
    await page.getByLabel("Key", { exact: true }).fill(secret);
    await page.getByLabel("Method and path").fill("GET /v1/leads");
    await page.getByRole("button", { name: "Try" }).click();
    await page.getByRole("heading", { name: "Let in" }).waitFor();
    assert.equal(await page.getByLabel("Key", { exact: true }).inputValue(), "");
    await page.getByLabel("Key", { exact: true }).fill(secret);
    await page.getByLabel("Method and path").fill("DELETE /v1/leads");
    await page.getByRole("button", { name: "Try" }).click();
    await page.getByRole("heading", { name: "Refused" }).waitFor();
    await page.getByText("unknown_operation").first().waitFor();
    assert.equal((await server.ok("GET", `/v1/keys/${id}`)).last_used, null);
    assert.ok(!(await page.content()).includes(secret.slice(8, 24)));
    // Of another organization's key nothing is told.
    const { projects } = await server.organization("innkept", "Other Inn");
    const its = projects[0].project ?? projects[0];
    const environments = (await server.ok("GET", `/v1/projects/${its.id}/environments`)).data;
    const theirs = await server.ok("POST", `/v1/environments/${environments.find(({ name }) => name === "production").id}/keys`, { kind: "secret", name: "Theirs" });
    await page.getByLabel("Key", { exact: true }).fill(theirs.secret);
    await page.getByRole("button", { name: "Try" }).click();
    await page.getByText("Refused with unknown_key").waitFor();
  });

  test("a manifest is changed after a look at what that changes", async () => {
    await page.goto("/console/products/innkept");
    const manifest = page.getByRole("textbox", { name: "Manifest" });
    const before = await manifest.inputValue();
    await manifest.fill(before.replace(/page_title = "[^"]*"/, 'page_title = "Keys & more"'));
    await page.getByRole("button", { name: "Show what changes" }).click();
    await page.getByRole("heading", { name: "This would change" }).waitFor();
    await page.getByText("/console/page_title").waitFor();
    const applied = async () => JSON.stringify(await server.ok("GET", "/v1/products/innkept"));
    assert.ok(!(await applied()).includes("Keys & more"), "nothing is changed yet");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("The manifest is applied").waitFor();
    assert.ok((await applied()).includes("Keys & more"));
    await openKeys(page, project.id);
    await page.getByRole("heading", { level: 1, name: "Keys & more" }).waitFor();
    await page.goto("/console/products/innkept");
    await manifest.fill(before.replace('slug = "innkept"', 'slug = "innkept"\ncolour = "red"'));
    await page.getByRole("button", { name: "Show what changes" }).click();
    await page.getByText("Nothing was changed.").waitFor();
    assert.ok((await manifest.inputValue()).includes("colour"));
  });

  test("credits are granted and the ledger says so", async () => {
    const { organization: lab } = await server.organization("datakeen", "Paperboat");
    await page.goto(`/console/organizations/${lab.id}/credits?mode=live`);
    await page.getByRole("link", { name: "Grant credits" }).click();
    await dialog(page).getByLabel("How many credits").fill("many");
    await dialog(page).getByLabel("Why").fill("Invoice 17");
    await dialog(page).getByRole("button", { name: "Grant" }).click();
    await dialog(page).locator("#f-amount-wrong").waitFor();
    await dialog(page).getByLabel("How many credits").fill("2 500");
    await dialog(page).getByRole("button", { name: "Grant" }).click();
    await page.getByText(/2\s500 credits granted/).waitFor();
    await page.getByRole("row").filter({ hasText: "Invoice 17" }).waitFor();
    const { live, test: trial } = await server.ok("GET", `/v1/organizations/${lab.id}/credits`);
    assert.deepEqual([live.remaining, trial.remaining], [2500, 20]);
    const ledger = await exported();
    assert.match(ledger.name, /^ledger-org_.*-live\.csv$/);
    assert.match(ledger.text, /^id,at,mode,type,amount/);
    assert.match(ledger.text, /,live,granted,2500,/);
  });

  test("the audit log names people, what they did and from where", async () => {
    await page.goto(`/console/organizations/${organization.id}/audit?action=key.updated`);
    await page.getByRole("row").filter({ hasText: "key.updated" }).first().getByText("Ada Owner").waitFor();
    assert.equal(await page.getByRole("row").filter({ hasText: "key.created" }).count(), 0);
    const { name, text } = await exported();
    assert.equal(name, `audit-${organization.id}.csv`);
    const [names, first] = text.split("\r\n");
    assert.equal(names, "seq,at,action,actor,product,organization,subjects,details,request_id,ip,user_agent");
    assert.ok(first.includes(",key.updated,") && first.includes(organization.id) && first.includes("127.0.0.1"), first);
    assert.ok(!text.includes("key.created"), "only what is shown is exported");
    await page.getByLabel("Up to this day").fill("2001-01-01");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByText("Nothing of this kind was done").waitFor();
  });

  test("an operator key is made for one product, works at once, and is dead once revoked", async () => {
    await page.goto("/console/operator-keys");
    await page.getByRole("link", { name: "New operator key" }).click();
    await dialog(page).getByLabel("Acts for").selectOption("innkept");
    await dialog(page).getByLabel("In the environment").fill("production");
    await dialog(page).getByLabel("Name", { exact: true }).fill("Booking service");
    await dialog(page).getByRole("button", { name: "Create" }).click();
    await dialog(page).getByRole("heading", { name: "Copy your operator key now" }).waitFor();
    const operator = (await dialog(page).locator("#secret-value").textContent()).trim();
    assert.match(operator, /^sk_keystile_live_/);
    await copy(dialog(page).getByRole("button", { name: "Copy" }));
    await dialog(page).getByRole("link", { name: "Close" }).click();
    const { secret } = await key("Asked about");
    const ask = () => server.api("POST", "/v1/keys/verify", { key: secret, operation: "GET /v1/leads" }, { key: operator });
    assert.equal((await ask()).json.code, "ok");
    const row = page.getByRole("row").filter({ hasText: "Booking service" });
    await row.getByText("for innkept, production").waitFor();
    await row.locator("summary").click();
    await row.getByRole("link", { name: "Revoke" }).click();
    await dialog(page).getByRole("button", { name: "Revoke" }).click();
    await page.getByText(/“Booking service” is revoked/).waitFor();
    assert.equal((await ask()).status, 401);
  });

  test("a session is ended from another one", async () => {
    const second = await signedIn(browser, server);
    await page.goto("/console/account");
    await page.getByRole("button", { name: "End", exact: true }).click();
    await page.getByText("That session has ended.").waitFor();
    await second.goto("/console");
    await second.waitForURL(/sign-in/);
    await second.context().close();
  });
});
