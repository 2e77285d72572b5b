import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chown } from "node:fs/promises";
import { join } from "node:path";
import { Daemons, findFreePorts, missingOf, run } from "./daemons.js";

/** A PostgreSQL server of our own on loopback. */
export interface PostgresServer {
  /** `postgres://holdfast@127.0.0.1:…/holdfast` */
  readonly url: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Debian keeps the server out of PATH, one folder a version. */
const debianFolder = "/usr/lib/postgresql";
const programs = ["postgres", "initdb"] as const;

/** How to get PostgreSQL, for people; undefined where it is here. */
export function lackOfPostgres(): string | undefined {
  const isHere = findPrograms() !== undefined && missingOf(["psql"]).length === 0;
  return isHere ? undefined : "PostgreSQL is left out: apt-get install --no-install-recommends postgresql";
}

/** Where PostgreSQL's programs are. */
function findPrograms(): Record<(typeof programs)[number], string> | undefined {
  if (missingOf(programs).length === 0) return { postgres: "postgres", initdb: "initdb" };
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).map(Number).filter(Number.isFinite) : [];
  if (versions.length === 0) return undefined;
  const bin = join(debianFolder, String(Math.max(...versions)), "bin");
  return { postgres: join(bin, "postgres"), initdb: join(bin, "initdb") };
}

/**
 * Start a PostgreSQL server in a folder of its own. With `isDurable` it fsyncs as in production; without, it is as fast as
 * tests of something else want it.
 */
export async function startPostgres(
  options: { readonly isDurable?: boolean; readonly settings?: readonly string[] } = {},
): Promise<PostgresServer> {
  const found = findPrograms();
  if (found === undefined) throw new Error(lackOfPostgres());
  const { initdb, postgres } = found;
  const daemons = await Daemons.create("postgres");
  const data = join(daemons.folder, "data");
  // PostgreSQL refuses to run as root; then it runs as the user its package made, or as nobody.
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  if (user !== undefined) await chown(daemons.folder, user.uid, user.gid);
  const [port = 0] = await findFreePorts(1);
  try {
    const initialise = ["-D", data, "-U", "holdfast", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
    await run(initdb, initialise, {}, 60_000, user);
    const fast = options.isDurable === true ? [] : ["fsync=off", "full_page_writes=off"];
    const settings = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${daemons.folder}`, "max_connections=200"];
    const flags = [...settings, ...fast, ...(options.settings ?? [])].flatMap((setting) => ["-c", setting]);
    daemons.start("postgres", postgres, ["-D", data, ...flags], {}, user);
    const psql = ["-h", "127.0.0.1", "-p", String(port), "-U", "holdfast", "-d", "postgres", "-qAtc"];
    await daemons.until("PostgreSQL", async () => (await run("psql", [...psql, "SELECT 1"])).trim() === "1");
    await run("psql", [...psql, "CREATE DATABASE holdfast"]);
  } catch (error) {
    await daemons.stop();
    throw error;
  }
  return {
    url: `postgres://holdfast@127.0.0.1:${port}/holdfast`,
    folder: daemons.folder,
    // Clients that are still connected do not keep it: SIGINT is PostgreSQL's fast shutdown.
    stop: async () => await daemons.stop("SIGINT"),
  };
}

/** Whom a server runs as that refuses to run as root: the user its package made, or nobody. */
export function unprivilegedUser(): { readonly uid: number; readonly gid: number } {
  const entries = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const entry = entries.find(([name]) => name === "postgres") ?? entries.find(([name]) => name === "nobody");
  const [uid, gid] = [Number(entry?.[2]), Number(entry?.[3])];
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) throw new Error("there is no user postgres nor nobody to run PostgreSQL as");
  return { uid, gid };
}
