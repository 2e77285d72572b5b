import { createHash, randomBytes } from "node:crypto";
import { assert, asyncProperty, boolean, integer, array } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Source } from "../driver.js";
import { Parts } from "./source-parts.js";

/** A source that gives every block in the same memory, as a reader with one buffer does. */
function thrifty(bytes: Uint8Array, blocks: readonly number[], isSized: boolean): Source {
  return {
    ...(isSized ? { size: bytes.byteLength } : {}),
    async *open() {
      const memory = Buffer.alloc(100);
      for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
        const length = Math.min(blocks[turn % blocks.length] ?? 1, bytes.byteLength - at);
        memory.fill(0).set(bytes.subarray(at, at + length));
        yield memory.subarray(0, length);
        at += length;
        // An empty block is nothing, in any place.
        yield memory.subarray(0, 0);
      }
    },
  };
}

describe("Parts", () => {
  it("gives all bytes, in full parts but for the last, whatever the blocks are and however memory is used again", async () => {
    const blocks = array(integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });
    await assert(
      asyncProperty(
        integer({ min: 0, max: 1000 }),
        integer({ min: 1, max: 300 }),
        blocks,
        boolean(),
        async (size, partBytes, lengths, isSized) => {
          const bytes = randomBytes(size);
          const parts = new Parts(thrifty(bytes, lengths, isSized), partBytes);
          const found: Buffer[] = [];
          do {
            const part = await parts.next(undefined);
            found.push(Buffer.from(part));
            parts.release(part);
          } while (!parts.isDone);
          expect(Buffer.concat(found).equals(bytes)).toBe(true);
          expect(found.slice(0, -1).every((part) => part.byteLength === partBytes)).toBe(true);
          expect(found).toHaveLength(Math.max(1, Math.ceil(size / partBytes)));
          expect(parts.summary()).toEqual({ size, sha256: createHash("sha256").update(bytes).digest("hex") });
        },
      ),
    );
  });

  it("closes a source that it has not read to the end", async () => {
    let isClosed = false;
    const source: Source = {
      async *open() {
        try {
          for (;;) yield Buffer.alloc(10);
        } finally {
          isClosed = true;
        }
      },
    };
    const parts = new Parts(source, 15);
    await parts.next(undefined);
    await parts.close();
    expect(isClosed).toBe(true);
  });
});
