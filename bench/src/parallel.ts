/** Do `work` for each item, at most `concurrency` at a time, in order. Rejects with the first failure. */
export async function inParallel<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const next = items.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of next) await work(item, index);
  };
  await Promise.all(Array.from({ length: concurrency }, takeTurns));
}

/** How long `work` takes, in seconds. */
export async function secondsFor(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/** What `work` took. */
export interface Cost {
  readonly seconds: number;
  /** Processor time of this process, over all its threads. */
  readonly cpuSeconds: number;
}

/** How long `work` takes, and how much processor time of this process. */
export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const seconds = await secondsFor(work);
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}
