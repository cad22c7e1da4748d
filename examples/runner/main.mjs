// The one command: starts a system, says what to open and what to try, and stops all of it at the end.
import { parseArgs } from "node:util";
import { PACKAGES, missing, install } from "./packages.mjs";
import { SYSTEMS, start } from "./system.mjs";

const HELP = `Usage: examples/run SYSTEM [--keystile PROGRAM] [--port PORT] [--json]
       examples/run packages [--check]

SYSTEM is ${SYSTEMS.join(", ")}. State is kept in memory and in a temporary
directory, which is gone when you stop it.

  --keystile PROGRAM   the keystile to run; else KEYSTILE_PROGRAM, else what cargo built last
  --port PORT          the first of the ports that the example listens on; else free ones
  --json               tell programs where everything is, in one line
  packages             install what the examples need, and run nothing
  packages --check     only say what is missing`;

try {
  await main();
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { keystile: { type: "string" }, port: { type: "string" }, json: { type: "boolean" }, check: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  const [system] = positionals;
  if (values.help || positionals.length !== 1) return console.log(HELP);
  if (system === "packages") return packages(values.check);
  if (!SYSTEMS.includes(system)) throw new Error(`there is no example ${system}: take ${SYSTEMS.join(", ")}`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(port > 0 && port < 65_500)) throw new Error(`--port ${values.port}: take a number from 1 to 65499`);
  await run(system, { program: values.keystile, port, isQuiet: values.json }, values.json ? tellPrograms : tellPeople);
}

/** Runs until a signal, or until one of its processes ends by itself. */
async function run(system, options, tell) {
  const aborted = new AbortController();
  const stopped = new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => (aborted.abort(), done()));
  });
  const world = await start(system, { ...options, signal: aborted.signal });
  try {
    if (!aborted.signal.aborted) tell(world);
    await Promise.race([stopped, world.ended]);
  } finally {
    await world.stop();
  }
}

function packages(onlyCheck) {
  for (const system of PACKAGES) {
    const lacks = missing(system);
    if (lacks.length === 0) continue;
    if (onlyCheck) throw new Error(`${system} lacks ${lacks.join(", ")}: run examples/run packages`);
    install(system);
  }
}

function tellPrograms({ system, keystile, setup, told }) {
  console.log(JSON.stringify({ system, keystile: keystile.url, setup, ...told }));
}

function tellPeople({ name, keystile, setup, told }) {
  const lines = (pairs) => pairs.map(([what, where]) => `  ${what.padEnd(12)} ${where}`).join("\n");
  console.log(`\n${name} runs on Keystile (${keystile.url}).\n`);
  console.log(lines([...Object.entries(told.open), ["Console", `${setup}   (become its owner)`]]));
  console.log("\nPaste into another terminal:\n");
  console.log(Object.entries(told.variables).map(([variable, value]) => `${variable}='${value}'`).join("\n"));
  for (const { what, status, curl } of told.tries) console.log(`\n# ${what}: ${status}\n${curl}`);
  console.log("\nCtrl-C stops everything.");
}
