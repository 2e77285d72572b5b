import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { NodeClient } from "@sentry/node";
import { type Environment, isProduction } from "../env/platform.js";
import { releaseOf } from "../env/release.js";
import { isHoldfastError } from "../errors.js";
import type { Logger } from "../media.js";
import { boundedHttp } from "./bounded-http.js";
import { watchCrashes } from "./crashes.js";
import { readDsn } from "./dsn.js";
import { tellableEvent } from "./event.js";
import { createScrubber, routeOf } from "./scrub.js";
import { createSourceLines } from "./source-lines.js";

/** How errors are reported. Everything has a default. */
export interface ReportErrorsOptions {
  /** @defaultValue `process.env` */
  readonly env?: Environment;
  /** @defaultValue SENTRY_RELEASE, else the platform's own word: RENDER_GIT_COMMIT and the like */
  readonly release?: string;
  /** @defaultValue SENTRY_ENVIRONMENT; else `preview` for a pull request's app on Render, `production`, `development` */
  readonly environment?: string;
  /** More texts that must never leave the app. Those of variables whose name or form says that they are secret are known. */
  readonly secrets?: readonly string[];
  /** What is being done at the moment of an error, such as the request of the app's own AsyncLocalStorage. */
  readonly about?: () => ErrorContext | undefined;
  /** Report what nothing catches, and then end with exit code 1 as Node does, at most two seconds later. @defaultValue true */
  readonly areCrashesReported?: boolean;
  /** The app's folder: paths are told from there, and `@sentry/node` is found there. @defaultValue `process.cwd()` */
  readonly cwd?: string;
}

/** What was being done when an error came. Of the path only a program's own words are told, no id and no name. */
export interface ErrorContext {
  readonly requestId?: string;
  readonly method?: string;
  readonly path?: string;
}

/** Where errors go. Without SENTRY_DSN nowhere, at no cost; its methods may be called all the same. */
export interface ErrorReports {
  readonly isOn: boolean;
  /** What was decided, in a line for the log: where errors go, as which release; or why they do not. */
  readonly description: string;
  /** Report an error. Returns at once, sends later, and never throws. Of a storm the first twenty are sent, then one every three seconds. */
  readonly capture: (error: unknown, about?: ErrorContext) => void;
  /** A logger that also reports what is written as an error, with the error that it is about. */
  readonly logger: (log: Logger) => Logger;
  /** Send what is left, for at most so long, and then nothing any more. Never rejects. @defaultValue two seconds */
  readonly close: (withinMs?: number) => Promise<void>;
}

const peer = "@sentry/node";
const closeMs = 2000;
const burst = 20;
const refillMs = 3000;

/**
 * Report the app's errors to Sentry, or to whatever takes its envelopes: with the release, with stacks in the lines of TypeScript,
 * and without secrets or anybody's data. Needs SENTRY_DSN and the app's own package `@sentry/node` 10; where either is missing or
 * cannot be used, that is said in `description`, and the app runs on. No answer ever waits for it.
 *
 * @example
 * ```ts
 * import { reportErrors } from "@holdfast/media/sentry";
 * const errors = await reportErrors();
 * console.log(errors.description);
 * try {
 *   await Promise.reject(new Error("the printer is on fire"));
 * } catch (error) {
 *   errors.capture(error, { method: "POST", path: "/orders/17/print" });
 * }
 * ```
 */
export async function reportErrors(options: ReportErrorsOptions = {}): Promise<ErrorReports> {
  const { env = process.env, cwd = process.cwd(), about = () => undefined } = options;
  const given = env["SENTRY_DSN"] ?? "";
  if (given === "") return silent("errors: only in the log, for SENTRY_DSN is not set");
  const dsn = readDsn(given);
  if (typeof dsn === "string") return silent(`errors: ONLY IN THE LOG, for SENTRY_DSN cannot be used: ${dsn}`);
  const sentry = await load(cwd);
  if (typeof sentry === "string") return silent(`errors: ONLY IN THE LOG, for ${sentry}`);

  const release = tellableName(options.release ?? (env["SENTRY_RELEASE"]?.trim() || releaseOf(env)), 200);
  const environment = tellableName(options.environment ?? (env["SENTRY_ENVIRONMENT"]?.trim() || environmentOf(env)), 64) ?? "production";
  const scrubber = createScrubber(env, [...(options.secrets ?? []), dsn.publicKey]);
  const sources = createSourceLines();
  const client = new sentry.NodeClient({
    dsn: dsn.url,
    environment,
    ...(release === undefined ? {} : { release }),
    stackParser: sentry.defaultStackParser,
    // No other: whatever else the SDK offers patches modules of the app, or collects what must stay here.
    integrations: [sentry.linkedErrorsIntegration()],
    transport: (transport) => sentry.makeNodeTransport({ ...transport, httpModule: boundedHttp(dsn.url) }),
    transportOptions: { bufferSize: 20 },
    includeServerName: false,
    sendClientReports: false,
    enableLogs: false,
    beforeSend: async (event, { originalException }) =>
      await tellableEvent(event, originalException, { scrubber, cwd, find: sources.find }).catch(() => null),
  });
  client.init();
  const scope = new sentry.Scope();
  scope.setClient(client);

  const admit = limiter();
  let isClosed = false;
  const send = (error: unknown, context: ErrorContext | undefined, isHandled: boolean): void => {
    if (isClosed) return;
    try {
      const admitted = admit();
      if (admitted === undefined) return;
      const { requestId, method, path } = context ?? about() ?? {};
      const route = path === undefined ? undefined : `${tellableName(method, 10) ?? "GET"} ${routeOf(path)}`.slice(0, 200);
      const code = codeOf(error);
      const tags = {
        ...(requestId === undefined || !/^[\w.:/+=-]{1,128}$/.test(requestId) ? {} : { request_id: requestId }),
        ...(code === undefined ? {} : { code }),
        ...(admitted.dropped === 0 ? {} : { dropped_before: String(admitted.dropped) }),
      };
      const sending = scope.clone();
      sending.setTags(tags);
      if (route !== undefined) sending.setTransactionName(route);
      if (typeof error === "string") client.captureMessage(error, "error", {}, sending);
      else client.captureException(error, { originalException: error, mechanism: { type: "generic", handled: isHandled } }, sending);
    } catch {
      // To report is worth a try, and no more.
    }
  };
  const close = async (withinMs = closeMs): Promise<void> => {
    isClosed = true;
    await closeWithin(client, withinMs);
    unwatch();
  };
  const unwatch = options.areCrashesReported === false ? () => undefined : watchCrashes((error) => send(error, undefined, false), close);
  const where = `${new URL(dsn.url).host}, project ${dsn.project}`;
  return {
    isOn: true,
    description: `errors: to ${where}, as release ${release ?? "unknown (set SENTRY_RELEASE)"} in ${environment}`,
    capture: (error, context) => send(error, context, true),
    logger: (log) => ({
      info: (message) => log.info(message),
      warn: (message) => log.warn(message),
      error: (message, cause) => {
        log.error(message, cause);
        send(cause ?? message, undefined, true);
      },
    }),
    close,
  };
}

function silent(description: string): ErrorReports {
  return { isOn: false, description, capture: () => undefined, logger: (log) => log, close: async () => undefined };
}

async function closeWithin(client: NodeClient, withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, withinMs);
  });
  await Promise.race([Promise.resolve(client.close(withinMs)).catch(() => undefined), late]);
  clearTimeout(timer);
}

/** The app's own package first: in a monorepo it need not lie where this one does. */
async function load(cwd: string): Promise<typeof import("@sentry/node") | string> {
  const found = resolveFrom(join(cwd, "package.json")) ?? resolveFrom(import.meta.url);
  if (found === undefined) return `the package ${peer} is not installed: npm install ${peer}@10`;
  try {
    const loaded = (await import(pathToFileURL(found).href)) as Partial<typeof import("@sentry/node")> & { readonly default?: unknown };
    const sentry = loaded.NodeClient === undefined ? loaded.default : loaded;
    if (typeof sentry === "object" && sentry !== null && "NodeClient" in sentry && "makeNodeTransport" in sentry)
      return sentry as typeof import("@sentry/node");
    return `the package ${peer} is of another version: npm install ${peer}@10`;
  } catch (error) {
    return `the package ${peer} cannot be loaded (${error instanceof Error ? error.message : String(error)}): npm install ${peer}@10`;
  }
}

function resolveFrom(place: string): string | undefined {
  try {
    return createRequire(place).resolve(peer);
  } catch {
    return undefined;
  }
}

function environmentOf(env: Environment): string {
  if (env["IS_PULL_REQUEST"] === "true") return "preview";
  return isProduction(env) ? "production" : (env["NODE_ENV"] ?? "development");
}

/** Releases and environments have no slashes, spaces or line breaks at Sentry, and bounded lengths. */
function tellableName(name: string | undefined, most: number): string | undefined {
  const plain = name?.replace(/[^\w.@+:-]+/g, "-").slice(0, most);
  return plain === undefined || /^(?:\.{0,2}|none)$/i.test(plain) ? undefined : plain;
}

/** An error's own code, such as ECONNREFUSED or STORAGE_UNREACHABLE: what errors are found by. */
function codeOf(error: unknown): string | undefined {
  const code: unknown = isHoldfastError(error) ? error.code : error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[A-Za-z0-9_.-]{1,60}$/.test(code) ? code : undefined;
}

/** A storm of errors is one error, many times over. */
function limiter(): () => { readonly dropped: number } | undefined {
  let tokens = burst;
  let at = performance.now();
  let dropped = 0;
  return () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + (now - at) / refillMs);
    at = now;
    if (tokens < 1) {
      dropped += 1;
      return undefined;
    }
    tokens -= 1;
    const admitted = { dropped };
    dropped = 0;
    return admitted;
  };
}
