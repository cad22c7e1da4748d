import { ConfigurationError, type KeyFormatError } from "./errors.js";
import { Resources } from "./generated/resources.js";
import type { VerifyRequest } from "./generated/types.js";
import { checkOperatorKey, parseKey } from "./key.js";
import type { Caller, Operation, RequestOptions } from "./operation.js";
import { Pages } from "./pages.js";
import type { Page } from "./pages.js";
import { INSPECT, Secret, revealed } from "./secret.js";
import { looksLikeToken } from "./session.js";
import { checkUrl, send } from "./transport.js";
import type { Fetch, TransportSettings } from "./transport.js";
import { readVerdict } from "./verdict.js";
import type { Refused, Verdict } from "./verdict.js";

/** How a client is put together. */
export interface KeystileOptions {
  /** Where Keystile listens, such as `https://keys.example.com`. Missing is an error at once. */
  url: string | undefined;
  /**
   * An operator key. Bind it to the product and the environment it serves:
   * `keystile operator-key create NAME --product P --environment E --scope keys:verify`.
   */
  operatorKey: string | undefined;
  /** The product, when the operator key is not bound to one. */
  product?: string;
  /** The environment by name, when the operator key is not bound to one. */
  environment?: string;
  /** How long a verify may take with all its tries, in milliseconds. Default 2000. */
  timeout?: number;
  /** How long any other call may take with all its tries, in milliseconds. Default 30 000. */
  manageTimeout?: number;
  /** How often a call that may be repeated is repeated. Default 2. */
  maxRetries?: number;
  /** How long to wait before the first repetition, in milliseconds; each further wait is twice as long. Default 50. */
  retryDelay?: number;
  /** How keys of another system begin, where the product's manifest has `[[foreign_formats]]`. */
  foreignPrefixes?: readonly string[];
  /** The `fetch` to use, such as one with a proxy. Default: the global one. */
  fetch?: Fetch;
}

/** A question about one key. Its names are those of the API. */
export type VerifyQuestion = Omit<VerifyRequest, "key"> & {
  /** The key that was presented to you, or the token of a session, as it came. */
  key: string | Secret;
};

const LONGEST_FOREIGN = 255;

/**
 * Keystile, as seen from a server: {@link Keystile.verify} for the read path, and one property for
 * each resource of the API.
 */
export class Keystile extends Resources {
  readonly #settings: TransportSettings;
  readonly #options: KeystileOptions;

  /** @throws {ConfigurationError} when the address or the key cannot be right. */
  constructor(options: KeystileOptions) {
    const caller: Caller = {
      send: (operation, given) => this.#send(operation, given, this.#options.manageTimeout ?? 30_000),
      pages: (operation, given) => this.#pages(operation, given),
    };
    super(caller);
    const { timeout = 2000, manageTimeout = 30_000, maxRetries = 2, retryDelay = 50 } = options;
    for (const [name, value] of Object.entries({ timeout, manageTimeout })) {
      if (!(value > 0 && value <= 2 ** 31 - 1)) throw new ConfigurationError(`${name} is a number of milliseconds above 0`);
    }
    if (!(maxRetries >= 0 && maxRetries <= 10)) throw new ConfigurationError("maxRetries is a number from 0 to 10");
    this.#settings = {
      base: checkUrl(options.url),
      operatorKey: checkOperatorKey(options.operatorKey),
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
      maxRetries,
      retryDelay,
    };
    const { operatorKey: _, ...rest } = options;
    this.#options = { ...rest, timeout, manageTimeout, operatorKey: "" };
  }

  /**
   * Asks whether a key is good for a call. A key that is malformed is refused here, and never sent.
   *
   * @throws {UnavailableError} when nothing could be decided: that is never a yes.
   * @throws {ApiError} when the question or the operator key is wrong, or Keystile cannot decide.
   */
  async verify(question: VerifyQuestion, options: RequestOptions = {}): Promise<Verdict> {
    const refused = this.#refusedHere(question);
    if (refused !== undefined) return refused;
    const operation = verifyOperation("verifyKey", "/v1/keys/verify", this.#complete(question));
    return readVerdict(await this.#send(operation, options, this.#options.timeout ?? 2000), this.credits);
  }

  /** Asks up to 100 questions at once; the verdicts come in their order. One that cannot be decided has the code `undecided`. */
  async verifyBatch(questions: readonly VerifyQuestion[], options: RequestOptions = {}): Promise<Verdict[]> {
    const verdicts: (Verdict | undefined)[] = questions.map((question) => this.#refusedHere(question));
    const requests = questions.filter((_, at) => verdicts[at] === undefined).map((question) => this.#complete(question));
    if (requests.length > 0) {
      const operation = verifyOperation("verifyKeys", "/v1/keys/verify_batch", { requests });
      const answer = await this.#send<{ results: unknown[] }>(operation, options, this.#options.timeout ?? 2000);
      const results = Array.isArray(answer.results) && answer.results.length === requests.length ? answer.results : [];
      let next = 0;
      verdicts.forEach((verdict, at) => {
        if (verdict === undefined) verdicts[at] = readVerdict(results[next++], this.credits);
      });
    }
    return verdicts as Verdict[];
  }

  /** How keys of another system begin. */
  get foreignPrefixes(): readonly string[] {
    return this.#options.foreignPrefixes ?? [];
  }

  /** A verdict that needs nobody to be asked: the key has no form that could be good. */
  #refusedHere({ key }: VerifyQuestion): Refused | undefined {
    const text = revealed(key);
    if (typeof text !== "string") throw new TypeError("key is the text of a key");
    if (text.startsWith("st_")) {
      return looksLikeToken(text) ? undefined : refused("invalid_session", "the session token is cut off or not one of ours");
    }
    try {
      parseKey(text);
      return undefined;
    } catch (error) {
      const isForeign = this.foreignPrefixes.some((prefix) => text.startsWith(prefix));
      if (isForeign && text.length <= LONGEST_FOREIGN && /^[!-~]+$/.test(text)) return undefined;
      return refused("malformed_key", (error as KeyFormatError).message);
    }
  }

  /**
   * Fills in what the client knows. A question that may cost credits is given an `idempotency_key`,
   * so that it can be asked again without being charged again.
   */
  #complete(question: VerifyQuestion): VerifyRequest {
    const { product, environment } = this.#options;
    const complete: VerifyRequest = { ...question, key: revealed(question.key) };
    if (product !== undefined) complete.product ??= product;
    if (environment !== undefined && !complete.mode) complete.environment ??= environment;
    if (complete.operation && this.#settings.maxRetries > 0) complete.idempotency_key ??= crypto.randomUUID();
    return complete;
  }

  #send<T>(operation: Operation, options: RequestOptions | undefined, timeout: number): Promise<T> {
    return send<T>(this.#settings, operation, options ?? {}, options?.timeout ?? timeout);
  }

  #pages<T>(operation: Operation, options: RequestOptions | undefined): Pages<T> {
    const load = (cursor: string | undefined): Promise<Page<T>> => {
      const query = cursor === undefined ? operation.query : { ...operation.query, cursor };
      return this.#send<Page<T>>({ ...operation, query }, options, this.#options.manageTimeout ?? 30_000);
    };
    return new Pages(load);
  }

  override toString(): string {
    return `Keystile(${this.#settings.base})`;
  }

  toJSON(): { url: string } {
    return { url: this.#settings.base };
  }

  [INSPECT](): string {
    return this.toString();
  }
}

function refused(code: string, message: string): Refused {
  return { valid: false, code, message };
}

/** Repeating is safe when nothing can be charged twice. */
function verifyOperation(id: string, path: string, body: VerifyRequest | { requests: VerifyRequest[] }): Operation {
  const all = "requests" in body ? body.requests : [body];
  const isSafe = all.every((request) => request.idempotency_key || (!request.operation && !request.cost && !request.reserve));
  return { id, verb: "POST", path, body, isSafe };
}

