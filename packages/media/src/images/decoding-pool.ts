import { availableParallelism, constants } from "node:os";
import type { FileFacts } from "../catalogue/commit-file.js";
import { fail } from "../errors.js";
import { createCounters } from "../counters.js";
import { createBudget, type Urgency } from "./budget.js";
import { counted, type Decoding, type DecodingContext, type DecodingTask } from "./decoding.js";
import { type DecodingProcess, ProcessDied, startDecodingProcess } from "./decoding-process.js";
import type { RenderedVariant } from "./render.js";

/** Tasks that may wait for a process. */
const maxWaiting = 256;
const retryAfterSeconds = 5;
/** A process that has done so much, or holds so much afterwards, makes room for a fresh one: libvips' heap does not shrink by itself. */
const maxTasks = 2000;
const maxResidentBytes = 128 * 1024 * 1024;
/** Processes that had nothing to do for so long are ended, and with them goes their memory. */
const idleMs = 60_000;
/** A picture that ended two processes is left alone for so long. */
const poisonedMs = 10 * 60_000;
const maxPoisoned = 1000;
const maxFalseStarts = 5;

interface Waiting {
  readonly give: (process: DecodingProcess) => void;
}

/** Who a process works for. What comes from strangers, and whatever is large, leaves one process to small pictures of ours. */
type Lane = Urgency | "small";

/** A page's small pictures go before what takes long, and the service that answers before both; nobody waits for the background. */
const priorities: Readonly<Record<Lane, number>> = {
  small: constants.priority.PRIORITY_NORMAL,
  foreground: constants.priority.PRIORITY_BELOW_NORMAL,
  background: constants.priority.PRIORITY_LOW,
};

/** Processes of one lane: those that are free, and who waits for one. */
interface Crew {
  readonly most: number;
  readonly free: DecodingProcess[];
  readonly waiting: Waiting[];
  size: number;
}

/**
 * Decode in processes of their own, which may die of what they decode: of a crash in a decoder, for want of memory, killed by the
 * system. Whatever one was doing is tried once more in a fresh one. What is done in the background has a process to itself, of low
 * priority; so have small pictures, where those of the foreground are taken. They end with this one, however it ends.
 *
 * @param module the main module of a decoding process
 */
export function decodeInProcesses(
  module: URL,
  { counts = createCounters().decodes, ...limits }: DecodingContext,
  log: { warn(message: string): void },
): Decoding {
  const most = Math.max(1, Math.min(availableParallelism(), 8));
  const budget = createBudget(limits.maxDecodeBytes, most + 1, counts);
  const crews: Readonly<Record<Lane, Crew>> = {
    foreground: { most, free: [], waiting: [], size: 0 },
    small: { most: 1, free: [], waiting: [], size: 0 },
    background: { most: 1, free: [], waiting: [], size: 0 },
  };
  const all = new Set<DecodingProcess>();
  const poisoned = new Map<string, number>();
  let isClosed = false;
  let idleTimer: NodeJS.Timeout | undefined;

  const start = (lane: Lane): DecodingProcess => {
    const started = startDecodingProcess(module, limits, budget, priorities[lane]);
    all.add(started);
    crews[lane].size += 1;
    return started;
  };

  const acquire = async (lane: Lane): Promise<DecodingProcess> => {
    const crew = crews[lane];
    clearTimeout(idleTimer);
    for (let ready = crew.free.pop(); ready !== undefined; ready = crew.free.pop()) {
      if (ready.isAlive) return ready;
      forget(ready, crew);
    }
    if (crew.size < crew.most) return start(lane);
    if (crew.waiting.length >= maxWaiting) {
      counts.refused += 1;
      throw fail("OVERLOADED", { what: "Image decoding", retryAfterSeconds });
    }
    counts.waiting += 1;
    const given = await new Promise<DecodingProcess>((give) => crew.waiting.push({ give }));
    counts.waiting -= 1;
    return given;
  };

  const forget = (gone: DecodingProcess, crew: Crew): void => {
    if (all.delete(gone)) crew.size -= 1;
    void gone.end();
  };

  const release = (used: DecodingProcess, lane: Lane): void => {
    const crew = crews[lane];
    const isWorn = !used.isAlive || used.tasks >= maxTasks || used.residentBytes > maxResidentBytes;
    if (isWorn || isClosed) forget(used, crew);
    else crew.free.push(used);
    const next = isClosed ? undefined : crew.waiting.shift();
    if (next !== undefined) next.give(crew.free.pop() ?? start(lane));
    else if (counts.running === 0) endWhenIdle();
  };

  const endWhenIdle = (): void => {
    clearTimeout(idleTimer);
    idleTimer = setTimeout(() => {
      for (const crew of Object.values(crews)) for (const idle of crew.free.splice(0)) forget(idle, crew);
    }, idleMs);
    idleTimer.unref();
  };

  /** So many are under way, or wait, that are not known to be small. */
  let others = 0;
  let lastSmallAt = Number.NEGATIVE_INFINITY;

  /** Have a process for small pictures where others are about to take all there are, and somebody has lately asked for one. */
  const keepOneForSmall = (): void => {
    const isLikely = performance.now() - lastSmallAt < idleMs;
    if (isLikely && others >= crews.foreground.most && crews.small.size === 0) crews.small.free.push(start("small"));
  };

  /** Small pictures are made with the others, and beside those that are not small in a process that no such one takes. */
  const laneOf = (task: DecodingTask): Lane => {
    if (task.kind === "render" && task.urgency === "background") return "background";
    return isSmall(task) && others > 0 ? "small" : "foreground";
  };

  const attempt = async (task: DecodingTask): Promise<FileFacts | RenderedVariant> => {
    if (isClosed) throw fail("MEDIA_CLOSED");
    const lane = laneOf(task);
    const isOther = lane === "foreground" && !isSmall(task);
    if (isOther) {
      others += 1;
      keepOneForSmall();
    } else if (lane !== "background") lastSmallAt = performance.now();
    try {
      const used = await acquire(lane);
      return await used.run(task).finally(() => release(used, lane));
    } finally {
      if (isOther) others -= 1;
    }
  };

  const run = async (task: DecodingTask): Promise<FileFacts | RenderedVariant> => {
    const { key, name } = task.picture;
    const undecodable = (seconds: number): Error => fail("IMAGE_UNDECODABLE", { name, retryAfterSeconds: seconds });
    const until = poisoned.get(key) ?? 0;
    if (until > Date.now()) throw undecodable(Math.ceil((until - Date.now()) / 1000));
    for (let deaths = 0, falseStarts = 0; ;) {
      try {
        return await attempt(task);
      } catch (error) {
        if (!(error instanceof ProcessDied) || isClosed) {
          throw error;
        }
        counts.deaths += 1;
        // Who ended before it had begun did not end of the picture.
        if (!error.hadBegun && (falseStarts += 1) <= maxFalseStarts) continue;
        deaths += 1;
        log.warn(`a decoding process died of "${name}" (${key})${deaths < 2 ? "; it is tried once more" : ", for the second time"}`);
        if (deaths < 2) continue;
        poisoned.set(key, Date.now() + poisonedMs);
        for (const [oldest] of poisoned) if (poisoned.size > maxPoisoned) poisoned.delete(oldest);
        throw undecodable(poisonedMs / 1000);
      }
    }
  };

  return {
    // Which answer belongs to which task is known to both ends, which are compiled from the same types.
    inspect: async (picture) => (await counted(counts, async () => await run({ kind: "inspect", picture }))) as FileFacts,
    render: async (picture, transform, format, urgency = "foreground") =>
      (await counted(counts, async () => await run({ kind: "render", picture, transform, format, urgency }))) as RenderedVariant,
    async close() {
      isClosed = true;
      clearTimeout(idleTimer);
      await Promise.all([...all].map(async (each) => await each.end()));
    },
  };
}

function isSmall(task: DecodingTask): boolean {
  return task.kind === "render" && task.picture.isSmall === true;
}
