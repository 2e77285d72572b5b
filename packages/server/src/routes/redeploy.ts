import { fail } from "@holdfast/media";
import type { Hono } from "hono";
import type { Demonstration } from "../redeploy/demonstration.js";
import { json, route } from "./route.js";

/** Of an instance's own headers, what a page needs to show its answer. */
const forwarded = ["content-type", "content-length"] as const;

/** Answer `/api/v1/redeploy`: how it stands, begin a run, look at the instances' pictures. */
export function redeployRoutes(app: Hono, redeploy: Demonstration): void {
  route(app, "/api/v1/redeploy", {
    GET: () => json(redeploy.status()),
    POST: async () => json(await redeploy.start(), 202),
  });

  route(app, "/api/v1/redeploy/:side/pictures/:n", {
    GET: async ({ req }) => {
      const side = req.param("side");
      const n = req.param("n") ?? "";
      const isSide = side === "holdfast" || side === "plain";
      const answer = isSide && /^\d{1,4}$/.test(n) ? await redeploy.fetchPicture(side, Number(n), req.raw.signal) : undefined;
      if (answer === undefined) throw fail("ROUTE_NOT_FOUND", { path: req.path });
      const headers = new Headers({
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
      });
      for (const name of forwarded) {
        const value = answer.headers.get(name);
        if (value !== null) headers.set(name, value);
      }
      return new Response(answer.body, { status: answer.status, headers });
    },
  });
}
