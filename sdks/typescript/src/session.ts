import { ConfigurationError, ConnectionError, SessionTokenError, TimeoutError, UnexpectedAnswerError } from "./errors.js";
import type { SessionTokenCode } from "./errors.js";
import { Secret, revealed } from "./secret.js";
import { checkUrl } from "./transport.js";
import type { Fetch } from "./transport.js";

const LONGEST_TOKEN = 2048;
const LONGEST_LIFE = 900;
/** The four bits that 64 bytes leave over in the last digit are zero (RFC 4648, section 3.5): a token has one writing. */
const TOKEN = /^st_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{85}[AQgw])$/;

/** How session tokens are checked. */
export interface SessionTokensOptions {
  /** The `--public-url` of the installation, which tokens name as their issuer. */
  issuer: string;
  /** The product's slug, which tokens name as their audience. */
  product: string;
  /** Where the public keys are. Default: `/.well-known/jwks.json` below the issuer. */
  jwksUrl?: string;
  /** By how many seconds clocks may differ. Default 5, at most 60. */
  leeway?: number;
  /** For how many seconds the public keys are kept. Default 300, which is the most. */
  cacheFor?: number;
  /** How long fetching the public keys may take, in milliseconds. Default 2000. */
  timeout?: number;
  /** The `fetch` to use. Default: the global one. */
  fetch?: Fetch;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  now?: () => number;
}

/** What a session token says. */
export interface SessionClaims {
  /** The installation. */
  iss: string;
  /** The product. */
  aud: string;
  /** The visitor, `vis_…`. */
  sub: string;
  /** The session, `ses_…`. */
  jti: string;
  /** When it was made, in seconds since 1970. */
  iat: number;
  /** When it ends, in seconds since 1970. */
  exp: number;
  /** What the session may do. */
  scopes: string[];
  /** The page it was made for; absent when there was none. */
  origin?: string;
  /** The id of the key it was made with. */
  key: string;
  /** The value of that key, which is public. */
  publishable_key: string;
  organization: string;
  environment: string;
}

/** Whether a text has the form of a session token. */
export function looksLikeToken(text: string): boolean {
  return text.length <= LONGEST_TOKEN && TOKEN.test(text);
}

interface Known {
  keys: Map<string, CryptoKey>;
  at: number;
}

/** For so long after a fetch, an unknown signer does not cause another one, in milliseconds. */
const BETWEEN_FETCHES = 10_000;

/**
 * Checks session tokens offline, by the installation's public keys: needs no operator key, and asks
 * Keystile once in five minutes.
 *
 * Whoever checks offline does not hear of a revoke: such a token lives out its few minutes. Ask
 * `keystile.verify` where that matters.
 */
export class SessionTokens {
  readonly #options: Required<Omit<SessionTokensOptions, "fetch">>;
  readonly #fetch: Fetch;
  #known: Known | undefined;
  #asked = Number.NEGATIVE_INFINITY;
  #loading: Promise<Known> | undefined;

  /** @throws {ConfigurationError} when a setting cannot be right. */
  constructor(options: SessionTokensOptions) {
    const issuer = checkUrl(options.issuer);
    if (typeof options.product !== "string" || options.product === "") throw new ConfigurationError("product is missing: tokens name it as their audience");
    const { leeway = 5, cacheFor = 300, timeout = 2000 } = options;
    if (!(leeway >= 0 && leeway <= 60)) throw new ConfigurationError("leeway is a number of seconds from 0 to 60");
    if (!(cacheFor >= 0 && cacheFor <= 300)) throw new ConfigurationError("cacheFor is a number of seconds from 0 to 300");
    const jwksUrl = checkUrl(options.jwksUrl ?? `${issuer}/.well-known/jwks.json`);
    this.#options = { issuer: options.issuer, product: options.product, jwksUrl, leeway, cacheFor, timeout, now: options.now ?? Date.now };
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
  }

  /**
   * Checks signature, issuer, audience, time and origin, and says what the token says.
   *
   * `origin` is the `Origin` header of the request. A token that was made for a page is refused
   * without it.
   *
   * @throws {SessionTokenError} says what is wrong with the token.
   * @throws {UnavailableError} when the public keys cannot be had.
   */
  async verify(token: string | Secret, { origin }: { origin?: string | null } = {}): Promise<SessionClaims> {
    const text = revealed(token);
    const form = looksLikeToken(text) ? TOKEN.exec(text) : null;
    if (form === null) throw refused("malformed", "this is not a session token: it is st_ and three parts in base64url");
    const [, head = "", body = "", signature = ""] = form;
    const header = decoded(head) as { alg?: unknown; kid?: unknown; crit?: unknown } | undefined;
    if (header?.alg !== "EdDSA" || typeof header.kid !== "string" || header.crit !== undefined) {
      throw refused("malformed", "the token's header is none that Keystile writes");
    }
    const key = await this.#signer(header.kid);
    if (key === undefined) throw refused("unknown_signer", "the token was not signed by this installation, or its key has ended");
    const signed = new TextEncoder().encode(`${head}.${body}`);
    const fits = await crypto.subtle.verify({ name: "Ed25519" }, key, bytes(signature) as BufferSource, signed as BufferSource);
    if (!fits) throw refused("bad_signature", "the signature does not fit the token");
    return this.#judged(decoded(body), origin ?? undefined);
  }

  #judged(found: unknown, origin: string | undefined): SessionClaims {
    const { issuer, product, leeway, now } = this.#options;
    const claims = (found ?? {}) as Omit<SessionClaims, "scopes"> & { scope: string };
    const texts = [claims.iss, claims.aud, claims.sub, claims.jti, claims.scope, claims.key, claims.publishable_key, claims.organization, claims.environment];
    const times = Number.isInteger(claims.exp) && Number.isInteger(claims.iat) && claims.exp - claims.iat <= LONGEST_LIFE;
    if (texts.some((text) => typeof text !== "string") || !times) throw refused("malformed", "the claims are not those of a session");
    if (claims.iss !== issuer) throw refused("wrong_issuer", `the token was made by ${claims.iss}, not by ${issuer}`);
    if (claims.aud !== product) throw refused("wrong_audience", `the token is for the product ${claims.aud}, not for ${product}`);
    const seconds = now() / 1000;
    if (claims.exp + leeway <= seconds) throw refused("expired", `the session ended at ${new Date(claims.exp * 1000).toISOString()}`);
    if (claims.iat - leeway > seconds) throw refused("not_yet_valid", "the token was made in the future: compare the clocks of this machine and of Keystile");
    if (claims.origin !== undefined && claims.origin !== origin) {
      const from = origin === undefined ? "the request has no Origin" : "the request comes from another page";
      throw refused("wrong_origin", `the token was made for ${claims.origin}, and ${from}`);
    }
    const { scope, ...rest } = claims;
    return { ...rest, scopes: scope === "" ? [] : scope.split(" ") };
  }

  /** An unknown signer may be a new one: the keys are fetched again, but not for every made-up token. */
  async #signer(kid: string): Promise<CryptoKey | undefined> {
    const { now, cacheFor } = this.#options;
    if (this.#known === undefined || now() - this.#known.at >= cacheFor * 1000) return (await this.#load()).keys.get(kid);
    const key = this.#known.keys.get(kid);
    if (key !== undefined || now() - this.#asked < BETWEEN_FETCHES) return key;
    return (await this.#load()).keys.get(kid);
  }

  /** Many tokens at once wait for one fetch. */
  #load(): Promise<Known> {
    this.#loading ??= this.#fetched().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #fetched(): Promise<Known> {
    const { jwksUrl, timeout, now } = this.#options;
    this.#asked = now();
    const ended = new AbortController();
    const late = new TimeoutError(`the public keys did not come within ${timeout} ms`);
    const tooLate = new Promise<never>((_, failed) => ended.signal.addEventListener("abort", () => failed(late), { once: true }));
    const timer = setTimeout(() => ended.abort(late), timeout);
    try {
      const fetching = this.#fetch(jwksUrl, { headers: { accept: "application/json" }, redirect: "manual", signal: ended.signal });
      const answer = await Promise.race([fetching, tooLate]);
      if (answer.status !== 200) throw new UnexpectedAnswerError(`${jwksUrl} answers ${answer.status}: check \`issuer\` and \`jwksUrl\``);
      const keys = await imported(await Promise.race([answer.json(), tooLate]));
      return (this.#known = { keys, at: now() });
    } catch (error) {
      if (ended.signal.aborted) throw late;
      if (error instanceof UnexpectedAnswerError) throw error;
      if (error instanceof SyntaxError) throw new UnexpectedAnswerError(`${jwksUrl} does not answer with public keys`);
      throw new ConnectionError(`the public keys cannot be had from ${jwksUrl}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function imported(set: unknown): Promise<Map<string, CryptoKey>> {
  const { keys } = (set ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new UnexpectedAnswerError("what was fetched is not a set of public keys");
  const found = new Map<string, CryptoKey>();
  for (const key of keys as { kty?: unknown; crv?: unknown; kid?: unknown; x?: unknown }[]) {
    if (key?.kty !== "OKP" || key.crv !== "Ed25519" || typeof key.kid !== "string" || typeof key.x !== "string") continue;
    const raw = bytes(key.x);
    if (raw.length === 32) found.set(key.kid, await crypto.subtle.importKey("raw", raw as BufferSource, { name: "Ed25519" }, false, ["verify"]));
  }
  return found;
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes(part)));
  } catch {
    return undefined;
  }
}

function bytes(part: string): Uint8Array {
  const text = atob(part.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function refused(code: SessionTokenCode, message: string): SessionTokenError {
  return new SessionTokenError(code, message);
}
