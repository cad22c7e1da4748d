// Shows the portal where its tag stands:
//   <script src="https://keys.example.com/portal/v1/portal.js" data-link="/your/backend" async></script>
// Your backend answers data-link with what Keystile gave it: {"url": …, "lifetime_seconds": …}.
"use strict";
(() => {
  const tag = document.currentScript;
  if (!tag) return console.error("Keystile portal: load this with a plain script tag, not as a module");
  const say = (text) => console.error(`Keystile portal: ${text}`);
  const { link } = tag.dataset;
  if (!link) return say("the tag needs data-link, the address at which your backend makes a link to the portal");
  const frame = document.createElement("iframe");
  frame.title = tag.dataset.title ?? "API keys";
  frame.allow = "clipboard-write";
  frame.referrerPolicy = "no-referrer";
  frame.style.cssText = "display:block;width:100%;border:0;min-height:24rem";
  tag.after(frame);
  let origin = null, timer = 0, tries = 0;

  const ask = async () => {
    const answer = await fetch(link, { method: tag.dataset.method ?? "POST", credentials: "same-origin", headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`${link} answered ${answer.status}`);
    const made = await answer.json();
    if (typeof made.url !== "string") throw new Error(`${link} answered no url`);
    return made;
  };
  // Some time before the portal closes it gets another link, and stays as it is.
  const later = (made) => {
    clearTimeout(timer);
    const seconds = Math.max(20, (made.lifetime_seconds ?? 3600) - 60);
    timer = setTimeout(() => ask().then((next) => {
      const silent = document.createElement("iframe");
      silent.hidden = true;
      silent.src = `${next.url}&renew`;
      silent.onload = () => { silent.remove(); later(next); };
      document.body.append(silent);
    }).catch((error) => say(`it could not be renewed: ${error.message}`)), seconds * 1000);
  };
  const open = () => ask().then((made) => {
    origin = new URL(made.url).origin;
    frame.src = made.url;
    later(made);
  }).catch((error) => say(`it could not be opened: ${error.message}`));

  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    const { keystile, height } = event.data ?? {};
    if (keystile === "height" && height > 0) { frame.style.height = `${Math.ceil(height)}px`; tries = 0; }
    // Once more, should its time have run out while the device slept.
    if (keystile === "closed" && tries++ < 1) open();
  });
  open();
})();
