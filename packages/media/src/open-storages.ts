import type { Catalogue } from "./catalogue/catalogue.js";
import { replicateKind } from "./catalogue/changes.js";
import { enqueueJobs } from "./catalogue/jobs.js";
import { parseOriginalKey } from "./catalogue/layout.js";
import { fail } from "./errors.js";
import type { Logger, MediaOptions } from "./media.js";
import { mirroredStorage } from "./storage/mirror.js";
import { storageFromEnvironment } from "./storage/from-environment.js";
import type { Environment } from "./storage/instance.js";
import type { Storage } from "./storage/storage.js";

/** The storages of a media instance: the one that uploads go to, then those that mirror it. */
export type Storages = readonly [Storage, ...Storage[]];

/** The storages that the program gave, if it gave any. @throws CONFIG_INVALID when it gave an empty list */
export function storagesOf(given: NonNullable<MediaOptions["storage"]>): Storages {
  if (!isList(given)) return [given];
  const [primary, ...others] = given;
  if (primary === undefined) throw fail("CONFIG_INVALID", { problems: ["storage is an empty list; give at least one storage."] });
  return [primary, ...others];
}

function isList(given: NonNullable<MediaOptions["storage"]>): given is readonly Storage[] {
  return Array.isArray(given);
}

/** See several storages as one, and have what one of them lacks copied there when a read finds out. */
export function asOneStorage([primary, ...others]: Storages, catalogue: Catalogue, log: Logger): Storage {
  if (others.length === 0) return primary;
  return mirroredStorage(primary, others, (key) => {
    const id = parseOriginalKey(key)?.id;
    if (id === undefined) return;
    enqueueJobs(catalogue, catalogue.db, replicateKind, [id]).catch((error: unknown) =>
      log.warn(`${key} is missing in one storage, and is copied there when it is read next: ${String(error)}`),
    );
  });
}

/** A mirror that is the same storage once more would be no second copy. @throws CONFIG_INVALID */
export async function refuseSameStorage(storages: Storages): Promise<void> {
  const seen = new Map<string, Storage>();
  for (const storage of storages) {
    const identity = await storage.identity();
    const other = seen.get(identity);
    if (other !== undefined) {
      const problem = `storage lists ${other.description} and ${storage.description}, which are one and the same; a mirror has to be another storage.`;
      throw fail("CONFIG_INVALID", { problems: [problem] });
    }
    seen.set(identity, storage);
  }
}

/**
 * The storage that the environment asks for.
 *
 * @throws CONFIG_INVALID, STORAGE_EPHEMERAL, STORAGE_DENIED, STORAGE_UNREACHABLE
 */
export async function storagesFromEnvironment(env: Environment, cwd: string): Promise<Storages> {
  return [await storageFromEnvironment(env, cwd)];
}
