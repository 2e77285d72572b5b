import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, BenchContext } from "../bench.js";
import { type Child, startChild } from "../child.js";
import { compare, type Comparison, type Contender } from "../comparison.js";
import type { Cost } from "../parallel.js";
import { generatePhoto } from "../photos.js";
import { randomBytesFrom, randomFrom } from "../random.js";
import type { MediaCommands, PutOrder } from "../subjects/media.js";
import type { PutFloorCommands } from "../subjects/put-floor.js";

const concurrency = 4;

/** A kind of file to put. */
interface Sample {
  readonly name: string;
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** Uploads that are acknowledged: durable, verified, catalogued; against the least that any durable upload must do. */
export const putThroughput: Bench = {
  name: "put-throughput",
  question: "How many uploads are acknowledged, on a disk with a SQLite catalogue?",
  async run(context) {
    const comparisons: Comparison[] = [];
    const samples = await makeSamples(context.seed);
    for (const sample of samples) comparisons.push(await compareOne(context, sample));
    return {
      comparisons,
      notes: [
        `by \`media.put()\`, ${concurrency} at a time; the floor writes, fsyncs, renames, fsyncs the folder and inserts one row, as many at a time`,
        "Holdfast also hashes, reads back what it wrote, commits twice (reserved, then stored), and decodes every pixel of an image before it acknowledges it",
        ...samples.map(({ name, bytes }) => `${name}: ${bytes.byteLength} bytes`),
      ],
    };
  },
};

async function makeSamples(seed: number): Promise<Sample[]> {
  const pdf = (size: number): Uint8Array => Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytesFrom(seed, size - 9)]);
  return [
    { name: "100 kB, not decoded", fileName: "letter.pdf", bytes: pdf(100_000), count: 300 },
    { name: "3 MB, not decoded", fileName: "letter.pdf", bytes: pdf(3_000_000), count: 60 },
    { name: "100 kB JPEG", fileName: "photo.jpg", bytes: await generatePhoto(randomFrom(seed), 900, 600, 86), count: 200 },
    { name: "3 MB JPEG", fileName: "photo.jpg", bytes: await generatePhoto(randomFrom(seed), 3500, 2300, 97), count: 30 },
  ];
}

async function compareOne(context: BenchContext, { name, fileName, bytes, count }: Sample): Promise<Comparison> {
  type Putter = Child<MediaCommands> | Child<PutFloorCommands>;
  const contender = (label: string, start: () => Putter): Contender => ({
    name: label,
    async round() {
      const folder = await mkdtemp(join(context.folder, "put-"));
      const child = start() as Child<{ readonly put: (order: PutOrder) => Promise<Cost> }>;
      try {
        const order = { folder, name: fileName, bytes, concurrency };
        await child.call("put", { ...order, count: 20 });
        const { seconds, cpuSeconds } = await child.call("put", { ...order, count });
        return { perSecond: count / seconds, cpuMs: (cpuSeconds * 1000) / count };
      } finally {
        await child.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
  });
  return await compare(
    { name, unit: "uploads/s" },
    {
      subject: contender("Holdfast", () => startChild<MediaCommands>("media")),
      peers: [contender("floor", () => startChild<PutFloorCommands>("put-floor"))],
    },
    context.rounds,
    context.progress,
  );
}
