import { createServer, type Server } from "node:http";
import { isHoldfastError } from "@holdfast/media";
import { getRequestListener } from "@hono/node-server";
import type { Log } from "./log.js";
import type { Settings } from "./settings.js";

/** A site that listens. */
export interface RunningSite {
  readonly origin: string;
  readonly log: Log;
  /** Take no more requests, let those under way finish within the grace, uploads among them, then let go of everything. */
  close(): Promise<void>;
}

/** Listen, until the process is told to stop. */
export async function serve(
  settings: Pick<Settings, "port" | "host" | "graceMs">,
  fetch: (request: Request, env: object) => Response | Promise<Response>,
  services: { close(): Promise<void>; readonly log: Log },
): Promise<RunningSite> {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  // A slow, honest upload may take as long as it likes: media ends one that is silent. Idle connections are kept for longer than
  // proxies keep them, or a proxy would answer 502 for one just closed.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000, headersTimeout: 125_000 }, (incoming, outgoing) => {
    // Once the server is closing, a connection ends with its answer.
    if (!server.listening) outgoing.shouldKeepAlive = false;
    void listener(incoming, outgoing);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.port, settings.host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : settings.port;
  let closing: Promise<void> | undefined;
  return {
    log: services.log,
    origin: `http://${settings.host === "0.0.0.0" ? "127.0.0.1" : settings.host}:${port}`,
    close: async () => await (closing ??= drain(server, settings.graceMs).then(async () => await services.close())),
  };
}

/**
 * Run a site until it is told to stop. What is wrong with the settings is told as the sentences it is, all at once and without a
 * stack, and ends the process with 1.
 */
export async function runSite(name: string, start: () => Promise<RunningSite>): Promise<void> {
  try {
    const site = await start();
    stopOnSignals(site);
    site.log.info(`${name}: ${site.origin}`);
  } catch (error) {
    console.error(isHoldfastError(error) ? error.message : error);
    process.exit(1);
  }
}

/** Close at SIGTERM and SIGINT, and exit; a second signal exits at once. */
function stopOnSignals(site: Pick<RunningSite, "close">): void {
  let isStopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      site.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its answer is sent, and would be kept open for the next request.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const grace = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(grace);
}
