import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a child process can be told to do, by name. Arguments and answers cross as structured clones. */
export type Commands = { readonly [name: string]: (argument: never) => Promise<unknown> };

type Argument<C extends Commands, K extends keyof C> = Parameters<C[K]>[0];
type Answer<C extends Commands, K extends keyof C> = Awaited<ReturnType<C[K]>>;

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
type Reply = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: string };

/** A process of its own for one contender, so that none pays for another's garbage or warm code. */
export interface Child<C extends Commands> {
  /** Have one command run, and wait for its answer. Rejects when it fails or the process ends. */
  call<K extends keyof C & string>(name: K, argument: Argument<C, K>): Promise<Answer<C, K>>;
  /** Processor time it has used so far, user and system, over all its threads. */
  cpuSeconds(): Promise<number>;
  /** End the process, and wait until it has ended. */
  stop(): Promise<void>;
}

/** A command that every child knows. */
const cpuCommand = "cpuSeconds";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  // Not SIGKILL: a server that has workers ends them on SIGTERM.
  for (const child of running) child.kill("SIGTERM");
});

/** See to it that a process of ours does not outlive us. */
export function endWithUs(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

/** Start a module of `subjects/`, which answers commands by `answerCommands`. */
export function startChild<C extends Commands>(module: string, env: Readonly<Record<string, string>> = {}): Child<C> {
  const path = fileURLToPath(new URL(`subjects/${module}.js`, import.meta.url));
  const child = fork(path, {
    serialization: "advanced",
    env: { ...process.env, NODE_ENV: "production", MEDIA_ALLOW_EPHEMERAL: "1", ...env },
  });
  endWithUs(child);
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${module} ended early (${signal ?? `code ${code}`})`));
      waiting.clear();
      resolve();
    });
  });
  child.on("message", (message) => {
    const reply = message as Reply;
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("error" in reply) call?.reject(new Error(`${module}: ${reply.error}`));
    else call?.resolve(reply.answer);
  });
  let calls = 0;
  const ask = async (name: string, argument: unknown): Promise<unknown> => {
    calls += 1;
    const call: Call = { id: calls, name, argument };
    return await new Promise<unknown>((resolve, reject) => {
      waiting.set(call.id, { resolve, reject });
      child.send(call);
    });
  };
  return {
    async call<K extends keyof C & string>(name: K, argument: Argument<C, K>): Promise<Answer<C, K>> {
      // Both ends are compiled from the same `Commands` type.
      return (await ask(name, argument)) as Answer<C, K>;
    },
    cpuSeconds: async () => Number(await ask(cpuCommand, undefined)),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The child's end: answer commands until the parent goes away. */
export function answerCommands<C extends Commands>(commands: C): void {
  const known: Commands = { ...commands, [cpuCommand]: cpuSeconds };
  process.on("message", (message) => {
    const { id, name, argument } = message as Call;
    const command = known[name] as ((given: unknown) => Promise<unknown>) | undefined;
    const answering = command === undefined ? Promise.reject(new Error(`no command "${name}"`)) : command(argument);
    answering.then(
      (answer) => process.send?.({ id, answer } satisfies Reply),
      (error: unknown) =>
        process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Reply),
    );
  });
  process.on("disconnect", () => process.exit());
}

async function cpuSeconds(): Promise<number> {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
