import { detectPlatform, type Environment, fail } from "@holdfast/media";

/** How much the service writes to its log. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** The service's own settings, read and found valid. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  /** Opens `/metrics`, and nothing else. */
  readonly metricsToken: string | undefined;
  readonly maxConnections: number;
  readonly logLevel: LogLevel;
}

/** Short enough to paste, long enough that guessing it is hopeless. */
export const minTokenLength = 16;

const defaultPort = 4100;
/** Each takes some ten kilobytes while it waits. */
const defaultMaxConnections = 4096;
const logLevels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/**
 * Read the settings from the environment; what is given in `overrides` wins. Reports all that is wrong at once.
 *
 * @throws CONFIG_INVALID
 */
export function readSettings(
  env: Environment,
  overrides: { readonly port?: number; readonly host?: string; readonly logLevel?: LogLevel } = {},
): Settings {
  const problems: string[] = [];
  const port = overrides.port ?? readPort(env["PORT"], problems);
  if (overrides.port !== undefined && !isPort(overrides.port)) problems.push(notAPort("The port", String(overrides.port)));
  const logLevel = overrides.logLevel ?? readLogLevel(env["LOG_LEVEL"], problems);
  const token = readToken("HOLDFAST_TOKEN", env["HOLDFAST_TOKEN"], problems);
  const metricsToken = readToken("HOLDFAST_METRICS_TOKEN", env["HOLDFAST_METRICS_TOKEN"], problems);
  const maxConnections = readMaxConnections(env["HOLDFAST_MAX_CONNECTIONS"], problems);
  const host = readHost(overrides.host ?? env["HOST"], env, problems);
  if (problems.length > 0) throw fail("CONFIG_INVALID", { problems });
  return { port, host, token, metricsToken, maxConnections, logLevel };
}

function readPort(text: string | undefined, problems: string[]): number {
  if (text === undefined) return defaultPort;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!isPort(port)) problems.push(notAPort("PORT", JSON.stringify(text)));
  return port;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65535;
}

function notAPort(what: string, value: string): string {
  return `${what}=${value} is not a port: give it a whole number from 1 to 65535, or unset it for ${defaultPort}.`;
}

function readHost(text: string | undefined, env: Environment, problems: string[]): string {
  if (text === undefined) return detectPlatform(env) === undefined ? "127.0.0.1" : "0.0.0.0";
  const host = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
  if (!/^[0-9A-Za-z.:%_-]+$/.test(host)) {
    problems.push(`HOST=${JSON.stringify(text)} is not an address: give it one such as 127.0.0.1 or 0.0.0.0, without a scheme or path.`);
  }
  return host;
}

function readLogLevel(text: string | undefined, problems: string[]): LogLevel {
  if (text === undefined) return "warn";
  const level = logLevels.find((known) => known === text.toLowerCase());
  if (level === undefined) problems.push(`LOG_LEVEL=${JSON.stringify(text)} is not a level: use one of ${logLevels.join(", ")}.`);
  return level ?? "warn";
}

function readMaxConnections(text: string | undefined, problems: string[]): number {
  if (text === undefined) return defaultMaxConnections;
  const number = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (number < 1) problems.push(`HOLDFAST_MAX_CONNECTIONS=${JSON.stringify(text)} is no number of connections: give it one from 1 up.`);
  return number;
}

function readToken(variable: string, token: string | undefined, problems: string[]): string | undefined {
  if (token === undefined) return undefined;
  const why = whyNotToken(token);
  if (why !== undefined) problems.push(`${variable} ${why}. Make one with: openssl rand -hex 32`);
  return token;
}

/** Say why `token` cannot be an access token, without quoting it. It travels in a header: printable ASCII, no spaces. */
export function whyNotToken(token: string): string | undefined {
  if (token === "") return "is set but empty: give it a token, or unset it";
  if (/^["'<]|["'>]$/.test(token)) return "begins or ends with a quote or bracket: remove it";
  if (!/^[\x21-\x7e]*$/.test(token)) return "contains a space or a character that is not ASCII";
  if (token.length < minTokenLength) return `has ${token.length} characters, and ${minTokenLength} is the least`;
  return undefined;
}
