import type { Keystile } from "./client.js";
import { findCredential, originOf } from "./credential.js";
import type { Incoming } from "./credential.js";
import { ConfigurationError, KeystileError } from "./errors.js";
import type { VerifyQuestion } from "./client.js";
import { refusalOf } from "./problem.js";
import type { Refusal } from "./problem.js";
import type { Verified } from "./verdict.js";

/** A value, or how to find it in a request. */
export type From<R, T> = T | ((request: R) => T | Promise<T>);

/** What the middleware asks about each request `R` of its framework. */
export interface ProtectOptions<R> {
  /**
   * What is to be done, as in the product's manifest: `POST /v1/events`. Left out, and without
   * `scope`, it is the method and the path of the request.
   */
  operation?: From<R, string>;
  /** The scope that is needed, or several that are needed together. */
  scope?: From<R, string | string[]>;
  /** Ask only whose key it is. */
  authenticateOnly?: boolean;
  /** What the call costs, where the manifest allows a range. */
  cost?: From<R, number | undefined>;
  /** Only sets the cost aside: settle or release it when it is known. */
  reserve?: boolean;
  /** By what a repetition of the call is known, so that it is charged once. */
  idempotencyKey?: From<R, string | undefined>;
  /**
   * The client's address. It is not asked for unless you say how to find it, because only you know
   * which proxy stands before you: `X-Forwarded-For` can be written by anybody.
   */
  ip?: (request: R) => string | undefined | Promise<string | undefined>;
  /** The headers that carry keys. Default: `authorization` and `x-api-key`, as in a manifest. */
  credentialHeaders?: readonly string[];
  /** What `WWW-Authenticate` calls your API. Default `api`. */
  realm?: string;
  /** Is told why nothing could be decided. It changes nothing: the client gets 503. Default: `console.error`. */
  onError?: (error: Error) => void;
}

/** What became of a request. */
export type Admission = { verified: Verified } | { refusal: Refusal };

/** Asks about a request: the way of every middleware, whatever its framework. */
export type Guard<R> = (incoming: Incoming, request: R) => Promise<Admission>;

/** Puts a guard together. */
export function createGuard<R>(keystile: Keystile, options: ProtectOptions<R> = {}): Guard<R> {
  const ways = [options.operation, options.scope, options.authenticateOnly || undefined].filter((way) => way !== undefined);
  if (ways.length > 1) throw new ConfigurationError("say one of operation, scope and authenticateOnly");
  const names = options.credentialHeaders ?? ["authorization", "x-api-key"];
  const realm = options.realm ?? "api";
  const report = options.onError ?? ((error: Error) => console.error(`keystile: ${error.name}: ${error.message}`));

  return async (incoming, request) => {
    const found = findCredential(incoming, names, keystile.foreignPrefixes);
    if ("code" in found) return { refusal: refusalOf(found, realm) };
    try {
      const asked = await question(found.key, incoming, request, options);
      if (!isIdempotencyKey(asked.idempotency_key)) {
        const message = "an idempotency key has 1 to 255 characters";
        return { refusal: refusalOf({ code: "invalid_idempotency_key", message }, realm) };
      }
      const verdict = await keystile.verify(asked);
      return verdict.valid ? { verified: verdict } : { refusal: refusalOf(verdict, realm) };
    } catch (error) {
      report(error instanceof KeystileError ? error : new KeystileError("the request could not be asked about", { cause: error }));
      const message = "it could not be decided whether the key is good; try again later";
      return { refusal: refusalOf({ code: "undecided", message }, realm) };
    }
  };
}

async function question<R>(key: string, incoming: Incoming, request: R, options: ProtectOptions<R>): Promise<VerifyQuestion> {
  const asked: VerifyQuestion = { key };
  if (options.authenticateOnly) asked.authenticate_only = true;
  else if (options.scope !== undefined) asked.scope = await told(options.scope, request);
  else asked.operation = options.operation === undefined ? operationOf(incoming) : await told(options.operation, request);
  const origin = originOf(incoming, key);
  if (origin !== undefined) asked.origin = origin;
  const ip = await options.ip?.(request);
  if (ip !== undefined) asked.ip = ip;
  const cost = await told(options.cost, request);
  if (cost !== undefined) asked.cost = cost;
  if (options.reserve) asked.reserve = true;
  const idempotencyKey = await told(options.idempotencyKey, request);
  if (idempotencyKey !== undefined) asked.idempotency_key = idempotencyKey;
  return asked;
}

/** Clients choose it in many APIs, so one that cannot be is their mistake. */
function isIdempotencyKey(key: string | null | undefined): boolean {
  return key == null || (key !== "" && [...key].length <= 255);
}

async function told<R, T>(from: From<R, T> | undefined, request: R): Promise<T> {
  return typeof from === "function" ? (from as (request: R) => T | Promise<T>)(request) : (from as T);
}

/** Method and path, as they came: the manifest's templates match them raw. */
function operationOf({ method, target }: Incoming): string {
  return `${method} ${target.split(/[?#]/, 1)[0] ?? ""}`;
}
