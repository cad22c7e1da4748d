// A whole system: Keystile with the system's manifest and a customer, and the system's own processes.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, startKeystile } from "./keystile.mjs";
import { prepare, root } from "./packages.mjs";
import { Processes, findPorts } from "./processes.mjs";

export const SYSTEMS = ["keepem", "innkept", "bkend", "datakeen"];

/**
 * Starts a system. What it consists of stands in `examples/SYSTEM/example.mjs`.
 *
 * `manifest` may change the manifest's text before it is applied.
 */
export async function start(system, { program, port, isQuiet, signal, manifest = (text) => text } = {}) {
  const found = findProgram(program);
  const { default: example } = await import(`../${system}/example.mjs`);
  prepare(system);
  const directory = mkdtempSync(join(tmpdir(), `keystile-${system}-`));
  const processes = new Processes({ isQuiet });
  const stop = async () => {
    await processes.endAll();
    rmSync(directory, { recursive: true, force: true });
  };
  const aborted = new Promise((_, failed) => signal?.addEventListener("abort", () => failed(new Error("stopped before it had started"))));
  aborted.catch(() => {});
  try {
    return await Promise.race([aborted, furnish()]);
  } catch (error) {
    await stop();
    throw error;
  }

  async function furnish() {
    const [keystilePort, ...others] = await findPorts(example.ports.length + 1, port);
    const ports = Object.fromEntries(example.ports.map((name, at) => [name, others[at]]));
    const keystile = await startKeystile(processes, { program: found, directory, port: keystilePort });
    const shipped = readFileSync(join(root, "examples", system, "keystile.toml"), "utf8");
    await keystile.call("PUT", `/v1/products/${system}`, manifest(at(shipped, example.baseUrls(ports))));
    const world = { system, name: example.name, directory, processes, ports, keystile, setup: keystile.setup, ended: processes.ended, stop };
    world.told = await example.start(world);
    return world;
  }
}

/** The manifest with the addresses that the system has on this machine. */
function at(manifest, addresses) {
  return Object.entries(addresses).reduce((text, [shipped, here]) => {
    if (!text.includes(`"${shipped}"`)) throw new Error(`the manifest has no base URL ${shipped}`);
    return text.replace(`"${shipped}"`, `"${here}"`);
  }, manifest);
}
