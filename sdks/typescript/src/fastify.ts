import type { FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import type { Keystile } from "./client.js";
import { KeystileError } from "./errors.js";
import { createGuard } from "./guard.js";
import type { ProtectOptions } from "./guard.js";
import { ofNode } from "./node.js";
import type { Verified } from "./verdict.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Whose call this is; there once the hook has let it through. */
    keystile?: Verified;
  }
}

/**
 * An `onRequest` hook for Fastify, for all routes or for one.
 *
 * ```ts
 * app.addHook("onRequest", protect(keystile));
 * ```
 */
export function protect(keystile: Keystile, options: ProtectOptions<FastifyRequest> = {}): onRequestAsyncHookHandler {
  const guard = createGuard(keystile, options);
  return async (request, reply) => {
    const found = await guard(ofNode(request.raw, request.originalUrl), request);
    if ("refusal" in found) {
      const { status, headers, body } = found.refusal;
      return reply.code(status).headers(headers).send(new TextEncoder().encode(JSON.stringify(body)));
    }
    request.keystile = found.verified;
  };
}

/** Whose call a request is. @throws {KeystileError} on a route that the hook does not guard. */
export function verified(request: FastifyRequest): Verified {
  if (request.keystile === undefined) throw new KeystileError("this route is not behind protect(keystile)");
  return request.keystile;
}
