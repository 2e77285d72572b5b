import { Readable } from "node:stream";
import { fail, isHoldfastError } from "../errors.js";
import type { UploadLimits } from "../media.js";
import { sniffBytes } from "../images/sniff.js";

/** Slower than any modem: who sends less keeps a place without using it. */
const minBytesPerSecond = 500;
/** The least time in which we waited for a sender before its rate is judged. */
const leastJudgedMs = 10_000;

/** A file on its way in: what the sender says of it, and its bytes, which can be read once. */
export interface Incoming {
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The number of bytes, where the sender said it. */
  readonly size?: number;
  /** The media type the sender claims, if any. */
  readonly declaredType?: string;
  /** Whether that claim is the sender's own, or a browser's guess from the name: a guess may err between kinds of images. */
  readonly isTypeGuessed?: boolean;
  /** Resolves when the request around the file has ended well: a second file in the same form rejects it. */
  readonly ended?: Promise<void>;
}

/** The first bytes of a stream, and the whole of it. */
export interface Peeked {
  readonly head: Uint8Array;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Let go of the stream without reading the rest. */
  discard(): Promise<void>;
}

/** Read enough of a stream to recognise the file by, and keep it for whoever reads the whole. */
export async function peek(stream: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = stream[Symbol.asyncIterator]();
  const blocks: Uint8Array[] = [];
  let length = 0;
  let isDone = false;
  while (length < sniffBytes && !isDone) {
    const next = await iterator.next();
    if (next.done === true) isDone = true;
    else {
      blocks.push(next.value);
      length += next.value.byteLength;
    }
  }
  async function* all(): AsyncIterable<Uint8Array> {
    try {
      yield* blocks;
      while (!isDone) {
        const next = await iterator.next();
        if (next.done === true) isDone = true;
        else yield next.value;
      }
    } finally {
      if (!isDone) await iterator.return?.();
    }
  }
  return {
    head: Buffer.concat(blocks).subarray(0, sniffBytes),
    bytes: all(),
    discard: async () => void (await iterator.return?.()),
  };
}

/**
 * Guard a stream while it is read: end it when it grows beyond the limit, when its sender is silent or all but silent for too long,
 * and when `signal` fires. Only time in which we wait for the sender counts, never time in which the storage was slow. A stream that breaks off, or ends before its declared size, is told as what it is, an upload that ended early.
 */
export async function* guard(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  limits: Pick<UploadLimits, "maxBytes" | "stallTimeoutMs">,
  signal: AbortSignal | undefined,
  declaredSize?: number,
): AsyncIterable<Uint8Array> {
  const iterator = iterate(stream);
  let size = 0;
  let hasEnded = false;
  let waitedMs = 0;
  let receivedMeanwhile = 0;
  try {
    for (;;) {
      const askedAt = performance.now();
      const next = await withinTime(() => iterator.next(), name, limits.stallTimeoutMs, signal);
      if (next.done === true) {
        hasEnded = true;
        if (declaredSize !== undefined && size < declaredSize) throw fail("UPLOAD_INCOMPLETE", { name });
        return;
      }
      size += next.value.byteLength;
      waitedMs += performance.now() - askedAt;
      receivedMeanwhile += next.value.byteLength;
      if (waitedMs >= Math.max(limits.stallTimeoutMs, leastJudgedMs)) {
        if (receivedMeanwhile < (minBytesPerSecond * waitedMs) / 1000) {
          throw fail("UPLOAD_STALLED", { name, stallTimeoutMs: limits.stallTimeoutMs });
        }
        waitedMs = 0;
        receivedMeanwhile = 0;
      }
      if (size > limits.maxBytes) throw fail("UPLOAD_TOO_LARGE", { name, maxBytes: limits.maxBytes });
      yield next.value;
    }
  } catch (cause) {
    hasEnded = hasEnded || !isHoldfastError(cause);
    throw isHoldfastError(cause) ? cause : fail("UPLOAD_INCOMPLETE", { name }, { cause });
  } finally {
    // Not awaited: a stream that stalls answers no `return` either.
    if (!hasEnded) iterator.return?.()?.then(undefined, () => undefined);
  }
}

/** Iterate in such a way that `return` lets go at once: a generator's own waits for the block that never comes. */
function iterate(stream: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  const ended = { done: true, value: undefined } as const;
  if (stream instanceof ReadableStream) {
    const reader = (stream as ReadableStream<Uint8Array>).getReader();
    return { next: async () => await reader.read(), return: async () => (await reader.cancel(), ended) };
  }
  const iterator = stream[Symbol.asyncIterator]();
  if (!(stream instanceof Readable)) return iterator;
  return { next: async () => await iterator.next(), return: async () => (stream.destroy(), ended) };
}

async function withinTime<T>(next: () => Promise<T>, name: string, stallTimeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
  // Before anything is asked for: the stream of a request that was aborted fails, and nobody would be there to hear it.
  if (signal?.aborted === true) throw fail("UPLOAD_INCOMPLETE", { name }, { cause: signal.reason });
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await Promise.race([
      next(),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(fail("UPLOAD_STALLED", { name, stallTimeoutMs })), stallTimeoutMs);
        onAbort = () => reject(fail("UPLOAD_INCOMPLETE", { name }, { cause: signal?.reason }));
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  }
}
