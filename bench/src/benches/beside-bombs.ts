import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import type { Bench, BenchContext } from "../bench.js";
import { startChild } from "../child.js";
import { compare, type Round } from "../comparison.js";
import { get, getAll } from "../get.js";
import { generatePhoto } from "../photos.js";
import { randomFrom } from "../random.js";
import type { MediaCommands, Served } from "../subjects/media.js";

const smallCount = 120;
const width = 256;
/** So many of each of four kinds are uploaded at once. */
const bombsOfAKind = 8;
const accept = "image/jpeg,image/*;q=0.8";

interface Bomb {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How long small pictures take while others decode what hardly fits. */
export const besideBombs: Bench = {
  name: "beside-bombs",
  question: `How long do small pictures take, to ${width} px and never asked for before, while 32 bombs just inside the limits are uploaded?`,
  async run(context) {
    const { smalls, bombs } = await makePictures(context);
    const comparison = await compare(
      // The rate stands for the time of the slowest but one in a hundred: twice as long is half as many.
      { name: "1 / p99", unit: "per second", targets: [{ peer: "the same, alone", ratio: 0.5 }] },
      {
        subject: { name: "Holdfast, beside bombs", round: async () => await round(context, smalls, bombs) },
        peers: [{ name: "the same, alone", round: async () => await round(context, smalls, []) }],
      },
      context.rounds,
      context.progress,
    );
    return { comparisons: [comparison], notes: [`${smallCount} pictures of 640 × 480, one at a time, each asked for once`] };
  },
};

async function makePictures({
  folder,
  seed,
  progress,
}: BenchContext): Promise<{ readonly smalls: readonly string[]; readonly bombs: readonly Bomb[] }> {
  progress("making pictures and bombs");
  const home = join(folder, "pictures");
  await mkdir(home, { recursive: true });
  const small = await generatePhoto(randomFrom(seed), 640, 480, 85);
  const smalls: string[] = [];
  for (let n = 0; n < smallCount; n += 1) {
    smalls[n] = join(home, `small-${n}.jpg`);
    await writeFile(smalls[n] ?? "", small);
  }
  const flat = (wide: number, high: number, channels: 3 | 4 = 3): Sharp =>
    sharp({ create: { width: wide, height: high, channels, background: { r: 60, g: 90, b: 120, alpha: 0.5 } }, limitInputPixels: false });
  const kinds: readonly (readonly [string, Sharp])[] = [
    ["bomb.avif", flat(3400, 3300).avif({ effort: 0, quality: 30 })],
    ["interlaced.png", flat(7000, 6900).png({ progressive: true })],
    ["deep.png", flat(4300, 4200, 4).toColourspace("rgb16").png({ progressive: true })],
    ["progressive.jpg", flat(7100, 7000).jpeg({ progressive: true, quality: 30 })],
  ];
  const bombs: Bomb[] = [];
  for (const [name, image] of kinds) bombs.push({ name, bytes: await image.toBuffer() });
  return { smalls, bombs };
}

async function round(context: BenchContext, smalls: readonly string[], bombs: readonly Bomb[]): Promise<Round> {
  const folder = await mkdtemp(join(context.folder, "bombs-"));
  const child = startChild<MediaCommands>("media");
  try {
    const { origin, files } = await child.call("serve", { folder, paths: smalls, decoding: "process" });
    const urlOf = ({ path, name }: Served["files"][number], wide: number): string => `${origin}${path}/w${wide}/${name}`;
    // The processes are there, and warm.
    await getAll(
      files.slice(0, 8).map((file) => urlOf(file, 64)),
      { accept },
      4,
    );
    let kindsLeft = bombs.length;
    const exploding = bombs.map(async (bomb) => {
      await child.call("put", { ...bomb, folder, count: bombsOfAKind, concurrency: bombsOfAKind });
      kindsLeft -= 1;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const times: number[] = [];
    for (const file of files) {
      const startedAt = performance.now();
      const { status } = await get(urlOf(file, width), { accept });
      if (status !== 200) throw new Error(`a small picture was answered ${status}`);
      times.push(performance.now() - startedAt);
    }
    if (bombs.length > 0)
      context.progress(`${kindsLeft} of ${bombs.length} kinds of bombs were being uploaded when the last small picture came`);
    await Promise.all(exploding);
    await child.call("close", undefined);
    const p99 = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
    return { perSecond: 1000 / p99 };
  } finally {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
