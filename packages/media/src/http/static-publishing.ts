import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, isProduction } from "../env/platform.js";
import { releaseOf } from "../env/release.js";
import { fail, isHoldfastError } from "../errors.js";
import { storageFromEnvironment } from "../storage/from-environment.js";
import { parseKey } from "../storage/key.js";
import type { Storage } from "../storage/storage.js";
import { typeOf } from "./static-asset.js";
import { codedEndings, readAsset, readManifest, realFolder } from "./static-manifest.js";
import { keyOfPublished } from "./static-shelf.js";

/** How static files are published. */
export interface PublishOptions {
  /** The folder that `holdfast start` prepared. */
  readonly folder: string;
  /** @defaultValue the storage that the environment asks for, opened and closed again */
  readonly storage?: Storage;
  /** @defaultValue `process.env` */
  readonly env?: Environment;
  /** @defaultValue `process.cwd()` */
  readonly cwd?: string;
  /** How many releases keep theirs, however old they are. @defaultValue 5 */
  readonly keepReleases?: number;
  /** How long files are kept at the least. @defaultValue 30 */
  readonly keepDays?: number;
  readonly now?: () => number;
}

/** What was done. */
export interface PublishReport {
  readonly storage: string;
  /** Files of this release, and how many of them were not there yet. */
  readonly files: number;
  readonly stored: number;
  /** Files of releases long gone. */
  readonly removed: number;
  /** What could not be tidied up; the next start tries again. */
  readonly left?: string;
}

interface ReleaseRecord {
  readonly static: 1;
  readonly release: string | undefined;
  readonly publishedAt: number;
  readonly files: readonly string[];
}

const releases = "static/releases/";
const dayMs = 86_400_000;
const atATime = 8;
const maxRecords = 1000;
const maxRecordBytes = 8 * 1024 * 1024;
const maxFileBytes = 64 * 1024 * 1024;
const cacheControl = "public, max-age=31536000, immutable";

/**
 * Store a release's static files where every instance finds them, before the release takes a request: under their hashed names, which no
 * other bytes have, so that nothing is ever replaced. Then remove those of releases long gone: what neither the last five releases nor
 * one of the last thirty days have. Resolves when every file is there.
 *
 * @throws CONFIG_INVALID, STORAGE_EPHEMERAL, STORAGE_DENIED, STORAGE_UNREACHABLE
 */
export async function publishStaticFiles(options: PublishOptions): Promise<PublishReport> {
  const { env = process.env, cwd = process.cwd() } = options;
  const storage = options.storage ?? (await storageFromEnvironment(env, cwd));
  try {
    if (storage.durability === "ephemeral" && isProduction(env))
      throw fail("CONFIG_INVALID", {
        problems: [`Static files are published to a storage that lasts, and ${storage.description} does not.`],
      });
    return await publish(storage, options, env);
  } finally {
    if (options.storage === undefined) await storage.close();
  }
}

async function publish(storage: Storage, options: PublishOptions, env: Environment): Promise<PublishReport> {
  const { keepReleases = 5, keepDays = 30, now = Date.now } = options;
  const folder = await realFolder(options.folder);
  const { files, id } = await readManifest(folder);
  const names: string[] = [];
  for (const served of new Set(files.values())) {
    const asset = await readAsset(folder, served);
    if (asset === undefined) throw fail("CONFIG_INVALID", { problems: [`${folder} lacks ${served}, which its manifest names.`] });
    // Compressed forms first: whoever finds a file looks for them once.
    for (const [coding, ending] of codedEndings) if (asset.forms[coding] !== undefined) names.push(`${served}${ending}`);
    names.push(served);
  }
  // The record first: from here on nobody takes these files for ones of a release long gone.
  const record: ReleaseRecord = { static: 1, release: releaseOf(env), publishedAt: now(), files: names };
  await put(storage, `${releases}${id}.json`, Buffer.from(JSON.stringify(record)), "application/json", "no-store");
  let stored = 0;
  const [packed, whole] = [names.filter(isPacked), names.filter((name) => !isPacked(name))];
  for (const group of [packed, whole]) {
    await inTurns(group, async (name) => {
      const key = keyOfPublished(name);
      const there = await storage.stat(key);
      // One that is half way to its removal is written anew, so that none is removed between this look and its use.
      if (there !== undefined && now() - there.modifiedAt < (keepDays * dayMs) / 2) return;
      const bytes = await readFile(join(folder, name));
      if (bytes.byteLength > maxFileBytes)
        throw fail("CONFIG_INVALID", { problems: [`${name} has ${bytes.byteLength} bytes, and ${maxFileBytes} are the most.`] });
      await put(storage, key, bytes, isPacked(name) ? "application/octet-stream" : typeOf(name), cacheControl);
      stored += 1;
    });
  }
  const report = { storage: storage.description, files: files.size, stored };
  try {
    return { ...report, removed: await prune(storage, { keepReleases, keepMs: keepDays * dayMs, now: now() }) };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { ...report, removed: 0, left: error.message };
  }
}

/** What is removed is what old records name, never what a listing shows: nothing here touches a file of anybody else's. */
async function prune(
  storage: Storage,
  { keepReleases, keepMs, now }: { keepReleases: number; keepMs: number; now: number },
): Promise<number> {
  const records: { readonly key: string; readonly record: ReleaseRecord }[] = [];
  for await (const { key, size } of storage.list({ prefix: releases })) {
    if (records.length >= maxRecords) break;
    const record = size > maxRecordBytes ? undefined : await readRecord(storage, key);
    // Of a record that cannot be read nobody knows what it keeps.
    if (record === undefined) return 0;
    records.push({ key, record });
  }
  records.sort((a, b) => b.record.publishedAt - a.record.publishedAt);
  const isKept = ({ record }: (typeof records)[number], index: number): boolean =>
    index < keepReleases || now - record.publishedAt < keepMs;
  const needed = new Set(records.filter(isKept).flatMap(({ record }) => record.files));
  let removed = 0;
  for (const { key, record } of records.filter((one, index) => !isKept(one, index))) {
    await inTurns(
      record.files.filter((name) => !needed.has(name)),
      async (name) => {
        const file = keyOfPublished(name);
        const there = await storage.stat(file);
        if (there === undefined || now - there.modifiedAt < keepMs) return;
        await storage.delete(file);
        removed += 1;
      },
    );
    await storage.delete(key);
  }
  return removed;
}

async function readRecord(storage: Storage, key: string): Promise<ReleaseRecord | undefined> {
  try {
    const body = await storage.open(key);
    const blocks: Uint8Array[] = [];
    for await (const block of body.bytes) blocks.push(block);
    const record = JSON.parse(Buffer.concat(blocks).toString()) as Partial<ReleaseRecord>;
    const isRecord = record.static === 1 && typeof record.publishedAt === "number" && Array.isArray(record.files);
    return isRecord && record.files.every((name) => typeof name === "string") ? (record as ReleaseRecord) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function put(storage: Storage, key: string, bytes: Uint8Array, contentType: string, cache: string): Promise<void> {
  const source = { size: bytes.byteLength, open: (offset = 0) => oneBlock(bytes.subarray(offset)) };
  await storage.put(parseKey(key), source, { contentType, cacheControl: cache, expect: { size: bytes.byteLength } });
}

async function* oneBlock(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}

function isPacked(name: string): boolean {
  return codedEndings.some(([, ending]) => name.endsWith(ending));
}

async function inTurns(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const left = names.values();
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const name of left) await work(name);
    }),
  );
}
