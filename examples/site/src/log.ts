import { destination, type DestinationStream, type Logger, pino } from "pino";
import type { LogLevel } from "./settings.js";

/** Where everything is told: one line of JSON each, for machines to search. */
export type Log = Logger;

/** How the log is written. */
export interface LogOptions {
  /** Lines for a person rather than JSON. @defaultValue where the output is a terminal */
  readonly isReadable?: boolean;
  /** @defaultValue the standard output, written at once, so that the last words before an end are not lost */
  readonly output?: DestinationStream;
}

/** Open the log of a site. */
export function openLog(level: LogLevel, options: LogOptions = {}): Log {
  const { isReadable = process.stdout.isTTY, output = destination({ dest: 1, sync: true }) } = options;
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, formatters, timestamp: pino.stdTimeFunctions.isoTime }, isReadable ? readable(output) : output);
}

/** Turn each line of JSON into one for a person: the time, the words, and the rest behind them. */
function readable(output: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { level, time, msg = "", err, ...rest } = JSON.parse(line) as Record<string, unknown>;
      const clock = String(time).slice(11, 19);
      const facts = Object.entries(rest).map(([name, value]) => ` ${name}=${String(value)}`);
      const stack = typeof err === "object" && err !== null && "stack" in err ? `\n${String(err.stack)}` : "";
      output.write(`${clock} ${String(level).padEnd(5)} ${String(msg)}${facts.join("")}${stack}\n`);
    },
  };
}
