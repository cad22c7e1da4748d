import type { Context, MiddlewareHandler } from "hono";
import type { Keystile } from "./client.js";
import { ofFetch, responseOf } from "./fetch.js";
import { createGuard } from "./guard.js";
import type { ProtectOptions } from "./guard.js";
import type { Verified } from "./verdict.js";

declare module "hono" {
  interface ContextVariableMap {
    /** Whose call this is; there behind the middleware. */
    keystile: Verified;
  }
}

/**
 * Middleware for Hono.
 *
 * ```ts
 * app.use("/v1/*", protect(keystile));
 * app.get("/v1/events", (c) => c.json({ organization: c.get("keystile").organization.id }));
 * ```
 */
export function protect(keystile: Keystile, options: ProtectOptions<Context> = {}): MiddlewareHandler {
  const guard = createGuard(keystile, options);
  return async (c, next) => {
    const found = await guard(ofFetch(c.req.raw), c);
    if ("refusal" in found) return responseOf(found.refusal);
    c.set("keystile", found.verified);
    return next();
  };
}
