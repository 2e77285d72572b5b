import { type Io, wantsColors } from "./io.js";

/**
 * `npm start` and the terminal each pass Ctrl-C on, so that one press arrives twice. What comes within this time of the
 * first is the same press.
 */
const samePressMs = 500;

/** Run the command line of a process, and leave its exit code in it. */
export async function main(process: NodeJS.Process): Promise<void> {
  const args = process.argv.slice(2);
  const [only] = args;
  if (args.length === 1 && (only === "--version" || only === "-V")) {
    // Asked by scripts, often: answered before the parser of commands is loaded.
    const { version } = await import("../version.js");
    process.stdout.write(`${version}\n`);
    return;
  }
  const { runCommand } = await import("./program.js");
  const interruption = new AbortController();
  let askedAt: number | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (askedAt === undefined) {
      askedAt = Date.now();
      // An abort like any other, which says as well by what it was asked.
      interruption.abort(Object.assign(new DOMException("This operation was aborted", "AbortError"), { signal }));
    } else if (Date.now() - askedAt > samePressMs) {
      process.exit(signal === "SIGINT" ? 130 : 143);
    }
  };
  const endAtSignals = (): void => {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  // `holdfast … | head` closes the pipe early; there is nobody left to tell.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

  const io: Io = {
    stdout: output(process.stdout, process.env),
    stderr: output(process.stderr, process.env),
    env: process.env,
    cwd: process.cwd(),
    isTTY: process.stderr.isTTY === true,
    ask: canAsk(process)
      ? async (question) => {
          const { askInTerminal } = await import("./ask.js");
          return await askInTerminal(question, interruption.signal);
        }
      : undefined,
    // Not bound at once: touching `fetch` loads it, which `--version` does not need.
    fetch: (input, init) => globalThis.fetch(input, init),
    signal: interruption.signal,
    endAtSignals,
  };
  process.exitCode = await runCommand(args, io);
  endAtSignals();
}

/** A person can be asked where both ends are a terminal, and no CI pretends to be one. */
function canAsk({ stdin, stderr, env }: NodeJS.Process): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && env["TERM"] !== "dumb" && (env["CI"] ?? "") === "";
}

function output(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Io["stdout"] {
  const { columns, rows } = stream;
  return { write: (text) => stream.write(text), hasColors: wantsColors(stream.isTTY === true, env), columns, rows };
}
