import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, closeSync, constants, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** A real S3 server on loopback. What a test needs of it can be sent to another process. */
export interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Somebody the server knows who may not use the first one's buckets, where it has such users. */
  readonly stranger: Credentials | undefined;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A server that was started here, and how it is ended. */
export interface StartedServer extends S3Server {
  stop(): Promise<void>;
}

interface Daemon {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Whose process it is, where it is not to be ours. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** How long a daemon may take over ending by itself. */
const graceMs = 5_000;

/** Processes that make up one server, with a folder of their own. They end with this process, whatever becomes of it. */
export class Daemons {
  readonly folder: string;
  readonly #running: Daemon[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(name: string): Promise<Daemons> {
    return new Daemons(await mkdtemp(join(tmpdir(), `holdfast-${name}-`)));
  }

  /** Start a program that stays in the foreground. What it says goes to `<name>.out` in the folder. */
  start(name: string, program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, user?: User): void {
    const log = openSync(join(this.folder, `${name}.out`), "a");
    const child = spawn(program, args, { cwd: this.folder, env: { ...process.env, ...env }, stdio: ["ignore", log, log], ...user });
    closeSync(log);
    running.add(child);
    const ended = new Promise<void>((resolve) => {
      child.once("close", () => {
        running.delete(child);
        resolve();
      });
      child.once("error", () => resolve());
    });
    this.#running.push({ name, child, ended });
  }

  /** Wait until `check` holds. @throws Error with the last lines of every daemon, when one has ended or time is up */
  async until(what: string, check: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
    for (const deadline = Date.now() + timeoutMs; !(await check().catch(() => false)); await sleep(100)) {
      const dead = this.#running.filter(({ child }) => child.exitCode !== null || child.signalCode !== null);
      if (dead.length === 0 && Date.now() < deadline) continue;
      const last = this.#running.map(({ name }) => `${name}: ${readFileSync(join(this.folder, `${name}.out`), "utf8").slice(-500)}`);
      await this.stop();
      throw new Error(`${what} does not come up. ${last.join("\n")}`);
    }
  }

  /** End all of them by their process ids, the one started last first, and remove the folder. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    for (const { child, ended } of this.#running.splice(0).toReversed()) {
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(timer);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Run a program to its end, and answer what it printed. */
export async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  timeoutMs = 60_000,
  user?: User,
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { env: { ...process.env, ...env }, timeout: timeoutMs, ...user });
  return stdout;
}

/** Those of some programs that are not installed. */
export function missingOf(programs: readonly string[]): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const isHere = (path: string): boolean => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return programs.filter((program) => !folders.some((folder) => isHere(join(folder, program))));
}

/** Find ports that are free now, all different. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map(async (server) => await new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Tell whether anything answers HTTP at a URL with a status below 500. */
export async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await answer.arrayBuffer();
  return answer.status < 500;
}
