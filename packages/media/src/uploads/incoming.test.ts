import { getEventListeners } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { inBlocks } from "../media.fixture.js";
import { guard, peek } from "./incoming.js";
import { sniffBytes } from "../images/sniff.js";

const limits = { maxBytes: 10_000, stallTimeoutMs: 60 };
const coded = (code: string): object => expect.objectContaining({ code });

async function lengthOf(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const block of bytes) length += block.byteLength;
  return length;
}

/** A stream by hand: one block, then whatever `then` does; it notes that it was let go of. */
function stream(then: () => Promise<IteratorResult<Uint8Array>>): AsyncIterable<Uint8Array> & { isReleased: boolean; asked: number } {
  const made = {
    isReleased: false,
    asked: 0,
    [Symbol.asyncIterator]: () => ({
      next: async (): Promise<IteratorResult<Uint8Array>> => {
        made.asked += 1;
        return made.asked === 1 ? { done: false, value: Buffer.alloc(10) } : await then();
      },
      return: async (): Promise<IteratorResult<Uint8Array>> => {
        made.isReleased = true;
        return { done: true, value: undefined };
      },
    }),
  };
  return made;
}

describe("peek", () => {
  it("gives the head and then the whole, whatever the blocks", async () => {
    for (const size of [0, 1, sniffBytes - 1, sniffBytes, sniffBytes + 1, 3 * sniffBytes]) {
      const peeked = await peek(inBlocks(Buffer.alloc(size, 7), 997));
      expect([peeked.head.byteLength, await lengthOf(peeked.bytes)]).toEqual([Math.min(size, sniffBytes), size]);
    }
  });

  it("lets go of the stream when it is discarded, and when whoever reads it stops", async () => {
    const endless = async (): Promise<IteratorResult<Uint8Array>> => ({ done: false, value: Buffer.alloc(5000) });
    const [discarded, stopped] = [stream(endless), stream(endless)];
    await (await peek(discarded)).discard();
    for await (const block of (await peek(stopped)).bytes) if (block.byteLength > 0) break;
    expect([discarded.isReleased, stopped.isReleased]).toEqual([true, true]);
  });
});

describe("guard", () => {
  it("lets through exactly what is allowed, and not one byte more", async () => {
    expect(await lengthOf(guard(inBlocks(Buffer.alloc(10_000)), "a.jpg", limits, undefined))).toBe(10_000);
    await expect(lengthOf(guard(inBlocks(Buffer.alloc(10_001)), "a.jpg", limits, undefined))).rejects.toThrow(coded("UPLOAD_TOO_LARGE"));
  });

  it("ends a stream that is silent for too long, and lets go of it without waiting", async () => {
    const silent = stream(async () => await new Promise(() => undefined));
    await expect(lengthOf(guard(silent, "a.jpg", limits, undefined))).rejects.toThrow(coded("UPLOAD_STALLED"));
    expect(silent.isReleased).toBe(true);
  });

  it.each([
    ["a web stream", () => new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(Buffer.alloc(10)) })],
    ["a stream of Node", () => new PassThrough()],
  ])("lets go of %s that is silent, though a read of it is under way", async (_what, make) => {
    const silent = make();
    const release = silent instanceof PassThrough ? vi.spyOn(silent, "destroy") : vi.spyOn(ReadableStreamDefaultReader.prototype, "cancel");
    await expect(lengthOf(guard(silent, "a.jpg", limits, undefined))).rejects.toThrow(coded("UPLOAD_STALLED"));
    expect(release).toHaveBeenCalled();
    release.mockRestore();
  });

  it("ends a stream that brings next to nothing, and no other", async () => {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    const everySecond = (bytes: number): ReturnType<typeof stream> =>
      stream(async () => {
        now += 1000;
        return { done: now > 25_000, value: Buffer.alloc(bytes) } as IteratorResult<Uint8Array>;
      });
    const whole = lengthOf(guard(everySecond(400), "a.jpg", { ...limits, maxBytes: 1e6 }, undefined));
    await expect(whole).rejects.toThrow(coded("UPLOAD_STALLED"));
    now = 0;
    expect(await lengthOf(guard(everySecond(600), "a.jpg", { ...limits, maxBytes: 1e6 }, undefined))).toBe(10 + 25 * 600);
    clock.mockRestore();
  });

  it("does not call a slow reader a silent sender", async () => {
    for await (const block of guard(inBlocks(Buffer.alloc(200), 100), "a.jpg", limits, undefined)) {
      await new Promise((resolve) => setTimeout(resolve, block.byteLength));
    }
    expect(limits.stallTimeoutMs).toBeLessThan(100);
  });

  it("tells a stream that breaks off as an upload that ended early, and why", async () => {
    const cause = new Error("socket hang up");
    const broken = stream(async () => await Promise.reject(cause));
    await expect(lengthOf(guard(broken, "a.jpg", limits, undefined))).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE", cause });
  });

  it("ends at once when the signal fires, and leaves no listener on it", async () => {
    const controller = new AbortController();
    const silent = stream(async () => await new Promise(() => undefined));
    setTimeout(() => controller.abort(new Error("left")), 10);
    await expect(lengthOf(guard(silent, "a.jpg", { ...limits, stallTimeoutMs: 60_000 }, controller.signal))).rejects.toThrow(
      coded("UPLOAD_INCOMPLETE"),
    );
    await lengthOf(guard(inBlocks(Buffer.alloc(5000)), "a.jpg", limits, new AbortController().signal));
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("asks an aborted request's stream for nothing, whose failure nobody would hear", async () => {
    const controller = new AbortController();
    const failing = stream(async () => await new Promise((_, reject) => setTimeout(() => reject(new Error("terminated")), 5)));
    const guarded = guard(failing, "a.jpg", limits, controller.signal);
    const iterator = guarded[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort();
    await expect(iterator.next()).rejects.toThrow(coded("UPLOAD_INCOMPLETE"));
    // A rejection without a handler would end this test run here.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(failing.asked).toBe(1);
  });
});
