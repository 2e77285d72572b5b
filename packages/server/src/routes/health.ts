import { fail, HoldfastError, type Media, toProblem } from "@holdfast/media";
import type { Hono } from "hono";
import { problemResponse } from "../problem-response.js";
import { json, route } from "./route.js";

/** A platform's own probe gives up after about as long. */
const probeTimeoutMs = 5_000;
/** Never stored: a storage that says it is absent has answered. */
const probeKey = "holdfast-readiness-probe";

/** Answer `/healthz` (the process is up) and `/readyz` (the catalogue and the storage answer). */
export function healthRoutes(app: Hono, media: Media): void {
  route(app, "/healthz", { GET: () => json({ status: "up" }) });
  route(app, "/readyz", {
    GET: async () => {
      try {
        await withinTime(Promise.all([media.list({ limit: 1 }), media.storage.stat(probeKey)]));
        return json({ status: "ready" });
      } catch (error) {
        if (error instanceof HoldfastError && error.status === 503) return problemResponse(error);
        // Whatever keeps it from answering, to whoever asks it means: not now.
        const reason = error instanceof HoldfastError ? toProblem(error).detail : "it failed in a way of its own";
        return problemResponse(
          fail("STORAGE_UNREACHABLE", { storage: media.storage.description, action: "answer", reason }, { cause: error }),
        );
      }
    },
  });
}

async function withinTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const reason = `no answer within ${probeTimeoutMs / 1000} seconds`;
      reject(fail("STORAGE_UNREACHABLE", { storage: "or the catalogue", action: "answer", reason }));
    }, probeTimeoutMs);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
