import { isKey } from "./key.js";
import { looksLikeToken } from "./session.js";

/** A request, as every framework can tell of it. */
export interface Incoming {
  method: string;
  /** Path and query, as they came. */
  target: string;
  /** Every value of a header, in the order in which they came; the name is in lower case. */
  header(name: string): string[];
}

/** What was found of a credential: its text, or why there is none to be asked about. */
export type Found = { key: string } | { code: "missing_credential" | "conflicting_credentials"; message: string };

const MISSING = "no key was sent; send it as `Authorization: Bearer <key>`";
const CONFLICTING = "more than one key was sent; send exactly one";
const IN_URL = "a key was sent in the URL, where it is never read; send it as `Authorization: Bearer <key>`, and replace that key, because URLs are written into logs";

/**
 * Finds the key in the headers that the product reads keys from.
 *
 * `Authorization` may carry something else, such as an end user's own token, as long as another
 * header carries a key. Two keys, equal or not, are a conflict, and so is one of these headers sent
 * twice. A key in the URL is refused wherever else there is one.
 */
export function findCredential(incoming: Incoming, names: readonly string[], foreignPrefixes: readonly string[]): Found {
  let found: string | undefined;
  let other: string | undefined;
  const conflict: Found = { code: "conflicting_credentials", message: CONFLICTING };
  for (const name of names) {
    const values = incoming.header(name.toLowerCase());
    if (values.length > 1) return conflict;
    const value = values[0];
    if (value === undefined) continue;
    const key = name.toLowerCase() === "authorization" ? bearer(value) : value;
    // Some platforms join a header that came twice; no key has a comma.
    if (key?.includes(",")) return conflict;
    if (key === undefined || (name.toLowerCase() === "authorization" && !looksLikeKey(key, foreignPrefixes))) {
      other = key;
      continue;
    }
    if (found !== undefined) return conflict;
    found = key;
  }
  // Whatever follows Bearer is taken when there is nothing else, so that its holder is told what
  // is wrong with it.
  found ??= other;
  if (hasKeyInUrl(incoming.target)) {
    return { code: found === undefined ? "missing_credential" : "conflicting_credentials", message: IN_URL };
  }
  return found === undefined ? { code: "missing_credential", message: MISSING } : { key: found };
}

/** What follows the scheme `Bearer`, in any case (RFC 9110 §11.1), and exactly one space. */
function bearer(value: string): string | undefined {
  return /^bearer ([^]*)$/i.exec(value)?.[1];
}

function looksLikeKey(text: string, foreignPrefixes: readonly string[]): boolean {
  return ["pk_", "sk_", "st_", ...foreignPrefixes].some((prefix) => text.startsWith(prefix));
}

const IN_TEXT = /(?:pk|sk)_(?:[a-z][a-z0-9]{1,7}_)?(?:live|test)_[0-9A-Za-z]{38}|st_[\w-]+\.[\w-]+\.[\w-]+/g;

/** Whether a real key, or a session token, stands anywhere in a URL. */
export function hasKeyInUrl(target: string): boolean {
  let text = target;
  try {
    text = decodeURIComponent(target);
  } catch {
    // What cannot be decoded is looked at as it is.
  }
  return (text.match(IN_TEXT) ?? []).some((found) => isKey(found) || looksLikeToken(found));
}

/**
 * The page that a request comes from, as the JSON door takes it: its `Origin`, or, only without
 * one, its `Referer`'s. A secret key is judged by whether a browser sent it, so its `Referer` only
 * counts when the browser says that it is one.
 */
export function originOf(incoming: Incoming, key: string): string | undefined {
  const origins = incoming.header("origin");
  if (origins.length > 0) return origins.join(", ");
  const fromBrowser = incoming.header("sec-fetch-site").length > 0;
  if (key.startsWith("sk_") && !fromBrowser) return undefined;
  const referers = incoming.header("referer");
  const referer = referers.length === 1 ? /^[^:]+:\/\/[^/?#]*/.exec(referers[0] ?? "")?.[0] : undefined;
  return referer ?? (key.startsWith("sk_") ? "null" : undefined);
}
