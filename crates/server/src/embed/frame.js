// A frame of the product's own, and what the page and it say to each other: only to that origin,
// and only when it comes from that frame.
const openFrame = (mine, there, options, session, covers) => {
  const panel = document.createElement("iframe");
  let greeted;
  const post = (event, more) => panel.contentWindow?.postMessage({ type: "keystile:" + event, ...more }, there.origin);
  const greet = async () => {
    const pass = await session.token();
    greeted = 1;
    post("session", { key: mine.key, api: mine.api, settings: mine.settings, token: pass, expires_in: session.left(), origin: globalThis.origin });
  };
  // The frame's calls go out from the page, because a session works on the page's origin alone.
  const relay = async ({ id, url, ...init }) => {
    try {
      if (!covers(url)) throw failure("bad_address", url);
      const reply = await mine.fetch(url, { ...init, credentials: "omit" });
      post("answer", { id, status: reply.status, headers: [...reply.headers], body: await reply.arrayBuffer() });
    } catch (why) {
      post("answer", { id, code: why.code, message: why.message });
    }
  };
  const hear = (event) => {
    const said = event.data;
    if (event.source != panel.contentWindow || event.origin != there.origin) return;
    if (said?.type == "keystile:hello") greet().catch(quiet);
    if (said?.type == "keystile:fetch") relay(said);
    if (said?.type == "keystile:resize") panel.height = said.height;
  };
  addEventListener("message", hear);
  panel.src = there;
  panel.width = "100%";
  panel.title = options.frameTitle ?? options.frame;
  panel.allow = options.frameAllow ?? "";
  panel.style.border = 0;
  return {
    node: panel,
    tell: (event, why) => greeted && (why || event == "ended" ? post(event, { code: why?.code }) : greet().catch(quiet)),
    close() {
      removeEventListener("message", hear);
      panel.remove();
    },
  };
};
