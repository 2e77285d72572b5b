import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";

/**
 * Refuse what another site has a browser send here. Browsers say where a form came from (Origin), and most also what that is to
 * us (Sec-Fetch-Site); only a page of our own may change anything. The token in each form is the second lock on this door.
 */
export function sameOriginOnly(origin: string | undefined): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === "GET" || c.req.method === "HEAD") return await next();
    const from = c.req.header("origin");
    const isOurs = from === undefined ? c.req.header("sec-fetch-site") === "same-origin" : isFrom(from, origin, c.req.header("host"));
    if (!isOurs) throw new HTTPException(403, { message: "formExpired" });
    return await next();
  };
}

function isFrom(from: string, origin: string | undefined, host: string | undefined): boolean {
  if (origin !== undefined && from === origin) return true;
  // Behind a proxy that ends TLS the scheme is not ours to know; the host is what was asked for.
  return URL.canParse(from) && new URL(from).host === host;
}
