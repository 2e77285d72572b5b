import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import sharp from "sharp";
import type { Bench, BenchContext } from "../bench.js";
import { startChild } from "../child.js";
import { compare, type Comparison, type Round, spreadOf } from "../comparison.js";
import { type Answer, getAll } from "../get.js";
import { secondsFor } from "../parallel.js";
import { generatePhoto, givenPhotos } from "../photos.js";
import { randomFrom } from "../random.js";
import { ssimOf } from "../ssim.js";
import type { IpxCommands } from "../subjects/ipx.js";
import type { MediaCommands } from "../subjects/media.js";

/** Widths that are made of a mezzanine, and the one whose making calls for it. */
const widths = [64, 128, 256, 320, 512, 640, 800, 1024] as const;
const first = 1280;
/** Those whose likeness is told by itself. */
const told = [512, 1024] as const;
const accept = "image/jpeg,image/*;q=0.8";
const concurrency = 2;

/** Of which photographs a mezzanine is kept, in pixels, and of how long a variant at most it is then made of that. */
const mezzanineFrom = 6_000_000;
const longestOfMezzanine = 1024;

/** How many photographs of which size, in megapixels, and what is to be reached against IPX. */
const sizes = [
  { megapixels: 24, count: 4, target: 3 },
  { megapixels: 3, count: 12, target: undefined },
] as const;

/** Photographs that are measured together. */
interface Kind {
  readonly name: string;
  readonly paths: readonly string[];
  readonly target: number | undefined;
}

/** How alike one variant and a resize of the original are. */
interface Likeness {
  readonly width: number;
  readonly ssim: number;
}

/** The second variant of a large original, and all further ones. */
export const mezzanineVariants: Bench = {
  name: "mezzanine",
  question: `How fast are further variants of an original made, JPEG to ${widths[0]}–${widths.at(-1)} px, over HTTP?`,
  async run(context) {
    const given = await givenLarge();
    const comparisons: Comparison[] = [];
    const notes: string[] = [];
    for (const kind of given === undefined ? await generate(context) : [given]) {
      const { comparison, alike } = await compareOne(context, kind);
      comparisons.push(comparison);
      notes.push(`${kind.name}: what was made against a resize of the original itself, SSIM: ${sayAlike(alike)}`);
    }
    return {
      comparisons,
      notes: [
        ...notes,
        `of originals of 6 megapixels and more a mezzanine of 2048 px is kept, and variants up to ${longestOfMezzanine} px long are made of it and compared; all others are made of the original`,
      ],
    };
  },
};

/** Those of the given photographs of which a mezzanine is kept, or `undefined` where none are given. */
async function givenLarge(): Promise<Kind | undefined> {
  const given = await givenPhotos();
  if (given === undefined) return undefined;
  const paths: string[] = [];
  for (const path of given.paths) {
    const { width, height } = await sharp(path).metadata();
    if (width * height >= mezzanineFrom) paths.push(path);
  }
  if (paths.length === 0) throw new Error("no photograph in HOLDFAST_PHOTOS has 6 megapixels");
  return { name: `${paths.length} photographs given`, paths, target: undefined };
}

async function generate({ folder, seed, progress }: BenchContext): Promise<Kind[]> {
  const kinds: Kind[] = [];
  for (const { megapixels, count, target } of sizes) {
    const into = join(folder, `photos-${megapixels}`);
    await mkdir(into, { recursive: true });
    const paths: string[] = [];
    for (let i = 0; i < count; i += 1) {
      progress(`generating photograph ${i + 1} of ${count}, ${megapixels} megapixels`);
      const long = Math.round(Math.sqrt(megapixels * 1.5e6));
      const path = join(into, `photo-${i + 1}.jpg`);
      await writeFile(path, await generatePhoto(randomFrom(seed + i), long, Math.round(long / 1.5), 88));
      paths.push(path);
    }
    kinds.push({ name: `${megapixels} megapixels`, paths, target });
  }
  return kinds;
}

/** The median and the worst likeness, and of how many: of all, and of some widths. */
function sayAlike(alike: readonly Likeness[]): string {
  const say = (ofWhat: string, chosen: readonly Likeness[]): string[] => {
    if (chosen.length === 0) return [];
    const { median, min } = spreadOf(chosen.map(({ ssim }) => ssim));
    return [`${ofWhat} ${median.toFixed(4)} (median), ${min.toFixed(4)} (worst of ${chosen.length})`];
  };
  const each = told.flatMap((width) =>
    say(
      `${width} px`,
      alike.filter((one) => one.width === width),
    ),
  );
  return [...say("all widths", alike), ...each].join("; ");
}

async function compareOne(
  context: BenchContext,
  { name, paths, target }: Kind,
): Promise<{ readonly comparison: Comparison; readonly alike: readonly Likeness[] }> {
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
      const urlOf = (path: string, width: number): string => `${origin}/w_${width},f_jpeg,q_80/${encodeURIComponent(basename(path))}`;
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
    { name, unit: "variants/s", targets: target === undefined ? [] : [{ peer: "IPX", ratio: target }] },
    { subject: { name: "Holdfast", round: subject }, peers: [{ name: "IPX", round: ipx }] },
    context.rounds,
    context.progress,
  );
  const alike: Likeness[] = [];
  for (const [at, { path, width }] of wanted.entries()) {
    const body = answered[at]?.body ?? new Uint8Array();
    const { height } = await sharp(body).metadata();
    if (Math.max(width, height) > longestOfMezzanine) continue;
    const direct = await sharp(path).autoOrient().resize(width, height, { fit: "fill" }).jpeg({ quality: 80 }).toBuffer();
    alike.push({ width, ssim: await ssimOf(body, direct) });
  }
  return { comparison, alike };
}

function confirmAnswered(answers: readonly Answer[]): void {
  const wrong = answers.find(({ status, headers }) => status !== 200 || headers["content-type"] !== "image/jpeg");
  if (wrong !== undefined) throw new Error(`an answer was ${wrong.status} ${wrong.headers["content-type"] ?? ""}`);
}
