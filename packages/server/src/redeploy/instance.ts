import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "@holdfast/media";

/** Which of the two apps. */
export type Side = "holdfast" | "plain";

/** One boot of an app: a process of its own, in a folder of its own, on a loopback port of its own. */
export interface Instance {
  readonly pid: number;
  readonly folder: string;
  /** `http://127.0.0.1:` and its port. */
  readonly origin: string;
  readonly hasExited: () => boolean;
  /** Stop it as a platform does: SIGTERM, then SIGKILL when the grace is over. Resolves when the process is gone. */
  stop(graceMs?: number): Promise<void>;
}

const bootTimeoutMs = 30_000;
const stopGraceMs = 10_000;

/** The package's folder: the same seen from `src` and from `dist`. */
const packageFolder = fileURLToPath(new URL("../../", import.meta.url));

/** What an app needs of this process's environment. Nothing else is handed on: no token, no bucket, no platform. */
const inherited = ["PATH", "SystemRoot", "LD_LIBRARY_PATH", "LANG"] as const;

/**
 * Deploy an app: make the whole folder of an instance, as a platform unpacks a release. The code is copied; the
 * dependencies are linked, which is what keeps a deploy of the demonstration under a second.
 */
export async function deploy(side: Side, folder: string): Promise<void> {
  await mkdir(join(folder, "tmp"), { recursive: true });
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ name: `${side}-app`, private: true, type: "module" })}\n`);
  await copyFile(join(packageFolder, "dist", "redeploy", `${side}-app.js`), join(folder, "app.js"));
  if (side === "plain") return;
  await mkdir(join(folder, "node_modules", "@holdfast"), { recursive: true });
  await symlink(packageFolder, join(folder, "node_modules", "@holdfast", "server"), "junction");
}

/** Wipe an instance's whole folder, as a platform does. Links are removed, not followed. */
export async function wipe(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Boot the app deployed in `folder`; resolves when it listens. It exits by itself when this process goes. */
export async function boot(folder: string, env: Environment): Promise<Instance> {
  const child = spawn(process.execPath, ["app.js"], {
    cwd: folder,
    env: {
      ...pick(process.env),
      ...env,
      TMPDIR: join(folder, "tmp"),
      TEMP: join(folder, "tmp"),
      TMP: join(folder, "tmp"),
      HOST: "127.0.0.1",
      PORT: "0",
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  try {
    const port = await portOf(child, exited);
    return {
      pid: child.pid ?? 0,
      folder,
      origin: `http://127.0.0.1:${port}`,
      hasExited: () => child.exitCode !== null || child.signalCode !== null,
      stop: async (graceMs = stopGraceMs) => await stop(child, exited, graceMs),
    };
  } catch (error) {
    await stop(child, exited, 0);
    throw error;
  }
}

async function portOf(child: ChildProcess, exited: Promise<void>): Promise<number> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      const giveUp = (why: string): void => reject(new Error(`An instance of the redeploy demonstration ${why}. ${complaint}`.trim()));
      child.once("error", reject);
      void exited.then(() => giveUp("ended before it listened"));
      timer = setTimeout(() => giveUp(`did not listen within ${bootTimeoutMs / 1000} seconds`), bootTimeoutMs);
      child.on("message", (message) => {
        if (typeof message === "object" && "port" in message && typeof message.port === "number") resolve(message.port);
      });
    });
  } finally {
    clearTimeout(timer);
  }
}

async function stop(child: ChildProcess, exited: Promise<void>, graceMs: number): Promise<void> {
  if (child.pid === undefined) return; // it never started
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

function pick(env: Environment): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of inherited) {
    const value = env[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
