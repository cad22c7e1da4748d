// The one command that starts an example: what it prints works when pasted, and it leaves nothing behind.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findProgram } from "../runner/keystile.mjs";
import { root } from "../runner/packages.mjs";
import { SYSTEMS } from "../runner/system.mjs";

let directory;
before(() => (directory = mkdtempSync(join(tmpdir(), "examples-"))));
after(() => rmSync(directory, { recursive: true }));

/** Runs the command, with a directory of its own for temporary files. */
function run(...args) {
  const child = spawn(join(root, "examples/run"), args, {
    env: { ...process.env, TMPDIR: directory, KEYSTILE_PROGRAM: findProgram(process.env.TRIED_PROGRAM) },
  });
  const running = { child, out: "", err: "", code: new Promise((done) => child.once("close", done)) };
  child.stdout.on("data", (data) => (running.out += data));
  child.stderr.on("data", (data) => (running.err += data));
  running.until = async (text) => {
    while (!running.out.includes(text)) {
      const gone = await Promise.race([new Promise((more) => child.stdout.once("data", () => more(false))), running.code.then(() => true)]);
      if (gone) throw new Error(`it ended: ${running.out}${running.err}`);
    }
  };
  return running;
}

const isOpen = (port, address) =>
  new Promise((done) => {
    const socket = connect({ port, host: address });
    socket.once("connect", () => (socket.destroy(), done(true)));
    socket.once("error", () => done(false));
  });
/** The first of several ports in a row that nobody has, below those that systems lend to whoever connects. */
async function freeBlock() {
  for (let first = 20_000; first < 32_000; first += 16) {
    const all = Array.from({ length: 16 }, (_, at) => isOpen(first + at, "127.0.0.1"));
    if (!(await Promise.all(all)).includes(true)) return first;
  }
  throw new Error("no ports are free");
}
const ports = ({ out }) => [...new Set([...out.matchAll(/:\/\/(?:127\.0\.0\.1|localhost):(\d+)/g)].map(([, port]) => Number(port)))];

async function nothingIsLeft(running) {
  assert.deepEqual(readdirSync(directory), [], "no file is left");
  for (const port of ports(running)) assert.equal(await isOpen(port, "127.0.0.1"), false, `nobody listens on ${port} any more`);
}

describe("examples/run", { timeout: 300_000 }, () => {
  for (const system of SYSTEMS) {
    test(`${system}: every line that it prints works, and Ctrl-C stops all of it`, async () => {
      const running = run(system);
      try {
        await running.until("Ctrl-C stops everything.");
        assert.ok(ports(running).length >= 3);
        for (const port of ports(running)) {
          assert.ok(await isOpen(port, "127.0.0.1"));
          // Whoever listens on all addresses would answer at this one, too.
          assert.equal(await isOpen(port, "127.0.0.2"), false, `${port} is open on loopback alone`);
        }
        const [, variables, rest] = running.out.match(/another terminal:\n\n([^]*?)\n\n([^]*)\n\nCtrl-C/);
        const tries = rest.split("\n\n").map((text) => text.match(/^# (.*): (\d+)\n([^]*)$/));
        assert.ok(tries.length >= 3);
        for (const [, what, status, curl] of tries) {
          const printed = execFileSync("sh", ["-c", `${variables}\n${curl}`], { stdio: ["ignore", "pipe", "ignore"] }).toString();
          const answered = [...printed.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);
          assert.ok(answered.length > 0 && answered.every((one) => one === status), `${what}: ${answered} instead of ${status}`);
        }
        const pages = [...running.out.matchAll(/^ {2}(?:Page|Backstage|Desk|Console) +(\S+)/gm)].map(([, url]) => url);
        for (const url of pages) assert.equal((await fetch(url)).status, 200, url);
      } finally {
        running.child.kill("SIGINT");
      }
      assert.equal(await running.code, 0, running.err);
      await nothingIsLeft(running);
    });
  }

  test("it takes the ports that it is told, and programs read where everything is", async () => {
    const running = run("keepem", "--json");
    await running.until("\n");
    const told = JSON.parse(running.out);
    assert.equal(told.system, "keepem");
    assert.match(told.keys.secret.value, /^sk_live_/);
    running.child.kill("SIGTERM");
    assert.equal(await running.code, 0);
    const port = await freeBlock();
    const again = run("keepem", "--json", "--port", String(port));
    await again.until("\n");
    assert.equal(JSON.parse(again.out).keystile, `http://127.0.0.1:${port}`);
    again.child.kill("SIGTERM");
    assert.equal(await again.code, 0, again.err);
  });

  test("when one of its processes dies it says which, and stops the others", async () => {
    const running = run("bkend");
    await running.until("Ctrl-C stops everything.");
    const { pid } = running.child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    const service = children.find((child) => readFileSync(`/proc/${child}/comm`, "utf8").trim() === "bkend");
    process.kill(Number(service), "SIGKILL");
    assert.equal(await running.code, 1);
    assert.match(running.err, /error: bkend ended by itself/);
    await nothingIsLeft(running);
  });

  test("what it cannot do it says, with the remedy", async () => {
    const says = async (args, pattern) => {
      const running = run(...args);
      assert.equal(await running.code, 1);
      assert.match(running.err, pattern);
    };
    await says(["nothing"], /error: there is no example nothing: take keepem, innkept, bkend, datakeen/);
    await says(["keepem", "--keystile", "/nowhere/keystile"], /no keystile at \/nowhere\/keystile: build it with `cargo build --release/);
    await says(["keepem", "--port", "many"], /--port many: take a number/);
    await nothingIsLeft({ out: "" });
  });
});
