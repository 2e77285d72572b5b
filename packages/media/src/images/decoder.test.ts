import { describe, expect, it } from "vitest";
import { picture } from "../media.fixture.js";
import { createDecoder, type ImageHeader } from "./decoder.js";

const mebibyte = 1024 * 1024;
const png = await picture("png", 10, 10);
/** A header that is said to cost about so much. */
const costing = (mebibytes: number): ImageHeader => ({
  format: "png",
  width: ((mebibytes - 16) * mebibyte) / 4,
  height: 1,
  frames: 1,
  isTurned: false,
  hasAlpha: false,
  isProgressive: false,
});

/** Work that runs until it is let go, in the order in which it was let in. */
function work(): { readonly started: string[]; readonly run: (name: string) => () => Promise<void>; readonly end: (name: string) => void } {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    run: (name) => async () => {
      started.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    },
    end: (name) => ends.get(name)?.(),
  };
}

describe("the decoder's budget", () => {
  it("admits by memory, first come first served: a large picture is not starved by small ones behind it", async () => {
    const decoder = createDecoder({ maxPixels: 1e9, budgetBytes: 100 * mebibyte });
    const { started, run, end } = work();
    const all = [
      decoder.decode(png, costing(60), run("first")),
      decoder.decode(png, costing(60), run("large")),
      decoder.decode(png, costing(20), run("small")),
    ];
    await expect.poll(() => started).toEqual(["first"]);
    end("first");
    await expect.poll(() => started).toEqual(["first", "large", "small"]);
    end("large");
    end("small");
    await Promise.all(all);
  });

  it("runs what exceeds it alone, and gives back what a failed decode held", async () => {
    const decoder = createDecoder({ maxPixels: 1e9, budgetBytes: 100 * mebibyte });
    const failing = async (): Promise<void> => await Promise.reject(new Error("not a picture"));
    for (let round = 0; round < 5; round += 1) await expect(decoder.decode(png, costing(500), failing)).rejects.toThrow("not a picture");
    const { started, run, end } = work();
    const all = [decoder.decode(png, costing(500), run("huge")), decoder.decode(png, costing(20), run("small"))];
    await expect.poll(() => started).toEqual(["huge"]);
    end("huge");
    await expect.poll(() => started).toEqual(["huge", "small"]);
    end("small");
    await Promise.all(all);
  });

  it("says that it is overloaded rather than queue without end", async () => {
    const decoder = createDecoder({ maxPixels: 1e9, budgetBytes: 20 * mebibyte });
    const { started, run, end } = work();
    const holding = decoder.decode(png, costing(20), run("holding"));
    await expect.poll(() => started).toEqual(["holding"]);
    const waiting = Array.from({ length: 256 }, async () => await decoder.decode(png, costing(20), async () => undefined));
    await new Promise((resolve) => setImmediate(resolve));
    await expect(decoder.decode(png, costing(20), async () => undefined)).rejects.toMatchObject({ code: "OVERLOADED", status: 503 });
    end("holding");
    await Promise.all([holding, ...waiting]);
  });
});
