import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { basename } from "node:path";
import { type Media, type MediaFile, openMedia } from "@holdfast/media";
import { nodeHandler } from "@holdfast/media/node";
import { answerCommands } from "../child.js";
import { type Cost, costOf, inParallel, secondsFor } from "../parallel.js";
import { listen } from "../ports.js";

/** What Holdfast's process can be told to do. */
export type MediaCommands = {
  /** Open media in a fresh folder, keep these files in it, and serve. Answers the origin and each file's path. */
  readonly serve: (order: ServeOrder) => Promise<Served>;
  /** Put the same bytes over and over, `concurrency` at a time. Answers what that cost. */
  readonly put: (order: PutOrder) => Promise<Cost>;
  /** Wait until nothing is being made in the background any more, and what the uploads left to do is done. */
  readonly idle: (nothing: undefined) => Promise<void>;
  /** Close, which waits until all that was made is stored. Answers the seconds it took. */
  readonly close: (nothing: undefined) => Promise<number>;
  /** Answers the most memory the process has held, in bytes. */
  readonly peakMemory: (nothing: undefined) => Promise<number>;
};

/** What to keep and serve, and where images are decoded. */
export interface ServeOrder {
  readonly folder: string;
  readonly paths: readonly string[];
  /** @defaultValue "inline" */
  readonly decoding?: "inline" | "process";
}

/** Where files are served: the path of each without transform and name, in the order given. */
export interface Served {
  readonly origin: string;
  readonly files: readonly { readonly path: string; readonly name: string }[];
}

/** What to put, how often, and how many at a time. */
export interface PutOrder {
  readonly folder: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly concurrency: number;
}

let media: Media | undefined;
let server: Server | undefined;

/** Holdfast itself: the real library, its disk storage and SQLite catalogue, behind Node's own HTTP server. */
answerCommands<MediaCommands>({
  async serve({ folder, paths, decoding }) {
    const opened = await open(folder, decoding);
    const files: MediaFile[] = [];
    await inParallel(paths, 2, async (path, i) => {
      files[i] = await opened.put(await readFile(path), { name: basename(path) });
    });
    const handle = nodeHandler(opened);
    server = createServer((request, response) => void handle(request, response));
    const origin = await listen(server);
    return { origin, files: files.map(({ id, name }) => ({ path: `${opened.basePath}/${id}`, name })) };
  },
  async put({ folder, name, bytes, count, concurrency }) {
    const opened = media ?? (await open(folder));
    return await costOf(async () => {
      await inParallel(Array.from({ length: count }), concurrency, async () => void (await opened.put(bytes, { name })));
    });
  },
  async idle() {
    // What was just answered is queued behind the answer; and what is queued begins when nobody has asked for a while.
    for (let quiet = 0; quiet < 10;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { running, waiting } = media?.stats().decodes ?? { running: 0, waiting: 0 };
      const jobs = ((await media?.jobs.count()) ?? []).filter(({ state }) => state !== "dead").length;
      quiet = running + waiting + jobs === 0 ? quiet + 1 : 0;
    }
  },
  async close() {
    server?.closeAllConnections();
    server?.close();
    return await secondsFor(async () => await media?.close());
  },
  async peakMemory() {
    return process.resourceUsage().maxRSS * 1024;
  },
});

async function open(folder: string, decoding: ServeOrder["decoding"] = "inline"): Promise<Media> {
  const quiet = { info: () => undefined, warn: console.warn, error: console.error };
  media = await openMedia({ cwd: folder, env: { MEDIA_ALLOW_EPHEMERAL: "1" }, log: quiet, decoding });
  return media;
}
