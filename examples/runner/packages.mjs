// What the examples need beside Keystile: packages of their own, kept in their own directories.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const sdk = join(root, "sdks/typescript");
const NPM = ["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"];
const python = (system) => join(root, "examples", system, ".venv/bin/python");

/** Those that have packages to be installed. bkend needs nginx and Go on the machine, and no packages. */
export const PACKAGES = ["keepem", "innkept", "datakeen"];

const KINDS = {
  keepem: { missing: missingNode, install: installNode },
  innkept: { missing: missingNode, install: installNode },
  datakeen: { missing: missingPython, install: installPython },
  bkend: { missing: missingPrograms, install() {} },
};

/** What is missing of a system's packages, by name. */
export const missing = (system) => KINDS[system].missing(system);

export function install(system) {
  console.error(`installing what ${system} needs`);
  KINDS[system].install(system);
}

/** Makes sure that everything is there, and that programs are built of what is there now. */
export function prepare(system) {
  if (missing(system).length > 0) install(system);
  const lacks = missing(system);
  if (lacks.length > 0) throw new Error(`${system} needs ${lacks.join(" and ")}`);
  if (existsSync(join(root, "examples", system, "tsconfig.json"))) build(system);
}

function missingNode(system) {
  const directory = join(root, "examples", system);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([name, version]) => !isInstalled(join(directory, "node_modules", name), version))
    .map(([name]) => name);
}

function isInstalled(directory, version) {
  const file = join(directory, "package.json");
  return existsSync(file) && (version.startsWith("file:") || JSON.parse(readFileSync(file, "utf8")).version === version);
}

function installNode(system) {
  buildSdk();
  run("npm", NPM, join(root, "examples", system));
}

/** Compiles the app, with the SDK as it is now in place of the copy that was installed. */
function build(system) {
  const directory = join(root, "examples", system);
  const copy = join(directory, "node_modules/@keystile/sdk/dist");
  buildSdk();
  if (newest(join(sdk, "dist")) > newest(copy)) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(sdk, "dist"), copy, { recursive: true });
  }
  run(join(directory, "node_modules/.bin/tsc"), [], directory);
}

function buildSdk() {
  if (existsSync(join(sdk, "dist/index.js")) && newest(join(sdk, "dist")) >= newest(join(sdk, "src"))) return;
  if (!existsSync(join(sdk, "node_modules/typescript"))) run("npm", NPM, sdk);
  run("npm", ["run", "--silent", "build"], sdk);
}

function newest(directory) {
  if (!existsSync(directory)) return 0;
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(0, ...files.map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs));
}

function missingPython(system) {
  const check = "import fastapi, httpx, keystile, uvicorn";
  return succeeds(python(system), ["-c", check]) ? [] : ["fastapi, uvicorn and the SDK"];
}

function installPython(system) {
  const directory = join(root, "examples", system);
  run("python3", ["-m", "venv", ".venv"], directory);
  run(python(system), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", "requirements.txt"], directory);
}

function missingPrograms() {
  return [["nginx", "-v"], ["go", "version"]].filter(([program, word]) => !succeeds(program, [word])).map(([program]) => program);
}

function succeeds(program, args) {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function run(program, args, directory) {
  try {
    execFileSync(program, args, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`\`${program} ${args.join(" ")}\` failed in ${directory}:\n${error.stdout ?? ""}${error.stderr ?? error.message}`);
  }
}
