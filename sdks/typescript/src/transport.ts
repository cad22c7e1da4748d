import { ApiError, ConfigurationError, ConnectionError, KeystileError, TimeoutError, UnavailableError, UnexpectedAnswerError } from "./errors.js";
import type { FieldError } from "./errors.js";
import type { Operation, RequestOptions } from "./operation.js";
import { revealed, wrapSecrets } from "./secret.js";

/** `fetch`, as far as it is needed here. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What carries requests to Keystile. */
export interface TransportSettings {
  base: string;
  operatorKey: string;
  fetch: Fetch;
  maxRetries: number;
  retryDelay: number;
}

/** The most that is read of one answer, in characters. */
const LONGEST_ANSWER = 16 * 1024 * 1024;

/** Answers after which it makes sense to ask again. */
const PASSING = new Set([502, 503, 504]);

interface Attempt {
  init: RequestInit;
  url: string;
}

/** Sends one call and reads its answer, with all its tries within `timeout` milliseconds. */
export async function send<T>(settings: TransportSettings, operation: Operation, options: RequestOptions, timeout: number): Promise<T> {
  const attempt = prepare(settings, operation, options);
  const canRepeat = operation.verb === "GET" || operation.isSafe === true || operation.takesIdempotencyKey === true;
  const ended = new AbortController();
  const late = new TimeoutError(`Keystile did not answer within ${timeout} ms`);
  const timer = setTimeout(() => ended.abort(late), timeout);
  const cancel = (): void => ended.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", cancel, { once: true });
  if (options.signal?.aborted) cancel();
  try {
    for (let tries = 0; ; tries += 1) {
      try {
        return await once<T>(settings, operation, attempt, ended.signal);
      } catch (error) {
        if (ended.signal.aborted) throw ended.signal.reason;
        if (!canRepeat || tries >= settings.maxRetries || !isPassing(error)) throw error;
        await pause(settings.retryDelay * 2 ** tries * (0.5 + Math.random() / 2), ended.signal);
      }
    }
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", cancel);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ApiError && PASSING.has(error.status));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), failed(signal.reason)), { once: true });
  });
}

function prepare(settings: TransportSettings, operation: Operation, options: RequestOptions): Attempt {
  const headers: Record<string, string> = { accept: "application/json" };
  const credential = operation.credential === undefined ? settings.operatorKey : operation.credential;
  if (credential !== null) headers["authorization"] = `Bearer ${plain(revealed(credential))}`;
  if (operation.takesIdempotencyKey) headers["idempotency-key"] = options.idempotencyKey ?? crypto.randomUUID();
  if (options.origin !== undefined) headers["origin"] = options.origin;
  const init: RequestInit = { method: operation.verb, headers, redirect: "manual" };
  if (typeof operation.body === "string") {
    headers["content-type"] = "application/toml";
    init.body = operation.body;
  } else if (operation.body !== undefined) {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(operation.body);
  }
  return { init, url: settings.base + operation.path + queryOf(operation.query) };
}

/** What cannot stand in a header is no key, and must not be shown by whoever refuses it. */
function plain(credential: string): string {
  if (!/^[!-~]+$/.test(credential)) throw new KeystileError("the key has characters that no key has");
  return credential;
}

function queryOf(query: object | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) search.append(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

async function once<T>(settings: TransportSettings, operation: Operation, { url, init }: Attempt, signal: AbortSignal): Promise<T> {
  let answer: Response;
  let text: string;
  try {
    answer = await Promise.race([settings.fetch(url, { ...init, signal }), aborted(signal)]);
    text = await Promise.race([read(answer), aborted(signal)]);
  } catch (error) {
    if (error instanceof KeystileError) throw error;
    // What `fetch` says may repeat the request, so only its code is passed on.
    throw new ConnectionError(`Keystile cannot be reached at ${settings.base}${reason(error)}`);
  }
  if (answer.type === "opaqueredirect" || (answer.status >= 300 && answer.status < 400)) {
    throw new UnexpectedAnswerError(`${settings.base} redirects elsewhere; nothing is sent there: check \`url\``);
  }
  const json = parsed(text);
  if (!answer.ok) throw problem(settings, answer, json);
  if (typeof json !== "object" || json === null) throw garbage(settings, answer.status);
  if (operation.hasSecret) wrapSecrets(json);
  return json as T;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, failed) => {
    if (signal.aborted) failed(signal.reason);
    signal.addEventListener("abort", () => failed(signal.reason), { once: true });
  });
}

async function read(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return answer.text();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > LONGEST_ANSWER) {
      await reader.cancel();
      throw new UnexpectedAnswerError("the answer is longer than any that Keystile gives");
    }
  }
}

function reason(error: unknown): string {
  const { code } = ((error as { cause?: unknown }).cause ?? {}) as { code?: unknown };
  return typeof code === "string" && /^[A-Z0-9_]+$/.test(code) ? ` (${code})` : "";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problem(settings: TransportSettings, answer: Response, json: unknown): KeystileError {
  const found = (json ?? {}) as { code?: unknown; detail?: unknown; request_id?: string; errors?: FieldError[] };
  const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds : undefined;
  if (typeof found.code !== "string") {
    if (!PASSING.has(answer.status)) return garbage(settings, answer.status);
    const detail = "something between here and Keystile answered in its place";
    return new ApiError(answer.status, { code: "undecided", detail }, retryAfter);
  }
  const { code, request_id, errors } = found;
  const detail = typeof found.detail === "string" ? found.detail : "Keystile refused the call";
  return new ApiError(answer.status, { code, detail, request_id, errors: Array.isArray(errors) ? errors : [] }, retryAfter);
}

function garbage(settings: TransportSettings, status: number): UnavailableError {
  return new UnexpectedAnswerError(`${settings.base} does not answer as Keystile does (status ${status}): check \`url\``);
}

/** The address of an installation, without a slash at its end. */
export function checkUrl(url: unknown): string {
  if (typeof url !== "string" || url === "") throw new ConfigurationError("url is missing: where does Keystile listen?");
  let found: URL;
  try {
    found = new URL(url);
  } catch {
    throw new ConfigurationError("url is not an address such as https://keys.example.com");
  }
  if (found.protocol !== "https:" && found.protocol !== "http:") throw new ConfigurationError("url begins with https:// or http://");
  if (found.username !== "" || found.password !== "" || found.search !== "" || found.hash !== "") {
    throw new ConfigurationError("url is scheme, host, port and path alone: no user, query or fragment");
  }
  return found.origin + found.pathname.replace(/\/+$/, "");
}
