import type { Catalogue } from "../catalogue/catalogue.js";
import { manifestKey, originalOfManifest, parseOriginalKey, parseVariantKey } from "../catalogue/layout.js";
import { type Manifest, parseManifest } from "../catalogue/manifest.js";
import {
  beginRebuild,
  endRebuild,
  filesInTheWay,
  type ForgottenVariant,
  knownKeys,
  noteForgottenVariants,
  type RestoredFile,
  restoreFiles,
} from "../catalogue/restoring.js";
import { fail, isHoldfastError } from "../errors.js";
import { type VariantFormat, variantFormats } from "../images/formats.js";
import type { RebuildProgress, RebuildReport } from "../rebuild-options.js";
import type { ObjectStat } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import { readAll } from "../storage/object-body.js";
import type { Storage } from "../storage/storage.js";
import { adopt, type AdoptContext } from "./adopt.js";

/** Objects looked at together and written in one transaction. */
const batchSize = 100;
const readsAtOnce = 8;
const problemsTold = 100;

/** What rebuilding needs. */
export interface RebuildContext extends AdoptContext {
  readonly catalogue: Catalogue;
  readonly isDryRun: boolean;
  readonly onProgress?: ((progress: RebuildProgress) => void) | undefined;
}

/** Place for what is counted on the way. */
type Counts = { -readonly [N in Exclude<keyof RebuildReport, "isDryRun" | "problems">]: number } & {
  problems: { key: string; reason: string }[];
};

/**
 * Make the catalogue again from the storage alone: each file as its manifest says, one without a manifest private and
 * attached to nothing. Nothing in the storage is changed or deleted. What an interrupted rebuild wrote is kept, and passed over by the next.
 *
 * @throws CATALOGUE_NOT_EMPTY, STORAGE_MISMATCH, STORAGE_*
 */
export async function rebuild(context: RebuildContext): Promise<RebuildReport> {
  const { catalogue, storage, isDryRun } = context;
  await refuseOther(catalogue, storage);
  const counts: Counts = {
    files: 0,
    trashed: 0,
    attachments: 0,
    withoutManifest: 0,
    lost: 0,
    damaged: 0,
    alreadyKnown: 0,
    variants: 0,
    ignored: 0,
    problems: [],
  };
  if (!isDryRun) await beginRebuild(catalogue, storage);
  for await (const batch of inBatches(originalsOf(storage, counts, context.signal))) {
    await restoreBatch(context, batch, counts);
    context.onProgress?.({ files: counts.files, alreadyKnown: counts.alreadyKnown });
  }
  for await (const batch of inBatches(variantsOf(storage, context.signal))) {
    counts.variants += isDryRun ? batch.length : await noteForgottenVariants(catalogue, batch);
  }
  if (!isDryRun) await endRebuild(catalogue, storage);
  return { ...counts, isDryRun };
}

async function refuseOther(catalogue: Catalogue, storage: Storage): Promise<void> {
  const known = await catalogue.recall("storage_identity");
  if (known !== undefined && known !== (await storage.identity())) {
    throw fail("STORAGE_MISMATCH", { storage: storage.description, catalogue: catalogue.description });
  }
  const files = await filesInTheWay(catalogue);
  if (files > 0) throw fail("CATALOGUE_NOT_EMPTY", { catalogue: catalogue.description, files });
}

/** An original that the listing showed, or the manifest of one, or both. */
interface Found {
  readonly key: Key;
  readonly object: ObjectStat | undefined;
  readonly hasManifest: boolean;
}

/**
 * Walk the originals, each with its manifest. Where the listing is in order the two follow each other, so that few are held
 * in memory; elsewhere what has no counterpart waits until the end.
 */
async function* originalsOf(storage: Storage, counts: Counts, signal: AbortSignal | undefined): AsyncIterable<Found> {
  const isOrdered = storage.driver.orderedList === true;
  const waiting = new Map<Key, Found>();
  const listing = storage.list({ prefix: "originals/", ...(signal === undefined ? {} : { signal }) });
  for await (const object of listing) {
    signal?.throwIfAborted();
    const original = originalOfManifest(object.key);
    const key = original ?? object.key;
    if (parseOriginalKey(key) === undefined) {
      counts.ignored += 1;
      continue;
    }
    const other = waiting.get(key);
    if (other !== undefined) {
      waiting.delete(key);
      yield { key, object: other.object ?? object, hasManifest: true };
      continue;
    }
    if (isOrdered) {
      yield* waiting.values();
      waiting.clear();
    }
    waiting.set(key, { key, object: original === undefined ? object : undefined, hasManifest: original !== undefined });
  }
  yield* waiting.values();
}

async function* variantsOf(storage: Storage, signal: AbortSignal | undefined): AsyncIterable<ForgottenVariant> {
  for await (const { key } of storage.list({ prefix: "variants/", ...(signal === undefined ? {} : { signal }) })) {
    signal?.throwIfAborted();
    const parsed = parseVariantKey(key);
    const format = parsed === undefined ? undefined : formatOf(parsed.extension);
    if (parsed !== undefined && format !== undefined) yield { key, fileId: parsed.fileId, transform: parsed.transform, format };
  }
}

function formatOf(extension: string): VariantFormat | undefined {
  const formats = Object.keys(variantFormats) as VariantFormat[];
  return formats.find((format) => variantFormats[format].extension === extension);
}

async function restoreBatch(context: RebuildContext, batch: readonly Found[], counts: Counts): Promise<void> {
  const { catalogue, storage, isDryRun } = context;
  const known = isDryRun
    ? new Set<string>()
    : await knownKeys(
        catalogue,
        batch.map(({ key }) => key),
      );
  counts.alreadyKnown += known.size;
  const fresh = batch.filter(({ key }) => !known.has(key));
  const files: RestoredFile[] = [];
  for (let at = 0; at < fresh.length; at += readsAtOnce) {
    const restored = await Promise.all(fresh.slice(at, at + readsAtOnce).map(async (found) => await restoreOne(context, found, counts)));
    files.push(...restored.filter((file) => file !== undefined));
  }
  counts.trashed += files.filter(({ manifest }) => manifest.state === "trashed").length;
  if (isDryRun) {
    counts.files += files.length;
    counts.attachments += files.reduce((sum, { manifest }) => sum + manifest.attachments.length, 0);
    return;
  }
  const written = await restoreFiles(catalogue, storage, files);
  counts.files += written.files;
  counts.attachments += written.attachments;
  for (const { key } of written.refused) note(counts, key, "another object claims the same file, or the same idempotency key");
  for (const { attachment } of written.moved) {
    const { recordType, recordId, slot, position } = attachment;
    note(counts, [recordType, recordId, slot].join("/"), `two files claim position ${position}; the second is last now`);
  }
}

async function restoreOne(context: RebuildContext, found: Found, counts: Counts): Promise<RestoredFile | undefined> {
  const { key, object } = found;
  const manifest = await readManifest(context, found, counts);
  if (manifest !== undefined) {
    if (object === undefined) {
      counts.lost += 1;
      note(counts, key, "there is a manifest and no object: the file is known again, but its bytes are gone");
    } else if (object.size !== manifest.size) {
      counts.damaged += 1;
      note(counts, key, `the object has ${object.size} bytes, and its manifest tells of ${manifest.size}`);
    }
    const isWhole = object !== undefined && object.size === manifest.size;
    const replica = { size: manifest.size, sha256: manifest.sha256, etag: object?.etag, verifiedBy: "listing" as const };
    return { manifest, replica: isWhole ? replica : undefined, isAdopted: false };
  }
  const named = parseOriginalKey(key);
  if (object === undefined || named === undefined) return undefined;
  counts.withoutManifest += 1;
  // Reading every byte is what a dry run is there to spare.
  if (context.isDryRun) {
    counts.files += 1;
    return undefined;
  }
  const adopted = await adopt(context, object, named);
  if (adopted === undefined) {
    counts.withoutManifest -= 1;
    counts.ignored += 1;
    note(counts, key, "its bytes are of no kind that is known; it is left where it is");
    return undefined;
  }
  // A manifest that cannot be read may be of a later release: it is not written over.
  if (adopted.doubt !== undefined) note(counts, key, adopted.doubt);
  const { size, sha256 } = adopted.manifest;
  return {
    manifest: adopted.manifest,
    replica: { size, sha256, etag: object.etag, verifiedBy: "readback" },
    isAdopted: !found.hasManifest,
  };
}

async function readManifest({ storage }: RebuildContext, { key, hasManifest }: Found, counts: Counts): Promise<Manifest | undefined> {
  let text: string;
  try {
    text = Buffer.from(await readAll(await storage.open(manifestKey(key)))).toString("utf8");
  } catch (error) {
    if (isHoldfastError(error, "OBJECT_NOT_FOUND")) return undefined;
    throw error;
  }
  const manifest = parseManifest(text);
  if (manifest?.key === key) return manifest;
  if (hasManifest)
    note(counts, manifestKey(key), manifest === undefined ? "it cannot be read as a manifest" : `it tells of ${manifest.key}`);
  return undefined;
}

function note(counts: Counts, key: string, reason: string): void {
  if (counts.problems.length < problemsTold) counts.problems.push({ key, reason });
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncIterable<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
