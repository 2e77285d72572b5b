import type { Logger } from "@holdfast/media";
import { destination, pino } from "pino";
import type { LogLevel } from "./settings.js";

/** A log, and the word on whether each request belongs in it. */
export interface ServiceLog {
  readonly logger: Logger;
  readonly isEachRequestLogged: boolean;
}

/** Open the service's log: JSON lines on the error output, written at once so that none is lost at the end. */
export function openLog(level: LogLevel): ServiceLog {
  const log = pino({ level, base: null }, destination({ dest: 2, sync: true }));
  return {
    logger: { info: (message) => log.info(message), warn: (message) => log.warn(message), error: (message) => log.error(message) },
    isEachRequestLogged: log.isLevelEnabled("info"),
  };
}

/** Write one line per request. The path only: a query may hold a signature, the headers a token. */
export function logRequests(fetch: (request: Request) => Promise<Response>, log: Logger): (request: Request) => Promise<Response> {
  return async (request) => {
    const startedAt = performance.now();
    const response = await fetch(request);
    const ms = (performance.now() - startedAt).toFixed(1);
    log.info(`${request.method} ${new URL(request.url).pathname} ${response.status} ${ms} ms`);
    return response;
  };
}
