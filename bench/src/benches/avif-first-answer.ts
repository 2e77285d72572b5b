import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, BenchContext } from "../bench.js";
import { startChild } from "../child.js";
import { compare, type Round } from "../comparison.js";
import { type Answer, getAll } from "../get.js";
import { secondsFor } from "../parallel.js";
import { havePhotos, type Photos } from "../photos.js";
import type { MediaCommands } from "../subjects/media.js";

const width = 512;
const accepts = { avif: "image/avif,image/webp,*/*;q=0.8", webp: "image/webp,*/*;q=0.8" } as const;

/** Whoever takes AVIF waits no longer than whoever does not: it is made behind the answer. */
export const avifFirstAnswer: Bench = {
  name: "avif-first-answer",
  question: `How long does the first answer take where AVIF is asked for and not yet made, to ${width} px, one at a time?`,
  async run(context) {
    const photos = await havePhotos(context.folder, context.seed, context.progress);
    const comparison = await compare(
      // The rate of answers is the inverse of the time of one: 1.1 times as long is 0.91 times as many.
      { name: "one at a time", unit: "answers/s", targets: [{ peer: "the same in WebP", ratio: 1 / 1.1 }] },
      {
        subject: { name: "Holdfast", round: async () => await round(context, photos, accepts.avif) },
        peers: [{ name: "the same in WebP", round: async () => await round(context, photos, accepts.webp) }],
      },
      context.rounds,
      context.progress,
    );
    return { comparisons: [comparison], notes: [photos.origin, "every first answer was WebP, and AVIF once that had been made"] };
  },
};

async function round(context: BenchContext, photos: Photos, accept: string): Promise<Round> {
  const folder = await mkdtemp(join(context.folder, "avif-"));
  const child = startChild<MediaCommands>("media");
  try {
    const { origin, files } = await child.call("serve", { folder, paths: photos.paths });
    const urls = files.map(({ path, name }) => `${origin}${path}/w${width}/${name}`);
    await getAll(
      urls.map((url) => url.replace(`/w${width}/`, "/w64/")),
      { accept: "image/jpeg" },
      1,
    );
    let answers: readonly Answer[] = [];
    const seconds = await secondsFor(async () => {
      answers = await getAll(urls, { accept }, 1);
    });
    confirmType(answers, "image/webp");
    if (accept === accepts.avif) {
      await child.call("idle", undefined);
      confirmType(await getAll(urls, { accept }, 1), "image/avif");
    }
    await child.call("close", undefined);
    return { perSecond: urls.length / seconds };
  } finally {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function confirmType(answers: readonly Answer[], type: string): void {
  const other = answers.find(({ status, headers }) => status !== 200 || headers["content-type"] !== type);
  if (other !== undefined) throw new Error(`an answer was ${other.status} ${other.headers["content-type"] ?? ""}, and not ${type}`);
}
