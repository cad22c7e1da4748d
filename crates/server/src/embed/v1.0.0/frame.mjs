/*! Keystile embed 1.0.0, Apache-2.0 */
// For a page of yours that stands in the frame of a tag's data-frame: what it says to the page
// around it, which holds the session.

/**
 * Asks the page around this frame for its session. `origins` are the pages that may be it; left
 * out, any. The promise waits until such a page answers.
 */
export const connect = ({ origins } = {}) => new Promise((resolve) => {
  const events = new EventTarget();
  const calls = new Map();
  let session, around, count = 0;

  const say = (type, more) => parent.postMessage({ type: `keystile:${type}`, ...more }, around ?? "*");
  const opened = {
    get key() { return session.key; },
    get api() { return session.api; },
    get origin() { return session.origin; },
    get settings() { return session.settings; },
    get token() { return session.token; },
    /** A call that the page makes: only to the addresses of its data-base-url. */
    async fetch(url, { method, headers, body } = {}) {
      const id = ++count;
      const answer = await new Promise((go) => {
        calls.set(id, go);
        say("fetch", { id, url: String(url), method, headers: headers && [...new Headers(headers)], body });
      });
      if (!answer.status) throw Object.assign(new TypeError(answer.message), { code: answer.code });
      const text = [101, 204, 205, 304].includes(answer.status) ? null : answer.body;
      return new Response(text, { status: answer.status, headers: answer.headers });
    },
    /** Makes the frame as high as that, in pixels. */
    resize: (height) => say("resize", { height }),
    on: (type, listener) => events.addEventListener(type, listener),
    off: (type, listener) => events.removeEventListener(type, listener),
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || !String(data?.type).startsWith("keystile:")) return;
    if (around ? origin !== around : origins && !origins.includes(origin)) return;
    const type = data.type.slice(9);
    if (type === "session") {
      around = origin;
      const isFirst = !session;
      session = data;
      if (isFirst) resolve(opened);
      else events.dispatchEvent(new CustomEvent("renewed"));
    } else if (type === "answer") {
      calls.get(data.id)?.(data);
      calls.delete(data.id);
    } else events.dispatchEvent(new CustomEvent(type, { detail: { code: data.code } }));
  });
  say("hello");
});
