// The rows of the four systems that customers meet on the page of keys.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { copied, copy, dialog, launch, openKeys, signedIn, start } from "./harness.mjs";

let server, browser, page;

before(async () => {
  server = await start();
  browser = await launch();
  page = await signedIn(browser, server, { setup: true });
});
after(async () => {
  assert.deepEqual(page.complaints, []);
  await browser.close();
  await server.stop();
});

const row = (name) => page.getByRole("row").filter({ hasText: name });
const section = (name) => page.getByRole("region", { name, exact: true });
const more = async (name, what) => {
  await row(name).locator("summary").click();
  await row(name).getByRole("link", { name: what, exact: true }).click();
};
const value = (json, environment, kind) =>
  json.environments.find(({ name }) => name === environment).keys.find((key) => key.kind === kind);

/** Creates a secret key through the page and gives the secret as it is shown once. */
const secretShown = async () => (await dialog(page).locator("#secret-value").textContent()).trim();

describe("keepem", () => {
  let made, publishable;
  before(async () => {
    const { organization } = await server.organization("keepem", "Harbour Live");
    made = await server.project(organization.id, "Regatta");
    publishable = value(made, "production", "publishable").value;
  });

  test("k2_both_kinds_are_managed_on_one_page_under_settings", async () => {
    await openKeys(page, made.project.id);
    await page.getByText("Settings › API Keys").waitFor();
    await page.getByRole("heading", { level: 1, name: "API Keys" }).waitFor();
    await section("Publishable Keys").waitFor();
    await section("Secret Keys").waitFor();
  });

  test("k3_k5_the_publishable_key_came_with_the_project_and_is_copied_whole", async () => {
    await openKeys(page, made.project.id);
    assert.equal(await copied(page, section("Publishable Keys").getByRole("button", { name: publishable })), publishable);
    assert.equal((await server.verify(publishable, { product: "keepem", operation: "POST /v1/viewer-sessions" })).code, "ok");
  });

  test("k7_k8_generate_secret_key_shows_it_once_and_then_only_its_preview", async () => {
    await openKeys(page, made.project.id);
    await page.getByRole("link", { name: "Generate Secret Key" }).click();
    await dialog(page).getByRole("button", { name: "Generate" }).click();
    await dialog(page).getByRole("heading", { name: "Copy your secret key now" }).waitFor();
    const secret = await secretShown();
    assert.match(secret, /^sk_live_[0-9A-Za-z]{38}$/);
    assert.equal(await copied(page, dialog(page).getByRole("button", { name: "Copy" })), secret);
    await dialog(page).getByLabel("Where did you store it?").fill("Vault › live");
    await dialog(page).getByRole("button", { name: "I have stored it" }).click();
    await page.getByText("Vault › live").waitFor();
    const html = await page.content();
    assert.ok(!html.includes(secret) && !html.includes(secret.slice(12, 24)), "the secret is gone from the page");
    const preview = `${secret.slice(0, 12)}${"•".repeat(8)}`;
    assert.equal(await copied(page, section("Secret Keys").getByRole("button", { name: preview })), preview);
    assert.equal(await page.getByRole("link", { name: "Generate Secret Key" }).count(), 0);
    assert.equal((await server.verify(secret, { product: "keepem", operation: "POST /v1/events" })).code, "ok");
    made.secret = secret;
  });

  test("k9_regenerate_asks_and_then_the_old_key_is_dead_at_once", async () => {
    await openKeys(page, made.project.id);
    await section("Secret Keys").getByRole("link", { name: "Regenerate" }).first().click();
    await dialog(page).getByRole("heading", { name: "Regenerate this key?" }).waitFor();
    assert.equal((await server.verify(made.secret, { product: "keepem", scope: "events:create" })).code, "ok");
    await dialog(page).getByRole("button", { name: "Regenerate" }).click();
    await dialog(page).getByText(/dead on 1 of 1 nodes after \d+ ms/).waitFor();
    const fresh = await secretShown();
    assert.equal((await server.verify(made.secret, { product: "keepem", scope: "events:create" })).code, "revoked_key");
    assert.equal((await server.verify(fresh, { product: "keepem", scope: "events:create" })).code, "ok");
    // Closing what was not copied asks once more.
    await dialog(page).getByRole("link", { name: "Close" }).click();
    await dialog(page).getByText("You have not copied it").waitFor();
    await dialog(page).getByRole("link", { name: "Close" }).click();
    await page.waitForFunction(() => !document.querySelector("#dialog").open);
    assert.ok(!(await page.content()).includes(fresh));
  });

  test("K11 I5 the embed tag carries the publishable key", async () => {
    await openKeys(page, made.project.id);
    const tag = await copied(page, section("Embed on your page").getByRole("button", { name: "Copy" }));
    assert.ok(tag.includes(`src="${server.base}/embed/v1/loader.js"`) && tag.includes(`data-key="${publishable}"`) && tag.includes("async></script>"), tag);
  });
});

describe("innkept", () => {
  let organization, project;
  before(async () => {
    const made = await server.organization("innkept", "Riverside Inn");
    organization = made.organization;
    project = made.projects[0].project ?? made.projects[0];
  });

  test("i3_i8_a_new_key_takes_a_label_and_origins_and_is_shown_at_once", async () => {
    await openKeys(page, project.id);
    await section("Publishable Keys").getByRole("link", { name: "Add key" }).click();
    await dialog(page).getByLabel("Name").fill("Squarespace site");
    await dialog(page).getByLabel("Works on these origins").fill("https://riverside.example");
    await dialog(page).getByRole("button", { name: "Create" }).click();
    await page.getByText("works from now on").waitFor();
    const key = (await row("Squarespace site").locator("button.key").textContent()).trim();
    assert.match(key, /^pk_live_/);
    await row("Squarespace site").getByText("https://riverside.example").waitFor();
    const ask = (origin) => server.verify(key, { product: "innkept", operation: "POST /v1/leads", origin });
    assert.equal((await ask("https://riverside.example")).code, "ok");
    assert.equal((await ask("https://evil.example")).code, "origin_not_allowed");
    await row("Squarespace site").getByRole("link", { name: "Squarespace site" }).click();
    await page.getByLabel("Origin", { exact: true }).fill("https://evil.example/page");
    await page.getByRole("button", { name: "Test" }).click();
    await dialog(page).getByRole("heading", { name: "No" }).waitFor();
  });

  test("i4_a_lost_secret_is_replaced_never_shown", async () => {
    await openKeys(page, project.id);
    await section("Secret Keys").getByRole("link", { name: "Add key" }).click();
    await dialog(page).getByLabel("Name").fill("Booking server");
    await dialog(page).getByRole("button", { name: "Create" }).click();
    const secret = await secretShown();
    await copy(dialog(page).getByRole("button", { name: "Copy" }));
    await dialog(page).getByRole("link", { name: "Close" }).click();
    await row("Booking server").waitFor();
    assert.equal(await row("Booking server").getByRole("link", { name: "Reveal" }).count(), 0);
    assert.ok(!(await page.content()).includes(secret));
    await more("Booking server", "Revoke");
    await dialog(page).getByRole("button", { name: "Revoke" }).click();
    await page.getByText(/is revoked\. Dead on 1 of 1 nodes after \d+ ms/).waitFor();
    assert.equal((await server.verify(secret, { product: "innkept", operation: "GET /v1/leads" })).code, "revoked_key");
    assert.equal(await row("Booking server").count(), 0);
  });

  test("i7_each_key_shows_when_it_was_last_used", async () => {
    const { environments } = await server.ok("GET", `/v1/projects/${project.id}/environments`).then((found) => ({ environments: found.data }), () => ({ environments: [] }));
    const production = environments.find(({ name }) => name === "production");
    const made = await server.ok("POST", `/v1/environments/${production.id}/keys`, { kind: "secret", name: "CRM sync" });
    await openKeys(page, project.id);
    await row("CRM sync").getByText("never").waitFor();
    await server.verify(made.secret, { product: "innkept", operation: "GET /v1/leads" });
    await openKeys(page, project.id);
    await row("CRM sync").getByText("just now").waitFor();
    await row("CRM sync").getByRole("link", { name: "CRM sync" }).click();
    await page.getByText("GET /v1/leads").first().waitFor();
  });

  test("the project level is not shown where projects come by themselves", async () => {
    await page.goto(`/console/organizations/${organization.id}`);
    await page.getByRole("link", { name: "API Keys" }).click();
    await page.waitForURL(/\/projects\/prj_[^/]+\/keys/);
    assert.equal(await page.getByRole("link", { name: "Projects" }).count(), 0);
  });
});

describe("bkend", () => {
  let made;
  before(async () => {
    const { organization } = await server.organization("bkend", "Tiny Apps");
    made = await server.project(organization.id, "Notes");
  });

  const add = async (environment, kind, name) => {
    await openKeys(page, made.project.id, environment);
    await section(kind).getByRole("link", { name: "Add key" }).click();
    await dialog(page).getByLabel("Name").fill(name);
    await dialog(page).getByRole("button", { name: "Create" }).click();
  };

  test("b1_b3_b9_keys_are_managed_by_environment_in_two_sections_beside_the_projects_id", async () => {
    await openKeys(page, made.project.id, "staging");
    await page.getByRole("button", { name: made.project.id }).waitFor();
    await add("staging", "Publishable Keys", "Phone app");
    await page.getByText("works from now on").waitFor();
    await row("Phone app").waitFor();
    await openKeys(page, made.project.id, "production");
    assert.equal(await row("Phone app").count(), 0);
  });

  test("b4_a_publishable_key_is_copied_by_clicking_its_value", async () => {
    await add("production", "Publishable Keys", "Web app");
    const shown = row("Web app").locator("button.key");
    const key = (await shown.textContent()).trim();
    assert.equal(await copied(page, shown), key);
    assert.equal((await server.verify(key, { product: "bkend", operation: "POST /v1/auth/signin" })).code, "ok");
  });

  test("b5_b7_a_new_secret_is_highlighted_once_and_then_masked_and_clickable", async () => {
    await add("production", "Secret Keys", "Admin job");
    const secret = await secretShown();
    assert.equal(await dialog(page).locator(".secret").count(), 1);
    await copy(dialog(page).getByRole("button", { name: "Copy" }));
    await dialog(page).getByRole("button", { name: "I have stored it" }).click();
    assert.equal(await copied(page, row("Admin job").locator("button.key")), `${secret.slice(0, 12)}••••••••`);
    assert.ok(!(await page.content()).includes(secret));
    made.secret = secret;
  });

  test("b8_deleting_asks_for_the_name_and_the_key_is_invalid_at_once", async () => {
    await openKeys(page, made.project.id, "production");
    assert.equal((await server.verify(made.secret, { product: "bkend", scope: "schema:write" })).code, "ok");
    await more("Admin job", "Delete this key");
    await dialog(page).getByLabel("Type the key's name to confirm").fill("Admin jobs");
    await dialog(page).getByRole("button", { name: "Confirm Delete" }).click();
    await dialog(page).getByText("this is not its name").waitFor();
    await dialog(page).getByLabel("Type the key's name to confirm").fill("Admin job");
    await dialog(page).getByRole("button", { name: "Confirm Delete" }).click();
    await page.getByText("is deleted").waitFor();
    assert.equal((await server.verify(made.secret, { product: "bkend", scope: "schema:write" })).valid, false);
    assert.equal(await row("Admin job").count(), 0);
  });
});

describe("datakeen", () => {
  let organization, project;
  before(async () => {
    const made = await server.organization("datakeen", "Paperboat");
    organization = made.organization;
    project = made.projects[0].project ?? made.projects[0];
  });

  test("d1_d9_all_four_keys_exist_from_the_start_under_their_own_names", async () => {
    await openKeys(page, project.id, "production");
    await page.getByRole("heading", { level: 1, name: "API & Docs" }).waitFor();
    await page.getByRole("link", { name: "Docs", exact: true }).waitFor();
    for (const environment of ["production", "test"]) {
      await openKeys(page, project.id, environment);
      await section("Public Keys").locator("button.key").waitFor();
      await section("Secret Keys").locator("button.key").waitFor();
    }
  });

  test("d3_the_eye_reveals_a_secret_and_the_audit_log_says_so", async () => {
    await openKeys(page, project.id, "production");
    await section("Secret Keys").getByRole("link", { name: "Reveal" }).click();
    await dialog(page).getByRole("button", { name: "Reveal" }).click();
    const secret = await secretShown();
    assert.equal(await copied(page, dialog(page).getByRole("button", { name: "Copy" })), secret);
    assert.equal((await server.verify(secret, { product: "datakeen", operation: "POST /v1/journeys" })).code, "ok");
    await dialog(page).getByRole("link", { name: "Hide it" }).click();
    assert.ok(!(await page.content()).includes(secret));
    await page.goto(`/console/organizations/${organization.id}/audit`);
    await row("key.revealed").getByText("Ada Owner").waitFor();
  });

  test("d4_the_test_credits_of_every_organization_are_shown", async () => {
    await page.goto(`/console/organizations/${organization.id}/credits?mode=test`);
    await page.getByText("can be spent").locator("..").getByText("20", { exact: true }).waitFor();
  });

  test("d6_regenerating_offers_grace_and_now_is_the_default", async () => {
    await openKeys(page, project.id, "test");
    await section("Secret Keys").getByRole("link", { name: "Reveal" }).click();
    await dialog(page).getByRole("button", { name: "Reveal" }).click();
    const old = await secretShown();
    await copy(dialog(page).getByRole("button", { name: "Copy" }));
    await dialog(page).getByRole("link", { name: "Hide it" }).click();
    await section("Secret Keys").getByRole("link", { name: "Regenerate" }).first().click();
    assert.ok(await dialog(page).getByLabel("Now").isChecked());
    await dialog(page).getByLabel("In 24 hours").check();
    await dialog(page).getByRole("button", { name: "Regenerate" }).click();
    const fresh = await secretShown();
    const ask = (key) => server.verify(key, { product: "datakeen", environment: "test", operation: "POST /v1/journeys" });
    assert.deepEqual([(await ask(old)).code, (await ask(fresh)).code], ["ok", "ok"]);
    await copy(dialog(page).getByRole("button", { name: "Copy" }));
    await dialog(page).getByRole("button", { name: "I have stored it" }).click();
    await section("Secret Keys").getByText(/old value works for 23 h 59 min more · last used/).waitFor();
    await section("Secret Keys").getByRole("link", { name: "End old value now" }).click();
    await dialog(page).getByRole("button", { name: "End it now" }).click();
    await page.getByText(/is dead on 1 of 1 nodes/).waitFor();
    assert.deepEqual([(await ask(old)).code, (await ask(fresh)).code], ["revoked_key", "ok"]);
  });

  test("d7_each_environment_shows_its_base_urls", async () => {
    await openKeys(page, project.id, "production");
    const urls = await page.locator(".base button.key").allTextContents();
    assert.equal(urls.length, 2);
    await openKeys(page, project.id, "test");
    assert.ok((await page.locator(".base button.key").allTextContents()).every((url) => !urls.includes(url)));
  });
});
