import { type Counters, createCounters } from "../counters.js";
import { fail } from "../errors.js";

/** Decodes that may wait; more than that is overload, and better said at once. */
const maxWaiting = 256;
const retryAfterSeconds = 5;
/** For so long nobody has to have waited for a picture before one is made in the background: whoever asks for one asks for several. */
const quietMs = 100;

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
}

/**
 * Lend out memory, first come first served: a large picture at the head of the queue is not starved by small ones behind it. What
 * is done in the background is let in, one at a time, when nobody else waits or runs.
 */
export function createBudget(totalBytes: number, maxRunning: number, counts: DecodeCounts = createCounters().decodes): MeasuredBudget {
  const waiting: Record<Urgency, Waiting[]> = { foreground: [], background: [] };
  let freeBytes = totalBytes;
  let busyUntil = 0;
  let timer: NodeJS.Timeout | undefined;

  const mayStart = (next: Waiting | undefined, most: number): next is Waiting =>
    next !== undefined && counts.running < most && next.cost <= freeBytes;
  const start = (queue: Waiting[], next: Waiting): void => {
    queue.shift();
    freeBytes -= next.cost;
    counts.running += 1;
    counts.waiting -= 1;
    next.start();
  };
  const startWaiting = (): void => {
    const { foreground, background } = waiting;
    for (let next = foreground[0]; mayStart(next, maxRunning); next = foreground[0]) start(foreground, next);
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
      await new Promise<void>((resolve) => {
        queue.push({ cost, start: resolve });
        startWaiting();
      });
      let isReleased = false;
      return () => {
        if (isReleased) return;
        isReleased = true;
        freeBytes += cost;
        if (urgency === "foreground") busyUntil = performance.now() + quietMs;
        counts.running -= 1;
        startWaiting();
      };
    },
  };
}
