import type { Verdict } from "./verdict.js";
import { masked } from "./secret.js";

/** The body of a refusal (RFC 9457). */
export interface ProblemBody {
  type: "about:blank";
  title: string;
  status: number;
  code: string;
  detail: string;
  request_id?: string;
  missing_scope?: string;
}

/** A refusal, ready to be sent by any framework. */
export interface Refusal {
  status: number;
  headers: Record<string, string>;
  body: ProblemBody;
}

/** What is known of a refusal. */
export type Reason = Pick<Verdict, "code" | "message" | "since" | "missing_scope" | "rate_limit" | "request_id">;

interface Wire {
  status: number;
  /** The `error` of RFC 6750 §3.1; without one the challenge is bare. */
  oauth?: string;
}

const TOKEN: Wire = { status: 401, oauth: "invalid_token" };
const FORBIDDEN: Wire = { status: 403 };
const UNDECIDED: Wire = { status: 503 };

/** From a code to what stands on the wire: the one table, as every door of Keystile has it. */
const TABLE: ReadonlyMap<string, Wire> = new Map<string, Wire>([
  ["missing_credential", { status: 401 }],
  ["conflicting_credentials", { status: 400, oauth: "invalid_request" }],
  ["malformed_key", TOKEN],
  ["unknown_key", TOKEN],
  ["invalid_session", TOKEN],
  ["revoked_key", TOKEN],
  ["expired_key", TOKEN],
  ["disabled_key", TOKEN],
  ["organization_suspended", FORBIDDEN],
  ["unknown_host", FORBIDDEN],
  ["wrong_environment", FORBIDDEN],
  ["secret_key_in_browser", FORBIDDEN],
  ["origin_not_allowed", FORBIDDEN],
  ["ip_not_allowed", FORBIDDEN],
  ["unknown_operation", FORBIDDEN],
  ["insufficient_scope", { status: 403, oauth: "insufficient_scope" }],
  ["rate_limited", { status: 429 }],
  ["spend_cap_reached", { status: 402 }],
  ["credits_exhausted", { status: 402 }],
  ["idempotency_conflict", { status: 409 }],
  ["invalid_idempotency_key", { status: 400 }],
  ["undecided", UNDECIDED],
  ["spend_unknown", UNDECIDED],
]);

const TITLES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  409: "Conflict",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** The refusal of a call. A code that this version does not know refuses as 403. */
export function refusalOf(reason: Reason, realm: string): Refusal {
  const wire = TABLE.get(reason.code) ?? FORBIDDEN;
  const { status } = wire;
  const detail = masked(typeof reason.since === "string" ? `${reason.message}, since ${reason.since}` : reason.message);
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (status === 401 || wire.oauth !== undefined) headers["www-authenticate"] = challenge(realm, wire, detail, reason.missing_scope);
  const limit = reason.rate_limit;
  if (status === 429 && limit) {
    headers["retry-after"] = String(Math.max(1, limit.reset_seconds));
    headers["ratelimit-policy"] = `"keystile";q=${limit.limit}`;
    headers["ratelimit"] = `"keystile";r=${limit.remaining};t=${limit.reset_seconds}`;
  }
  if (status === 503) headers["retry-after"] = "1";
  const body: ProblemBody = { type: "about:blank", title: TITLES[status] ?? "", status, code: reason.code, detail };
  if (typeof reason.request_id === "string") body.request_id = reason.request_id;
  if (typeof reason.missing_scope === "string") body.missing_scope = reason.missing_scope;
  return { status, headers, body };
}

/** The value of `WWW-Authenticate` (RFC 6750 §3). */
function challenge(realm: string, wire: Wire, detail: string, scope: string | null | undefined): string {
  let value = `Bearer realm="${quoted(realm)}"`;
  if (wire.oauth !== undefined) value += `, error="${wire.oauth}", error_description="${quoted(detail)}"`;
  if (typeof scope === "string") value += `, scope="${quoted(scope)}"`;
  return value;
}

/** What may stand between quotes in a header. */
function quoted(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^ -~]/g, "?");
}
