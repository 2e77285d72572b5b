import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a child ends itself. The points stand in the order in which an upload comes by them. */
export const killPlaces = ["write", "before link", "after link", "before commit", "after commit"] as const;
/** Likewise where objects go to a bucket and rows to PostgreSQL. */
export const cloudKillPlaces = ["before put", "after put", "before pg commit", "after pg commit"] as const;

/** The `nth` time that the child comes by a place. */
export interface KillPoint {
  readonly at: (typeof killPlaces)[number] | (typeof cloudKillPlaces)[number];
  readonly nth: number;
}

/** A defect built into the child on purpose. */
export type Mutant =
  | "acknowledge before commit"
  | "commit before bytes"
  | "no fsync of files"
  | "no fsync of folders"
  | "no fsync of new folders' parents"
  | "synchronous=NORMAL"
  | "settle from a listing"
  | "delete after an unknown commit";

/** What a lab may set in the child it runs. */
export interface ChildOptions {
  /** How long running requests may take to finish when it is told to stop. */
  readonly graceMs?: number;
  readonly killAt?: KillPoint;
  readonly mutant?: Mutant;
  /** Of so many commits that store a file, one takes effect and its answer is lost, with the connection. */
  readonly loseEveryCommit?: number;
  readonly media?: {
    readonly leaseMs?: number;
    readonly settleEveryMs?: number;
    readonly lateWriteMs?: number;
    readonly retentionMs?: number;
    readonly limits?: { readonly maxBytes?: number; readonly stallTimeoutMs?: number };
  };
}

/** Where an instance runs: its own folder, and the variables that say where it keeps what. */
export interface Home {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A folder with everything a service keeps. */
export interface ServiceFolder extends Home {
  readonly storage: string;
  readonly database: string;
  remove(): Promise<void>;
}

/** The service, running as a process of its own. */
export interface ServiceProcess {
  readonly origin: string;
  readonly pid: number;
  /** What it wrote to its standard error so far. */
  readonly complaints: () => string;
  /** Let the point at which it is to die count from now on. */
  arm(): void;
  /** Resolves when the process is gone, whoever ended it. */
  readonly gone: Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has finished what it was doing. SIGKILL after ten seconds. */
  stop(): Promise<void>;
}

const bootTimeoutMs = 30_000;
const childPath = fileURLToPath(new URL("service-child.mjs", import.meta.url));

/** Make an empty folder for a service, below `parent`. */
export async function makeServiceFolder(parent: string = tmpdir()): Promise<ServiceFolder> {
  const path = await mkdtemp(join(parent, "holdfast-system-"));
  const [storage, database] = [join(path, "media"), join(path, "catalogue.db")];
  return {
    path,
    storage,
    database,
    env: { MEDIA_ROOT: storage, MEDIA_DATABASE_URL: `file:${database}` },
    remove: async () => await rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** How the service is started. */
export interface StartOptions extends ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs it, such as strace. */
  readonly wrapper?: readonly string[];
  /** Kill it this long after its start, however far it has come. */
  readonly killAfterMs?: number;
}

/** Start the service on a loopback port of the system's choosing. Rejects, with what it complained of, when it ends before it listens. */
export async function startService(home: Home, options: StartOptions = {}): Promise<ServiceProcess> {
  const { env, wrapper = [], killAfterMs, ...forChild } = options;
  const [command = process.execPath, ...before] = wrapper;
  const own = ["--unhandled-rejections=warn", childPath];
  const child = spawn(command, wrapper.length === 0 ? own : [...before, process.execPath, ...own], {
    cwd: home.path,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOST: "127.0.0.1",
      PORT: "0",
      ...home.env,
      HOLDFAST_LAB: JSON.stringify(forChild),
      ...env,
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  if (killAfterMs !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  const port = await portOf(child, gone, () => complaints).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(timer);
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    complaints: () => complaints,
    // Who has died already needs no arming.
    arm: () => void (child.connected && child.send("arm", () => undefined)),
    gone,
    kill: async () => await end("SIGKILL"),
    stop: async () => await end("SIGTERM"),
  };
}

async function portOf(child: ChildProcess, gone: Promise<void>, complaints: () => string): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      const giveUp = (why: string): void => reject(new Error(`The service ${why}. ${complaints()}`));
      child.once("error", reject);
      void gone.then(() => giveUp("ended before it listened"));
      timer = setTimeout(() => giveUp(`did not listen within ${bootTimeoutMs / 1000} seconds`), bootTimeoutMs);
      child.on("message", (message) => {
        if (typeof message === "object" && "port" in message && typeof message.port === "number") resolve(message.port);
      });
    });
  } finally {
    clearTimeout(timer);
  }
}
