/** Work for those who come later: one thing at a time, each once, none of it waited for. */
export interface Later {
  /** Do something once nothing else is due. What is queued already, or too much, is left out. */
  add(name: string, work: () => Promise<void>): void;
  has(name: string): boolean;
  readonly size: number;
  /** Resolves when nothing is queued. */
  idle(): Promise<void>;
  /** Begin nothing more; resolves when what is under way is done. */
  close(): Promise<void>;
}

/** Make a queue that holds at most `most`. Work that fails is `onFailure`'s to tell of. */
export function createLater(most: number, onFailure: (name: string, error: unknown) => void): Later {
  const queue = new Map<string, () => Promise<void>>();
  let running: Promise<void> | undefined;
  let isClosed = false;

  const run = async (): Promise<void> => {
    // After the answer that was the occasion, which is about to be sent.
    await new Promise((resolve) => setImmediate(resolve));
    for (const [name, work] of queue) {
      if (isClosed) return;
      await work().catch((error: unknown) => onFailure(name, error));
      queue.delete(name);
    }
  };
  const start = (): void => {
    running ??= run().finally(() => {
      running = undefined;
      if (queue.size > 0 && !isClosed) start();
    });
  };

  return {
    add(name, work) {
      if (isClosed || queue.has(name) || queue.size >= most) return;
      queue.set(name, work);
      start();
    },
    has: (name) => queue.has(name),
    get size() {
      return queue.size;
    },
    async idle() {
      while (running !== undefined) await running;
    },
    async close() {
      isClosed = true;
      await running;
    },
  };
}
