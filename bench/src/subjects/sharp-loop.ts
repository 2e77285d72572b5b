import { createServer } from "node:http";
import sharp from "sharp";
import { answerCommands } from "../child.js";
import { type Cost, costOf, inParallel } from "../parallel.js";
import { listen } from "../ports.js";

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
  /** Make the one that a request names by its place, `/0`, and nothing else: behind Node's own HTTP server. Answers the origin. */
  readonly serve: (order: Omit<LoopOrder, "concurrency">) => Promise<string>;
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
        variants[i] = await makeOne(path, width, heights[i], format);
      });
    });
    return { ...cost, variants };
  },
  async serve({ paths, heights, format, width }) {
    const answer = async (place: number): Promise<Buffer> => await makeOne(paths[place] ?? "", width, heights[place], format);
    return await listen(
      createServer((request, response) => {
        answer(Number(request.url?.slice(1))).then(
          (bytes) => response.writeHead(200, { "content-type": `image/${format}`, "content-length": bytes.byteLength }).end(bytes),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
      }),
    );
  },
});

async function makeOne(path: string, width: number, height: number | undefined, format: LoopOrder["format"]): Promise<Buffer> {
  const sized = sharp(path).autoOrient().resize(width, height, { fit: "fill" });
  return await (format === "jpeg" ? sized.jpeg({ quality: 80 }) : sized.webp({ quality: 78, effort: 2 })).toBuffer();
}
