import { isHoldfastError } from "./errors.js";
import type { Storage } from "./storage/storage.js";

/** What is asked of a storage. */
export type StorageOperation = "put" | "open" | "stat" | "delete" | "list";

/** What one media instance has done since it was opened, for metrics. */
export interface MediaStats {
  /** Variants that were found, by where, or made. */
  readonly variants: {
    readonly memory: number;
    readonly disk: number;
    readonly storage: number;
    readonly made: number;
    /** Originals that were read, or opened by a decoder, to make them. */
    readonly originals: number;
    /** Answers in a format that stands in for a better one, which is made in the background. */
    readonly interim: number;
  };
  /**
   * Decodes of images: that run and wait now, that were done, in how many seconds, that failed, that were turned away because too many
   * waited, and the decoding processes that died.
   */
  readonly decodes: {
    readonly running: number;
    readonly waiting: number;
    readonly done: number;
    readonly failed: number;
    readonly refused: number;
    readonly deaths: number;
    readonly seconds: number;
  };
  /** Uploads by how they ended: kept, refused for what they were, failed for what happened here. */
  readonly uploads: { readonly acknowledged: number; readonly refused: number; readonly failed: number };
  /** Requests for files whose bytes were not there any more. */
  readonly missing: number;
  /** What was asked of the storage, and what it could not do. */
  readonly storage: Readonly<Record<StorageOperation, { readonly calls: number; readonly errors: number }>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends number ? number : Mutable<T[K]> };

/** What the parts of one media instance count as they work. They only ever add; `decodes` also says what goes on now. */
export type Counters = Mutable<MediaStats>;

const operations: readonly StorageOperation[] = ["put", "open", "stat", "delete", "list"];

/** Begin to count. */
export function createCounters(): Counters {
  const calls = operations.map((operation) => [operation, { calls: 0, errors: 0 }]);
  return {
    variants: { memory: 0, disk: 0, storage: 0, made: 0, originals: 0, interim: 0 },
    decodes: { running: 0, waiting: 0, done: 0, failed: 0, refused: 0, deaths: 0, seconds: 0 },
    uploads: { acknowledged: 0, refused: 0, failed: 0 },
    missing: 0,
    storage: Object.fromEntries(calls) as Counters["storage"],
  };
}

/** Count what is asked of a storage, and what it could not do. That an object is not there is an answer. */
export function countedStorage(storage: Storage, counters: Counters): Storage {
  const counted = async <T>(operation: StorageOperation, work: () => Promise<T>): Promise<T> => {
    const count = counters.storage[operation];
    count.calls += 1;
    try {
      return await work();
    } catch (error) {
      if (!isHoldfastError(error, "OBJECT_NOT_FOUND") && !isHoldfastError(error, "OBJECT_EXISTS")) count.errors += 1;
      throw error;
    }
  };
  return {
    ...storage,
    put: async (key, source, options) => await counted("put", async () => await storage.put(key, source, options)),
    open: async (key, options) => await counted("open", async () => await storage.open(key, options)),
    stat: async (key) => await counted("stat", async () => await storage.stat(key)),
    delete: async (key) => await counted("delete", async () => await storage.delete(key)),
    list(options) {
      counters.storage.list.calls += 1;
      return storage.list(options);
    },
  };
}

/** Count an upload by how it ended: what the sender was refused for is no failure of ours. */
export async function countedUpload<T>(counters: Counters, upload: () => Promise<T>): Promise<T> {
  try {
    const kept = await upload();
    counters.uploads.acknowledged += 1;
    return kept;
  } catch (error) {
    counters.uploads[isHoldfastError(error) && error.status < 500 ? "refused" : "failed"] += 1;
    throw error;
  }
}
