import { randomUUID } from "node:crypto";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import pg from "pg";
import { answerCommands } from "../child.js";
import { type Cost, costOf, inParallel } from "../parallel.js";
import type { PutOrder } from "./media.js";
import type { BucketAddress } from "./s3-sdk.js";

/** What a process that keeps uploads in a bucket and their rows in PostgreSQL can be told to do. */
export type CloudCommands = {
  readonly open: (address: BucketAddress & { readonly database: string }) => Promise<void>;
  readonly put: (order: Omit<PutOrder, "folder">) => Promise<Cost>;
  /** Wait until what follows an acknowledgement is done too. */
  readonly finish: (nothing: undefined) => Promise<void>;
};

let target: { readonly client: S3Client; readonly bucket: string; readonly database: pg.Pool } | undefined;

/**
 * The floor: put the object, insert its row. No reservation, no hash, no look at the bytes; what dies between the two leaves
 * an object that nobody knows of.
 */
answerCommands<CloudCommands>({
  async open({ bucket, database, ...address }) {
    const pool = new pg.Pool({ connectionString: database, max: 10 });
    await pool.query("CREATE TABLE IF NOT EXISTS floor (id TEXT PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, size BIGINT NOT NULL)");
    target = { client: new S3Client({ ...address, forcePathStyle: true }), bucket, database: pool };
  },
  // Nothing follows.
  async finish() {},
  async put({ name, bytes, count, concurrency }) {
    if (target === undefined) throw new Error("nothing has been opened");
    const { client, bucket, database } = target;
    return await costOf(async () => {
      await inParallel(Array.from({ length: count }), concurrency, async () => {
        const id = randomUUID();
        const key = `floor/${id}`;
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType: "application/pdf" }));
        await database.query("INSERT INTO floor (id, key, name, size) VALUES ($1, $2, $3, $4)", [id, key, name, bytes.byteLength]);
      });
    });
  },
});
