// The processes of an example: started, waited for, and all ended together.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";

export class Processes {
  #children = new Map();
  #ending = new Set();
  #isOver = false;
  #isQuiet;
  #fail;
  /** Rejects when a process ends that nobody ended. */
  ended = new Promise((_, fail) => (this.#fail = fail));

  constructor({ isQuiet = false } = {}) {
    this.#isQuiet = isQuiet;
    this.ended.catch(() => {});
    // Whatever ends the one that started them ends them too.
    process.once("exit", () => this.#children.forEach((_, child) => child.kill("SIGKILL")));
  }

  /** Starts a process, which ends with the example. It does not hear Ctrl-C itself: it is ended in order. */
  start(name, program, args, options = {}) {
    if (this.#isOver) throw new Error("everything has been stopped");
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
    child.printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        child.printed = (child.printed + data).slice(-100_000);
        // What an app complains of is for whoever runs it; Keystile's log would drown it.
        if (!this.#isQuiet && name !== "keystile") process.stderr.write(data);
      });
    }
    const gone = new Promise((done) => {
      child.once("error", (error) => ((child.printed += error.message), done()));
      child.once("close", done);
    });
    this.#children.set(child, gone);
    gone.then(() => {
      this.#children.delete(child);
      if (!this.#ending.delete(child)) this.#fail(new Error(`${name} ended by itself:\n${child.printed.slice(-4000)}`));
    });
    child.gone = gone;
    return child;
  }

  /** Starts one that listens on a port, and waits until it does. */
  async serve(name, port, program, args, options) {
    const child = this.start(name, program, args, options);
    await Promise.race([untilListening(port), this.ended]);
    return child;
  }

  async end(child) {
    if (!this.#children.has(child)) return;
    this.#ending.add(child);
    child.kill("SIGTERM");
    // Whoever is stopped (SIGSTOP) would not hear of it.
    child.kill("SIGCONT");
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await child.gone;
    clearTimeout(late);
  }

  async endAll() {
    this.#isOver = true;
    // In the reverse order: an app goes before the server it asks.
    for (const child of [...this.#children.keys()].reverse()) await this.end(child);
  }
}

/** Waits until a process has printed something. */
export async function untilPrinted(child, pattern) {
  for (;;) {
    const found = pattern.exec(child.printed);
    if (found) return found[0];
    const more = new Promise((done) => child.stdout.once("data", done));
    if ((await Promise.race([more, child.gone.then(() => "gone")])) === "gone") throw new Error(`it ended:\n${child.printed}`);
  }
}

/** Nothing else tells when a port is listened on, so it is tried until it is. */
async function untilListening(port) {
  for (;;) {
    const isThere = await new Promise((done) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => (socket.destroy(), done(true)));
      socket.once("error", () => done(false));
    });
    if (isThere) return;
    await new Promise((again) => setTimeout(again, 20));
  }
}

/** That many ports: from the first on, or free ones. */
export async function findPorts(count, first) {
  if (first !== undefined) return Array.from({ length: count }, (_, at) => first + at);
  const held = await Promise.all(Array.from({ length: count }, hold));
  // Held together, so that no two are the same.
  return Promise.all(held.map(async ({ server, port }) => (await new Promise((done) => server.close(done)), port)));
}

function hold() {
  return new Promise((done, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => done({ server, port: server.address().port }));
  });
}
