/** Variants that may wait to be stored. Beyond that they are answered only, and made again another time. */
const maxWaiting = 200;
const maxWaitingBytes = 64 * 1024 * 1024;
/** So many are stored at a time. */
const atOnce = 2;
/** How long those who wait for a picture go before what has been answered; then the two take turns. */
const longestPutOffMs = 2_000;
const lookAgainMs = 25;

/** Storing, behind the answers. */
export interface Storing {
  /** Have something stored: at once where others wait for it, else when nobody waits for a picture. False when there is no room. */
  add(bytes: number, isAwaited: boolean, store: () => Promise<void>): boolean;
  /** Resolves when all of it is done; nothing is put off any more. */
  idle(): Promise<void>;
}

/** Store in the order of making. @param isBusy whether pictures are being made that somebody waits for */
export function createStoring(isBusy: () => boolean): Storing {
  const waiting: { readonly bytes: number; readonly since: number; readonly store: () => Promise<void> }[] = [];
  const running = new Set<Promise<void>>();
  let waitingBytes = 0;
  let isHurried = false;
  let timer: NodeJS.Timeout | undefined;

  const begin = (bytes: number, store: () => Promise<void>): void => {
    const task: Promise<void> = store().finally(() => {
      running.delete(task);
      waitingBytes -= bytes;
      look();
    });
    running.add(task);
  };
  const look = (): void => {
    clearTimeout(timer);
    for (let next = waiting[0]; next !== undefined && running.size < atOnce; next = waiting[0]) {
      if (!isHurried && isBusy() && performance.now() - next.since < longestPutOffMs) break;
      waiting.shift();
      begin(next.bytes, next.store);
    }
    if (waiting.length > 0 && running.size === 0) timer = setTimeout(look, lookAgainMs);
  };

  return {
    add(bytes, isAwaited, store) {
      if (isAwaited) {
        waitingBytes += bytes;
        begin(bytes, store);
        return true;
      }
      if (waiting.length + running.size >= maxWaiting || waitingBytes + bytes > maxWaitingBytes) return false;
      waitingBytes += bytes;
      waiting.push({ bytes, since: performance.now(), store });
      clearTimeout(timer);
      timer = setTimeout(look, lookAgainMs);
      return true;
    },
    async idle() {
      isHurried = true;
      look();
      while (waiting.length > 0 || running.size > 0) {
        await Promise.all(running);
        look();
      }
      isHurried = false;
    },
  };
}
