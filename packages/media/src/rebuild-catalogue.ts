import { openCatalogue } from "./catalogue/catalogue.js";
import { decodeInline } from "./images/decoding.js";
import type { RebuildOptions, RebuildReport } from "./rebuild-options.js";
import { storageFromEnvironment } from "./storage/from-environment.js";
import { readLimits } from "./uploads/limits.js";
import { rebuild } from "./uploads/rebuild.js";

/**
 * Make a lost catalogue again from the storage alone: into an empty one, whose tables are made where they are missing. Files
 * come back as their manifests say; those without one private and attached to nothing. Nothing in the storage is deleted, and
 * nothing is overwritten: a catalogue that knows files is refused. One that was interrupted goes on when it is called again.
 *
 * @throws CATALOGUE_NOT_EMPTY, STORAGE_MISMATCH, CONFIG_INVALID, CATALOGUE_UNUSABLE, STORAGE_DENIED, STORAGE_UNREACHABLE
 * @example
 * ```ts
 * import { rebuildCatalogue } from "@holdfast/media";
 * const { files, attachments } = await rebuildCatalogue({ database: "postgres://app@db.example.com/app" });
 * console.log(`${files} files and ${attachments} attachments are known again`);
 * ```
 */
export async function rebuildCatalogue(options: RebuildOptions = {}): Promise<RebuildReport> {
  const { env = process.env, cwd = process.cwd(), isDryRun = false, signal, onProgress } = options;
  const decoding = decodeInline(readLimits(undefined, env));
  const storage = options.storage ?? (await storageFromEnvironment(env, cwd));
  try {
    const catalogue = await openCatalogue({
      env,
      cwd,
      ...(options.database === undefined ? {} : { database: options.database }),
      ...(options.tablePrefix === undefined ? {} : { tablePrefix: options.tablePrefix }),
    });
    try {
      await catalogue.migrate();
      return await rebuild({ catalogue, storage, decoding, isDryRun, signal, onProgress });
    } finally {
      await catalogue.close();
    }
  } finally {
    if (options.storage === undefined) await storage.close();
  }
}
