import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Bench } from "../bench.js";
import { type Child, startChild } from "../child.js";
import { compare, type Comparison, type Contender } from "../comparison.js";
import { generatePhoto } from "../photos.js";
import { randomBytesFrom, randomFrom } from "../random.js";
import { lackOfPostgres, startPostgres } from "../servers/postgres.js";
import { lackOfRadosgw, startRadosgw } from "../servers/radosgw.js";
import type { CloudCommands } from "../subjects/cloud-floor.js";

const count = 800;
const concurrency = 8;
const leastRatio = 0.7;

/** Uploads acknowledged by an instance that keeps nothing itself, against the least that keeps both bytes and row. */
export const cloudUploads: Bench = {
  name: "cloud-uploads",
  question: "How many uploads are acknowledged, in a bucket with a catalogue in PostgreSQL?",
  async run({ rounds, seed, progress }) {
    const lack = lackOfPostgres() ?? lackOfRadosgw();
    if (lack !== undefined) return { comparisons: [], notes: [lack] };
    const [postgres, radosgw] = await Promise.all([startPostgres({ isDurable: true }), startRadosgw()]);
    const children: Child<CloudCommands>[] = [];
    try {
      const { endpoint, region, credentials } = radosgw;
      const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      await client.send(new CreateBucketCommand({ Bucket: "bench" }));
      client.destroy();
      const [media, floor] = [startChild<CloudCommands>("cloud-media"), startChild<CloudCommands>("cloud-floor")];
      children.push(media, floor);
      for (const child of children) await child.call("open", { bucket: "bench", endpoint, region, credentials, database: postgres.url });
      const comparisons: Comparison[] = [];
      const followed: number[] = [];
      const samples = [
        {
          name: "100 kB, not decoded",
          fileName: "letter.pdf",
          bytes: Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytesFrom(seed, 99_991)]),
        },
        { name: "100 kB JPEG", fileName: "photo.jpg", bytes: await generatePhoto(randomFrom(seed), 900, 600, 86) },
      ];
      for (const { name, fileName, bytes } of samples) {
        const contender = (label: string, child: Child<CloudCommands>): Contender => ({
          name: label,
          async round() {
            const { seconds, cpuSeconds } = await child.call("put", { name: fileName, bytes, count, concurrency });
            // What follows is not waited for by those who upload; but it is not to slow down whoever's turn is next.
            const began = performance.now();
            await child.call("finish", undefined);
            if (label === "Holdfast") followed.push(performance.now() - began);
            return { perSecond: count / seconds, cpuMs: (cpuSeconds * 1000) / count };
          },
        });
        const targets = [{ peer: "PutObject + INSERT", ratio: leastRatio }];
        const peers = [contender("PutObject + INSERT", floor)];
        comparisons.push(
          await compare({ name, unit: "uploads/s", targets }, { subject: contender("Holdfast", media), peers }, rounds, progress),
        );
      }
      const notes = [
        `the manifests of ${count} uploads are written in the background, one at a time and with a rest after each while uploads run, and are done ${Math.round(Math.max(...followed))} ms after the last acknowledgement at most`,
        `${count} uploads a round, ${concurrency} at a time; radosgw with everything in its memory and PostgreSQL with fsync, both on the same machine`,
        "Holdfast also hashes, commits a reservation first, has the service check what it received, enqueues what follows, and decodes every pixel of an image before it acknowledges it",
      ];
      return { comparisons, notes };
    } finally {
      for (const child of children) await child.stop();
      await Promise.all([postgres.stop(), radosgw.stop()]);
    }
  },
};
