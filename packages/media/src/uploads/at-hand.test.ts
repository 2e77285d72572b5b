import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { inBlocks } from "../media.fixture.js";
import { keepAtHand } from "./at-hand.js";

async function drain(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of stream) blocks.push(Buffer.from(block));
  return Buffer.concat(blocks);
}

describe("bytes kept at hand", () => {
  it("are what went by", async () => {
    const bytes = randomBytes(10_000);
    const kept = keepAtHand(inBlocks(bytes));
    expect(bytes.equals(await drain(kept.bytes))).toBe(true);
    expect(bytes.equals((await kept.whole) ?? Buffer.alloc(0))).toBe(true);
  });

  it("are copies: a source may use the memory of a block again for the next", async () => {
    const memory = Buffer.alloc(4);
    const kept = keepAtHand(
      (async function* () {
        for (const text of ["one ", "two "]) {
          memory.write(text);
          yield memory;
        }
      })(),
    );
    await drain(kept.bytes);
    expect(Buffer.from((await kept.whole) ?? []).toString()).toBe("one two ");
  });

  it("are none where they are many", async () => {
    const kept = keepAtHand(inBlocks(Buffer.alloc(8 * 1024 * 1024 + 1), 1024 * 1024));
    expect((await drain(kept.bytes)).byteLength).toBe(8 * 1024 * 1024 + 1);
    expect(await kept.whole).toBeUndefined();
  });

  it("are none where the stream broke off, or was let go of", async () => {
    const broken = keepAtHand(
      (async function* () {
        yield Buffer.from("half");
        throw new Error("gone");
      })(),
    );
    await expect(drain(broken.bytes)).rejects.toThrow("gone");
    expect(await broken.whole).toBeUndefined();
    const left = keepAtHand(inBlocks(Buffer.alloc(5000)));
    for await (const _ of left.bytes) break;
    expect(await left.whole).toBeUndefined();
  });
});
