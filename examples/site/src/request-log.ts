import { randomBytes } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { Log } from "./log.js";
import type { SiteEnv } from "./site-env.js";

/**
 * Give each request a name, and write one line about it: what was asked for, how it was answered and how long that took. Nothing
 * of who asked: no address, no query, no cookie, no user.
 */
export function logRequests(log: Log): MiddlewareHandler<SiteEnv> {
  return async (c, next) => {
    const requestId = randomBytes(6).toString("hex");
    c.set("requestId", requestId);
    const beganAt = performance.now();
    await next();
    c.header("X-Request-Id", requestId);
    const { status } = c.res;
    const facts = { requestId, method: c.req.method, path: c.req.path, status, ms: Math.round(performance.now() - beganAt) };
    log[status >= 500 ? "error" : "info"](facts, "request");
  };
}
