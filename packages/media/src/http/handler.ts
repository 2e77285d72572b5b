import type { Counters } from "../counters.js";
import { createShortWay, type Failure } from "../delivery/short-way.js";
import { type DeliveryContext, deliver, parseMediaPath } from "../delivery/routes.js";
import type { Found, Fallback } from "../delivery/fallback/fallback.js";
import type { Losses } from "../delivery/fallback/losses.js";
import { respondWithScript, scriptName } from "../delivery/media-image-script.js";
import type { Signer } from "../delivery/signing.js";
import { fail, isHoldfastError } from "../errors.js";
import type { MediaFile } from "../media.js";
import { noteShortWay } from "./short-way.js";

/** What the handler needs beside delivery. */
export interface HandlerContext extends Omit<DeliveryContext, "signer"> {
  readonly basePath: string;
  readonly fallback: Fallback;
  readonly losses: Losses;
  readonly counts: Pick<Counters, "missing">;
  /** Resolves when the catalogue can be used. */
  readonly ready: () => Promise<Signer>;
  readonly receive: (request: Request) => Promise<MediaFile>;
}

/** Make the one fetch-style handler that every adapter wraps. It answers every request and never throws. */
export function createHandler(context: HandlerContext): (request: Request) => Promise<Response> {
  const { losses } = context;
  const answerFailure = async (request: Request, { error, found }: Failure): Promise<Response> => {
    if (isHoldfastError(error, "FILE_LOST")) context.counts.missing += 1;
    return await context.fallback.answer(request, error, found);
  };
  const handler = async (request: Request): Promise<Response> => {
    const found: Found = {};
    try {
      const response = await route(context, request, found);
      if (found.file !== undefined && (response.status === 200 || response.status === 206))
        losses.served(found.file, found.transform?.name);
      return response;
    } catch (error) {
      return await answerFailure(request, { error, found });
    }
  };
  if (context.redirects === undefined) {
    const { atHand, soon } = createShortWay({ ...context, onServed: losses.served });
    noteShortWay(handler, { atHand, making: { soon, answerFailure } });
  }
  return handler;
}

async function route(context: HandlerContext, request: Request, found: Found): Promise<Response> {
  const { pathname } = new URL(request.url);
  const { basePath, authorize } = context;
  const below = pathname === basePath || pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : undefined;
  if (below === "" || below === "/") {
    if (request.method === "OPTIONS") return allowed(authorize === undefined ? "OPTIONS" : "POST, OPTIONS");
    const allow = authorize === undefined ? "nothing: no authorize function was given to openMedia()" : "POST";
    if (request.method !== "POST" || authorize === undefined) throw fail("METHOD_NOT_ALLOWED", { method: request.method, allow });
    if (!(await authorize(request, { kind: "upload" }))) throw fail("UNAUTHORIZED", { action: "upload" });
    const file = await context.receive(request);
    return Response.json(file, {
      status: 201,
      headers: { location: file.toJSON().url, "cache-control": "no-store", ...(file.isReplayed ? { "idempotent-replayed": "true" } : {}) },
    });
  }
  const isReading = request.method === "GET" || request.method === "HEAD";
  const script = isReading && below === `/${scriptName}` ? respondWithScript(request) : undefined;
  if (script !== undefined) return script;
  const path = below === undefined ? undefined : parseMediaPath(below);
  if (path === undefined) throw fail("ROUTE_NOT_FOUND", { path: pathname.slice(0, 200) });
  if (request.method === "OPTIONS") return allowed("GET, HEAD, OPTIONS");
  if (!isReading) throw fail("METHOD_NOT_ALLOWED", { method: request.method, allow: "GET, HEAD, OPTIONS" });
  return await deliver({ ...context, signer: await context.ready() }, request, path, found);
}

/** Say what can be done with a URL (RFC 9110 §9.3.7), whether or not there is anything at it. */
function allowed(allow: string): Response {
  return new Response(null, { status: 204, headers: { allow, "cache-control": "no-store" } });
}
