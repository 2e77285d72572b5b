import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { fsDriver, type Media, type MediaFile, openMedia, openStorage, s3Storage } from "@holdfast/media";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { lackOfPostgres, type PostgresServer, startPostgres } from "../../bench/src/servers/postgres.js";
import { type Bucket, clientOf, makeBucket, present } from "./bucket.js";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.js";

const { radosgw } = inject("servers");
const isHere = radosgw !== undefined && lackOfPostgres() === undefined;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const waiting = { timeout: 60_000, interval: 100 } as const;
const pdf = (): Buffer => Buffer.concat([Buffer.from("%PDF-1.4\n%\u00e2\u00e3\n"), randomBytes(20_000)]);

let folder: string;
let postgres: PostgresServer;
let bucket: Bucket;
let proxy: FaultProxy;

beforeAll(async () => {
  if (!isHere) return;
  folder = await mkdtemp(join(tmpdir(), "holdfast-mirror-"));
  postgres = await startPostgres();
  bucket = await makeBucket(present(radosgw));
  proxy = await startFaultProxy(bucket.endpoint);
});

afterAll(async () => {
  if (!isHere) return;
  await proxy.stop();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<Media> {
  const { region, credentials } = bucket;
  const first = await s3Storage({ bucket: bucket.bucket, endpoint: proxy.endpoint, region, credentials });
  const root = join(folder, "mirror");
  const second = openStorage(fsDriver({ root }), { description: "mirror", chosenBy: "test", durability: "disk" });
  const media = await openMedia({
    storage: [first, second],
    database: postgres.url,
    env: {},
    log: silent,
    settleEveryMs: 0,
    retentionMs: 0,
    lateWriteMs: 0,
  });
  await media.migrate();
  return media;
}

const copied = async (media: Media): Promise<void> => await expect.poll(async () => await media.jobs.count(), waiting).toEqual([]);
async function bytesOf(media: Media, { id }: MediaFile): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  for await (const block of (await media.open(id)).bytes) blocks.push(block);
  return Buffer.concat(blocks);
}

describe.runIf(isHere)("a bucket that is mirrored to a disk, the catalogue on PostgreSQL", () => {
  it("is copied, read from the mirror while it is away or has lost an object, healed, and purged with it", async () => {
    const media = await open();
    try {
      const originals = Array.from({ length: 12 }, pdf);
      const files: MediaFile[] = [];
      for (const [n, bytes] of originals.entries()) files.push(await media.put(bytes, { name: `${n}.pdf` }));
      await copied(media);
      for (const file of files) expect(await media.replicas(file.id)).toHaveLength(2);

      // Every connection to the bucket ends with a reset.
      proxy.follow(() => ({ on: "request", afterBytes: 0, act: "reset" }));
      for (const [n, file] of files.slice(0, 3).entries())
        expect((await bytesOf(media, file)).equals(originals[n] ?? Buffer.of())).toBe(true);
      await expect(media.put(pdf(), { name: "now.pdf" })).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" });
      proxy.follow(() => undefined);

      const client = clientOf(bucket);
      for (const { key } of files.slice(3, 6)) await client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: key }));
      client.destroy();
      for (const [n, file] of files.entries()) expect((await bytesOf(media, file)).equals(originals[n] ?? Buffer.of())).toBe(true);
      // Whoever reads does not wait for the copy, nor for its being noted as due.
      const bare = await s3Storage(bucket);
      for (const { key, size } of files) await expect.poll(async () => await bare.stat(key), waiting).toMatchObject({ size });
      await copied(media);

      for (const { id } of files) await media.trash(id);
      await copied(media);
      expect(await media.settle()).toMatchObject({ purged: files.length });
      await copied(media);
      for await (const { key } of bare.list({ prefix: "originals/" })) expect(key).toBe("nothing is left");
      await bare.close();
      const left = await readdir(join(folder, "mirror", "originals"), { recursive: true, withFileTypes: true });
      expect(left.filter((entry) => entry.isFile())).toEqual([]);
    } finally {
      proxy.follow(() => undefined);
      await media.close();
    }
  });
});
