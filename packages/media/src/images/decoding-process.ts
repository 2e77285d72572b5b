import { type ChildProcess, fork } from "node:child_process";
import { getPriority, setPriority } from "node:os";
import type { FileFacts } from "../catalogue/commit-file.js";
import type { Budget } from "./budget.js";
import type { DecodingLimits, DecodingTask } from "./decoding.js";
import { type FromChild, receiveError, type ToChild } from "./decoding-messages.js";
import type { RenderedVariant } from "./render.js";

/** A decode that takes longer is given up, its process killed: what is honest takes seconds. */
const maxTaskMs = 60_000;

/** That a process ended while it decoded, or before it could begin. */
export class ProcessDied extends Error {
  readonly hadBegun: boolean;

  constructor(pid: number | undefined, hadBegun: boolean) {
    super(`the decoding process ${pid} ended`);
    this.hadBegun = hadBegun;
  }
}

/** A process that decodes, one task at a time. */
export interface DecodingProcess {
  readonly pid: number | undefined;
  /** Memory it held after its last task. */
  readonly residentBytes: number;
  /** How many tasks it has done. */
  readonly tasks: number;
  readonly isAlive: boolean;
  /** Do a task. @throws ProcessDied when the process ends meanwhile, and what the task throws */
  run(task: DecodingTask): Promise<FileFacts | RenderedVariant>;
  /** End it; resolves when it has ended. */
  end(): Promise<void>;
}

/** Start a process that decodes within a budget it shares with others. @param priority as the system counts it: 0 for normal, more for less */
export function startDecodingProcess(module: URL, limits: DecodingLimits, budget: Budget, priority: number): DecodingProcess {
  const child = fork(module, {
    serialization: "advanced",
    // None of our secrets, and of glibc's heaps no more than two: each keeps what it once had.
    env: { MALLOC_ARENA_MAX: "2", ...pick("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "TMPDIR", "SystemRoot") },
    execArgv: ["--max-old-space-size=256"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  // It holds nobody up who wants to exit.
  child.unref();
  child.channel?.unref();
  lowerPriority(child, priority);
  let isAlive = true;
  let tasks = 0;
  let residentBytes = 0;
  let isReady = false;
  let onGone = (): void => undefined;
  const exited = new Promise<void>((resolve) => {
    const gone = (): void => {
      isAlive = false;
      resolve();
      onGone();
    };
    child.once("exit", gone);
    // It could not be started at all, or could not be told something.
    child.on("error", gone);
  });

  const run = async (task: DecodingTask): Promise<FileFacts | RenderedVariant> => {
    let release = (): void => undefined;
    let isOver = false;
    const timer = setTimeout(() => child.kill("SIGKILL"), maxTaskMs);
    child.channel?.ref();
    try {
      return await new Promise((resolve, reject) => {
        onGone = () => reject(new ProcessDied(child.pid, isReady));
        if (!isAlive) onGone();
        child.on("message", (message: FromChild) => {
          switch (message.kind) {
            case "ready":
              isReady = true;
              break;
            case "need":
              timer.refresh();
              budget.acquire(message.bytes, message.urgency).then((giveBack) => {
                // Who died while it waited its turn takes nothing.
                if (isOver) giveBack();
                else release = giveBack;
                timer.refresh();
                tell(child, { kind: "granted" });
              }, reject);
              break;
            case "done":
            case "failed":
              residentBytes = message.residentBytes;
              if (message.kind === "done") resolve(message.result);
              else reject(receiveError(message.error));
          }
        });
        tell(child, { kind: "begin", limits, task });
      });
    } finally {
      isOver = true;
      onGone = () => undefined;
      child.removeAllListeners("message");
      tasks += 1;
      clearTimeout(timer);
      child.channel?.unref();
      release();
    }
  };

  return {
    pid: child.pid,
    get residentBytes() {
      return residentBytes;
    },
    get tasks() {
      return tasks;
    },
    get isAlive() {
      return isAlive;
    },
    run,
    async end() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** That it has gone meanwhile is noticed by its exit. */
function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => undefined);
}

function lowerPriority({ pid }: ChildProcess, by: number): void {
  try {
    // Never raised: whoever started us may have lowered ours.
    if (pid !== undefined && by > getPriority()) setPriority(pid, by);
  } catch {
    // It is gone already, or the system does not allow it; then it is merely not low.
  }
}

function pick(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
