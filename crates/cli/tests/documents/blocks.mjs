// The code blocks of the documents: reading them, running what they say, comparing what they promise.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { program, root } from "../browser/harness.mjs";

/** The blocks of a page: language, text and the line where they begin. */
export function blocksOf(page) {
  const found = [];
  let open;
  readFileSync(join(root, page), "utf8").split("\n").forEach((line, at) => {
    if (open && line === "```") {
      found.push(open);
      open = undefined;
    } else if (open) open.text += `${line}\n`;
    else if (line.startsWith("```")) open = { language: line.slice(3), text: "", line: at + 1 };
  });
  return found;
}

/** `$ command` with its continuation lines, and what stands below it until the next. */
export function commandsOf(text) {
  const found = [];
  let continues = false;
  for (const line of text.trimEnd().split("\n")) {
    if (line.startsWith("$ ")) found.push({ command: line.slice(2), expected: "" });
    else if (continues) found.at(-1).command += `\n${line}`;
    else found.at(-1).expected += `${line}\n`;
    const last = found.at(-1);
    continues = !last.expected && (last.command.endsWith("\\") || !balanced(last.command));
  }
  return found;
}

/** Whether every quote is closed. */
function balanced(command) {
  return (command.match(/'/g) ?? []).length % 2 === 0;
}

/** A shell that keeps its variables from one command to the next. */
export class Shell {
  constructor(directory, environment) {
    this.directory = directory;
    this.variables = join(directory, ".variables");
    writeFileSync(this.variables, Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`).join(""));
  }

  #environment() {
    return { PATH: `${dirname(program)}:/usr/local/bin:/usr/bin:/bin`, HOME: this.directory };
  }

  /** Runs it to its end; its output, or an error with everything it said. */
  run(command) {
    // What ends with a zero byte comes as it is: the variables, to be read again.
    const script = `set -a; . ./.variables; set -eu\n${command}\n{ export -p > .variables; } 2>/dev/null`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { cwd: this.directory, env: this.#environment(), encoding: "utf8", timeout: 60_000 });
    if (status !== 0) throw new Error(`${command}\nended with ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs it until it has said what is expected, and stops it. */
  async runUntil(command, expected) {
    const child = spawn("bash", ["-c", `set -a; . ./.variables; exec ${command}`], { cwd: this.directory, env: this.#environment(), stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    try {
      await new Promise((done, failed) => {
        for (const stream of [child.stdout, child.stderr]) {
          stream.on("data", (data) => {
            said += data;
            if (expected.test(said)) done();
          });
        }
        child.once("exit", () => failed(new Error(`${command} ended\n${said}`)));
        setTimeout(() => failed(new Error(`${command} never said ${expected}\n${said}`)), 60_000).unref();
      });
    } finally {
      const ended = new Promise((done) => (child.exitCode === null ? child.once("exit", done) : done()));
      child.kill("SIGTERM");
      await ended;
    }
  }
}

/** Lines as the page shows them; `…` stands for anything, and every server has another port. */
export function pattern(text) {
  const escaped = text.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const loose = escaped.replaceAll("…", "[^]*").replaceAll("127\\.0\\.0\\.1:5397", "[^\\s/]+").replace(/ {2,}/g, " +");
  return new RegExp(loose.split("\n").map((line) => line.trim()).join("\\s+"));
}

/** JSON as the page shows it, with `…` for whatever is left out; `undefined` for what is no JSON. */
export function jsonOf(text) {
  try {
    return JSON.parse(text.replace(/,?\s*…\s*(?=[}\]])/g, ""));
  } catch {
    return undefined;
  }
}

/** What of `shown` the real answer does not have, or has as something else; empty when all fits. */
export function misfits(shown, real, at = "") {
  if (typeof shown === "string") {
    if (typeof real !== "string") return [`${at}: no text, but ${JSON.stringify(real)}`];
    const exact = shown.includes("…") || /\/(code|type|status|mode|kind|message)$/.test(at);
    return exact && !new RegExp(`^${pattern(shown).source}$`).test(real) ? [`${at}: ${JSON.stringify(real)}`] : [];
  }
  if (typeof shown === "boolean" || shown === null) return shown === real ? [] : [`${at}: ${JSON.stringify(real)}`];
  if (typeof shown !== "object") return typeof real === typeof shown ? [] : [`${at}: ${JSON.stringify(real)}`];
  if (typeof real !== "object" || real === null || Array.isArray(shown) !== Array.isArray(real)) return [`${at}: ${JSON.stringify(real)}`];
  if (Array.isArray(shown)) return shown.flatMap((item, index) => (index < real.length ? misfits(item, real[index], `${at}/${index}`) : [`${at}/${index}: missing`]));
  return Object.entries(shown).flatMap(([name, item]) => (name in real ? misfits(item, real[name], `${at}/${name}`) : [`${at}/${name}: missing`]));
}
