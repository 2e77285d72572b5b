import { createAtHand } from "../delivery/at-hand.js";
import { type DeliveryContext, deliver, parseMediaPath } from "../delivery/routes.js";
import { respondWithProblem } from "../delivery/respond.js";
import type { Signer } from "../delivery/signing.js";
import { fail, isHoldfastError } from "../errors.js";
import type { Logger, MediaFile } from "../media.js";
import { noteAtHand } from "./at-hand.js";

/** What the handler needs beside delivery. */
export interface HandlerContext extends Omit<DeliveryContext, "signer"> {
  readonly basePath: string;
  readonly log: Logger;
  /** Resolves when the catalogue can be used. */
  readonly ready: () => Promise<Signer>;
  readonly receive: (request: Request) => Promise<MediaFile>;
}

/** Make the one fetch-style handler that every adapter wraps. It answers every request and never throws. */
export function createHandler(context: HandlerContext): (request: Request) => Promise<Response> {
  const handler = async (request: Request): Promise<Response> => {
    try {
      return await route(context, request);
    } catch (error) {
      if (!isHoldfastError(error)) context.log.error(`${request.method} ${new URL(request.url).pathname} failed: ${describe(error)}`);
      else if (error.status >= 500) context.log.warn(`${error.code}: ${error.message}`);
      return respondWithProblem(request, error);
    }
  };
  noteAtHand(handler, createAtHand(context));
  return handler;
}

async function route(context: HandlerContext, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const { basePath, authorize } = context;
  const below = pathname === basePath || pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : undefined;
  if (below === "" || below === "/") {
    const allow = authorize === undefined ? "nothing: no authorize function was given to openMedia()" : "POST";
    if (request.method !== "POST" || authorize === undefined) throw fail("METHOD_NOT_ALLOWED", { method: request.method, allow });
    if (!(await authorize(request, { kind: "upload" }))) throw fail("UNAUTHORIZED", { action: "upload" });
    const file = await context.receive(request);
    return Response.json(file, {
      status: 201,
      headers: { location: file.toJSON().url, "cache-control": "no-store", ...(file.isReplayed ? { "idempotent-replayed": "true" } : {}) },
    });
  }
  const path = below === undefined ? undefined : parseMediaPath(below);
  if (path === undefined) throw fail("ROUTE_NOT_FOUND", { path: pathname.slice(0, 200) });
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw fail("METHOD_NOT_ALLOWED", { method: request.method, allow: "GET, HEAD" });
  }
  return await deliver({ ...context, signer: await context.ready() }, request, path);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
