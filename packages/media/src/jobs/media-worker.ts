import type { Catalogue } from "../catalogue/catalogue.js";
import { fail } from "../errors.js";
import type { Logger, MediaOptions } from "../media.js";
import type { Storage } from "../storage/storage.js";
import { manifestHandlers } from "./manifests.js";
import { createJobWorker, type JobHandler, type JobWorker } from "./worker.js";

/** What the worker of a media instance needs. */
export interface MediaWorkerContext {
  readonly catalogue: Catalogue;
  readonly storage: Storage;
  readonly log: Logger;
  readonly leaseMs: number;
}

/** Make the worker of one media instance: the jobs there are, and how each is done. */
export function createMediaWorker(context: MediaWorkerContext, option: MediaOptions["jobs"]): Pick<JobWorker, "start" | "close"> {
  if (option === false) return { start: () => undefined, close: async () => undefined };
  const { catalogue, log, leaseMs } = context;
  const handlers = onOwnStorage(context, manifestHandlers(context));
  return createJobWorker({ catalogue, handlers, log, leaseMs, ...option });
}

/** Leave a storage alone that is not the catalogue's: the jobs wait until that is put right. */
function onOwnStorage({ catalogue, storage }: MediaWorkerContext, handlers: Record<string, JobHandler>): Record<string, JobHandler> {
  const guarded = (handler: JobHandler): JobHandler => {
    return async (job, context) => {
      const known = await catalogue.recall("storage_identity");
      if (known !== undefined && known !== (await storage.identity())) {
        throw fail("STORAGE_MISMATCH", { storage: storage.description, catalogue: catalogue.description });
      }
      await handler(job, context);
    };
  };
  return Object.fromEntries(Object.entries(handlers).map(([kind, handler]) => [kind, guarded(handler)]));
}
