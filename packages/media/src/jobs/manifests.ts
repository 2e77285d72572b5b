import type { Catalogue } from "../catalogue/catalogue.js";
import { lateManifestKind, manifestKind } from "../catalogue/changes.js";
import { parseFileId } from "../catalogue/file.js";
import { readManifestWanted } from "../catalogue/manifest.js";
import { sourceFromBytes } from "../storage/source.js";
import type { Storage } from "../storage/storage.js";
import type { JobHandler } from "./worker.js";

/**
 * What keeps the manifests as the catalogue is: written where a file is stored or trashed, deleted where it is being purged.
 * After each writing the row is looked at again, and if it has changed the manifest is written again: whoever writes last has
 * seen the last change.
 */
export function manifestHandlers(context: { readonly catalogue: Catalogue; readonly storage: Storage }): Record<string, JobHandler> {
  const bringUpToDate: JobHandler = async ({ subject }, { signal }) => {
    const id = parseFileId(subject);
    if (id === undefined) return;
    let wanted = await readManifestWanted(context.catalogue, id);
    while (wanted?.isWanted === true) {
      const { key, manifest, revision } = wanted;
      const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
      await context.storage.put(key, sourceFromBytes(Buffer.from(text)), {
        contentType: "application/json",
        cacheControl: "private, no-cache",
        signal,
      });
      wanted = await readManifestWanted(context.catalogue, id);
      if (wanted?.isWanted === true && wanted.revision === revision) return;
    }
    if (wanted !== undefined) await context.storage.delete(wanted.key);
  };
  return { [manifestKind]: bringUpToDate, [lateManifestKind]: bringUpToDate };
}
