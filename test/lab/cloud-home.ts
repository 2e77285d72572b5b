import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, DeleteObjectsCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import pg from "pg";
import type { Home } from "../system/service-process.js";
import { ownerOf } from "../system/traces.js";
import type { LabServers } from "./servers.js";

/** A row that holds the right to a key, of a file or of a variant. */
export interface Row {
  readonly table: "files" | "variants";
  readonly id: string;
  readonly state: string;
  readonly key: string;
}

/** A database and a bucket that instances share, and a look at both past the instances. */
export interface Cloud {
  /** The variables that lead an instance to them. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder for one more instance: all that is its own, and nothing that matters. */
  makeInstance(): Promise<Home & { remove(): Promise<void> }>;
  query<T extends object>(statement: string): Promise<T[]>;
  rows(): Promise<Row[]>;
  /** Keys of all objects but the storage's own notes, and the keys of unfinished multipart uploads, marked as such. */
  keys(): Promise<string[]>;
  deleteAll(prefix: string): Promise<void>;
  remove(): Promise<void>;
}

/** Make an empty database and an empty bucket on the lab's servers. */
export async function makeCloud({ postgres, bucket: server }: LabServers): Promise<Cloud> {
  const name = `lab_${randomBytes(6).toString("hex")}`;
  await oneQuery(postgres, `CREATE DATABASE ${name}`);
  const url = new URL(postgres);
  url.pathname = `/${name}`;
  const bucket = name.replace("_", "-");
  const { endpoint, region, credentials } = server;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const database = new pg.Pool({ connectionString: url.href, max: 2 });
  const folders: string[] = [];
  const env = {
    MEDIA_DATABASE_URL: url.href,
    AWS_STORAGE_BUCKET_NAME: bucket,
    AWS_S3_ENDPOINT_URL: endpoint,
    AWS_S3_REGION_NAME: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    // What an instance says on its standard error counts as a complaint; the SDK's word on Node 20 is none.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
  async function list(prefix = ""): Promise<string[]> {
    const keys: string[] = [];
    for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }));
      keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
      token = page.NextContinuationToken;
    }
    return keys;
  }
  return {
    env,
    async makeInstance() {
      const path = await mkdtemp(join(tmpdir(), "holdfast-instance-"));
      folders.push(path);
      return { path, env, remove: async () => await rm(path, { recursive: true, force: true, maxRetries: 3 }) };
    },
    async query<T extends object>(statement: string) {
      return (await database.query<T>(statement)).rows;
    },
    async rows() {
      const { rows } = await database.query<Row>(
        `SELECT 'files' AS "table", id, state, object_key AS "key" FROM holdfast_files
         UNION ALL SELECT 'variants', id, state, object_key FROM holdfast_variants`,
      );
      return rows;
    },
    async keys() {
      const objects = (await list()).filter((key) => !key.startsWith(".holdfast/"));
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return [...objects, ...Uploads.map(({ Key = "" }) => `${Key} (multipart, unfinished)`)];
    },
    async deleteAll(prefix) {
      const keys = await list(prefix);
      for (let at = 0; at < keys.length; at += 1000) {
        const Objects = keys.slice(at, at + 1000).map((Key) => ({ Key }));
        await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
      }
    },
    async remove() {
      s3.destroy();
      await database.end();
      await dropWhenUnused(postgres, name);
      await Promise.all(folders.map(async (path) => await rm(path, { recursive: true, force: true, maxRetries: 3 })));
    },
  };
}

/** What is left that should not be, once everything has settled: sentences, one an object or a row. */
export async function leftoversOf(cloud: Cloud): Promise<string[]> {
  const [rows, keys] = [await cloud.rows(), await cloud.keys()];
  const kept = new Set(rows.filter(({ state }) => state === "stored" || state === "trashed").map(({ key }) => key));
  const objects = new Set(keys);
  return [
    ...rows.filter(({ state }) => state === "reserved" || state === "abandoned").map(({ state, key }) => `still ${state}: ${key}`),
    ...keys.filter((key) => !kept.has(ownerOf(key))).map((key) => `an object of no stored row: ${key}`),
    ...[...kept].filter((key) => !objects.has(key)).map((key) => `a stored row without its object: ${key}`),
  ];
}

/** Not by force: a connection that is just ending would be told of it with an error that nobody expects any more. */
async function dropWhenUnused(url: string, name: string): Promise<void> {
  for (let patience = 100; ; patience -= 1) {
    try {
      await oneQuery(url, `DROP DATABASE ${name}`);
      return;
    } catch (error) {
      const isInUse = error instanceof Error && "code" in error && error.code === "55006";
      if (!isInUse || patience === 0) throw error;
      await sleep(100);
    }
  }
}

async function oneQuery(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
