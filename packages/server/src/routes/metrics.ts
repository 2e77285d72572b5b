import { fail } from "@holdfast/media";
import type { Hono } from "hono";
import { type Access, createAccess } from "../access.js";
import { route } from "./route.js";

/**
 * Answer `/metrics`. They tell how much there is and how it goes, so they are for whoever may use the API; a scraper is better given
 * a token of its own, which opens nothing else. That a request comes from loopback proves nothing: a proxy's do too.
 */
export function metricsRoute(
  app: Hono,
  metrics: { readonly contentType: string; text(): Promise<string>; readonly token?: string },
  access: Access,
): void {
  const scraper = metrics.token === undefined ? undefined : createAccess(metrics.token);
  route(app, "/metrics", {
    GET: async ({ req }) => {
      if (!access.isAllowed(req.raw) && scraper?.isSignedIn(req.raw) !== true) throw fail("UNAUTHORIZED", { action: "the metrics" });
      const headers = { "content-type": metrics.contentType, "cache-control": "no-store", "x-content-type-options": "nosniff" };
      return new Response(await metrics.text(), { headers });
    },
  });
}
