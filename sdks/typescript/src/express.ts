import type { Request, RequestHandler } from "express";
import type { Keystile } from "./client.js";
import { KeystileError } from "./errors.js";
import { createGuard } from "./guard.js";
import type { ProtectOptions } from "./guard.js";
import { ofNode } from "./node.js";
import type { Verified } from "./verdict.js";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** Whose call this is; there once the middleware has let it through. */
      keystile?: Verified;
    }
  }
}

/**
 * Middleware for Express: lets a call through when its key is good, and answers it otherwise.
 *
 * ```ts
 * app.use("/v1", protect(keystile));
 * ```
 */
export function protect(keystile: Keystile, options: ProtectOptions<Request> = {}): RequestHandler {
  const guard = createGuard(keystile, options);
  return (request, response, next) => {
    guard(ofNode(request, request.originalUrl), request)
      .then((found) => {
        if ("refusal" in found) {
          const { status, headers, body } = found.refusal;
          response.status(status).set(headers).end(JSON.stringify(body));
          return;
        }
        request.keystile = found.verified;
        next();
      })
      .catch(next);
  };
}

/** Whose call a request is. @throws {KeystileError} on a route that the middleware does not guard. */
export function verified(request: Request): Verified {
  if (request.keystile === undefined) throw new KeystileError("this route is not behind protect(keystile)");
  return request.keystile;
}
