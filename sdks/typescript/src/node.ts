import type { IncomingMessage } from "node:http";
import type { Incoming } from "./credential.js";

/**
 * A request of Node's own server. Headers are read as they came, because Node drops the second
 * `Authorization` and joins other headers that come twice.
 */
export function ofNode(request: IncomingMessage, target: string): Incoming {
  const raw = request.rawHeaders;
  return {
    method: request.method ?? "",
    target,
    header: (name) => raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name),
  };
}
