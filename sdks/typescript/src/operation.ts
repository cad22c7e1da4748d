import { KeystileError } from "./errors.js";
import type { Pages } from "./pages.js";
import type { Secret } from "./secret.js";

/** A key or token that is sent in place of the operator key. */
export type Credential = string | Secret;

/** What one call may be told beside its own parameters. */
export interface RequestOptions {
  /** The time for the whole call with its retries, in milliseconds. */
  timeout?: number;
  /** Ends the call early. */
  signal?: AbortSignal;
  /**
   * By what a repetition of a creating call is known for 24 hours. One is made up when it is left
   * out, so that the call can be tried again when the network fails.
   */
  idempotencyKey?: string;
  /** The page a session is made for: only for `sessions.create`. */
  origin?: string;
}

/** One call of the API, as the generated part describes it. */
export interface Operation {
  /** Its name in the interface description. */
  id: string;
  verb: string;
  /** From the root, each variable part encoded. */
  path: string;
  query?: object;
  /** Sent as JSON; a text is sent as TOML. */
  body?: object | string;
  /** What is sent in place of the operator key; `null` sends nothing. */
  credential?: Credential | null;
  takesIdempotencyKey?: boolean;
  /** Whether the answer may have a secret to be wrapped. */
  hasSecret?: boolean;
  /** Whether trying again cannot do any harm. */
  isSafe?: boolean;
}

/** Who carries calls out. */
export interface Caller {
  send<T>(operation: Operation, options?: RequestOptions): Promise<T>;
  pages<T>(operation: Operation, options?: RequestOptions): Pages<T>;
}

/** One part of a path. An empty one, or one of dots, would lead elsewhere. */
export function segment(name: string, value: string): string {
  if (typeof value !== "string" || value === "" || value === "." || value === "..") {
    throw new KeystileError(`${name} is ${value === undefined ? "missing" : "empty or made of dots"}`);
  }
  return encodeURIComponent(value);
}
