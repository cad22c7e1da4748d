// What a script tag does besides.
const waiting = globalThis.Keystile;
globalThis.Keystile = Keystile;
if (Array.isArray(waiting)) waiting.forEach(Keystile.push);
const node = document.currentScript;
if (node?.dataset) Keystile.tag(node, HOME);
