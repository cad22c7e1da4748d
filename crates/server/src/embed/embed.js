// One embed: a tag, or what a script mounted. It has a session, perhaps together with others, and
// perhaps shows something.
const address = (text, base) => {
  try {
    const there = new URL(text, base);
    if (/^https?:/.test(there)) return there;
  } catch {}
};
// Whether what is sent there cannot be read on the way.
const isSafe = (there) => /^(https:\/\/|http:\/\/(localhost|[^/]+\.localhost|127(\.\d+){3}|\[::1\])[:/])/.test(there);
const plain = (there) => there.origin + there.pathname.replace(/\/+$/, "");
// Does what is not ours, such as a widget's mounting, and survives it.
const guard = async (work, name) => {
  try {
    await work();
  } catch (thrown) {
    say(failure("broken_widget", name), thrown);
  }
};

const openEmbed = (options = {}, node, home) => {
  const value = options.key ?? "";
  const attributes = Object.freeze({ ...options.settings });
  const hub = new EventTarget();
  const bases = [];
  let service, phase = "opening", failed, session, place, own, isShown, inside, shown, resolveReady;

  const anchor = () => [node, place].find((one) => one?.isConnected);
  const announce = (event, why) => {
    failed = why;
    phase = event == "renewed" ? "ready" : event;
    for (const to of [hub, anchor() ?? document]) {
      to.dispatchEvent(new CustomEvent("keystile:" + event, { bubbles: true, detail: { embed: mine, error: why } }));
    }
    inside?.tell(event, why);
    if (event != "ready") return;
    resolveReady(mine);
    resolveFirst(mine);
    reveal();
  };

  // What is wrong with the tag or the page is said without asking the service.
  const check = (from) => {
    const secret = [value, ...Object.values(attributes)].join(" ").match(/sk_([a-z][a-z0-9]*_)?(live|test)_\w{38}/);
    // The service marks a secret key that comes from a page; once is enough.
    if (secret && isSafe(from) && !reported.has(secret[0])) {
      reported.add(secret[0]);
      ask(service, secret[0]);
    }
    if (secret || /^\W*sk_/.test(value)) return "secret_key";
    if (!value) return "missing_key";
    if (/[^!#-&(-~]/.test(value)) return "broken_key";
    if (location.protocol == "file:") return "file_page";
    if (globalThis.origin == "null") return "no_origin";
    if (!from || location.protocol == "https:" && !isSafe(from)) return "bad_api";
  };
  const begin = async () => {
    // Whoever mounts it hears of everything.
    await null;
    const from = address(options.api ?? home);
    service = from && plain(from);
    const reason = check(from);
    if (reason) {
      const why = failure(reason, service);
      say(why);
      return announce("refused", why);
    }
    for (const text of [options.baseUrl].flat().join(" ").match(/\S+/g) ?? []) {
      const there = address(text);
      if (isSafe(there) || there?.origin == globalThis.origin) bases.push(plain(there));
      else say(failure("bad_address", text));
    }
    session = sessions.get(service + value) ?? openSession(service, value);
    sessions.set(service + value, session);
    session.join(inner);
  };

  // A path goes behind the first base address.
  const whole = (input) => bases[0] && /^\/(?!\/)/.test(input) ? bases[0] + input : input;
  const covers = (input) => {
    const there = address(whole(input), document.baseURI);
    return there && bases.some((base) => (plain(there) + "/").startsWith(base + "/"));
  };
  const current = () => {
    if (session) return session;
    throw failed ?? failure("ended");
  };

  const reveal = () => {
    const selector = options.target;
    const there = address(options.frame, document.baseURI);
    shown = options.widget?.mount ? options.widget : widgets.get(options.widget);
    if (isShown || phase != "ready" || !(options.frame || shown)) return;
    if (options.frame && !isSafe(there)) return say(failure("bad_address", options.frame));
    try {
      place = options.element?.append ? options.element : document.querySelector(selector);
    } catch {}
    if (!place && document.readyState == "loading") return document.addEventListener("DOMContentLoaded", reveal);
    isShown = 1;
    if (!place && selector) return say(failure("missing_target", selector));
    if (!place) {
      place = own = document.createElement("div");
      if (document.body.contains(node)) node.after(own);
      else document.body.append(own);
    }
    if (options.frame) {
      inside = openFrame(mine, there, options, session, covers);
      place.append(inside.node);
    } else guard(() => shown.mount(place, mine), options.widget);
  };

  const mine = {
    key: value,
    settings: attributes,
    script: node,
    ready: new Promise((go) => { resolveReady = go; }),
    get api() { return service; },
    get state() { return phase; },
    get error() { return failed; },
    token: async () => current().token(),
    async fetch(input, init) {
      const request = new Request(whole(input), init);
      if (!covers(request.url)) return fetch(request);
      // What the page sends of its own user stays where it is.
      const isTaken = request.headers.has("authorization");
      const send = (pass) => {
        const copy = request.clone();
        copy.headers.set(isTaken ? "x-api-key" : "authorization", isTaken ? pass : "Bearer " + pass);
        return fetch(copy);
      };
      const pass = await current().token();
      const reply = await send(pass);
      const other = reply.status == 401 && await session?.instead(pass);
      return other ? send(other) : reply;
    },
    on: (event, listener) => hub.addEventListener("keystile:" + event, listener),
    off: (event, listener) => hub.removeEventListener("keystile:" + event, listener),
    unmount() {
      if (!every.delete(inner)) return;
      if (isShown && shown?.unmount) guard(() => shown.unmount(place, mine), options.widget);
      inside?.close();
      own?.remove();
      session?.leave(inner);
      session = null;
      if (phase == "ready") announce("ended");
      phase = "ended";
    },
  };
  const inner = { embed: mine, emit: announce, show: reveal, isThere: anchor };
  every.add(inner);
  guard(begin, "mount");
  return inner;
};
