import { ConfigurationError, KeyFormatError } from "./errors.js";
import type { KeyFormatCode } from "./errors.js";
import { INSPECT } from "./secret.js";

/** Who may hold a key: everyone, or only a server. */
export type KeyKind = "publishable" | "secret";

/** Whether a key works on real data. */
export type KeyMode = "live" | "test";

const LONGEST = 55;
const TAIL = 38;
const CHECKSUM = 6;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const FORM = /^(pk|sk)_(?:([a-z][a-z0-9]{1,7})_)?(live|test)_([0-9A-Za-z]{38})$/;
const BULLETS = "\u2022".repeat(8);

/** A text that has the form of a key and fits its checksum. Whether it exists is another question. */
export class ParsedKey {
  readonly #text: string;
  /** From the prefix. */
  readonly kind: KeyKind;
  /** From the word after the brand. */
  readonly mode: KeyMode;
  /** The word in the middle, if there is one. */
  readonly brand: string | undefined;

  /** @internal Use {@link parseKey}. */
  constructor(text: string, kind: KeyKind, mode: KeyMode, brand: string | undefined) {
    this.#text = text;
    this.kind = kind;
    this.mode = mode;
    this.brand = brand;
  }

  /** The part that may be shown: prefix and first four characters. */
  get start(): string {
    return this.#text.slice(0, this.#text.length - TAIL + 4);
  }

  /** What lists show: the start and eight bullets. */
  get preview(): string {
    return this.start + BULLETS;
  }

  /** The whole text: a secret unless the kind is publishable. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return this.preview;
  }

  toJSON(): string {
    return this.preview;
  }

  [INSPECT](): string {
    return `ParsedKey(${this.preview})`;
  }
}

/**
 * Reads a key without asking anybody: form and checksum. Nothing is trimmed, decoded or guessed.
 *
 * @throws {KeyFormatError} says the first thing that is wrong.
 */
export function parseKey(text: string): ParsedKey {
  const key = recognise(text);
  if (key === undefined) throw whyNot(text);
  return key;
}

/** Whether a text has the form of a key and fits its checksum. */
export function isKey(text: string): boolean {
  return recognise(text) !== undefined;
}

function recognise(text: string): ParsedKey | undefined {
  const form = FORM.exec(text);
  if (form === null) return undefined;
  const [, prefix, brand, mode] = form;
  if (brand === "live" || brand === "test") return undefined;
  if (text.slice(-CHECKSUM) !== checksum(text.slice(0, -CHECKSUM))) return undefined;
  return new ParsedKey(text, prefix === "pk" ? "publishable" : "secret", mode as KeyMode, brand);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/** CRC-32 (IEEE 802.3) of ASCII as six digits in base62, most significant first. */
function checksum(covered: string): string {
  let crc = 0xffffffff;
  for (let at = 0; at < covered.length; at += 1) {
    crc = (TABLE[(crc ^ covered.charCodeAt(at)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  let rest = (crc ^ 0xffffffff) >>> 0;
  let digits = "";
  for (let at = 0; at < CHECKSUM; at += 1) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

const MESSAGES: Record<KeyFormatCode, string> = {
  empty: "the key is empty",
  too_long: "a key has at most 55 characters, this text has more",
  masked_preview: "this is the masked preview, not the key",
  character: "a key has only letters, digits and underscores, this text has something else",
  prefix: "a key begins with pk_ or sk_",
  mode: "after pk_ or sk_ and the brand, if any, a key has live_ or test_",
  brand: "the word between the kind and the mode is not a brand",
  length: "a key has 38 characters after live_ or test_, so this one was cut or added to",
  checksum: "the checksum does not fit, so at least one character of the key was changed",
};

function whyNot(text: string): KeyFormatError {
  const code = codeOf(text);
  return new KeyFormatError(code, surroundings(text) ?? MESSAGES[code]);
}

function codeOf(text: string): KeyFormatCode {
  if (/^ *$/.test(text)) return "empty";
  const isMasked = /^[ps]k_/.test(text) && /[\u2022*\u2026\u00b7\u25cf]$/.test(text);
  if (isMasked && [...text].length <= LONGEST) return "masked_preview";
  if (new TextEncoder().encode(text).length > LONGEST) return "too_long";
  if (/[^0-9A-Za-z_]/.test(text)) return "character";
  if (!/^[ps]k_/.test(text)) return "prefix";
  const words = text.slice(3).split("_");
  const isMode = (word: string | undefined): boolean => word === "live" || word === "test";
  let random = words.slice(1);
  if (!isMode(words[0])) {
    if (!isMode(words[1])) return "mode";
    if (!/^[a-z][a-z0-9]{1,7}$/.test(words[0] ?? "")) return "brand";
    random = words.slice(2);
  }
  return random.length === 1 && random[0]?.length === TAIL ? "checksum" : "length";
}

const AROUND: readonly [RegExp, string][] = [
  [/[\r\n]/, "line break"],
  [/["'`\u2018\u2019\u201c\u201d\u00ab\u00bb]/, "quotation mark"],
  [/[ \t]/, "space"],
  [/[\u00a0\u200b-\u200d\u2060\ufeff]/, "invisible character"],
];

/** Says what was copied along with a key, when that is what is wrong. */
function surroundings(text: string): string | undefined {
  if (/^bearer\s/i.test(text)) return "the word Bearer stands before the key: leave it out here";
  const trimmed = /[0-9A-Za-z_]+/.exec(text)?.[0];
  if (trimmed === undefined || !/^[ps]k_/.test(trimmed)) return undefined;
  for (const [pattern, name] of AROUND) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const where = found.index === 0 ? "before" : /^[^0-9A-Za-z_]*$/.test(text.slice(found.index)) ? "after" : "in";
    const both = where === "before" && pattern.test(text.slice(-1)) ? "around" : where;
    const many = both === "around" ? `there are ${name}s` : `there is ${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
    return `${many} ${both} the key: remove ${both === "around" ? "them" : "it"}`;
  }
  return undefined;
}

/**
 * Checks that a text can be an operator key, before anything is sent with it.
 *
 * @throws {ConfigurationError} says which other thing it is.
 */
export function checkOperatorKey(text: unknown): string {
  if (typeof text !== "string" || text === "") {
    throw new ConfigurationError("operatorKey is missing: make one with `keystile operator-key create`");
  }
  if (text.startsWith("st_")) throw wrongKey("a session token of a visitor");
  let key: ParsedKey;
  try {
    key = parseKey(text);
  } catch (error) {
    throw new ConfigurationError(`operatorKey is not a key: ${(error as Error).message}`);
  }
  if (key.kind === "publishable") throw wrongKey("a publishable key");
  if (key.brand !== "keystile") throw wrongKey("a customer's secret key");
  return text;
}

function wrongKey(what: string): ConfigurationError {
  return new ConfigurationError(
    `operatorKey is ${what}: an operator key begins with sk_keystile_, make one with \`keystile operator-key create\``,
  );
}
