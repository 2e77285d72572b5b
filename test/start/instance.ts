import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { root } from "../house/workspace.js";

/** One instance of an app, started by `holdfast start` as a container would be. */
export interface Instance {
  readonly child: ChildProcess;
  /** What it has printed so far, output and errors together. */
  printed(): string;
  /** Resolves when a line of it matches. Rejects when it ends before. */
  until(pattern: RegExp): Promise<void>;
  /** Its exit code, or its signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** End every process of it at once, as the end of a container does. */
  kill(): void;
}

/** Start an instance in a folder by `holdfast start`. */
export function startInstance(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Instance {
  return startProgram(cwd, [process.execPath, join(root, "packages/holdfast/dist/bin.js"), "start", ...args], env);
}

/** Start a program in a folder. It leads a process group of its own, so that nothing of it outlives a kill. */
export function startProgram(cwd: string, [program = "", ...args]: readonly string[], env: Readonly<Record<string, string>>): Instance {
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (block: Buffer) => {
      text += block.toString();
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, "close").then(([code, signal]) => (code as number | null) ?? (signal as NodeJS.Signals | null));
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  onTestFinished(kill);
  return {
    child,
    printed: () => text,
    ended,
    kill,
    async until(pattern) {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        void ended.then((how) => reject(new Error(`it ended with ${how} before it printed ${pattern}:\n${text}`)));
        look();
      });
    },
  };
}
