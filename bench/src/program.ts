import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { endWithUs } from "./child.js";
import { get } from "./get.js";

/** A server that is somebody else's program, as a child of ours. */
export interface Program {
  /** Processor time it and its children have used so far (Linux). */
  cpuSeconds(): Promise<number>;
  /** End it by its process id, and wait until it has ended. */
  stop(): Promise<void>;
}

/** How to start one, and where it answers 200 as soon as it is up. */
export interface ProgramOrder {
  readonly path: string;
  readonly args?: readonly string[];
  /** All of its environment. @defaultValue ours */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly url: string;
}

/** How long a program may take over coming up. */
const patienceMs = 5000;

/** Start a program that stays in the foreground, and wait until it answers. What it says goes to stderr. Rejects when it does not come up. */
export async function startProgram({ path, args = [], env = process.env, url }: ProgramOrder): Promise<Program> {
  const child = spawn(path, args, { env: { ...env }, stdio: ["ignore", 2, 2] });
  endWithUs(child);
  let failure: unknown;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", (error) => {
      failure = error;
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  for (const deadline = Date.now() + patienceMs; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const status = await get(url, {}).then(
      (answer) => answer.status,
      () => undefined,
    );
    const hasEnded = failure !== undefined || child.exitCode !== null || child.signalCode !== null;
    if (status === 200 && !hasEnded) return { cpuSeconds: async () => await cpuSecondsOf(child.pid ?? 0), stop };
    if (Date.now() > deadline || hasEnded) {
      await stop();
      throw new Error(`${path} does not answer at ${url} (its last status: ${String(status)})`, { cause: failure });
    }
  }
}

/** Read from /proc what a process and its children have used, in ticks of a hundredth of a second (Linux). */
async function cpuSecondsOf(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  const used = [String(pid), ...children.filter((each) => each !== "")].map(async (each) => {
    // The name in brackets may hold spaces; after it, user and system time are the 12th and 13th field (proc_pid_stat(5)).
    const fields = (await readFile(`/proc/${each}/stat`, "utf8")).replace(/^.*\) /s, "").split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  });
  return (await Promise.all(used)).reduce((sum, seconds) => sum + seconds, 0);
}
