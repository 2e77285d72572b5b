import { type Environment, fail, isProduction, type Logger, type Media, type MediaOptions, openMedia } from "@holdfast/media";
import { nodeHandler } from "@holdfast/media/node";
import { reportErrors } from "@holdfast/media/sentry";
import { type Access, createAccess, isLoopbackAddress } from "./access.js";
import { addressOf, type AnsweredRequest, closeHttpServer, createHttpServer, type HttpServerOptions, listen } from "./http-server.js";
import { createDemonstration, type Demonstration } from "./redeploy/demonstration.js";
import { createMetrics } from "./metrics.js";
import { requestContext } from "./request-context.js";
import { openLog } from "./request-log.js";
import { createService } from "./service.js";
import { type LogLevel, readSettings } from "./settings.js";
import { exitOnSignals } from "./signals.js";

/** How the service is run. Everything has a default; the environment supplies what is not said here. */
export interface ServeOptions {
  /** 0 lets the system choose. @defaultValue PORT, else 4100 */
  readonly port?: number;
  /** @defaultValue HOST, else 127.0.0.1, else on a hosting platform 0.0.0.0 */
  readonly host?: string;
  /** Where the lines for people go that are said at start. @defaultValue the standard output */
  readonly print?: (line: string) => void;
  /** @defaultValue LOG_LEVEL, else `warn`; each request is logged from `info` on */
  readonly logLevel?: LogLevel;
  /** Offer the redeploy demonstration. Only ever on loopback. @defaultValue outside production */
  readonly redeployDemo?: boolean;
  /** Close and exit at SIGTERM and SIGINT; a second signal exits at once. @defaultValue false */
  readonly handleSignals?: boolean;
  /** How long running requests may take to finish when the service closes. @defaultValue 25 seconds */
  readonly graceMs?: number;
  /** How media is opened, where the environment should not decide. */
  readonly media?: Omit<MediaOptions, "authorize" | "log" | "env" | "cwd">;
  /** @defaultValue `process.env` */
  readonly env?: Environment;
  /** What relative paths are relative to. @defaultValue `process.cwd()` */
  readonly cwd?: string;
}

/** The service, listening. */
export interface RunningService {
  /** Where it answers: `http://127.0.0.1:4100`. */
  readonly url: string;
  readonly port: number;
  /** Stop accepting, let running requests finish within the grace, close media. May be called more than once. */
  readonly close: () => Promise<void>;
}

type Answer = (request: Request) => Promise<Response>;

const defaultGraceMs = 25_000;

/**
 * Run the service: listen, open media, say where it is. The port is taken first, so that a second service says so rather
 * than complain about the catalogue; requests that come before media is open wait for it. When this rejects, nothing listens.
 *
 * @throws CONFIG_INVALID, TOKEN_REQUIRED, ADDRESS_UNUSABLE, PORT_TAKEN, PORT_DENIED, and what `openMedia` throws
 *
 * @example
 * ```ts
 * import { serve } from "@holdfast/server";
 * const { url, close } = await serve({ port: 0 });
 * ```
 */
export async function serve(options: ServeOptions = {}): Promise<RunningService> {
  const { env = process.env, print = (line) => void process.stdout.write(`${line}\n`), graceMs = defaultGraceMs } = options;
  const { port: wantedPort, host, token, metricsToken, maxConnections, logLevel } = readSettings(env, options);
  const address = await addressOf(host);
  const isLoopback = isLoopbackAddress(address);
  if (!isLoopback && token === undefined) throw fail("TOKEN_REQUIRED", { address: host });
  const access = createAccess(token);
  const log = openLog(logLevel);

  let open = (_: Answer): void => undefined;
  const opened = new Promise<Answer>((resolve) => {
    open = resolve;
  });
  let answer: Answer = async (request) => await (await opened)(request);
  let observe = (_: AnsweredRequest): void => undefined;
  let straight: NonNullable<HttpServerOptions["straight"]> = () => undefined;
  const { server, connections } = createHttpServer((request) => answer(request), {
    maxConnections,
    observe: (answered) => observe(answered),
    straight: (incoming) => straight(incoming),
  });
  const port = await listen(server, address, wantedPort);
  const errors = await reportErrors({
    env,
    about: () => requestContext.getStore(),
    areCrashesReported: options.handleSignals === true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const logger = errors.logger(log.logger);
  if ((env["SENTRY_DSN"] ?? "") !== "") print(errors.description);

  let media: Media;
  const startLog = linesAtStart(print, logger);
  try {
    media = await openMedia({
      // Of what strangers send, whatever crashes a decoder must not end the service.
      decoding: "process",
      ...options.media,
      env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      authorize: access.authorize,
      log: startLog.logger,
    });
    // A service has its tables made without asking; of several that start at once, one does it.
    await media.migrate().catch(async (error: unknown) => {
      await media.close();
      throw error;
    });
  } catch (error) {
    server.closeAllConnections();
    errors.capture(error);
    await Promise.all([closeHttpServer(server, 0), errors.close()]);
    throw error;
  }

  const hasRedeploy = isLoopback && (options.redeployDemo ?? !isProduction(env));
  const redeploy: Demonstration | undefined = hasRedeploy ? createDemonstration({ media, log: logger }) : undefined;
  const metrics = createMetrics(media, connections);
  observe = (answered) => {
    metrics.observe(answered);
    if (log.isEachRequestLogged) log.request(answered, media.basePath);
  };
  let closing: Promise<void> | undefined;
  const service = createService({
    media,
    log: logger,
    metrics: { ...metrics, ...(metricsToken === undefined ? {} : { token: metricsToken }) },
    isClosing: () => closing !== undefined,
    ...(token === undefined ? {} : { token }),
    ...(redeploy === undefined ? {} : { redeploy }),
  });
  answer = service.fetch;
  straight = picturesOf(media, access);
  open(answer);
  startLog.end();

  const close = async (): Promise<void> => {
    closing ??= (async () => {
      try {
        await Promise.all([closeHttpServer(server, graceMs), redeploy?.close()]);
        await media.close();
      } catch (error) {
        errors.capture(error);
        throw error;
      } finally {
        await errors.close();
      }
    })();
    await closing;
  };
  if (options.handleSignals === true) {
    exitOnSignals(close, (error) => log.logger.error(`Closing failed: ${error instanceof Error ? error.message : String(error)}`));
  }

  const url = urlOf(address, port);
  print(`catalogue: ${media.catalogueDescription}`);
  for (const line of welcome(url, token !== undefined, address)) print(line);
  return { url, port, close };
}

/** Media's first lines, which say what storage and catalogue were chosen, are for people; what it says later is for the log. */
function linesAtStart(print: (line: string) => void, later: Logger): { readonly logger: Logger; end(): void } {
  let isStarting = true;
  const logger: Logger = {
    info: (message) => (isStarting ? print(message) : later.info(message)),
    warn: (message) => (isStarting ? print(message) : later.warn(message)),
    error: (message, cause) => (isStarting ? print(message) : later.error(message, cause)),
  };
  return {
    logger,
    end: () => {
      isStarting = false;
    },
  };
}

/** An address to open: the wildcard ones stand for every address, this computer's among them. */
function urlOf(address: string, port: number): string {
  const name = address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function welcome(url: string, needsToken: boolean, address: string): string[] {
  const access = needsToken ? "with the token in HOLDFAST_TOKEN" : "open, to this computer only";
  const everywhere = address === "0.0.0.0" || address === "::" ? ", listening on every address" : "";
  return [
    `access: ${access}${everywhere}`,
    "",
    `Holdfast is ready: ${url}`,
    "",
    "Does your own app keep its pictures? Run this before a deploy, and again after it:",
    "  npx holdfast verify https://your-app.example/path/of/an/uploaded/picture.jpg",
  ];
}

/** What media serves to everybody goes the shortest way: the service would hand it on unchanged. */
function picturesOf(media: Media, access: Access): NonNullable<HttpServerOptions["straight"]> {
  const answer = nodeHandler(media);
  const prefix = `${media.basePath}/`;
  return ({ method, url, headers }) =>
    (method === "GET" || method === "HEAD") && url?.startsWith(prefix) === true && access.isWelcome(headers.host) ? answer : undefined;
}
