import { masked } from "./secret.js";

/** One field that was wrong (RFC 9457 extension member `errors`). */
export interface FieldError {
  /** Where in the body, as a JSON pointer (RFC 6901); `?name` for a query parameter. */
  pointer: string;
  /** What is wrong and what to do. */
  message: string;
}

/** Everything this package throws. No message ever contains a key. */
export class KeystileError extends Error {
  override name = "KeystileError";
}

/** The client was put together wrongly: an address or a key that cannot be right. */
export class ConfigurationError extends KeystileError {
  override name = "ConfigurationError";
}

/** A text that is not a key; {@link KeyFormatError.code} says why, in the words of `conformance/keys.json`. */
export class KeyFormatError extends KeystileError {
  override name = "KeyFormatError";
  /** A stable word: `empty`, `too_long`, `masked_preview`, `character`, `prefix`, `mode`, `brand`, `length` or `checksum`. */
  readonly code: KeyFormatCode;

  constructor(code: KeyFormatCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Why a text is not a key. */
export type KeyFormatCode =
  | "empty"
  | "too_long"
  | "masked_preview"
  | "character"
  | "prefix"
  | "mode"
  | "brand"
  | "length"
  | "checksum";

/** Keystile answered with a problem (RFC 9457). */
export class ApiError extends KeystileError {
  override name = "ApiError";
  /** The HTTP status. */
  readonly status: number;
  /** A stable word for programs. */
  readonly code: string;
  /** The request, as Keystile's log knows it. */
  readonly requestId: string | undefined;
  /** What is wrong with which field. */
  readonly errors: readonly FieldError[];
  /** After how many seconds it makes sense to try again. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    problem: { code: string; detail: string; request_id?: string; errors?: FieldError[] },
    retryAfter?: number,
  ) {
    super(masked(`${problem.detail} (${status} ${problem.code})`));
    this.status = status;
    this.code = masked(problem.code);
    this.requestId = problem.request_id;
    this.errors = (problem.errors ?? []).map(({ pointer, message }) => ({ pointer, message: masked(message) }));
    this.retryAfter = retryAfter;
  }
}

/** Nothing was decided: whoever asked must not go on as if the answer were yes. */
export class UnavailableError extends KeystileError {
  override name = "UnavailableError";
}

/** Keystile could not be reached, or the connection broke. */
export class ConnectionError extends UnavailableError {
  override name = "ConnectionError";
}

/** Keystile did not answer in time. */
export class TimeoutError extends UnavailableError {
  override name = "TimeoutError";
}

/** What answered is not Keystile, or not one that this version understands. */
export class UnexpectedAnswerError extends UnavailableError {
  override name = "UnexpectedAnswerError";
}

/** Why a session token is refused. */
export type SessionTokenCode =
  | "malformed"
  | "unknown_signer"
  | "bad_signature"
  | "wrong_issuer"
  | "wrong_audience"
  | "wrong_origin"
  | "expired"
  | "not_yet_valid";

/** A session token that is not good here and now. */
export class SessionTokenError extends KeystileError {
  override name = "SessionTokenError";
  /** A stable word. */
  readonly code: SessionTokenCode;

  constructor(code: SessionTokenCode, message: string) {
    super(message);
    this.code = code;
  }
}
