import { isAnotherStorage } from "../catalogue/binding.js";
import type { Catalogue } from "../catalogue/catalogue.js";
import { mirrorKind } from "../catalogue/changes.js";
import { enqueueJobs } from "../catalogue/jobs.js";
import { fail } from "../errors.js";
import type { Logger, MediaOptions } from "../media.js";
import type { Storage } from "../storage/storage.js";
import { manifestHandlers } from "./manifests.js";
import { replicationHandlers } from "./replication.js";
import { createJobWorker, type JobHandler, type JobWorker } from "./worker.js";

/** What the worker of a media instance needs. */
export interface MediaWorkerContext {
  readonly catalogue: Catalogue;
  /** The first is the one that uploads go to. */
  readonly storages: readonly [Storage, ...Storage[]];
  readonly log: Logger;
  readonly leaseMs: number;
  /** Whether somebody waits for an answer of this instance. */
  readonly isBusy?: () => boolean;
}

/** Make the worker of one media instance: the jobs there are, and how each is done. */
export function createMediaWorker(context: MediaWorkerContext, option: MediaOptions["jobs"]): Pick<JobWorker, "start" | "close"> {
  if (option === false) return { start: () => undefined, close: async () => undefined };
  const { catalogue, log, leaseMs, isBusy = () => false } = context;
  const handlers = onOwnStorage(context, { ...manifestHandlers(context), ...replicationHandlers(context) });
  const worker = createJobWorker({ catalogue, handlers, log, leaseMs, isBusy, ...option });
  let isStarted = false;
  return {
    start() {
      if (isStarted) return;
      isStarted = true;
      worker.start();
      mirrorWhatIsThere(context).catch((error: unknown) =>
        log.warn(`what the mirror lacks is looked for at the next start: ${String(error)}`),
      );
    },
    close: worker.close,
  };
}

/** A mirror that is new, or was away, is given every file that it lacks. */
async function mirrorWhatIsThere({ catalogue, storages: [, ...mirrors] }: MediaWorkerContext): Promise<void> {
  const identities = await Promise.all(mirrors.map(async (storage) => await storage.identity()));
  await enqueueJobs(catalogue, catalogue.db, mirrorKind, identities);
}

/** Leave a storage alone that is not the catalogue's: the jobs wait until that is put right. */
function onOwnStorage(
  { catalogue, storages: [storage] }: MediaWorkerContext,
  handlers: Record<string, JobHandler>,
): Record<string, JobHandler> {
  const guarded = (handler: JobHandler): JobHandler => {
    return async (job, context) => {
      if (await isAnotherStorage(catalogue, storage)) {
        throw fail("STORAGE_MISMATCH", { storage: storage.description, catalogue: catalogue.description });
      }
      await handler(job, context);
    };
  };
  return Object.fromEntries(Object.entries(handlers).map(([kind, handler]) => [kind, guarded(handler)]));
}
