import type { Keystile } from "./client.js";
import type { Incoming } from "./credential.js";
import { createGuard } from "./guard.js";
import type { ProtectOptions } from "./guard.js";
import type { Refusal } from "./problem.js";
import type { Verified } from "./verdict.js";

/** A request of the Fetch standard, as edge runtimes, Hono and Next have it. */
export function ofFetch(request: Request): Incoming {
  const target = request.url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  return {
    method: request.method,
    target: target === "" ? "/" : target,
    header: (name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [value];
    },
  };
}

/** A refusal as an answer of the Fetch standard. */
export function responseOf({ status, headers, body }: Refusal): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

/**
 * A guard for anything that is handed a `Request`: edge runtimes, Deno, Bun, service workers.
 *
 * ```ts
 * const guard = protect(keystile, { scope: "events:read" });
 * const found = await guard(request);
 * if (found instanceof Response) return found;
 * ```
 */
export function protect(keystile: Keystile, options: ProtectOptions<Request> = {}): (request: Request) => Promise<Verified | Response> {
  const guard = createGuard(keystile, options);
  return async (request) => {
    const found = await guard(ofFetch(request), request);
    return "refusal" in found ? responseOf(found.refusal) : found.verified;
  };
}
