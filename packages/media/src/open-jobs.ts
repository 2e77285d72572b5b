import { openCatalogue } from "./catalogue/catalogue.js";
import { createMediaJobs } from "./jobs/media-jobs.js";
import type { MediaJobs, MediaOptions } from "./media.js";

/**
 * Open the jobs of a catalogue without its storage and without doing any: to look at them, to have them tried again or to
 * discard them. A SQLite catalogue is for one process: close what serves it first.
 *
 * @throws CONFIG_INVALID, CATALOGUE_UNUSABLE, CATALOGUE_NOT_MIGRATED
 */
export async function openJobs(
  options: Pick<MediaOptions, "database" | "tablePrefix" | "env" | "cwd"> = {},
): Promise<MediaJobs & { readonly catalogueDescription: string; close(): Promise<void> }> {
  const { env = process.env, cwd = process.cwd(), ...given } = options;
  const catalogue = await openCatalogue({ ...given, env, cwd });
  const jobs = createMediaJobs(catalogue, async () => await catalogue.confirmMigrated());
  return { ...jobs, catalogueDescription: catalogue.description, close: async () => await catalogue.close() };
}
