// A visitor's session: opening it, renewing it before it ends, and ending it when no embed uses it
// any more.
const clocks = () => [Date.now(), performance.now()];
const ask = (service, value) => fetch(service + "/v1/sessions", {
  method: "POST",
  headers: { authorization: "Bearer " + value },
  credentials: "omit",
  signal: AbortSignal.timeout?.(15e3),
}).catch(quiet);
const openSession = (service, value) => {
  const users = new Set();
  const over = new AbortController();
    let pass, began, lasts = 0, due = 0, timer, running, refused, patience = 0, wake = quiet;

  // By the longer of two clocks: one may be set back, the other may stand still while the device
  // sleeps. It counts from before the request. What time it is at the service does not matter.
  const age = () => began ? Math.max(...clocks().map((time, at) => time - began[at])) : Infinity;
  const isAlive = () => pass && age() < lasts;
  const announce = (event, why) => [...users].map((user) => user.emit(event, why));
  const end = () => {
    if (!pass) return;
    pass = "";
    announce("ended");
  };

  const open = async () => {
    for (let tries = 0; ; tries++) {
      const start = clocks();
      const reply = await ask(service, value);
      const answer = await reply?.json().catch(quiet);
      if (over.signal.aborted) throw failure("ended");
      if (answer?.token) {
        const event = pass == null ? "ready" : "renewed";
        pass = answer.token;
        began = start;
        lasts = answer.expires_in * 1e3;
        // Pages that were opened together do not all come back together.
        due = lasts * (0.7 + Math.random() / 10);
        plan();
        announce(event);
        return pass;
      }
      const number = reply?.status;
      const isFinal = number < 500 && number != 408 && number != 429;
      const isOther = isFinal && (!answer?.code || number == 404 || number == 405);
      const why = failure(isOther ? "not_keystile" : answer?.code ?? number ?? "no_network", service);
      if (isFinal || tries > 3) {
        say(why);
        if (isFinal) refused = why;
        announce("refused", why);
        clearTimeout(timer);
        if (isFinal) end();
        else timer = setTimeout(end, lasts - age());
        throw why;
      }
      const time = reply?.headers.get("retry-after") * 1e3 || (1 + Math.random()) * 2 ** tries * 500;
      console.warn(why.message, `Trying again in ${Math.ceil(time / 1e3)} s`);
      await new Promise((go) => {
        wake = go;
        setTimeout(go, time);
      });
    }
  };
  const renew = () => running ??= open().finally(() => { running = null; });
  const renewQuietly = () => renew().catch(quiet);

  // A page that nobody looks at renews nothing until it is looked at or wants a token.
  const plan = () => {
    clearTimeout(timer);
    const time = due - age();
    if (time > 0) timer = setTimeout(plan, Math.max(time, 1e3));
    else if (!refused && !document.hidden) renewQuietly();
  };
  document.addEventListener("visibilitychange", plan, over);
  addEventListener("online", () => wake(plan()), over);

  return {
    left: () => Math.floor((lasts - age()) / 1e3),
    // A token that works now.
    async token() {
      if (isAlive()) return pass;
      if (refused) throw refused;
      end();
      return renew();
    },
    // Another one than that, which somebody refused; not again and again.
    async instead(old) {
      if (pass != old && isAlive()) return pass;
      const time = clocks()[1];
      if (!running && (refused || time < patience)) return;
      patience = time + 1e4;
      return renewQuietly();
    },
    join(user) {
      users.add(user);
      if (refused) user.emit("refused", refused);
      else if (isAlive()) user.emit("ready");
      else renewQuietly();
    },
    leave(user) {
      users.delete(user);
      if (users.size) return;
      over.abort();
      clearTimeout(timer);
      wake();
      sessions.delete(service + value);
    },
  };
};
