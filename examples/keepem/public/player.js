// The player in its frame. The page around it holds the viewer's session and makes the calls.
import { connect } from "/keystile.js";

const session = await connect();
const { event } = session.settings;
const at = (id) => document.getElementById(id);
let viewer;

/** A call of Keepem's API as this viewer. */
async function call(method, path, body) {
  const reply = await session.fetch(path, {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const json = await reply.json();
  if (!reply.ok) throw new Error(`${reply.status} ${json.code ?? json.detail}`);
  return json;
}

async function refresh() {
  const { name, watching, messages } = await call("GET", `/v1/events/${event}/public`);
  at("name").textContent = name;
  at("watching").textContent = watching === 1 ? "1 viewer" : `${watching} viewers`;
  at("messages").replaceChildren(...messages.map(({ from, text }) => {
    const line = document.createElement("p");
    line.append(Object.assign(document.createElement("b"), { textContent: from }), ` ${text}`);
    return line;
  }));
  at("messages").scrollTop = at("messages").scrollHeight;
  session.resize(document.documentElement.scrollHeight);
}

/** Does what somebody asked for, and says so when it was refused. */
async function attempt(action) {
  try {
    await action();
    await refresh();
    at("status").textContent = "";
  } catch (error) {
    at("status").textContent = `That did not work: ${error.message}`;
  }
}

at("join").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  attempt(async () => {
    ({ viewer } = await call("POST", "/v1/viewer-sessions", { event, name: at("viewer").value }));
    at("join").hidden = true;
    at("say").hidden = false;
    at("text").focus();
  });
});

at("say").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  attempt(async () => {
    await call("POST", `/v1/events/${event}/messages`, { viewer: viewer.id, text: at("text").value });
    at("text").value = "";
  });
});

session.on("refused", ({ code }) => (at("status").textContent = `The player has been switched off (${code}).`));
attempt(() => {});
const looking = setInterval(() => refresh().catch(() => {}), 3000);
session.on("ended", () => clearInterval(looking));
