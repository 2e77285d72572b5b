import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import sharp from "sharp";
import type { Bench, BenchContext } from "../bench.js";
import { startChild } from "../child.js";
import { compare, type Comparison, type Round, spreadOf } from "../comparison.js";
import { type Answer, getAll } from "../get.js";
import { secondsFor } from "../parallel.js";
import { generatePhoto } from "../photos.js";
import { randomFrom } from "../random.js";
import { ssimOf } from "../ssim.js";
import type { IpxCommands } from "../subjects/ipx.js";
import type { MediaCommands } from "../subjects/media.js";

/** Widths that are made of a mezzanine, and the one whose making calls for it. */
const widths = [64, 128, 256, 320, 512, 640, 800, 1024] as const;
const first = 1280;
const accept = "image/jpeg,image/*;q=0.8";
const concurrency = 2;

/** How many photographs of which size, in megapixels, and what is to be reached against IPX. */
const kinds = [
  { megapixels: 24, count: 4, target: 3 },
  { megapixels: 3, count: 12, target: undefined },
] as const;

/** The second variant of a large original, and all further ones. */
export const mezzanineVariants: Bench = {
  name: "mezzanine",
  question: `How fast are further variants of an original made, JPEG to ${widths[0]}–${widths.at(-1)} px, over HTTP?`,
  async run(context) {
    const comparisons: Comparison[] = [];
    const notes: string[] = [];
    for (const kind of kinds) {
      const folder = join(context.folder, `photos-${kind.megapixels}`);
      await mkdir(folder, { recursive: true });
      const paths: string[] = [];
      for (let i = 0; i < kind.count; i += 1) {
        context.progress(`generating photograph ${i + 1} of ${kind.count}, ${kind.megapixels} megapixels`);
        const long = Math.round(Math.sqrt(kind.megapixels * 1.5e6));
        const path = join(folder, `photo-${i + 1}.jpg`);
        await writeFile(path, await generatePhoto(randomFrom(context.seed + i), long, Math.round(long / 1.5), 88));
        paths.push(path);
      }
      const { comparison, alike } = await compareOne(context, paths, kind);
      comparisons.push(comparison);
      notes.push(
        `${kind.megapixels} megapixels: what was made against a resize of the original itself, SSIM: ${spreadOf(alike).median.toFixed(4)} (median), ${spreadOf(alike).min.toFixed(4)} (worst)`,
      );
    }
    return {
      comparisons,
      notes: [...notes, "of originals of 6 megapixels and more a mezzanine of 2048 px is kept; smaller ones are decoded themselves"],
    };
  },
};

async function compareOne(
  context: BenchContext,
  paths: readonly string[],
  { megapixels, target }: (typeof kinds)[number],
): Promise<{ readonly comparison: Comparison; readonly alike: readonly number[] }> {
  const wanted = paths.flatMap((path, i) => widths.map((width) => ({ path, i, width })));
  let answered: readonly Answer[] = [];

  const subject = async (): Promise<Round> => {
    const folder = await mkdtemp(join(context.folder, "mezzanine-"));
    const child = startChild<MediaCommands>("media");
    try {
      const { origin, files } = await child.call("serve", { folder, paths });
      const urlOf = (i: number, width: number): string => `${origin}${files[i]?.path}/w${width}/${files[i]?.name}`;
      await getAll(
        paths.map((_, i) => urlOf(i, first)),
        { accept },
        concurrency,
      );
      await child.call("idle", undefined);
      const cpuBefore = await child.cpuSeconds();
      const seconds = await secondsFor(async () => {
        answered = await getAll(
          wanted.map(({ i, width }) => urlOf(i, width)),
          { accept },
          concurrency,
        );
      });
      const cpuMs = (((await child.cpuSeconds()) - cpuBefore) * 1000) / wanted.length;
      confirmAnswered(answered);
      await child.call("close", undefined);
      return { perSecond: wanted.length / seconds, cpuMs };
    } finally {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    }
  };

  const ipx = async (): Promise<Round> => {
    const child = startChild<IpxCommands>("ipx");
    try {
      const origin = await child.call("serve", { folder: dirname(paths[0] ?? "") });
      const urlOf = (path: string, width: number): string => `${origin}/w_${width},f_jpeg,q_80/${basename(path)}`;
      await getAll(
        paths.map((path) => urlOf(path, first)),
        {},
        concurrency,
      );
      const cpuBefore = await child.cpuSeconds();
      let answers: readonly Answer[] = [];
      const seconds = await secondsFor(async () => {
        answers = await getAll(
          wanted.map(({ path, width }) => urlOf(path, width)),
          {},
          concurrency,
        );
      });
      confirmAnswered(answers);
      return { perSecond: wanted.length / seconds, cpuMs: (((await child.cpuSeconds()) - cpuBefore) * 1000) / wanted.length };
    } finally {
      await child.stop();
    }
  };

  const comparison = await compare(
    { name: `${megapixels} megapixels`, unit: "variants/s", targets: target === undefined ? [] : [{ peer: "IPX", ratio: target }] },
    { subject: { name: "Holdfast", round: subject }, peers: [{ name: "IPX", round: ipx }] },
    context.rounds,
    context.progress,
  );
  const alike: number[] = [];
  for (const [at, { path, width }] of wanted.entries()) {
    const body = answered[at]?.body ?? new Uint8Array();
    const { height } = await sharp(body).metadata();
    alike.push(await ssimOf(body, await sharp(path).resize(width, height, { fit: "fill" }).jpeg({ quality: 80 }).toBuffer()));
  }
  return { comparison, alike };
}

function confirmAnswered(answers: readonly Answer[]): void {
  const wrong = answers.find(({ status, headers }) => status !== 200 || headers["content-type"] !== "image/jpeg");
  if (wrong !== undefined) throw new Error(`an answer was ${wrong.status} ${wrong.headers["content-type"] ?? ""}`);
}
