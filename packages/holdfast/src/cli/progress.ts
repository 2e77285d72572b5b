import type { Io } from "./io.js";

/** A line of progress on a terminal. */
export interface Progress {
  /** One more is done, or so many. */
  advance(count?: number): void;
  /** Take the line away. */
  end(): void;
}

/** What is over sooner needs no progress. */
const quietMs = 1000;
const redrawMs = 200;
const eraseLine = "\r\u001b[K";

/** Show how far `what` is, at what rate and how long it still takes; silent for a second, and where no terminal is. */
export function startProgress(what: string, total: number | undefined, io: Io): Progress {
  if (!io.isTTY) return { advance: () => undefined, end: () => undefined };
  const startedAt = Date.now();
  let done = 0;
  let isDrawn = false;
  const draw = (): void => {
    const elapsedMs = Date.now() - startedAt;
    if (elapsedMs < quietMs) return;
    io.stderr.write(`${eraseLine}${progressLine(what, done, total, elapsedMs)}`);
    isDrawn = true;
  };
  const timer = setInterval(draw, redrawMs);
  return {
    advance: (count = 1) => {
      done += count;
    },
    end: () => {
      clearInterval(timer);
      if (isDrawn) io.stderr.write(eraseLine);
    },
  };
}

/** Say it in words: `looking at pictures: 12 of 40, 3.0 a second, about 10 s left`; without what nobody knows beforehand. */
export function progressLine(what: string, done: number, total: number | undefined, elapsedMs: number): string {
  const counted = `${what}: ${done}${total === undefined ? "" : ` of ${total}`}`;
  if (done === 0) return counted;
  const rate = (done * 1000) / elapsedMs;
  if (total === undefined) return `${counted}, ${rate.toFixed(1)} a second`;
  return `${counted}, ${rate.toFixed(1)} a second, about ${Math.ceil((total - done) / rate)} s left`;
}
