import { fail, HoldfastError, type Media, toProblem } from "@holdfast/media";
import type { Hono } from "hono";
import { problemResponse } from "../problem-response.js";
import { json, route } from "./route.js";

/** A platform's own probe gives up after about as long. */
const probeTimeoutMs = 5_000;
/** Never stored: a storage that says it is absent has answered. */
const probeKey = "holdfast-readiness-probe";

/** However many ask: the storage is asked once in so long. */
const believedMs = 1_000;

/** Answer `/healthz` (the process is up) and `/readyz` (the catalogue and the storage answer, and it is not about to go). */
export function healthRoutes(app: Hono, media: Media, isClosing: () => boolean = () => false): void {
  let asked: { readonly at: number; readonly failure: Promise<HoldfastError | undefined> } | undefined;

  async function find(): Promise<HoldfastError | undefined> {
    try {
      await withinTime(Promise.all([partly("catalogue", media.list({ limit: 1 })), partly("storage", media.storage.stat(probeKey))]));
      return undefined;
    } catch (error) {
      if (error instanceof HoldfastError && error.status === 503) return error;
      // Whatever keeps it from answering, to whoever asks it means: not now.
      const reason = error instanceof HoldfastError ? toProblem(error).detail : "it failed in a way of its own";
      return fail("STORAGE_UNREACHABLE", { storage: media.storage.description, action: "answer", reason }, { cause: error });
    }
  }

  route(app, "/healthz", { GET: () => json({ status: "up" }) });
  route(app, "/readyz", {
    GET: async () => {
      if (isClosing()) return problemResponse(fail("CLOSING"), { part: "service" });
      if (asked === undefined || performance.now() - asked.at > believedMs) asked = { at: performance.now(), failure: find() };
      const failure = await asked.failure;
      if (failure === undefined) return json({ status: "ready" });
      return problemResponse(failure, { part: partOf(failure) });
    },
  });
}

const parts = new WeakMap<object, string>();

/** Which part it is that does not answer. */
function partOf(failure: HoldfastError): string {
  const cause = failure.cause;
  return parts.get(failure) ?? (typeof cause === "object" && cause !== null ? parts.get(cause) : undefined) ?? "catalogue or storage";
}

/** Note of what fails which part it was. */
async function partly(part: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (typeof error === "object" && error !== null) parts.set(error, part);
    throw error;
  }
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
