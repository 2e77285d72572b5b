import { type PostgresCursor, PostgresDialect, type PostgresPool, type PostgresQueryResult } from "kysely";
import { fail } from "../errors.js";
import type { Logger, PostgresHandle } from "../media.js";

/** How long to wait for a connection before it is an error. */
const connectTimeoutMs = 10_000;
/** How long one statement may take: ours touch a page of rows at most. */
const queryTimeoutMs = 60_000;

/** A pool of connections to PostgreSQL, and how to let go of it. */
export interface PostgresConnection {
  readonly dialect: PostgresDialect;
  close(): Promise<void>;
}

/** Tell whether a URL means PostgreSQL. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:\/\//i.test(url);
}

/** Where a URL leads to, without user and password: `PostgreSQL (db.example.com/app)`. */
export function describePostgres(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `PostgreSQL (${host === "" ? "local socket" : host}${pathname})`;
  } catch {
    return "PostgreSQL";
  }
}

/** Open a pool of our own at a URL. Nothing is connected to yet. @throws CONFIG_INVALID */
export async function openPostgresUrl(url: string, log: Pick<Logger, "warn">): Promise<PostgresConnection> {
  const { default: pg } = await loadPg();
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    application_name: "holdfast",
  });
  // Without a listener, an idle connection that the server closes would end the process.
  pool.on("error", (error) => log.warn(`catalogue: an idle connection to PostgreSQL was lost (${error.message})`));
  let ending: Promise<void> | undefined;
  return { dialect: dialectOver(pool), close: async () => await (ending ??= pool.end()) };
}

/** Use the application's own pool, which stays its own: whoever opened it closes it. */
export function postgresOver(pool: PostgresHandle): PostgresConnection {
  return { dialect: dialectOver(pool), close: async () => undefined };
}

function dialectOver(pool: PostgresHandle): PostgresDialect {
  return new PostgresDialect({ pool: discardingBroken(pool) });
}

/**
 * A pool that does not take a connection back on which something else failed than the statement: a lost or silent connection
 * may still hold the answer to the question before.
 */
function discardingBroken(pool: PostgresHandle): PostgresPool {
  return {
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw told(error);
      });
      let broken: Error | undefined;
      // The pool listens to its idle connections only; one lost between two statements of ours would end the process.
      const onLost = (error: Error): void => {
        broken = error;
      };
      client.on("error", onLost);
      async function run(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<unknown>> {
        try {
          return (await client.query(statement, [...parameters])) as PostgresQueryResult<unknown>;
        } catch (error) {
          if (sqlStateOf(error) === undefined) broken = error instanceof Error ? error : new Error(String(error));
          throw told(error);
        }
      }
      function query<R>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
      function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
      function query(
        statement: string | PostgresCursor<unknown>,
        parameters: readonly unknown[] = [],
      ): Promise<PostgresQueryResult<unknown>> | PostgresCursor<unknown> {
        if (typeof statement !== "string") throw new Error("the catalogue's queries use no cursors");
        return run(statement, parameters);
      }
      const release = (): void => {
        client.release(broken);
        client.removeListener("error", onLost);
      };
      return { query, release };
    },
    end: async () => undefined,
  };
}

/** SQLSTATEs of a server that is going, coming, or takes no more: what was asked may be asked again. */
const isPassing = /^(08|57P0[1-5]|53300|58000)/;

/** An error for whoever waits: that the database does not answer is no fault of the statement's. */
function told(cause: unknown): unknown {
  const state = sqlStateOf(cause);
  if (state !== undefined && !isPassing.test(state)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return fail("CATALOGUE_UNREACHABLE", { reason: reason === "" ? "the connection failed" : reason }, { cause });
}

/** The five characters (SQLSTATE) by which PostgreSQL says what went wrong; undefined where the error is not its own. */
export function sqlStateOf(error: unknown): string | undefined {
  // The system's errors have codes too, and EPIPE has five letters; only the database's have a severity.
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Tell whether a unique index refused a row: somebody else was first. In either database. */
export function isUniqueViolation(error: unknown): boolean {
  if (sqlStateOf(error) === "23505") return true;
  return error instanceof Error && "code" in error && /^SQLITE_CONSTRAINT(_UNIQUE|_PRIMARYKEY)?$/.test(String(error.code));
}

async function loadPg(): Promise<typeof import("pg")> {
  try {
    return await import("pg");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    const problem = isMissing
      ? "A catalogue in PostgreSQL needs the package pg: npm install pg"
      : `The package pg cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    throw fail("CONFIG_INVALID", { problems: [problem] }, { cause: error });
  }
}
