import type { Io } from "./io.js";

/** An `Io` that keeps what a command writes. */
export interface Terminal {
  readonly io: Io;
  readonly interrupt: () => void;
  readonly out: () => string;
  readonly err: () => string;
}

/** Stand in for the terminal, with the real network behind it. */
export function terminal(options: {
  readonly cwd: string;
  readonly env?: Io["env"];
  readonly isTTY?: boolean;
  readonly hasColors?: boolean;
  readonly ask?: Io["ask"];
}): Terminal {
  const { cwd, env = {}, isTTY = false, hasColors = false, ask } = options;
  const interruption = new AbortController();
  const written = { out: "", err: "" };
  return {
    io: {
      stdout: { write: (text) => (written.out += text), hasColors },
      stderr: { write: (text) => (written.err += text), hasColors },
      env,
      cwd,
      isTTY,
      ask,
      fetch: (input, init) => fetch(input, init),
      signal: interruption.signal,
      endAtSignals: () => undefined,
    },
    interrupt: () => interruption.abort(),
    out: () => written.out,
    err: () => written.err,
  };
}
