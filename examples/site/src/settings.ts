import { detectPlatform, type Environment } from "@holdfast/media";

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
}

/** All that is wrong with the environment, told at once. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** Reads one variable after the other, and remembers what is wrong with each. Values are never quoted where they may be secret. */
export interface SettingsReader {
  text(name: string): string | undefined;
  /** A whole number within bounds. */
  number(name: string, bounds: { readonly least: number; readonly most: number; readonly otherwise: number }): number;
  /** A URL with one of the schemes. */
  url(name: string, schemes: readonly string[]): string | undefined;
  /** Note a problem of one's own. */
  complain(problem: string): void;
  /** @throws SettingsError when anything was wrong */
  end(): void;
}

/** Begin to read settings. An empty variable is one that is not set. */
export function settingsReader(env: Environment): SettingsReader {
  const problems: string[] = [];
  const text = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  return {
    text,
    number(name, { least, most, otherwise }) {
      const said = text(name);
      if (said === undefined) return otherwise;
      const value = /^\d{1,9}$/.test(said) ? Number(said) : NaN;
      if (value >= least && value <= most) return value;
      problems.push(`${name} is to be a whole number from ${least} to ${most}; unset, it is ${otherwise}.`);
      return otherwise;
    },
    url(name, schemes) {
      const said = text(name);
      if (said === undefined) return undefined;
      if (schemes.some((scheme) => said.startsWith(`${scheme}:`)) && URL.canParse(said)) return said;
      problems.push(`${name} is to be a URL that begins with ${schemes.map((scheme) => `${scheme}:`).join(" or ")}.`);
      return undefined;
    },
    complain: (problem) => void problems.push(problem),
    end() {
      if (problems.length > 0) throw new SettingsError(problems);
    },
  };
}

/** Read what every site needs. Where an app has settings of its own, it reads them with the same reader and then ends it. */
export function readSettings(read: SettingsReader, defaultPort: number, env: Environment): Settings {
  const isProduction = read.text("NODE_ENV") === "production";
  const databaseUrl = read.url("DATABASE_URL", ["postgres", "postgresql", "file"]);
  if (isProduction && databaseUrl === undefined && read.text("DATABASE_URL") === undefined) {
    read.complain("DATABASE_URL is not set: in production the database is said, postgres://… or file:/a/disk/that/lasts/app.db.");
  }
  // Render tells a service its own address; elsewhere SITE_URL does.
  const site = read.url("SITE_URL", ["http", "https"]) ?? read.url("RENDER_EXTERNAL_URL", ["https"]);
  return {
    port: read.number("PORT", { least: 0, most: 65_535, otherwise: defaultPort }),
    host: read.text("HOST") ?? (isProduction || detectPlatform(env) !== undefined ? "0.0.0.0" : "127.0.0.1"),
    databaseUrl: databaseUrl ?? "file:holdfast-data/app.db",
    origin: site === undefined ? undefined : new URL(site).origin,
    isProduction,
    proxies: read.number("PROXIES", { least: 0, most: 9, otherwise: 0 }),
    graceMs: 1000 * read.number("GRACE_SECONDS", { least: 1, most: 300, otherwise: 25 }),
  };
}
