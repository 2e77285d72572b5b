import type { MiddlewareHandler } from "hono";

/** Send whoever is not logged in to the log-in, and from there back. A form that arrives without a log-in is not read. */
export const memberOnly: MiddlewareHandler = async (c, next) => {
  const visitor: unknown = c.get("visitor");
  const isKnown = typeof visitor === "object" && visitor !== null && "user" in visitor && visitor.user !== undefined;
  if (isKnown) return await next();
  const back = c.req.method === "GET" ? `?back=${encodeURIComponent(c.req.path)}` : "";
  return c.redirect(`/log-in${back}`, 303);
};
