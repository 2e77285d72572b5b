import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { fail } from "../errors.js";

/** How a process ended: its exit code, or 128 and the signal's number as shells count. */
export interface Ending {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
  /** Whether it had to be killed, for it did not end in time. */
  readonly isKilled: boolean;
}

/** How a process is run. */
export interface ChildOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when it is to end; the reason may be the signal that asked. */
  readonly signal: AbortSignal;
  /** How long it may take to end after that. */
  readonly graceMs: number;
  /**
   * End it, and what it has started, even when we are killed and can say nothing any more: for what may only run while we hold a lock.
   * It reads nothing from a terminal. @defaultValue false
   */
  readonly endsWithUs?: boolean;
  /** Told when it is asked to end, and when it is killed. */
  readonly onEnding?: (what: string) => void;
}

/** What a container or a terminal sends that the app has to hear itself. */
const forwarded: readonly NodeJS.Signals[] = ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"];

/**
 * Run a process with our own input and output until it ends. What asks us to end is passed on; what does not end within the grace
 * is killed. Never leaves the process behind.
 *
 * @throws COMMAND_UNUSABLE when it cannot be started
 */
export async function runChild(command: readonly string[], options: ChildOptions): Promise<Ending> {
  const [program = "", ...args] = command;
  const { cwd, signal, graceMs, endsWithUs = false, onEnding = () => undefined } = options;
  // A group of its own can be ended as a whole; Windows has none.
  const isGroup = endsWithUs && process.platform !== "win32";
  // Asked to end before it began.
  if (signal.aborted) return { exitCode: 128 + numberOf(signalIn(signal)), signal: signalIn(signal), isKilled: false };
  const child = spawn(program, args, {
    cwd,
    env: { ...options.env },
    stdio: isGroup ? ["ignore", "inherit", "inherit"] : "inherit",
    detached: isGroup,
  });
  const watch = isGroup && child.pid !== undefined ? watchOver(child.pid) : undefined;
  let killing: NodeJS.Timeout | undefined;
  let isKilled = false;

  const pass = (name: NodeJS.Signals): void => (isGroup ? killGroup(child, name) : void child.kill(name));
  const end = (): void => {
    const name = signalIn(signal);
    // Ctrl-C reaches everything in the terminal by itself; passed on as well, it would arrive twice, which many take for "at once".
    if (name !== "SIGINT" || isGroup || process.stdin.isTTY !== true) pass(name);
    onEnding(`${name} was passed on; the app has ${Math.round(graceMs / 1000)} s to finish`);
    killing = setTimeout(() => {
      isKilled = true;
      onEnding(`the app did not end within ${Math.round(graceMs / 1000)} s, and is killed`);
      pass("SIGKILL");
    }, graceMs);
  };
  const others = forwarded.map((name) => [name, (): void => pass(name)] as const);
  signal.addEventListener("abort", end, { once: true });
  for (const [name, listener] of others) process.on(name, listener);
  const leave = (): void => pass("SIGKILL");
  process.once("exit", leave);
  try {
    return await new Promise<Ending>((resolve, reject) => {
      child.once("error", (cause: NodeJS.ErrnoException) => {
        const reason =
          cause.code === "ENOENT" ? "there is no such program" : cause.code === "EACCES" ? "it may not be executed" : cause.message;
        reject(fail("COMMAND_UNUSABLE", { command: program, reason }, { cause }));
      });
      child.once("exit", (code, name) =>
        resolve({ exitCode: code ?? 128 + numberOf(name ?? "SIGKILL"), signal: name ?? undefined, isKilled }),
      );
    });
  } finally {
    clearTimeout(killing);
    signal.removeEventListener("abort", end);
    for (const [name, listener] of others) process.off(name, listener);
    process.off("exit", leave);
    watch?.kill("SIGKILL");
  }
}

function killGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has ended.
  }
}

/** A shell that waits for our end of a pipe to close, which it does however we end, and then kills the group. Without a shell nobody watches. */
function watchOver(group: number): ChildProcess {
  const watch = spawn("sh", ["-c", 'read -r _; kill -KILL "-$1"', "sh", String(group)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watch.on("error", () => undefined);
  watch.stdin?.on("error", () => undefined);
  watch.unref();
  return watch;
}

/** The signal that an abort passes on: the one that asked for it, else SIGTERM. */
export function signalIn({ reason }: AbortSignal): NodeJS.Signals {
  const asked: unknown = reason instanceof Error && "signal" in reason ? reason.signal : undefined;
  return asked === "SIGINT" ? asked : "SIGTERM";
}

function numberOf(signal: NodeJS.Signals): number {
  return constants.signals[signal];
}
