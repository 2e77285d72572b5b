import { type Kysely, type PostgresCursor, PostgresDialect, type PostgresPool, type PostgresQueryResult, sql } from "kysely";
import { fail, type HoldfastError } from "../errors.js";
import type { Logger, PostgresHandle, PostgresPoolClientHandle } from "../media.js";
import type { Setting } from "../storage/setting.js";
import type { PreparedStatements } from "./prepared.js";
import type { Schema } from "./schema.js";
import { hasYielded, sqlStateOf, yieldingPause } from "./sql-state.js";

/** How long to wait for a connection before it is an error. */
const connectTimeoutMs = 10_000;
/** How long one statement may take: ours touch a page of rows at most. */
const queryTimeoutMs = 60_000;

/**
 * How a transaction of ours begins. Whatever the database's default is, the guarded updates count on being read committed; and
 * what a process that was stopped holds locked is let go of, for the others wait for it.
 */
const beginning = "begin isolation level read committed; set local idle_in_transaction_session_timeout = '60s'";
/** How often a statement that gave way to another one is tried. */
const maxAttempts = 5;

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

const misread =
  "cannot be read as postgres://user:password@host:port/database. In a user or password write %2F for /, %3F for ?, %23 for #, %40 for @, %25 for %.";

/** Tell whether a URL is none, or ends its host within the password, whose rest would be taken for the database's name. */
function isMisread(url: string): boolean {
  // Without a host, the client takes the one of the query, or this computer.
  if (!URL.canParse(url.replace("@/", "@localhost/"))) return true;
  return /^[^:]+:\/\/[^/?#@]*(\/[^?#]*@|\?[^=]*@|[^@]*#[^@]*@)/.test(url);
}

/** Open a pool of our own at the URL of a setting. Nothing is connected to yet. @throws CONFIG_INVALID */
export async function openPostgresUrl(
  { variable, value: url }: Setting,
  prepared: PreparedStatements,
  log: Pick<Logger, "warn">,
): Promise<PostgresConnection> {
  if (isMisread(url)) throw fail("CONFIG_INVALID", { problems: [`${variable} ${misread}`] });
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
  return { dialect: dialectOver(pool, prepared), close: async () => await (ending ??= pool.end()) };
}

/** Use the application's own pool, which stays its own: whoever opened it closes it. */
export function postgresOver(pool: PostgresHandle, prepared: PreparedStatements): PostgresConnection {
  return { dialect: dialectOver(pool, prepared), close: async () => undefined };
}

function dialectOver(pool: PostgresHandle, prepared: PreparedStatements): PostgresDialect {
  return new PostgresDialect({ pool: discardingBroken(pool, prepared) });
}

/**
 * A pool that does not take a connection back on which something else failed than the statement: a lost or silent connection
 * may still hold the answer to the question before.
 */
function discardingBroken(pool: PostgresHandle, prepared: PreparedStatements): PostgresPool {
  return {
    connect: async () => {
      const client = await connectTo(pool);
      let broken: Error | undefined;
      // The pool listens to its idle connections only; one lost between two statements of ours would end the process.
      const onLost = (error: Error): void => {
        broken = error;
      };
      client.on("error", onLost);
      let isInTransaction = false;
      async function run(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<unknown>> {
        for (let attempt = 1; ; attempt += 1) {
          // It would wait behind what was not answered.
          if (broken !== undefined) throw told(broken);
          try {
            const text = statement === "begin" ? beginning : statement;
            // One that is refused for its name would take the whole transaction with it.
            const answer = await (isInTransaction ? client.query(text, [...parameters]) : ask(client, prepared, text, parameters));
            if (statement === "begin") isInTransaction = true;
            if (statement === "commit" || statement === "rollback") isInTransaction = false;
            return answer as PostgresQueryResult<unknown>;
          } catch (error) {
            const state = sqlStateOf(error);
            if (state === undefined || isPassing.test(state)) broken = error instanceof Error ? error : new Error(String(error));
            // A statement that gave way has had no effect; of a transaction all is gone, and `transact` begins it anew.
            if (isInTransaction || attempt >= maxAttempts || !hasYielded(error)) throw told(error);
            await yieldingPause(attempt);
          }
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

/** Run a statement by itself: under its name where it is kept prepared, and without it where the name is refused. */
async function ask(
  client: PostgresPoolClientHandle,
  prepared: PreparedStatements,
  text: string,
  parameters: readonly unknown[],
): ReturnType<PostgresPoolClientHandle["query"]> {
  const name = prepared.nameOf(text);
  const values = [...parameters];
  if (name === undefined) return await client.query(text, values);
  try {
    return await client.query({ name, text, values });
  } catch (error) {
    if (!prepared.giveUp(error)) throw error;
    return await client.query(text, values);
  }
}

/**
 * SQLSTATEs of a server that is going, coming, full, no longer the one to write to, or takes too long: what was asked may be
 * asked again, on another connection.
 */
const isPassing = /^(08|25006|25P03|53|57014|57P0[1-5]|58)/;

/** An error for whoever waits: that the database does not answer is no fault of the statement's. */
function told(cause: unknown): unknown {
  const state = sqlStateOf(cause);
  return state !== undefined && !isPassing.test(state) ? cause : unreachable(cause);
}

function unreachable(cause: unknown): HoldfastError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const remedy = remedies[sqlStateOf(cause) ?? ""] ?? "";
  return fail("CATALOGUE_UNREACHABLE", { reason: `${said === "" ? "the connection failed" : said}${remedy}` }, { cause });
}

/** What to do about a connection that was refused, by SQLSTATE. */
const remedies: Readonly<Record<string, string>> = {
  "3D000": "; correct its name in the URL, or create it",
  "28000": "; check the user, the password and what pg_hba.conf allows",
  "28P01": "; check the user and the password",
};

async function connectTo(pool: PostgresHandle): ReturnType<PostgresHandle["connect"]> {
  try {
    return await pool.connect();
  } catch (error) {
    throw unreachable(error);
  }
}

/** Why what this PostgreSQL has acknowledged may be gone after it has crashed, by its settings, if it may. */
export async function whyPostgresForgets(db: Kysely<Schema>, description: string): Promise<string | undefined> {
  const { rows } = await sql<{ commit: string; fsync: string }>`
    SELECT current_setting('synchronous_commit') AS commit, current_setting('fsync') AS fsync`.execute(db);
  const lax = rows[0]?.commit === "off" ? "synchronous_commit" : rows[0]?.fsync === "off" ? "fsync" : undefined;
  if (lax === undefined) return undefined;
  return (
    `the catalogue's ${description} acknowledges commits before they are on its disk (${lax} = off): after a crash of the database, ` +
    `uploads that were acknowledged just before are forgotten. Turn ${lax} on`
  );
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
