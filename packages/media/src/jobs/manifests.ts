import type { Catalogue } from "../catalogue/catalogue.js";
import { manifestKind, replicateKind } from "../catalogue/changes.js";
import { parseFileId } from "../catalogue/file.js";
import { enqueueJobs } from "../catalogue/jobs.js";
import { type Manifest, readManifestWanted } from "../catalogue/manifest.js";
import { lacksReplicas } from "../catalogue/replicas.js";
import type { Key } from "../storage/key.js";
import { sourceFromBytes } from "../storage/source.js";
import type { Storage } from "../storage/storage.js";
import type { JobHandler } from "./worker.js";

/**
 * What keeps the manifests as the catalogue is, in every storage: written where a file is stored or trashed, deleted where it
 * is being purged. After each writing the row is looked at again, and if it has changed the manifest is written again: whoever
 * writes last has seen the last change. A file that a storage lacks is copied there next.
 */
export function manifestHandlers(context: {
  readonly catalogue: Catalogue;
  /** The first is the one that uploads go to. */
  readonly storages: readonly Storage[];
}): Record<string, JobHandler> {
  const { catalogue, storages } = context;

  async function write(key: Key, manifest: Manifest, signal: AbortSignal): Promise<void> {
    const text = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
    for (const storage of storages) {
      await storage.put(key, sourceFromBytes(text), { contentType: "application/json", cacheControl: "private, no-cache", signal });
    }
  }

  const bringUpToDate: JobHandler = async ({ subject, attempts }, { signal, finish }) => {
    const id = parseFileId(subject);
    if (id === undefined) return;
    let wanted = await readManifestWanted(catalogue, id);
    // A process that died while it wrote may have left a part behind, which only a deletion takes away.
    if (attempts > 1 && wanted !== undefined) for (const storage of storages) await storage.delete(wanted.key);
    while (wanted?.isWanted === true) {
      await write(wanted.key, wanted.manifest, signal);
      const { revision } = wanted;
      wanted = await readManifestWanted(catalogue, id);
      if (wanted?.isWanted !== true || wanted.revision !== revision) continue;
      if (storages.length === 1 || !(await lacksReplicas(catalogue, id, await identitiesOf(storages)))) return;
      await finish(async (tx) => await enqueueJobs(catalogue, tx, replicateKind, [id]));
      return;
    }
    if (wanted === undefined) return;
    for (const storage of storages) await storage.delete(wanted.key);
  };
  return { [manifestKind]: bringUpToDate };
}

async function identitiesOf(storages: readonly Storage[]): Promise<string[]> {
  return await Promise.all(storages.map(async (storage) => await storage.identity()));
}
