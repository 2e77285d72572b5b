import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Whether system calls can be watched here. */
export const hasStrace: boolean = process.platform === "linux" && spawnSync("strace", ["-V"]).status === 0;

/** A system call: its text with the paths of its descriptors, and when it began and ended, as places in the record. */
export interface SystemCall {
  readonly text: string;
  readonly began: number;
  readonly ended: number;
}

/** Watch a running process with strace; `end` lets go of it and answers when that is done. */
export async function watch(pid: number, parameters: readonly string[]): Promise<{ end(): Promise<void> }> {
  const tracer = spawn("strace", ["-f", "-y", "-s", "80", ...parameters, "-p", String(pid)], { stdio: ["ignore", "ignore", "pipe"] });
  const gone = new Promise<void>((resolve) => tracer.once("close", () => resolve()));
  let said = "";
  await new Promise<void>((resolve, reject) => {
    tracer.once("error", reject);
    tracer.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("attached")) resolve();
    });
    void gone.then(() => reject(new Error(`strace ended at once: ${said}`)));
  });
  return {
    end: async () => {
      tracer.kill("SIGINT");
      await gone;
    },
  };
}

/** Read a record of strace. A call that another thread interrupted stands in two lines, and is put together again. */
export function readRecord(path: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { readonly text: string; readonly began: number }>();
  for (const [line, content] of readFileSync(path, "utf8").split("\n").entries()) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(content) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (text.endsWith("<unfinished ...>")) unfinished.set(thread, { text: text.slice(0, -"<unfinished ...>".length), began: line });
    else if (resumed === null) calls.push({ text, began: line, ended: line });
    else {
      const start = unfinished.get(thread);
      if (start !== undefined) calls.push({ text: start.text + (resumed[1] ?? ""), began: start.began, ended: line });
    }
  }
  return calls;
}
