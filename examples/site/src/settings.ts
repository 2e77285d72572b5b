import { type Environment, isProduction } from "@holdfast/media";

/** The variables that every site reads, as `readEnv` answers them. The `holdfast.yaml` of each app says what they are. */
export interface SiteVariables {
  readonly PORT: number;
  readonly HOST?: string | undefined;
  readonly DATABASE_URL: string;
  readonly SITE_URL?: string | undefined;
  readonly RENDER_EXTERNAL_URL?: string | undefined;
  readonly PROXIES?: number | undefined;
  readonly GRACE_SECONDS?: number | undefined;
  readonly LOG_LEVEL?: LogLevel | undefined;
}

/** How much is logged: from `debug` on everything, from `error` on only failures. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** What every site is told by its environment, read and found valid. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  /** `postgres://…`, or `file:` and the path of a SQLite file. */
  readonly databaseUrl: string;
  /** Where browsers find the site, if that is said: forms from anywhere else are refused. */
  readonly origin: string | undefined;
  readonly isProduction: boolean;
  /** How many proxies in front of the app add to X-Forwarded-For. What more the header says, anybody may have written. */
  readonly proxies: number;
  /** How long running requests may take to finish once the site is told to stop. */
  readonly graceMs: number;
  readonly logLevel: LogLevel;
}

/** Make the settings of a site from its variables. Where one was left out in production, there is something that fits there. */
export function settingsFrom(variables: SiteVariables, env: Environment = process.env): Settings {
  // Render tells a service its own address; elsewhere SITE_URL does.
  const site = variables.SITE_URL ?? variables.RENDER_EXTERNAL_URL;
  const isPublic = isProduction(env);
  return {
    port: variables.PORT,
    host: variables.HOST ?? (isPublic ? "0.0.0.0" : "127.0.0.1"),
    databaseUrl: variables.DATABASE_URL,
    origin: site === undefined ? undefined : new URL(site).origin,
    isProduction: isPublic,
    proxies: variables.PROXIES ?? 0,
    graceMs: 1000 * (variables.GRACE_SECONDS ?? 25),
    logLevel: variables.LOG_LEVEL ?? "info",
  };
}
