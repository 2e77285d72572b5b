import { chown, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Daemons, findFreePorts, missingOf, run } from "./daemons.js";
import { unprivilegedUser } from "./postgres.js";

/** A pgbouncer of our own on loopback. */
export interface PgbouncerServer {
  /** The database behind it, through it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** How to get pgbouncer, for people; undefined where it is here. */
export function lackOfPgbouncer(): string | undefined {
  return missingOf(["pgbouncer"]).length === 0 ? undefined : "pgbouncer is left out: apt-get install --no-install-recommends pgbouncer";
}

/**
 * Start a pgbouncer before a database. In the mode `transaction` a client has another connection of few in each transaction, so
 * that nothing it leaves on one is found again; in the mode `session` it keeps one.
 */
export async function startPgbouncer(database: string, mode: "transaction" | "session"): Promise<PgbouncerServer> {
  const daemons = await Daemons.create("pgbouncer");
  const { hostname, port: databasePort, username, pathname } = new URL(database);
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  if (user !== undefined) await chown(daemons.folder, user.uid, user.gid);
  const [port = 0] = await findFreePorts(1);
  try {
    const configuration = join(daemons.folder, "pgbouncer.ini");
    await writeFile(
      configuration,
      `[databases]
holdfast = host=${hostname} port=${databasePort} dbname=${pathname.slice(1)} user=${username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${mode === "transaction" ? 4 : 40}
max_client_conn = 200
`,
    );
    daemons.start("pgbouncer", "pgbouncer", [configuration], {}, user);
    const psql = ["-h", "127.0.0.1", "-p", String(port), "-U", username, "-d", "holdfast", "-qAtc"];
    await daemons.until("pgbouncer", async () => (await run("psql", [...psql, "SELECT 1"])).trim() === "1");
  } catch (error) {
    await daemons.stop();
    throw error;
  }
  return { url: `postgres://${username}@127.0.0.1:${port}/holdfast`, stop: async () => await daemons.stop() };
}
