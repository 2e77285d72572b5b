import { randomBytes } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { SiteEnv } from "./site-env.js";

/** Writes one line of JSON. */
export type WriteLine = (line: Readonly<Record<string, string | number>>) => void;

export const writeToStdout: WriteLine = (line) => void process.stdout.write(`${JSON.stringify(line)}\n`);

/**
 * Give each request a name, and write one line about it: what was asked for, how it was answered and how long that took. Nothing
 * of who asked: no address, no query, no cookie, no user.
 */
export function logRequests(write: WriteLine): MiddlewareHandler<SiteEnv> {
  return async (c, next) => {
    const requestId = randomBytes(6).toString("hex");
    c.set("requestId", requestId);
    const beganAt = performance.now();
    await next();
    c.header("X-Request-Id", requestId);
    write({
      level: c.res.status >= 500 ? "error" : "info",
      time: new Date().toISOString(),
      requestId,
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(performance.now() - beganAt),
    });
  };
}
