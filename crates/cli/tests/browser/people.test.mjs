// People: invitations, roles, what becomes of keys when somebody leaves.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { copy, dialog, launch, openKeys, signedIn, start, watch } from "./harness.mjs";

const GRACE = { name: "Grace Developer", email: "grace@example.com", password: "a sentence is good" };

let server, browser, owner, organization, project, foreign;

before(async () => {
  server = await start({ systems: ["innkept"] });
  browser = await launch();
  owner = await signedIn(browser, server, { setup: true });
  const made = await server.organization("innkept", "Riverside Inn");
  organization = made.organization;
  project = made.projects[0].project ?? made.projects[0];
  const other = await server.organization("innkept", "Other Inn");
  foreign = other.projects[0].project ?? other.projects[0];
});
after(async () => {
  assert.deepEqual(owner.complaints, []);
  await browser.close();
  await server.stop();
});

const members = () => `/console/organizations/${organization.id}/members`;

/** Makes an invitation through the page; gives its link. */
async function invited(email, role) {
  await owner.goto(members());
  await owner.getByRole("link", { name: "Invite somebody" }).click();
  await dialog(owner).getByLabel("Email").fill(email);
  await dialog(owner).getByLabel(role, { exact: false }).check();
  await dialog(owner).getByRole("button", { name: "Make a link" }).click();
  const link = (await dialog(owner).locator("#secret-value").textContent()).trim();
  await copy(dialog(owner).getByRole("button", { name: "Copy" }));
  await dialog(owner).getByRole("link", { name: "Done" }).click();
  await owner.getByRole("row").filter({ hasText: email }).waitFor();
  return link;
}

async function accepted(link, person) {
  const context = await browser.newContext({ baseURL: server.base, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  page.complaints = watch(page, server.base);
  await page.goto(link);
  await page.getByLabel("Your name").fill(person.name);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Join" }).click();
  await page.waitForURL(/\/console\/organizations\//);
  return page;
}

describe("members", () => {
  let grace, secret;

  test("s14_an_invitation_works_once_and_leads_to_the_one_organization", async () => {
    const link = await invited(GRACE.email, "developer");
    grace = await accepted(link, GRACE);
    assert.match(grace.url(), new RegExp(organization.id));
    const again = await fetch(link);
    assert.equal(again.status, 404);
    assert.equal(await grace.getByRole("link", { name: "Audit log" }).count(), 0);
    assert.equal(await grace.getByRole("link", { name: "Members" }).count(), 0);
    for (const path of [members(), `/console/organizations/${organization.id}/audit`]) {
      assert.equal((await grace.goto(path)).status(), 403, path);
    }
    for (const path of [`/console/projects/${foreign.id}/keys`, "/console/audit", "/console/products", "/console/members"]) {
      assert.equal((await grace.goto(path)).status(), 404, path);
    }
  });

  test("a developer makes a key and sees its secret once", async () => {
    await openKeys(grace, project.id);
    await grace.getByRole("region", { name: "Secret Keys", exact: true }).getByRole("link", { name: "Add key" }).click();
    await dialog(grace).getByLabel("Name").fill("Made by Grace");
    await dialog(grace).getByRole("button", { name: "Create" }).click();
    secret = (await dialog(grace).locator("#secret-value").textContent()).trim();
    await copy(dialog(grace).getByRole("button", { name: "Copy" }));
    await dialog(grace).getByRole("button", { name: "I have stored it" }).click();
    await grace.getByRole("row").filter({ hasText: "Made by Grace" }).waitFor();
  });

  test("s09_a_role_that_is_lowered_holds_from_the_next_click_on", async () => {
    await owner.goto(members());
    await owner.getByRole("row").filter({ hasText: GRACE.email }).getByRole("link", { name: "Change role" }).click();
    await dialog(owner).getByLabel("viewer").check();
    await dialog(owner).getByRole("button", { name: "Change role" }).click();
    await owner.getByText("Grace Developer is viewer now").waitFor();
    await openKeys(grace, project.id);
    assert.equal(await grace.getByRole("link", { name: "Add key" }).count(), 0);
    assert.equal(await grace.getByRole("link", { name: "Regenerate" }).count(), 0);
    assert.equal((await server.verify(secret, { product: "innkept", scope: "read_leads" })).code, "ok");
  });

  test("removing a member leaves keys alive and lists those whose secret they saw", async () => {
    await owner.goto(members());
    await owner.getByRole("row").filter({ hasText: GRACE.email }).getByRole("link", { name: "Remove" }).click();
    await dialog(owner).getByText("They have seen the secrets of 1 keys").waitFor();
    await dialog(owner).getByRole("button", { name: "Remove" }).click();
    await dialog(owner).getByRole("link", { name: "Made by Grace" }).waitFor();
    assert.equal((await server.verify(secret, { product: "innkept", scope: "read_leads" })).code, "ok");
    await grace.goto("/console");
    await grace.waitForURL(/sign-in/);
    await dialog(owner).getByRole("link", { name: "Regenerate" }).click();
    await dialog(owner).getByRole("button", { name: "Regenerate" }).click();
    await dialog(owner).locator("#secret-value").waitFor();
    assert.equal((await server.verify(secret, { product: "innkept", scope: "read_leads" })).code, "revoked_key");
    await copy(dialog(owner).getByRole("button", { name: "Copy" }));
    await dialog(owner).getByRole("link", { name: "Close" }).click();
    assert.deepEqual(grace.complaints, []);
  });

  test("the last owner stays", async () => {
    await owner.goto("/console/members");
    await owner.getByRole("row").filter({ hasText: "ada@example.com" }).getByRole("link", { name: "Leave" }).click();
    await dialog(owner).getByRole("button", { name: "Remove" }).click();
    await dialog(owner).getByText("Nothing was changed.").waitFor();
    await owner.goto("/console/members");
    await owner.getByRole("row").filter({ hasText: "ada@example.com" }).waitFor();
  });
});

describe("one's own account", () => {
  test("s09_a_changed_password_signs_out_everywhere_else", async () => {
    const second = await signedIn(browser, server);
    await owner.goto("/console/account");
    await owner.getByRole("link", { name: "Change password" }).click();
    await dialog(owner).getByLabel("Your password now").fill("wrong");
    await dialog(owner).getByLabel("The new one").fill("another long sentence");
    await dialog(owner).getByRole("button", { name: "Change password" }).click();
    await dialog(owner).getByText("this is not your password").waitFor();
    await dialog(owner).getByLabel("Your password now").fill("correct horse battery");
    await dialog(owner).getByLabel("The new one").fill("another long sentence");
    await dialog(owner).getByRole("button", { name: "Change password" }).click();
    await owner.getByText("signed out everywhere else").waitFor();
    await second.goto("/console");
    await second.waitForURL(/sign-in/);
    await second.context().close();
    await owner.goto("/console/account");
    await owner.getByRole("heading", { level: 1, name: "Ada Owner" }).waitFor();
  });

  /** The code that an authenticator shows `steps` of 30 seconds from now (RFC 6238). */
  const codeOf = (secret, steps = 0) => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const bits = [...secret.replace(/\s|=/g, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
    const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
    const mac = createHmac("sha1", bytes).update(counter).digest();
    return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
  };

  const signIn = async (password, code) => {
    const context = await browser.newContext({ baseURL: server.base });
    const page = await context.newPage();
    await page.goto("/console/sign-in");
    for (const asked of [undefined, code]) {
      await page.getByLabel("Email").fill("ada@example.com");
      await page.getByLabel("Password").fill(password);
      if (asked !== undefined) await page.getByLabel(/Code of your authenticator/).fill(asked);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForLoadState();
      if (!page.url().includes("sign-in")) break;
    }
    const isIn = !page.url().includes("sign-in");
    await context.close();
    return isIn;
  };

  test("s15_with_one_time_codes_a_password_alone_signs_nobody_in_and_each_code_works_once", async () => {
    const password = "another long sentence";
    await owner.goto("/console/account");
    await owner.getByRole("link", { name: "Ask for a code too" }).click();
    await dialog(owner).getByRole("button", { name: "Begin" }).click();
    const secret = (await dialog(owner).locator("#secret-value").textContent()).trim();
    await copy(dialog(owner).getByRole("button", { name: "Copy" }));
    await dialog(owner).getByLabel("The code it shows now").fill("000000");
    await dialog(owner).getByRole("button", { name: "Enable" }).click();
    await dialog(owner).getByText("this is not the code that it shows now").waitFor();
    await dialog(owner).getByLabel("The code it shows now").fill(codeOf(secret));
    await dialog(owner).getByRole("button", { name: "Enable" }).click();
    await dialog(owner).getByRole("heading", { name: "Your recovery codes" }).waitFor();
    const codes = (await dialog(owner).locator("#secret-value").textContent()).trim().split("\n");
    assert.equal(codes.length, 10);
    await copy(dialog(owner).getByRole("button", { name: "Copy" }));
    await dialog(owner).getByRole("link", { name: "I have stored them" }).click();
    await owner.getByText("Signing in takes your password and a code.").waitFor();
    assert.ok(!(await owner.content()).includes(codes[0]));
    const next = codeOf(secret, 1);
    assert.equal(await signIn(password, next), true);
    assert.equal(await signIn(password, next), false);
    assert.equal(await signIn(password, codes[0]), true);
    assert.equal(await signIn(password, codes[0]), false);
  });

  test("a link from the machine lets somebody in again who has lost everything", async () => {
    const printed = server.command("people", "reset", "ada@example.com");
    const link = printed.match(/http:\/\/\S+\/console\/reset\?token=\S+/)[0];
    const context = await browser.newContext({ baseURL: server.base });
    const page = await context.newPage();
    await page.goto(link);
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Set it and sign in" }).click();
    await page.locator("#f-password-wrong").waitFor();
    await page.getByLabel("Password").fill("a third long sentence");
    await page.getByRole("button", { name: "Set it and sign in" }).click();
    await page.waitForURL(/\/console$/);
    assert.equal((await fetch(link)).status, 404);
    await context.close();
    await owner.goto("/console");
    await owner.waitForURL(/sign-in/);
  });
});
