import type { RenderedVariant } from "../images/render.js";

/** A variant at hand: its bytes and their ETag. */
export interface CachedVariant extends Pick<RenderedVariant, "bytes"> {
  readonly etag: string;
}

/** Variants lately asked for, in memory, within a budget of bytes: the least recently used go first. */
export interface VariantCache {
  get(name: string): CachedVariant | undefined;
  set(name: string, variant: CachedVariant): void;
}

/** Make a cache that holds at most `maxBytes` of variants. A single one larger than an eighth of that is not kept. */
export function createVariantCache(maxBytes: number): VariantCache {
  // A Map remembers the order of insertion: taking an entry out and putting it back makes it the youngest.
  const entries = new Map<string, CachedVariant>();
  let youngest: string | undefined;
  let heldBytes = 0;
  return {
    get(name) {
      const found = entries.get(name);
      if (found === undefined || name === youngest) return found;
      youngest = name;
      entries.delete(name);
      entries.set(name, found);
      return found;
    },
    set(name, variant) {
      if (variant.bytes.byteLength > maxBytes / 8) return;
      const previous = entries.get(name);
      if (previous !== undefined) heldBytes -= previous.bytes.byteLength;
      entries.delete(name);
      entries.set(name, variant);
      youngest = name;
      heldBytes += variant.bytes.byteLength;
      for (const [oldest, { bytes }] of entries) {
        if (heldBytes <= maxBytes) return;
        entries.delete(oldest);
        heldBytes -= bytes.byteLength;
      }
    },
  };
}
