import { isAnotherStorage } from "../catalogue/binding.js";
import type { Catalogue } from "../catalogue/catalogue.js";
import { variantKey } from "../catalogue/layout.js";
import { noteSwept } from "../catalogue/settlement.js";
import {
  abandonVariant,
  commitVariant,
  findVariant,
  keepVariant,
  lookAtVariant,
  releaseVariant,
  reserveVariant,
  type VariantName,
  type VariantRecord,
  type VariantReservation,
} from "../catalogue/variants.js";
import { type Counters, createCounters } from "../counters.js";
import { fail, isHoldfastError } from "../errors.js";
import { type VariantFormat, variantFormats } from "../images/formats.js";
import type { RenderedVariant } from "../images/render.js";
import type { Logger } from "../media.js";
import { readAll } from "../storage/object-body.js";
import { sourceFromBytes } from "../storage/source.js";
import type { Storage } from "../storage/storage.js";
import type { DiskCache } from "./disk-cache.js";
import { etagOf } from "./conditions.js";
import type { CachedVariant } from "./variant-cache.js";

/** How long whoever makes a variant may be silent before another takes over. */
const longestLeaseMs = 15_000;
/** How long to wait for another instance; then it is made here as well, for somebody is waiting. */
const longestWaitMs = 30_000;
const firstPauseMs = 15;
const longestPauseMs = 300;

/** What the shelf needs. */
export interface ShelfContext {
  readonly catalogue: Catalogue;
  readonly storage: Storage;
  readonly leaseMs: number;
  readonly log: Logger;
  /** @defaultValue none: what is not in memory comes from the storage */
  readonly diskCache?: DiskCache | undefined;
  readonly counts?: Counters["variants"];
}

/** The right to make one variant, as one of all instances. */
export interface Lead {
  readonly reservation: VariantReservation;
  /** Stop prolonging the lease. */
  stop(): void;
}

/** Who makes a variant: we do, as the one or beside others; or somebody has. */
export type Turn =
  | { readonly kind: "ours"; readonly lead: Lead | undefined }
  | { readonly kind: "stored"; readonly variant: CachedVariant };

/** The variants that are in the storage, and the order in which instances put them there. */
export interface VariantShelf {
  /** A stored variant's bytes. A catalogue that cannot be asked is no reason to fail: then it counts as not stored. */
  find(name: VariantName): Promise<CachedVariant | undefined>;
  /** Where a stored variant lies as a file, or else its bytes. */
  locate(name: VariantName): Promise<string | Uint8Array | undefined>;
  /** Wait one's turn to make a variant: of all instances one makes it, and the others have what it made. */
  take(name: VariantName, options?: { readonly mayWait: boolean }): Promise<Turn | undefined>;
  /** Give a turn back without anything to store. */
  leave(lead: Lead | undefined): Promise<void>;
  /** Store what was made. Never rejects: a variant can always be made again. */
  store(name: VariantName, rendered: RenderedVariant, lead: Lead | undefined): Promise<void>;
}

/** Keep variants in a storage, known by a catalogue. */
export function createShelf(context: ShelfContext): VariantShelf {
  const { catalogue, storage, leaseMs: configuredLeaseMs, log, diskCache, counts = createCounters().variants } = context;
  const leaseMs = Math.min(configuredLeaseMs, longestLeaseMs);
  // A catalogue in SQLite has one instance, which needs no word from itself before it begins.
  const hasOthers = catalogue.kind === "postgres";

  async function open<T>(name: VariantName, how: (variant: VariantRecord) => Promise<T>): Promise<T | undefined> {
    const variant = await findVariant(catalogue, name).catch((error: unknown) => {
      if (isHoldfastError(error, "CATALOGUE_UNREACHABLE")) return undefined;
      throw error;
    });
    if (variant === undefined) return undefined;
    try {
      return await how(variant);
    } catch (error) {
      if (!isHoldfastError(error, "OBJECT_NOT_FOUND")) throw error;
      // Its bytes are gone; a variant can always be made again. In another storage than the catalogue's nothing is known to be gone.
      if (!(await isAnotherStorage(catalogue, storage))) await abandonVariant(catalogue, variant.key);
      return undefined;
    }
  }

  async function read({ key, sha256, size }: VariantRecord): Promise<{ readonly from: "disk" | "storage"; readonly bytes: Uint8Array }> {
    const cached = await diskCache?.get(sha256, size);
    if (cached !== undefined) return { from: "disk", bytes: cached };
    const bytes = await readAll(await storage.open(key));
    diskCache?.set(sha256, bytes);
    return { from: "storage", bytes };
  }

  async function find(name: VariantName): Promise<CachedVariant | undefined> {
    return await open(name, async (variant) => {
      const { from, bytes } = await read(variant);
      counts[from] += 1;
      return { bytes, etag: etagOf(variant.sha256) };
    });
  }

  async function reserve(name: VariantName): Promise<VariantReservation | undefined> {
    const { extension } = variantFormats[name.format as VariantFormat];
    return await reserveVariant(catalogue, name, variantKey(name.fileId, name.transform, extension, new Date()), leaseMs);
  }

  function leadWith(reservation: VariantReservation): Lead {
    const timer = setInterval(() => {
      // Without it another may take over; then there are two that make it, and one that is stored.
      keepVariant(catalogue, reservation, leaseMs).catch(() => undefined);
    }, leaseMs / 3);
    timer.unref();
    return { reservation, stop: () => clearInterval(timer) };
  }

  async function take(name: VariantName, { mayWait = true } = {}): Promise<Turn | undefined> {
    if (!hasOthers) return { kind: "ours", lead: undefined };
    const deadline = performance.now() + longestWaitMs;
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
        const reservation = await reserve(name);
        if (reservation !== undefined) return { kind: "ours", lead: leadWith(reservation) };
        const known = await lookAtVariant(catalogue, name);
        if (known?.state === "stored") {
          const variant = await find(name);
          if (variant !== undefined) return { kind: "stored", variant };
        } else if (known?.isExpired === true) await abandonVariant(catalogue, known.key);
        else if (!mayWait) return undefined;
        else await new Promise((resolve) => setTimeout(resolve, pauseMs));
        if (performance.now() > deadline) break;
      }
      log.warn(
        `the variant ${name.transform} of ${name.fileId} is made by another instance, which does not come to an end; it is made here too`,
      );
    } catch (error) {
      // Somebody is waiting for the picture, and the original may be within reach.
      log.warn(`whether another instance makes ${name.transform} of ${name.fileId} is not known, and it is made here: ${String(error)}`);
    }
    return { kind: "ours", lead: undefined };
  }

  async function store(name: VariantName, rendered: RenderedVariant, lead: Lead | undefined): Promise<void> {
    try {
      const reservation = lead?.reservation ?? (await reserve(name));
      // Somebody else has stored it, or is about to.
      if (reservation === undefined) return;
      const receipt = await storage.put(reservation.key, sourceFromBytes(rendered.bytes), {
        contentType: variantFormats[name.format as VariantFormat].type,
        cacheControl: "public, max-age=31536000, immutable",
      });
      if (await commitVariant(catalogue, reservation, receipt, rendered)) return;
      await abandonVariant(catalogue, reservation.key);
      await storage.delete(reservation.key);
      await noteSwept(catalogue, { table: "variants", id: reservation.id });
    } catch (error) {
      // The picture has been answered; its reservation expires and is settled.
      log.warn(`the variant ${name.transform} of ${name.fileId} was not stored, and will be made again: ${String(error)}`);
    } finally {
      lead?.stop();
    }
  }

  return {
    find,
    locate: async (name) =>
      await open(name, async (variant) => {
        const path = storage.driver.localPath?.(variant.key);
        if (path === undefined) return (await read(variant)).bytes;
        if ((await storage.stat(variant.key)) === undefined) throw fail("OBJECT_NOT_FOUND", { key: variant.key });
        return path;
      }),
    take,
    async leave(lead) {
      if (lead === undefined) return;
      lead.stop();
      // It would expire by itself.
      await releaseVariant(catalogue, lead.reservation).catch(() => undefined);
    },
    store,
  };
}
