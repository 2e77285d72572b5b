import { createHash } from "node:crypto";
import { streamOf } from "../delivery/stream.js";
import { fail, isHoldfastError } from "../errors.js";
import { isKey, type Key, parseKey } from "../storage/key.js";
import type { Storage } from "../storage/storage.js";
import { type Asset, type Form, maxWholeBytes, memoryForm, typeOf } from "./static-asset.js";
import { codedEndings, hashIn } from "./static-manifest.js";

/** Static files of other releases, in the storage: what a page of a neighbour asks for. */
export interface StaticShelf {
  /** The file of a hashed name; `undefined` where the storage says that it has none. @throws STORAGE_DENIED, STORAGE_UNREACHABLE, OVERLOADED */
  find(name: string): Promise<Asset | undefined>;
}

const prefix = "static/files/";
/** Longer names are nobody's, and a key with its ending has to fit. */
const maxNameBytes = 400;
/** How long "there is none" is believed: shorter than anybody waits with a release. */
const absentMs = 3000;
const maxAbsent = 2000;
const maxFound = 500;
const maxLooking = 8;
const maxWaiting = 200;

/** The key of a published file. */
export function keyOfPublished(name: string): Key {
  return parseKey(`${prefix}${name}`);
}

/** Look for files in a storage: once for all who ask at the same time, few at a time, and no more than can be answered. */
export function createStaticShelf(storage: Storage, maxBytes: number): StaticShelf {
  const found = new Map<string, Asset>();
  const absent = new Map<string, number>();
  const looking = new Map<string, Promise<Asset | undefined>>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let keptBytes = 0;

  async function look(name: string): Promise<Asset | undefined> {
    if (running >= maxLooking) {
      if (waiting.length >= maxWaiting) throw fail("OVERLOADED", { what: "The number of static files looked for", retryAfterSeconds: 2 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await assetIn(storage, name);
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  function remember(name: string, asset: Asset | undefined): void {
    if (asset === undefined) {
      if (absent.size >= maxAbsent) absent.clear();
      absent.set(name, performance.now() + absentMs);
      return;
    }
    found.set(name, asset);
    keptBytes += bytesOf(asset);
    for (const [oldest, gone] of found) {
      if (keptBytes <= maxBytes && found.size <= maxFound) return;
      found.delete(oldest);
      keptBytes -= bytesOf(gone);
    }
  }

  return {
    async find(name) {
      if (hashIn(name) === undefined || Buffer.byteLength(name) > maxNameBytes || !isKey(`${prefix}${name}`)) return undefined;
      const known = found.get(name);
      if (known !== undefined || (absent.get(name) ?? 0) > performance.now()) return known;
      let begun = looking.get(name);
      if (begun === undefined) {
        begun = look(name).finally(() => looking.delete(name));
        looking.set(name, begun);
        remember(name, await begun);
      }
      return await begun;
    },
  };
}

function bytesOf({ forms }: Asset): number {
  return Object.values(forms).reduce((sum, { size }) => sum + (size <= maxWholeBytes ? size : 0), 0);
}

/** Small files are read whole, in every form, and held against the hash in their name; large ones go out as they come. */
async function assetIn(storage: Storage, name: string): Promise<Asset | undefined> {
  const key = keyOfPublished(name);
  const stat = await storage.stat(key);
  const hash = hashIn(name);
  if (stat === undefined || hash === undefined) return undefined;
  const type = typeOf(name);
  if (stat.size > maxWholeBytes) {
    const open: Form["open"] = async (range) => streamOf(await storage.open(key, range === undefined ? {} : { range }));
    return { type, hash, forms: { identity: { size: stat.size, open } } };
  }
  const [identity, ...coded] = await Promise.all([
    read(storage, key),
    ...codedEndings.map(async ([coding, ending]) => [coding, await read(storage, keyOfPublished(`${name}${ending}`))] as const),
  ]);
  if (identity === undefined || !createHash("sha256").update(identity).digest("hex").startsWith(hash)) return undefined;
  const packed = coded.flatMap(([coding, bytes]) => (bytes === undefined ? [] : [[coding, memoryForm(bytes)] as const]));
  return { type, hash, forms: { ...Object.fromEntries(packed), identity: memoryForm(identity) } };
}

async function read(storage: Storage, key: Key): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const body = await storage.open(key);
    if (body.size > maxWholeBytes) {
      await body.close();
      return undefined;
    }
    const bytes = new Uint8Array(body.size);
    let at = 0;
    for await (const block of body.bytes) {
      bytes.set(block, at);
      at += block.byteLength;
    }
    return bytes;
  } catch (error) {
    if (isHoldfastError(error, "OBJECT_NOT_FOUND")) return undefined;
    throw error;
  }
}
