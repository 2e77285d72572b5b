import sharp from "sharp";
import { answerCommands } from "../child.js";
import { type Cost, costOf, inParallel } from "../parallel.js";

/** Which pictures to make smaller, and how. */
export interface LoopOrder {
  readonly paths: readonly string[];
  /** How high each is to be. */
  readonly heights: readonly number[];
  readonly format: "jpeg" | "webp";
  readonly width: number;
  readonly concurrency: number;
}

/** What the loop's process can be told to do. */
export type SharpLoopCommands = {
  readonly make: (order: LoopOrder) => Promise<Cost & { readonly variants: readonly Uint8Array[] }>;
};

// As in the product: one thread a picture, and no cache, for each input comes once.
sharp.concurrency(1);
sharp.cache(false);

/** The peer of cold variants: sharp in a loop and nothing else, with the product's size and encoder settings. */
answerCommands<SharpLoopCommands>({
  async make({ paths, heights, format, width, concurrency }) {
    const variants: Uint8Array[] = [];
    const cost = await costOf(async () => {
      await inParallel(paths, concurrency, async (path, i) => {
        const sized = sharp(path).autoOrient().resize(width, heights[i], { fit: "fill" });
        variants[i] = await (format === "jpeg" ? sized.jpeg({ quality: 80 }) : sized.webp({ quality: 78, effort: 2 })).toBuffer();
      });
    });
    return { ...cost, variants };
  },
});
