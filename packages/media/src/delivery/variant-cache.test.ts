import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVariantCache } from "./variant-cache.js";

const variant = (size: number): { bytes: Uint8Array; etag: string } => ({ bytes: new Uint8Array(size), etag: `"${size}"` });

describe("createVariantCache", () => {
  it("lets the least recently used go first", () => {
    const cache = createVariantCache(80);
    for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"]) cache.set(name, variant(10));
    cache.get("a");
    cache.set("i", variant(10));
    expect([cache.get("a"), cache.get("b")]).toEqual([variant(10), undefined]);
  });

  it("does not let one large variant drive out all the others", () => {
    const cache = createVariantCache(80);
    cache.set("small", variant(10));
    cache.set("large", variant(11));
    expect([cache.get("small"), cache.get("large")]).toEqual([variant(10), undefined]);
  });

  it("holds no more than its budget, and the latest always, whatever comes", () => {
    const step = fc.tuple(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"), fc.nat(25), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const cache = createVariantCache(160);
        const names = new Set<string>();
        for (const [name, size, isRead] of steps) {
          names.add(name);
          if (isRead) cache.get(name);
          else cache.set(name, variant(size));
          const isKept = isRead || size > 20 || cache.get(name)?.bytes.byteLength === size;
          const held = [...names].reduce((sum, each) => sum + (cache.get(each)?.bytes.byteLength ?? 0), 0);
          expect([isKept, held <= 160]).toEqual([true, true]);
        }
      }),
    );
  });
});
