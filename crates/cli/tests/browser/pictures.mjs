// The pictures of the documentation, from the demo's data: `node crates/cli/tests/browser/pictures.mjs`.
import { join } from "node:path";
import { dialog, launch, openKeys, root, signedIn, start } from "./harness.mjs";

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
await dialog(page).getByRole("button", { name: "Copy" }).click();
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

await browser.close();
await server.stop();
