/** What a command may touch of the world. Injected, so that a test runs a command as the terminal does. */
export interface Io {
  /** The result. */
  readonly stdout: Output;
  /** Progress and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether a person looks at `stderr` in a terminal, so that progress is worth showing. */
  readonly isTTY: boolean;
  /** Ask a person who sits at the terminal; undefined where nobody does. */
  readonly ask?: import("../init/questions.js").Ask | undefined;
  readonly fetch: typeof fetch;
  /** Aborted when the person asks to stop. */
  readonly signal: AbortSignal;
  /**
   * From now on a signal ends the process at once, as it does any program: for what only reads, and computes for so long that nobody
   * would hear of an abort.
   */
  readonly endAtSignals: () => void;
}

/** A stream of text, whether it may carry colours, and how large the terminal behind it is, where there is one. */
export interface Output {
  write(text: string): unknown;
  readonly hasColors: boolean;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/**
 * Tell whether to colour what is written to a stream. NO_COLOR, when not empty, wins (https://no-color.org); then
 * FORCE_COLOR; then whether a terminal that knows colours is there.
 */
export function wantsColors(isTTY: boolean, env: Io["env"]): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return isTTY && env["TERM"] !== "dumb";
}
