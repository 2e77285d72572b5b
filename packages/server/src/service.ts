import { fail, HoldfastError, type Logger, type Media } from "@holdfast/media";
import { Hono } from "hono";
import { createAccess } from "./access.js";
import { readConsolePages } from "./console-pages.js";
import { openapi } from "./openapi.js";
import { problemResponse } from "./problem-response.js";
import type { Demonstration } from "./redeploy/demonstration.js";
import { fileRoutes } from "./routes/files.js";
import { healthRoutes } from "./routes/health.js";
import { metricsRoute } from "./routes/metrics.js";
import { redeployRoutes } from "./routes/redeploy.js";
import { json, route } from "./routes/route.js";
import { sessionRoutes } from "./routes/session.js";

/** What the service is made of. */
export interface ServiceOptions {
  /** Opened media. For private originals to follow the service's access, open it with `authorize: createAccess(token).authorize`. */
  readonly media: Media;
  /** The access token. Without one the service is open, to requests that name this computer. */
  readonly token?: string;
  /** The redeploy demonstration. @defaultValue not offered */
  readonly redeploy?: Demonstration;
  /** What `/metrics` answers, to whoever may use the API and to the holder of a token of its own. @defaultValue it is not there */
  readonly metrics?: { readonly contentType: string; text(): Promise<string>; readonly token?: string };
  /** Whether the service is about to go: then it is not ready. @defaultValue never */
  readonly isClosing?: () => boolean;
  /** Where failures of the service itself go. @defaultValue nowhere */
  readonly log?: Logger;
  /** The folder of the console's pages. @defaultValue the console that comes with the package */
  readonly consoleFolder?: string;
}

/** The service as a function from request to response. */
export interface Service {
  /** Answer a request; every failure is a problem document. Never throws. */
  readonly fetch: (request: Request) => Promise<Response>;
}

/** For whoever has no token yet: how to get in, and what there is. */
const withoutAccess: ReadonlySet<string> = new Set(["/api/v1/session", "/api/v1/openapi.json"]);

/**
 * Make the service: the API, the console's pages, and what media serves. It listens nowhere by itself and closes nothing.
 *
 * @example
 * ```ts
 * import { openMedia } from "@holdfast/media";
 * import { createService } from "@holdfast/server";
 * const media = await openMedia();
 * const { fetch } = createService({ media });
 * ```
 */
export function createService(options: ServiceOptions): Service {
  const { media, token, redeploy, log } = options;
  const access = createAccess(token);
  const consolePage = readConsolePages(options.consoleFolder);

  function answerFailure(error: unknown, request: Request): Response {
    if (!(error instanceof HoldfastError) || error.status === 500) {
      log?.error(
        `${request.method} ${new URL(request.url).pathname}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        error,
      );
    }
    return problemResponse(error);
  }

  const app = new Hono();
  app.onError((error, { req }) => answerFailure(error, req.raw));
  app.notFound(({ req }) => problemResponse(fail("ROUTE_NOT_FOUND", { path: req.path })));
  // Before any route, so before a byte of a body is read.
  app.use("/api/*", async ({ req }, next) => {
    if (!withoutAccess.has(req.path) && !access.isAllowed(req.raw)) throw fail("UNAUTHORIZED", { action: "the API of this service" });
    await next();
  });
  fileRoutes(app, media);
  sessionRoutes(app, { access, hasRedeploy: redeploy !== undefined });
  if (redeploy !== undefined) redeployRoutes(app, redeploy);
  healthRoutes(app, media, options.isClosing);
  if (options.metrics !== undefined) metricsRoute(app, options.metrics, access);
  route(app, "/api/v1/openapi.json", { GET: () => json(openapi) });

  async function answer(request: Request): Promise<Response> {
    const refusal = access.refusalOf(request);
    if (refusal !== undefined) return problemResponse(refusal);
    const { pathname } = new URL(request.url);
    if (pathname === media.basePath || pathname.startsWith(`${media.basePath}/`)) return await media.handler(request);
    if (!isWellEncoded(pathname)) {
      throw fail("PARAMETER_INVALID", { name: "path", value: pathname, reason: "its percent-encoding is malformed" });
    }
    return consolePage(request) ?? (await app.fetch(request));
  }

  return {
    fetch: async (request) => {
      try {
        return await answer(request);
      } catch (error) {
        return answerFailure(error, request);
      }
    },
  };
}

function isWellEncoded(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
