import type { Readable } from "node:stream";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { answerCommands } from "../child.js";
import { type Cost, costOf, inParallel } from "../parallel.js";
import { randomBytesFrom } from "../random.js";

/** Where the objects go. */
export interface BucketAddress {
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Which objects to move, each of so many bytes, and how many at a time. */
export interface ObjectsOrder {
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly concurrency: number;
}

/** What a process that speaks to a bucket can be told to do. */
export type BucketCommands = {
  readonly open: (bucket: BucketAddress) => Promise<void>;
  readonly put: (order: ObjectsOrder) => Promise<Cost>;
  readonly get: (order: ObjectsOrder) => Promise<Cost>;
};

let target: { readonly client: S3Client; readonly bucket: string } | undefined;

/** The SDK alone, as its documentation uses it: no hash of the content, no look at what became of a lost answer. */
answerCommands<BucketCommands>({
  async open({ bucket, ...address }) {
    target = { client: new S3Client({ ...address, forcePathStyle: true }), bucket };
  },
  async put({ keys, bytes, concurrency }) {
    const { client, bucket } = opened();
    const content = randomBytesFrom(1, bytes);
    return await costOf(async () => {
      await inParallel(keys, concurrency, async (key) => {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: "image/jpeg" }));
      });
    });
  },
  async get({ keys, bytes, concurrency }) {
    const { client, bucket } = opened();
    return await costOf(async () => {
      await inParallel(keys, concurrency, async (key) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        let size = 0;
        for await (const block of Body as Readable) size += (block as Uint8Array).byteLength;
        if (size !== bytes) throw new Error(`${key} has ${size} bytes`);
      });
    });
  },
});

function opened(): NonNullable<typeof target> {
  if (target === undefined) throw new Error("no bucket has been opened");
  return target;
}
