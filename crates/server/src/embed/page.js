// All embeds of a page, however many scripts bring this: the first one serves the others.
const every = new Set(), sessions = new Map(), widgets = new Map(), tags = new Map(), reported = new Set();
let resolveFirst;

const page = {
  version: VERSION,
  ready: new Promise((go) => { resolveFirst = go; }),
  get embeds() { return [...every].map((one) => one.embed); },
  token: async () => page.embeds[0].token(),
  fetch: async (input, init) => page.embeds[0].fetch(input, init),
  on: (event, listener) => document.addEventListener("keystile:" + event, listener),
  off: (event, listener) => document.removeEventListener("keystile:" + event, listener),
  register(name, shown) {
    widgets.set(name, shown);
    for (const one of every) one.show();
  },
  mount: (options, home) => openEmbed(options, null, home).embed,
  push: (work) => guard(() => work(page), "push"),
  // A tag that says the same as another one does nothing, unless that one has left the page.
  tag(node, home) {
    const { key, ...settings } = node.dataset;
    const name = home + JSON.stringify(Object.entries(node.dataset).sort());
    const same = tags.get(name);
    if (every.has(same) && same.isThere()) return console.warn("Keystile: this page has the same script tag twice: remove one, or tell them apart with data-id");
    tags.set(name, openEmbed({ ...settings, key, settings }, node, home));
    same?.embed.unmount();
  },
};
