// Enhances pages that work without it: dialogs in place, copying, times in the reader's zone.
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const dialog = () => one("#dialog");
  const say = (text) => { const live = one("#said"); if (live) live.textContent = text; };

  // Inside another page this is the portal. That page is told no more than a number and a word.
  const inPortal = location.pathname.startsWith("/portal");
  const tell = (what) => { if (inPortal && parent !== window) parent.postMessage(what, one("main[data-parent]")?.dataset.parent ?? "*"); };

  // Dialogs. What they hold is taken out of the page when they close, secrets first of all.
  let opener = null;
  const holdsUncopied = () => {
    const secret = one("[data-secret]", dialog() ?? document);
    return secret !== null && secret.dataset.copied !== "yes";
  };
  const empty = () => { const box = dialog(); if (box) box.replaceChildren(); };
  const close = () => {
    const box = dialog();
    if (!box?.open) return;
    const goTo = one("[data-after]", box)?.dataset.after;
    empty();
    box.close();
    if (goTo) visit(goTo);
    else opener?.isConnected && opener.focus();
  };
  const mayClose = () => {
    const warning = one("[data-uncopied]", dialog());
    if (!holdsUncopied() || !warning || !warning.hidden) return true;
    warning.hidden = false;
    warning.focus();
    return false;
  };
  // The portal is as high as what it shows, so its middle may be out of sight: a dialog goes where the
  // reader looks, which the browser alone knows.
  const bringNear = (box) => {
    if (!inPortal || parent === window) return;
    const eye = new IntersectionObserver(([{ intersectionRect: seen }]) => {
      eye.disconnect();
      const top = seen.top + Math.max(8, (seen.height - box.offsetHeight) / 2);
      Object.assign(box.style, { top: `${top}px`, bottom: "auto", marginTop: "0" });
    });
    eye.observe(document.documentElement);
  };
  const visit = (path) => htmx.ajax("GET", path, { target: "body", swap: "innerHTML" }).then(() => history.replaceState(null, "", path));
  // Links that ask something open it in place; with a modifier they are links like any other.
  document.addEventListener("click", (event) => {
    const asks = event.target.closest?.("a[data-ask]");
    if (!asks || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || !dialog()) return;
    event.preventDefault();
    if (!dialog().open) opener = asks;
    htmx.ajax("GET", asks.getAttribute("href"), { source: asks, target: "#dialog", swap: "innerHTML" });
  });
  document.addEventListener("click", (event) => {
    const closer = event.target.closest?.("[data-close]");
    if (closer && dialog()?.contains(closer)) {
      event.preventDefault();
      if (mayClose()) close();
    }
    for (const open of all("details.drop[open]")) if (!open.contains(event.target)) open.open = false;
    const toast = event.target.closest?.(".toast button");
    if (toast) toast.parentElement.remove();
  });
  document.addEventListener("cancel", (event) => {
    if (event.target !== dialog()) return;
    event.preventDefault();
    if (mayClose()) close();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const open of all("details.drop[open]")) { open.open = false; one("summary", open).focus(); }
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      const find = one(".find");
      if (find && !dialog()?.open) { event.preventDefault(); find.click(); }
    }
  });
  addEventListener("beforeunload", (event) => { if (holdsUncopied()) event.preventDefault(); });
  // Nothing that was shown once may come back with the back-forward cache.
  addEventListener("pagehide", () => { empty(); for (const shown of all("[data-secret]")) shown.remove(); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === dialog() && !dialog().open) opener = document.activeElement;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // A refusal is an answer like any other: it says what is wrong, and where.
    const status = event.detail.xhr.status;
    if (status >= 400 && event.detail.xhr.getResponseHeader("content-type")?.startsWith("text/html")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    if (holdsUncopied() && event.detail.target !== dialog()) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:sendError", () => say("Keystile could not be reached. Nothing was changed; try again."));
  document.addEventListener("htmx:afterSwap", (event) => {
    const box = dialog();
    if (event.detail.target === box && box.childElementCount && !box.open) box.showModal();
    dress(document);
  });
  // After htmx has looked for fields that want the focus: what is wrong wants it more.
  document.addEventListener("htmx:afterSettle", (event) => {
    const box = dialog();
    if (event.detail.target === box) bringNear(box);
    if (event.detail.target === box) (one("[aria-invalid=true]", box) ?? one("[autofocus]", box) ?? one("h2", box))?.focus();
  });

  // Copying.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom ? one(button.dataset.copyFrom) : null;
    const text = source ? source.textContent : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source ?? button);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say("The browser does not let pages copy here. The text is selected: press Ctrl C.");
      return;
    }
    if (source?.closest("[data-secret]")) source.closest("[data-secret]").dataset.copied = "yes";
    say(button.dataset.copied ?? "Copied");
    if (button.dataset.label === undefined) button.dataset.label = button.textContent;
    if (!button.classList.contains("key")) button.textContent = "Copied";
    button.classList.add("done");
    clearTimeout(button.timer);
    button.timer = setTimeout(() => {
      button.classList.remove("done");
      if (!button.classList.contains("key")) button.textContent = button.dataset.label;
    }, 1600);
  });

  // Times: the server says how long ago and how long still; this says when, in the reader's zone.
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  const dress = (within) => {
    for (const time of all("time[datetime]", within)) time.title = exact.format(new Date(time.dateTime));
    for (const left of all("[data-left]", within)) {
      // By how much time passes here, whatever the reader's clock says.
      left.end ??= performance.now() + Number(left.dataset.left) * 1000;
    }
  };
  const words = (seconds) => {
    const parts = [[86400, "d"], [3600, "h"], [60, "min"]].map(([size, name]) => { const count = Math.floor(seconds / size); seconds -= count * size; return [count, name]; });
    const from = parts.findIndex(([count]) => count > 0);
    if (from < 0) return `${Math.max(0, Math.floor(seconds))} s`;
    return parts.slice(from, from + 2).filter(([count], at) => count > 0 || at === 0).map((part) => part.join(" ")).join(" ");
  };
  setInterval(() => {
    for (const left of all("[data-left]")) if (left.end) left.textContent = words((left.end - performance.now()) / 1000);
  }, 1000);
  document.addEventListener("DOMContentLoaded", () => dress(document));
  // On a phone the menu is wider than the page.
  document.addEventListener("DOMContentLoaded", () => one(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }));
  if (document.readyState !== "loading") dress(document);

  // Live: when anything has changed, what is shown is fetched anew. Never under somebody's hands.
  const busy = () => dialog()?.open || one("details.drop[open]") || ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement?.tagName)
    || one("main :focus-visible") !== null;
  const byItself = { "x-keystile-by-itself": "yes" };
  document.addEventListener("htmx:beforeSwap", (event) => {
    // Asked for when nobody was busy, and here when somebody is.
    if (event.detail.requestConfig?.headers?.["x-keystile-by-itself"] && busy()) event.detail.shouldSwap = false;
  });
  let shown = performance.now();
  const look = async () => {
    const main = one("main[data-refresh]");
    if (!main || document.hidden || busy()) return;
    try {
      const answer = await fetch(inPortal ? "/portal/live" : "/console/live", { headers: byItself });
      if (answer.status === 401) tell({ keystile: "closed" });
      if (!answer.ok) return;
      const { state } = await answer.json();
      const changed = main.dataset.refresh !== state;
      // What keys are used for changes without a change of anything else.
      if ((changed || performance.now() - shown > 30000) && !busy()) {
        shown = performance.now();
        htmx.ajax("GET", location.pathname + location.search, { target: "#main", select: "#main", swap: "outerHTML", headers: byItself });
      }
    } catch { /* The next look tells. */ }
  };
  if (one("main[data-refresh]")) setInterval(look, 2000);

  // The portal tells the page around it how high it is, and when it has closed.
  if (inPortal && parent !== window) {
    const height = () => {
      const box = dialog();
      const end = box?.open ? box.getBoundingClientRect().bottom + 16 : 0;
      tell({ keystile: "height", height: Math.ceil(Math.max(document.documentElement.getBoundingClientRect().height, end)) });
    };
    document.addEventListener("htmx:afterSettle", height);
    new ResizeObserver(height).observe(document.documentElement);
    if (!one("main[data-parent]")) tell({ keystile: "closed" });
  }
})();
