import { createHash } from "node:crypto";
import { type Counters, createCounters } from "../counters.js";
import { isAnotherStorage } from "../catalogue/binding.js";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRecord } from "../catalogue/file.js";
import { variantKey } from "../catalogue/layout.js";
import { noteSwept } from "../catalogue/settlement.js";
import { abandonVariant, commitVariant, findVariant, reserveVariant, type VariantName } from "../catalogue/variants.js";
import { fail, isHoldfastError } from "../errors.js";
import type { Decoder } from "../images/decoder.js";
import { type VariantFormat, variantFormats } from "../images/formats.js";
import { renderVariant, type RenderedVariant } from "../images/render.js";
import type { Transform } from "../images/transform.js";
import type { Logger } from "../media.js";
import type { Sha256 } from "../storage/driver.js";
import { readAll } from "../storage/object-body.js";
import { sourceFromBytes } from "../storage/source.js";
import type { Storage } from "../storage/storage.js";
import { etagOf } from "./conditions.js";
import type { DiskCache } from "./disk-cache.js";
import { type CachedVariant, createVariantCache } from "./variant-cache.js";

/** Variants that may wait to be stored. Beyond that they are answered only, and made again another time. */
const maxStoring = 200;
const cacheBytes = 48 * 1024 * 1024;

/** The variants of files: found, or made when first asked for, then stored. */
export interface Variants {
  /** A variant's bytes. Those who ask for one that is being made wait for the same making. @throws FILE_LOST, OVERLOADED */
  get(file: FileRecord, transform: Transform, format: VariantFormat): Promise<CachedVariant>;
  /** The same where it is in memory. */
  atHand(file: FileRecord, transform: Transform, format: VariantFormat): CachedVariant | undefined;
  /** Resolves when everything that was made is stored, or given up. */
  idle(): Promise<void>;
}

/** What making variants needs. */
export interface VariantsContext {
  readonly catalogue: Catalogue;
  readonly storage: Storage;
  readonly decoder: Decoder;
  readonly leaseMs: number;
  readonly log: Logger;
  /** @defaultValue none: what is not in memory comes from the storage */
  readonly diskCache?: DiskCache | undefined;
  readonly counts?: Counters["variants"];
}

/** Make the variants of one media instance. */
export function createVariants(context: VariantsContext): Variants {
  const { catalogue, storage, decoder, leaseMs, log, diskCache, counts = createCounters().variants } = context;
  const cache = createVariantCache(cacheBytes);
  const making = new Map<string, Promise<CachedVariant>>();
  const storing = new Set<Promise<void>>();

  async function findOrMake(file: FileRecord, transform: Transform, format: VariantFormat): Promise<CachedVariant> {
    const name: VariantName = { fileId: file.id, transform: transform.name, format };
    const stored = await readStored(name);
    if (stored !== undefined) return stored;
    const rendered = await renderVariant(decoder, await originalOf(file), transform, format);
    if (storing.size < maxStoring) {
      // Answered first, stored after: nobody waits for an fsync to see a picture that can always be made again.
      const task: Promise<void> = store(name, rendered).finally(() => storing.delete(task));
      storing.add(task);
    }
    counts.made += 1;
    const sha256 = createHash("sha256").update(rendered.bytes).digest("hex") as Sha256;
    diskCache?.set(sha256, rendered.bytes);
    return { bytes: rendered.bytes, etag: etagOf(sha256) };
  }

  async function readStored(name: VariantName): Promise<CachedVariant | undefined> {
    const variant = await findVariant(catalogue, name);
    if (variant === undefined) return undefined;
    const etag = etagOf(variant.sha256);
    const cached = await diskCache?.get(variant.sha256, variant.size);
    if (cached !== undefined) {
      counts.disk += 1;
      return { bytes: cached, etag };
    }
    try {
      const bytes = await readAll(await storage.open(variant.key));
      counts.storage += 1;
      diskCache?.set(variant.sha256, bytes);
      return { bytes, etag };
    } catch (error) {
      if (!isHoldfastError(error, "OBJECT_NOT_FOUND")) throw error;
      // Its bytes are gone; a variant can always be made again. In another storage than the catalogue's nothing is known to be gone.
      if (!(await isAnotherStorage(catalogue, storage))) await abandonVariant(catalogue, variant.key);
      return undefined;
    }
  }

  async function originalOf(file: FileRecord): Promise<string | Uint8Array> {
    try {
      const path = storage.driver.localPath?.(file.key);
      if (path === undefined) return await readAll(await storage.open(file.key));
      if ((await storage.stat(file.key)) !== undefined) return path;
    } catch (error) {
      if (!isHoldfastError(error, "OBJECT_NOT_FOUND")) throw error;
    }
    throw fail("FILE_LOST", { id: file.id, name: file.name });
  }

  async function store(name: VariantName, rendered: RenderedVariant): Promise<void> {
    const { type, extension } = variantFormats[name.format as VariantFormat];
    try {
      const key = variantKey(name.fileId, name.transform, extension, new Date());
      const reservation = await reserveVariant(catalogue, name, key, leaseMs);
      const receipt = await storage.put(key, sourceFromBytes(rendered.bytes), {
        contentType: type,
        cacheControl: "public, max-age=31536000, immutable",
      });
      if (await commitVariant(catalogue, reservation, receipt, rendered)) return;
      await abandonVariant(catalogue, key);
      await storage.delete(key);
      await noteSwept(catalogue, { table: "variants", id: reservation.id });
    } catch (error) {
      // The picture has been answered; its reservation expires and is settled.
      log.warn(`the variant ${name.transform} of ${name.fileId} was not stored, and will be made again: ${String(error)}`);
    }
  }

  function inMemory(name: string): CachedVariant | undefined {
    const found = cache.get(name);
    if (found !== undefined) counts.memory += 1;
    return found;
  }

  return {
    atHand: (file, transform, format) => inMemory(nameOf(file, transform, format)),
    async get(file, transform, format) {
      const name = nameOf(file, transform, format);
      const cached = inMemory(name);
      if (cached !== undefined) return cached;
      const running = making.get(name);
      if (running !== undefined) return await running;
      const made = findOrMake(file, transform, format).finally(() => making.delete(name));
      making.set(name, made);
      const variant = await made;
      cache.set(name, variant);
      return variant;
    },
    async idle() {
      while (making.size > 0 || storing.size > 0) await Promise.allSettled([...making.values(), ...storing]);
    },
  };
}

function nameOf(file: FileRecord, transform: Transform, format: VariantFormat): string {
  return `${file.id}/${transform.name}.${format}`;
}
