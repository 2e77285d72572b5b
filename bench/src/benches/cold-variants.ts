import { mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import sharp from "sharp";
import type { Bench, BenchContext } from "../bench.js";
import { type Child, startChild } from "../child.js";
import { compare, type Comparison, type Contender, type Round, spreadOf } from "../comparison.js";
import { type Answer, getAll } from "../get.js";
import { findImgproxy, howToGetImgproxy, type ImgproxyBinary, startImgproxy } from "../imgproxy.js";
import { secondsFor } from "../parallel.js";
import { havePhotos, type Photos } from "../photos.js";
import type { Program } from "../program.js";
import type { IpxCommands } from "../subjects/ipx.js";
import type { MediaCommands } from "../subjects/media.js";
import type { SharpLoopCommands } from "../subjects/sharp-loop.js";

const width = 512;
/** Each photograph is kept this often, as different files, so that a round lasts longer than a second, and less than storing is put off. */
const copies = 6;
/** Before the clock starts: these variants load sharp and warm the code, as in a server that has been up for a minute. */
const warmUps = 104;
/** As many as there are cores here, and as many as a browser has connections to one host. */
const concurrencies = [2, 6] as const;
/** The peer uses both cores and no more, whatever the concurrency of the requests. */
const peerConcurrency = 2;

const formats = [
  { format: "jpeg", accept: "image/jpeg,image/*;q=0.8", type: "image/jpeg" },
  { format: "webp", accept: "image/avif,image/webp,*/*;q=0.8", type: "image/webp" },
] as const;

type Format = (typeof formats)[number];

/** Somebody else's server, over the folder of the photographs. */
interface OtherServer extends Program {
  urlOf(path: string): string;
}

/** Variants that nobody has asked for before, over HTTP, against the same work in a bare loop. */
export const coldVariants: Bench = {
  name: "cold-variants",
  question: `How fast are variants made that nobody has asked for, JPEG to ${width} px, over HTTP?`,
  async run(context) {
    const imgproxy = await findImgproxy();
    if (imgproxy === undefined) context.progress(howToGetImgproxy);
    const photos = await havePhotos(context.folder, context.seed, context.progress);
    const comparisons: Comparison[] = [];
    const stored: number[] = [];
    const peaks: number[] = [];
    for (const format of formats) {
      for (const concurrency of concurrencies) {
        comparisons.push(await compareOne(context, photos, imgproxy, format, concurrency, { stored, peaks }));
      }
    }
    return {
      comparisons,
      notes: [
        photos.origin,
        `the bare loop makes ${peerConcurrency} at a time, sends nothing and keeps nothing; behind HTTP the same calls of sharp are answered by Node's own server, and nothing else is done`,
        "every answer was byte for byte what the bare loop made",
        `a round asks for ${photos.paths.length * copies} variants, each once, of a fresh catalogue; variants are answered first and stored after`,
        `counted until the last variant was stored: ${spreadOf(stored).median.toFixed(2)} × the rate until the last was answered (median of all rounds)`,
        `peak memory of the serving process: ${Math.round(spreadOf(peaks).median / 1e6)} MB (median), ${Math.round(spreadOf(peaks).max / 1e6)} MB (most)`,
        imgproxy === undefined
          ? howToGetImgproxy
          : `imgproxy ${imgproxy.version} (HOLDFAST_IMGPROXY), with its defaults, JPEG quality 80 and 2 workers a core among them; local files, unsigned URLs`,
      ],
    };
  },
};

async function compareOne(
  context: BenchContext,
  photos: Photos,
  imgproxy: ImgproxyBinary | undefined,
  format: Format,
  concurrency: number,
  { stored, peaks }: { readonly stored: number[]; readonly peaks: number[] },
): Promise<Comparison> {
  const asked = Array.from({ length: copies }, () => photos.paths).flat();
  const warming = Array.from({ length: warmUps }, (_, i) => photos.paths[i % photos.paths.length] ?? "");
  const heights = new Map(await Promise.all(photos.paths.map(async (path) => [path, await heightOf(path)] as const)));
  const heightsOf = (paths: readonly string[]): number[] => paths.map((path) => heights.get(path) ?? 0);
  let made: readonly Uint8Array[] | undefined;
  let answered: readonly Answer[] | undefined;

  const subject = async (): Promise<Round> => {
    const folder = await mkdtemp(join(context.folder, "cold-"));
    const child = startChild<MediaCommands>("media");
    try {
      const { origin, files } = await child.call("serve", { folder, paths: [...asked, ...warming] });
      const urls = files.map(({ path, name }) => `${origin}${path}/w${width}/${name}`);
      await getAll(urls.slice(asked.length), { accept: format.accept }, concurrency);
      await child.call("idle", undefined);
      let answers: readonly Answer[] = [];
      const cpuBefore = await child.cpuSeconds();
      const seconds = await secondsFor(async () => {
        answers = await getAll(urls.slice(0, asked.length), { accept: format.accept }, concurrency);
      });
      stored.push(seconds / (seconds + (await child.call("close", undefined))));
      // Until the last variant is stored: answering first puts work off, and saves none.
      const cpuMs = (((await child.cpuSeconds()) - cpuBefore) * 1000) / asked.length;
      peaks.push(await child.call("peakMemory", undefined));
      confirmAnswers(answers, format);
      answered ??= answers;
      return { perSecond: asked.length / seconds, cpuMs };
    } finally {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    }
  };

  const peer = async (): Promise<Round> => {
    const child: Child<SharpLoopCommands> = startChild<SharpLoopCommands>("sharp-loop");
    try {
      const order = { format: format.format, width, concurrency: peerConcurrency };
      await child.call("make", { ...order, paths: warming, heights: heightsOf(warming) });
      await rest();
      const { seconds, cpuSeconds, variants } = await child.call("make", { ...order, paths: asked, heights: heightsOf(asked) });
      made ??= variants;
      return { perSecond: asked.length / seconds, cpuMs: (cpuSeconds * 1000) / asked.length };
    } finally {
      await child.stop();
    }
  };

  /** A round of a server that keeps nothing: each time it is asked it makes the variant. */
  const other = async (serve: (folder: string) => Promise<OtherServer>): Promise<Round> => {
    const server = await serve(dirname(photos.paths[0] ?? ""));
    try {
      await getAll(warming.map(server.urlOf), {}, concurrency);
      await rest();
      let answers: readonly Answer[] = [];
      const cpuBefore = await server.cpuSeconds();
      const seconds = await secondsFor(async () => {
        answers = await getAll(asked.map(server.urlOf), {}, concurrency);
      });
      const cpuMs = (((await server.cpuSeconds()) - cpuBefore) * 1000) / asked.length;
      confirmAnswers(answers, format);
      await confirmWidth(answers);
      return { perSecond: asked.length / seconds, cpuMs };
    } finally {
      await server.stop();
    }
  };

  const serveLoop = async (): Promise<OtherServer> => {
    const { call, ...child } = startChild<SharpLoopCommands>("sharp-loop");
    const { paths } = photos;
    const origin = await call("serve", { format: format.format, width, paths, heights: heightsOf(paths) });
    return { ...child, urlOf: (path) => `${origin}/${paths.indexOf(path)}` };
  };

  const about = {
    name: `${format.format === "jpeg" ? "JPEG" : "WebP"}, ${concurrency} at a time`,
    unit: "variants/s",
    targets: [
      { peer: "bare sharp loop", ratio: 0.95 },
      { peer: "IPX", ratio: 1 },
      { peer: "imgproxy", ratio: 1 },
    ],
  };
  // Their WebP takes another effort, and is another work.
  const others: Contender[] = [
    { name: "IPX", round: async () => await other(serveIpx) },
    ...(imgproxy === undefined ? [] : [{ name: "imgproxy", round: async () => await other(serverOf(imgproxy)) }]),
  ];
  const contenders = {
    subject: { name: "Holdfast", round: subject },
    peers: [
      { name: "bare sharp loop", round: peer },
      { name: "the same behind HTTP", round: async () => await other(serveLoop) },
      ...(format.format === "jpeg" ? others : []),
    ],
  };
  const comparison = await compare(about, contenders, context.rounds, context.progress);
  await confirmSameWork(answered ?? [], made ?? []);
  return comparison;
}

async function serveIpx(folder: string): Promise<OtherServer> {
  const { call, ...child } = startChild<IpxCommands>("ipx");
  const origin = await call("serve", { folder });
  return { ...child, urlOf: (path) => `${origin}/w_${width},f_jpeg,q_80/${encodeURIComponent(basename(path))}` };
}

function serverOf({ path: binary }: ImgproxyBinary): (folder: string) => Promise<OtherServer> {
  return async (folder) => {
    const { urlOf, ...program } = await startImgproxy(binary, folder);
    return { ...program, urlOf: (path) => urlOf(path, width) };
  };
}

/** How high a photograph is when it is `width` wide: the loop is told, so that it need not read a header twice. */
async function heightOf(path: string): Promise<number> {
  const { autoOrient } = await sharp(path).metadata();
  return Math.round(autoOrient.height * Math.min(1, width / autoOrient.width));
}

/** Let what the warm-up left behind, such as storing, come to its end. */
async function rest(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
}

function confirmAnswers(answers: readonly Answer[], { type }: Format): void {
  for (const { status, headers } of answers) {
    if (status !== 200 || headers["content-type"] !== type) throw new Error(`an answer was ${status} ${headers["content-type"] ?? ""}`);
  }
}

/** A comparison is only fair where both made the same pictures. */
async function confirmSameWork(answers: readonly Answer[], variants: readonly Uint8Array[]): Promise<void> {
  for (const [i, { body }] of answers.entries()) {
    if (Buffer.compare(body, variants[i] ?? new Uint8Array()) !== 0) throw new Error(`variant ${i} is not what the bare loop made`);
  }
  await confirmWidth(answers);
}

async function confirmWidth(answers: readonly Answer[]): Promise<void> {
  const first = await sharp(answers[0]?.body).metadata();
  if (first.width !== width) throw new Error(`the variants are ${first.width} px wide, not ${width}`);
}
