import type { Catalogue } from "../catalogue/catalogue.js";
import { lateManifestKind, manifestKind, mirrorKind, replicateKind } from "../catalogue/changes.js";
import { type FileId, parseFileId } from "../catalogue/file.js";
import { enqueueJobs } from "../catalogue/jobs.js";
import { manifestKey } from "../catalogue/layout.js";
import { type CopiesWanted, enqueueMissingReplicas, noteReplicas, readCopiesWanted, replicasOf } from "../catalogue/replicas.js";
import { fail, isHoldfastError } from "../errors.js";
import type { Receipt, Source } from "../storage/driver.js";
import type { Storage } from "../storage/storage.js";
import type { JobHandler } from "./worker.js";

type Wanted = CopiesWanted & { readonly isWanted: true };

/**
 * What keeps a whole copy of every file in each storage. A copy is made from whichever storage has the bytes, held against the
 * file's size and SHA-256 while it is written, and noted with its receipt. What a purge that began meanwhile does not want
 * any more is taken back.
 */
export function replicationHandlers(context: {
  readonly catalogue: Catalogue;
  /** The first is the one that uploads go to. */
  readonly storages: readonly Storage[];
}): Record<string, JobHandler> {
  const { catalogue, storages } = context;

  const replicate: JobHandler = async ({ subject }, { signal, finish }) => {
    const id = parseFileId(subject);
    const wanted = id === undefined ? undefined : await readCopiesWanted(catalogue, id);
    if (id === undefined || wanted === undefined) return;
    if (!wanted.isWanted) {
      await takeBack(storages, wanted);
      return;
    }
    const copies = await copyWhereMissing(id, wanted, signal);
    if (copies.length === 0) return;
    await finish(async (tx) => {
      // Rolled back, and run again: then the copies are taken back.
      if (!(await noteReplicas(catalogue, tx, id, wanted.key, copies))) throw new Error("the file was purged while it was copied");
      await enqueueJobs(catalogue, tx, manifestKind, [id]);
    });
  };

  async function copyWhereMissing(id: FileId, wanted: Wanted, signal: AbortSignal): Promise<{ storage: string; receipt: Receipt }[]> {
    const noted = new Set((await replicasOf(catalogue, id)).map(({ storage }) => storage));
    const copies: { storage: string; receipt: Receipt }[] = [];
    for (const target of storages) {
      const identity = await target.identity();
      const stat = await target.stat(wanted.key);
      if (noted.has(identity) && stat?.size === wanted.size) continue;
      const sources = storages.filter((storage) => storage !== target);
      copies.push({ storage: identity, receipt: await copy(sources, target, wanted, signal) });
    }
    return copies;
  }

  const mirror: JobHandler = async ({ subject }, { signal }) => {
    for (const storage of storages) if ((await storage.identity()) === subject) await enqueueMissingReplicas(catalogue, subject, signal);
  };

  const removeLateWrites: JobHandler = async ({ subject }) => {
    const id = parseFileId(subject);
    const wanted = id === undefined ? undefined : await readCopiesWanted(catalogue, id);
    if (wanted?.isWanted === false) await takeBack(storages, wanted);
  };

  return { [replicateKind]: replicate, [mirrorKind]: mirror, [lateManifestKind]: removeLateWrites };
}

async function takeBack(storages: readonly Storage[], { key }: CopiesWanted): Promise<void> {
  for (const storage of storages) {
    await storage.delete(key);
    await storage.delete(manifestKey(key));
  }
}

/** Copy from the first source whose bytes are those of the file. */
async function copy(
  sources: readonly Storage[],
  target: Storage,
  { key, size, sha256, type }: Wanted,
  signal: AbortSignal,
): Promise<Receipt> {
  let failure: unknown;
  for (const source of sources) {
    try {
      return await target.put(key, readingFrom(source, key, size, signal), {
        contentType: type,
        cacheControl: "private, max-age=31536000, immutable",
        expect: { size, sha256 },
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw isHoldfastError(failure) ? failure : fail("OBJECT_NOT_FOUND", { key }, { cause: failure });
}

/** An object of one storage as the source of a put into another: read again from where a retry asks. */
function readingFrom(storage: Storage, key: Wanted["key"], size: number, signal: AbortSignal): Source {
  return {
    size,
    async *open(offset = 0) {
      const body = await storage.open(key, offset === 0 ? { signal } : { signal, range: { start: offset, end: size - 1 } });
      yield* body.bytes;
    },
  };
}
