import { createHash } from "node:crypto";
import { fail } from "../errors.js";
import type { Logger } from "../media.js";
import type { Environment } from "../env/platform.js";
import { sqlStateOf } from "./sql-state.js";

/**
 * SQLSTATEs by which a prepared statement is refused before anything of it is run: it is not there (26000), or is already
 * (42P05), because a pooler gives each transaction another connection; or the tables have changed since (0A000).
 */
const refusals: ReadonlySet<string> = new Set(["26000", "42P05", "0A000"]);

/** Statements that PostgreSQL parses and plans once a connection, and keeps under a name. */
export interface PreparedStatements {
  /** Keep this one from now on. */
  keep(text: string): void;
  /** The name to run a statement under, where it is kept. The same text has the same name on every connection and instance. */
  nameOf(text: string): string | undefined;
  /**
   * Tell whether an error is about the name alone, so that the statement has had no effect and can be run without it. From then
   * on none is run under a name.
   */
  giveUp(error: unknown): boolean;
}

/** Keep statements prepared, until it turns out that what lies between does not bear it. */
export function createPreparedStatements(options: { readonly isOff: boolean; readonly log: Pick<Logger, "warn"> }): PreparedStatements {
  const names = new Map<string, string>();
  let { isOff } = options;
  return {
    keep(text) {
      names.set(text, `holdfast_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`);
    },
    nameOf: (text) => (isOff ? undefined : names.get(text)),
    giveUp(error) {
      const state = sqlStateOf(error);
      if (state === undefined || !refusals.has(state)) return false;
      if (!isOff && state !== "0A000") {
        options.log.warn(
          "catalogue: PostgreSQL did not find a prepared statement as it was left; it seems to be behind a pooler that lends a connection for " +
            "one transaction. Statements are not prepared from now on: nothing is lost but a little speed. MEDIA_DATABASE_PREPARE=0 says so from the start",
        );
      }
      isOff = true;
      return true;
    },
  };
}

/**
 * Read whether statements are to be kept prepared: as the program says, else MEDIA_DATABASE_PREPARE, else the URL, where
 * `pgbouncer=true` is how platforms and Prisma tell of a pooler that does not bear it.
 *
 * @throws CONFIG_INVALID
 */
export function readPrepare(option: boolean | undefined, env: Environment, url: string | undefined): boolean {
  const variable = env["MEDIA_DATABASE_PREPARE"];
  if (variable !== undefined && variable !== "0" && variable !== "1") {
    throw fail("CONFIG_INVALID", { problems: [`MEDIA_DATABASE_PREPARE is "${variable}"; write 0 or 1, or leave it out.`] });
  }
  const isTold = url !== undefined && URL.canParse(url) && new URL(url).searchParams.get("pgbouncer") === "true";
  return option ?? (variable === undefined ? !isTold : variable === "1");
}
