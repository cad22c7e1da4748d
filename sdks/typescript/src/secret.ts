/** What is shown in place of everything that must not be printed. */
const REDACTED = "[redacted]";

/** Node's name for what `console.log` and `util.inspect` call. */
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A secret that was just made: shown once, and printed never.
 *
 * Template strings, `JSON.stringify`, `console.log` and inspectors show `[redacted]`. Only
 * {@link Secret.reveal} gives the text, so a search for `reveal(` finds every place that does.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The whole text. Store it where secrets are stored, or show it to its owner once. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [INSPECT](): string {
    return REDACTED;
  }
}

/** The text of a secret, or a text as it is. */
export function revealed(text: string | Secret): string {
  return text instanceof Secret ? text.reveal() : text;
}

/** Where an API answer carries texts that are not ours. */
const FOREIGN = new Set(["metadata", "details"]);

/** Wraps the secrets of an answer. Metadata belongs to others and is left as it is. */
export function wrapSecrets(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const record = value as Record<string, unknown>;
  for (const [name, inner] of Object.entries(record)) {
    const isSecret = name === "secret" || (name === "token" && "session" in record);
    if (isSecret && typeof inner === "string") record[name] = new Secret(inner);
    else if (!FOREIGN.has(name)) wrapSecrets(inner);
  }
}

const KEY = /\b((?:pk|sk)_(?:[a-z][a-z0-9]{1,7}_)?(?:live|test)_[0-9A-Za-z]{0,4})[0-9A-Za-z]+/g;
const TOKEN = /\bst_[\w-]+\.[\w.-]+/g;

/** Hides whatever looks like a key in a text that comes from elsewhere. */
export function masked(text: string): string {
  return text.replace(KEY, "$1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u2022").replace(TOKEN, "st_\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u2022");
}
