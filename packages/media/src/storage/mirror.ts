import { type HoldfastError, isHoldfastError } from "../errors.js";
import type { ObjectBody, ObjectStat } from "./driver.js";
import { type Key, parseKey } from "./key.js";
import type { Storage } from "./storage.js";

/** What is told of an object that one storage lacks and another one has. */
export type OnMissing = (key: Key) => void;

/**
 * Several storages as one: writes go to the first, deletions to all. A read that the first does not answer, because the object
 * is absent there or because it is denied or unreachable, is answered by the next that has it. Absent is only what is absent
 * everywhere; where one cannot be asked, nothing is known to be lost.
 */
export function mirroredStorage(primary: Storage, others: readonly Storage[], onMissing: OnMissing): Storage {
  const all = [primary, ...others];
  // A path leads into the first storage only, where the file may be what is missing.
  const { localPath: _, ...driver } = primary.driver;

  /** Ask one after another; what counts in the end is the failure that leaves most open. */
  async function ask<T>(key: Key, look: (storage: Storage) => Promise<T | undefined>): Promise<T | undefined> {
    let isAbsentBefore = false;
    let failure: Error | undefined;
    for (const storage of all) {
      try {
        const found = await look(storage);
        if (found !== undefined) {
          if (isAbsentBefore) onMissing(key);
          return found;
        }
        isAbsentBefore = true;
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return undefined;
  }

  return {
    ...primary,
    description: all.map(({ description }) => description).join(", mirrored to "),
    driver,
    async open(text, options) {
      const key = parseKey(text);
      let absent: unknown;
      const body = await ask<ObjectBody>(key, async (storage) => {
        try {
          return await storage.open(key, options);
        } catch (error) {
          if (!isHoldfastError(error, "OBJECT_NOT_FOUND")) throw error;
          absent = error;
          return undefined;
        }
      });
      if (body === undefined) throw absent;
      return body;
    },
    stat: async (text) => {
      const key = parseKey(text);
      return await ask<ObjectStat>(key, async (storage) => await storage.stat(key));
    },
    async delete(text) {
      const outcomes = await Promise.allSettled(all.map(async (storage) => await storage.delete(text)));
      // Gone is what is gone everywhere; until then it is tried again.
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    },
    close: async () => void (await Promise.all(all.map(async (storage) => await storage.close()))),
  };
}

/** Failures of one storage, of which another one knows nothing. */
function isElsewhere(error: unknown): error is HoldfastError {
  return isHoldfastError(error, "STORAGE_DENIED") || isHoldfastError(error, "STORAGE_UNREACHABLE");
}
