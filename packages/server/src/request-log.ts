import type { Logger } from "@holdfast/media";
import { type DestinationStream, destination, pino } from "pino";
import type { AnsweredRequest } from "./http-server.js";
import { requestContext } from "./request-context.js";
import { pathForLog } from "./request-kind.js";
import type { LogLevel } from "./settings.js";

/** The service's log, and the word on whether each request belongs in it. */
export interface ServiceLog {
  readonly logger: Logger;
  readonly isEachRequestLogged: boolean;
  /** Write one line about a request. No query, no header, no file's name: they hold signatures, tokens and people's words. */
  request(answered: AnsweredRequest, basePath: string): void;
}

/** How the log is written. */
export interface LogOptions {
  /** Lines for a person rather than JSON. @defaultValue where the error output is a terminal */
  readonly isReadable?: boolean;
  /** @defaultValue the error output, written at once so that nothing is lost at the end */
  readonly output?: DestinationStream;
}

/** Open the service's log: a line of JSON for each event, with the id of the request that it belongs to. */
export function openLog(level: LogLevel, options: LogOptions = {}): ServiceLog {
  const { isReadable = process.stderr.isTTY, output = destination({ dest: 2, sync: true }) } = options;
  const log = pino({ level, base: null, mixin: () => withRequestId(requestContext.getStore()) }, isReadable ? readable(output) : output);
  return {
    logger: { info: (message) => log.info(message), warn: (message) => log.warn(message), error: (message) => log.error(message) },
    isEachRequestLogged: log.isLevelEnabled("info"),
    request: ({ method, path, status, ms, bytes, requestId, isAborted }, basePath) =>
      log.info(
        {
          requestId,
          method,
          path: pathForLog(path, basePath),
          status,
          ms: Math.round(ms * 10) / 10,
          bytes,
          ...(isAborted ? { isAborted } : {}),
        },
        "request",
      ),
  };
}

function withRequestId(request: { readonly requestId: string } | undefined): object {
  return request === undefined ? {} : { requestId: request.requestId };
}

interface Line {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly requestId?: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly ms?: number;
  readonly bytes?: number;
}

/** Put each line of JSON into words. */
function readable(output: DestinationStream): DestinationStream {
  return {
    write(json) {
      const { level, time, msg, requestId, method, path, status, ms, bytes } = JSON.parse(json) as Line;
      const clock = new Date(time).toTimeString().slice(0, 8);
      const text = method === undefined ? msg : `${method} ${path} ${status} ${ms} ms ${bytes} bytes`;
      const request = requestId === undefined ? "" : `  [${requestId.slice(0, 8)}]`;
      output.write(`${clock} ${pino.levels.labels[level] ?? ""}  ${text}${request}\n`);
    },
  };
}
