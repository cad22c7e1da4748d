import type { Keystile } from "./client.js";
import { ofFetch, responseOf } from "./fetch.js";
import { createGuard } from "./guard.js";
import type { ProtectOptions } from "./guard.js";
import type { Verified } from "./verdict.js";

/**
 * Wraps a route handler of Next's app router. The handler is told whose call it is, and then what
 * Next tells handlers.
 *
 * ```ts
 * export const POST = protect(keystile, async (request, verified) =>
 *   Response.json({ organization: verified.organization.id }));
 * ```
 */
export function protect<R extends Request, C = unknown>(
  keystile: Keystile,
  handler: (request: R, verified: Verified, context: C) => Response | Promise<Response>,
  options: ProtectOptions<R> = {},
): (request: R, context: C) => Promise<Response> {
  const guard = createGuard<R>(keystile, options);
  return async (request, context) => {
    const found = await guard(ofFetch(request), request);
    return "refusal" in found ? responseOf(found.refusal) : handler(request, found.verified, context);
  };
}
