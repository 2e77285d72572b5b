import { type Counters, createCounters } from "../counters.js";
import { fail } from "../errors.js";

/** Decodes that may wait; more than that is overload, and better said at once. */
const maxWaiting = 256;
const retryAfterSeconds = 5;
/** For so long nobody has to have waited for a picture before one is made in the background: whoever asks for one asks for several. */
const quietMs = 100;

/** What costs no more than this may pass those who wait for memory, one at a time and beyond the budget: a page's small pictures. */
const smallBytes = 24 * 1024 * 1024;

/** Whether somebody waits for it, or it is done for those who come later. */
export type Urgency = "foreground" | "background";

/** Memory for pixels, lent out. */
export interface Budget {
  readonly totalBytes: number;
  /** Wait for so many bytes; answers how to give them back. @throws OVERLOADED when too many wait already */
  acquire(bytes: number, urgency?: Urgency): Promise<() => void>;
}

/** Where decoding counts what it does. */
export type DecodeCounts = Counters["decodes"];

/** A budget, and what is lent of it. */
export interface MeasuredBudget extends Budget {
  readonly usedBytes: number;
}

interface Waiting {
  readonly cost: number;
  readonly start: () => void;
  isPassing: boolean;
}

/**
 * Lend out memory, first come first served: a large picture at the head of the queue is not starved by small ones behind it, of
 * which one at a time passes it, at the cost of no memory that it waits for. What is done in the background is let in, one at a
 * time, when nobody else waits or runs.
 *
 * @param maxRunning how many may run, beside the small one that has passed
 */
export function createBudget(totalBytes: number, maxRunning: number, counts: DecodeCounts = createCounters().decodes): MeasuredBudget {
  const waiting: Record<Urgency, Waiting[]> = { foreground: [], background: [] };
  let freeBytes = totalBytes;
  const smallCost = Math.min(smallBytes, totalBytes / 8);
  let largeRunning = 0;
  /** Whether a small one runs that has passed others. */
  let hasPassed = false;
  let busyUntil = 0;
  let timer: NodeJS.Timeout | undefined;

  const mayStart = (next: Waiting | undefined, most: number): next is Waiting =>
    next !== undefined && counts.running < most && next.cost <= freeBytes;
  const start = (queue: Waiting[], next: Waiting): void => {
    queue.splice(queue.indexOf(next), 1);
    freeBytes -= next.cost;
    if (next.cost > smallCost) largeRunning += 1;
    counts.running += 1;
    counts.waiting -= 1;
    next.start();
  };
  const letPass = (queue: Waiting[]): void => {
    const next = hasPassed || largeRunning === 0 ? undefined : queue.find((one) => one.cost <= smallCost);
    if (next === undefined) return;
    hasPassed = true;
    next.isPassing = true;
    freeBytes += next.cost;
    start(queue, next);
  };
  const startWaiting = (): void => {
    const { foreground, background } = waiting;
    for (let next = foreground[0]; mayStart(next, maxRunning); next = foreground[0]) start(foreground, next);
    letPass(foreground);
    const [next] = background;
    if (foreground.length > 0 || !mayStart(next, 1)) return;
    const restMs = busyUntil - performance.now();
    clearTimeout(timer);
    if (restMs > 0) timer = setTimeout(startWaiting, restMs);
    else start(background, next);
  };

  return {
    totalBytes,
    get usedBytes() {
      return totalBytes - freeBytes;
    },
    async acquire(bytes, urgency = "foreground") {
      // What exceeds the whole budget is refused before; were it not, it would run alone.
      const cost = Math.min(bytes, totalBytes);
      const queue = waiting[urgency];
      if (queue.length >= maxWaiting) {
        counts.refused += 1;
        throw fail("OVERLOADED", { what: "Image decoding", retryAfterSeconds });
      }
      counts.waiting += 1;
      const own = await new Promise<Waiting>((resolve) => {
        const waits: Waiting = { cost, isPassing: false, start: () => resolve(waits) };
        queue.push(waits);
        startWaiting();
      });
      let isReleased = false;
      return () => {
        if (isReleased) return;
        isReleased = true;
        if (own.isPassing) hasPassed = false;
        else freeBytes += cost;
        if (cost > smallCost) largeRunning -= 1;
        if (urgency === "foreground") busyUntil = performance.now() + quietMs;
        counts.running -= 1;
        startWaiting();
      };
    },
  };
}
