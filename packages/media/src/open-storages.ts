import type { Catalogue } from "./catalogue/catalogue.js";
import { replicateKind } from "./catalogue/changes.js";
import { enqueueJobs } from "./catalogue/jobs.js";
import { parseOriginalKey } from "./catalogue/layout.js";
import { fail } from "./errors.js";
import type { Logger, MediaOptions } from "./media.js";
import { mirrorFromEnvironment } from "./storage/mirror-from-environment.js";
import { mirroredStorage } from "./storage/mirror.js";
import { storageFromEnvironment } from "./storage/from-environment.js";
import type { Environment } from "./env/platform.js";
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

/**
 * Refuse a mirror that is the same storage once more: it would be no second copy. One that cannot be asked just now is taken
 * at its word, for uploads do not depend on it.
 *
 * @throws CONFIG_INVALID
 */
export async function refuseSameStorage([primary, ...mirrors]: Storages, log: Logger): Promise<void> {
  if (mirrors.length === 0) return;
  const seen = new Map([[await primary.identity(), primary]]);
  for (const mirror of mirrors) {
    const identity = await mirror.identity().catch((error: unknown) => {
      log.warn(`the mirror ${mirror.description} cannot be asked who it is, and is given its copies later: ${String(error)}`);
    });
    if (identity === undefined) continue;
    const other = seen.get(identity);
    if (other !== undefined) {
      const problem = `storage lists ${other.description} and ${mirror.description}, which are one and the same; a mirror has to be another storage.`;
      throw fail("CONFIG_INVALID", { problems: [problem] });
    }
    seen.set(identity, mirror);
  }
}

/**
 * The storage that the environment asks for, and its mirror where it asks for one.
 *
 * @throws CONFIG_INVALID, STORAGE_EPHEMERAL, STORAGE_DENIED, STORAGE_UNREACHABLE
 */
export async function storagesFromEnvironment(env: Environment, cwd: string): Promise<Storages> {
  const primary = await storageFromEnvironment(env, cwd);
  const mirror = await mirrorFromEnvironment(env, cwd);
  return mirror === undefined ? [primary] : [primary, mirror];
}
