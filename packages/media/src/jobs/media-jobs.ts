import type { Catalogue } from "../catalogue/catalogue.js";
import { countJobs, discardJob, findJob, listJobs, retryJob } from "../catalogue/jobs.js";
import { fail } from "../errors.js";
import type { MediaJobs } from "../media.js";

const maxPage = 1000;
const states: ReadonlySet<string> = new Set(["ready", "running", "dead"]);

/** What people may do with the jobs of a catalogue. `ready` is awaited first, each time. */
export function createMediaJobs(catalogue: Catalogue, ready: () => Promise<unknown>): MediaJobs {
  const after = async <T>(work: () => Promise<T>): Promise<T> => {
    await ready();
    return await work();
  };
  return {
    list: async ({ limit = 50, ...page } = {}) =>
      await after(async () => {
        if (!Number.isInteger(limit)) {
          throw fail("PARAMETER_INVALID", { name: "limit", value: String(limit), reason: "it is not a whole number" });
        }
        if (page.state !== undefined && !states.has(page.state)) {
          throw fail("PARAMETER_INVALID", { name: "state", value: page.state, reason: "a job is ready, running or dead" });
        }
        return await listJobs(catalogue, { ...page, limit: Math.max(1, Math.min(limit, maxPage)) });
      }),
    count: async () => await after(async () => await countJobs(catalogue)),
    get: async (id) => await after(async () => await findJob(catalogue, id)),
    retry: async (id) => await after(async () => await retryJob(catalogue, id)),
    discard: async (id) => await after(async () => await discardJob(catalogue, id)),
  };
}
