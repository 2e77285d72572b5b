import { createHash, randomBytes, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, open, readdir, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fail, isHoldfastError } from "../../errors.js";
import type { Driver, ObjectBody, ObjectStat, PutOptions, Receipt, Sha256, Source } from "../driver.js";
import { isKey, type Key } from "../key.js";
import { codeOf, isAbsence, makeDurableFolder, syncFolder } from "./durable-folder.js";
import { wrapFsError } from "./fs-error.js";
import { openBody } from "./fs-read.js";

/** Where the driver keeps what is not an object: its identity and the parts of unfinished puts. */
const ownFolder = ".holdfast";
/** Large enough that a system call's cost does not show, small enough that many uploads fit in memory. */
const blockBytes = 256 * 1024;
/** The longest file name of ext4, XFS, APFS and NTFS. */
const maxSegmentBytes = 255;

/**
 * Store objects as files below `root`, one file per key, readable without us.
 *
 * A put writes to a name of its own on the same file system, fsyncs the file, reads it back, then renames it (links it,
 * for `ifAbsent`) and fsyncs every directory on the way that this process has not yet seen to be durable. After an fsync
 * error the bytes are written anew under another name: the kernel may have dropped the dirty pages, so that a second
 * fsync of the same file succeeds without having written them (PostgreSQL's lesson of 2018).
 */
export function fsDriver(options: { readonly root: string }): Driver {
  const root = resolve(options.root);
  const partsFolder = join(root, ownFolder, "parts");
  const identityFile = join(root, ownFolder, "identity");
  const name = `fs (${root})`;
  const durableFolders = new Set<string>();
  const pathOf = (key: Key): string => join(root, ...key.split("/"));
  let knownIdentity: Promise<string> | undefined;

  async function identity(): Promise<string> {
    knownIdentity ??= readOrWriteIdentity();
    try {
      return await knownIdentity;
    } catch (error) {
      knownIdentity = undefined;
      throw wrapFsError(error, name, "be identified");
    }
  }

  async function readOrWriteIdentity(): Promise<string> {
    const existing = await readIfThere(identityFile);
    if (existing !== undefined) return existing;
    await makeDurableFolder(dirname(identityFile), root, durableFolders);
    const own = `${identityFile}.${randomBytes(6).toString("hex")}`;
    await writeSmallFile(own, randomUUID());
    try {
      await link(own, identityFile);
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error; // another process was first: its identity counts
    }
    await rm(own, { force: true });
    await syncFolder(dirname(identityFile));
    return await readFile(identityFile, "utf8");
  }

  /** Absent, or is the volume not mounted? Without the identity we know in it the folder proves nothing. */
  async function confirmRootIsOurs(action: string): Promise<void> {
    const [found, known] = await Promise.all([readIfThere(identityFile), knownIdentity?.catch(() => undefined)]);
    if (found !== undefined && (known === undefined || found === known)) return;
    const reason = `${root} does not hold this storage (is the volume mounted?)`;
    throw fail("STORAGE_UNREACHABLE", { storage: name, action, reason });
  }

  /** Do what needs `folder`: once more, should somebody have removed the folder since this process made it. */
  async function inFolder<T>(folder: string, action: string, work: () => Promise<T>): Promise<T> {
    await makeDurableFolder(folder, root, durableFolders);
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      // Made anew on the disk beneath an unmounted volume, it would hide what it holds from the volume's return on.
      // Until that is settled the folders stay known, or the next put would make them without asking.
      await confirmRootIsOurs(action);
      durableFolders.clear();
      await makeDurableFolder(folder, root, durableFolders);
      return await work();
    }
  }

  async function put(key: Key, source: Source, putOptions: PutOptions): Promise<Receipt> {
    const target = pathOf(checkOwn(key));
    const action = `store "${key}"`;
    await identity();
    let syncError: unknown;
    for (;;) {
      const part = join(partsFolder, `${partPrefix(key)}${randomBytes(6).toString("hex")}`);
      try {
        const handle = await inFolder(partsFolder, action, () => open(part, "wx+"));
        const written = await writePart(handle, key, source, putOptions, name);
        await publish(part, target, key, putOptions.ifAbsent === true);
        return { ...written, etag: written.sha256, verifiedBy: "readback" };
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        if (error instanceof SourceFailed) throw error.cause;
        if (error instanceof SyncFailed && syncError === undefined) {
          syncError = error.cause;
          continue;
        }
        // Where the bytes cannot be had a second time, the reason to tell is why they were wanted.
        const isUnrepeatable = syncError !== undefined && isHoldfastError(error, "SOURCE_CONSUMED");
        throw wrapFsError(isUnrepeatable ? syncError : error instanceof SyncFailed ? error.cause : error, name, action);
      }
    }
  }

  async function publish(part: string, target: string, key: Key, ifAbsent: boolean): Promise<void> {
    const action = `store "${key}"`;
    if (ifAbsent) {
      try {
        await inFolder(dirname(target), action, () => link(part, target));
      } catch (error) {
        if (codeOf(error) === "EEXIST") throw fail("OBJECT_EXISTS", { key });
        throw error;
      }
      await syncFolder(dirname(target));
      await rm(part, { force: true });
    } else {
      await inFolder(dirname(target), action, () => rename(part, target));
      await syncFolder(dirname(target));
    }
  }

  async function openObject(key: Key, openOptions: Parameters<Driver["open"]>[1] = {}): Promise<ObjectBody> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(pathOf(checkOwn(key)), constants.O_RDONLY);
      const info = await handle.stat();
      if (!info.isFile()) throw Object.assign(new Error("a folder is not an object"), { code: "ENOENT" });
      return openBody(handle, info.size, openOptions, name);
    } catch (error) {
      await handle?.close();
      if (isAbsence(error)) {
        await confirmRootIsOurs(`open "${key}"`);
        throw fail("OBJECT_NOT_FOUND", { key }, { cause: error });
      }
      throw wrapFsError(error, name, `open "${key}"`);
    }
  }

  async function statObject(key: Key): Promise<ObjectStat | undefined> {
    try {
      const info = await stat(pathOf(checkOwn(key)));
      if (info.isFile()) return { key, size: info.size, modifiedAt: info.mtimeMs };
    } catch (error) {
      if (!isAbsence(error)) throw wrapFsError(error, name, `look at "${key}"`);
    }
    await confirmRootIsOurs(`look at "${key}"`);
    return undefined;
  }

  async function deleteObject(key: Key): Promise<void> {
    const target = pathOf(checkOwn(key));
    try {
      const parts = await readdir(partsFolder).catch((error: unknown) => {
        if (isAbsence(error)) return [];
        throw error;
      });
      const own = partPrefix(key);
      const leftovers = parts.filter((part) => part.startsWith(own)).map((part) => join(partsFolder, part));
      await Promise.all(leftovers.map((part) => rm(part, { force: true })));
      await unlink(target);
      await syncFolder(dirname(target));
    } catch (error) {
      // A folder is not an object either: unlink(2) answers EISDIR on Linux, POSIX has EPERM.
      const isAbsent = isAbsence(error) || (await stat(target).catch(() => undefined))?.isDirectory() === true;
      if (!isAbsent) throw wrapFsError(error, name, `delete "${key}"`);
      await confirmRootIsOurs(`delete "${key}"`);
    }
  }

  async function* list(listOptions: Parameters<Driver["list"]>[0] = {}): AsyncIterable<ObjectStat> {
    await confirmRootIsOurs("be listed");
    try {
      yield* walk(root, "", listOptions.prefix ?? "", listOptions.signal);
    } catch (error) {
      throw wrapFsError(error, name, "be listed");
    }
  }

  return {
    name: "fs",
    limits: { maxKeyBytes: 1024, maxBytes: Number.MAX_SAFE_INTEGER },
    put,
    open: openObject,
    stat: statObject,
    delete: deleteObject,
    list,
    identity,
    close: async () => undefined,
    ifAbsent: true,
    orderedList: true,
    localPath: pathOf,
  };
}

/** An fsync that failed: the bytes written so far may be nowhere, and only writing them anew is safe. */
class SyncFailed extends Error {}

/** The source failed, not the storage: its error goes to the caller as it is. */
class SourceFailed extends Error {}

async function* blocksOf(source: Source): AsyncIterable<Uint8Array> {
  try {
    yield* source.open();
  } catch (cause) {
    throw new SourceFailed("the source failed", { cause });
  }
}

async function writePart(
  handle: FileHandle,
  key: Key,
  source: Source,
  options: PutOptions,
  storage: string,
): Promise<{ size: number; sha256: Sha256 }> {
  try {
    const hash = createHash("sha256");
    let size = 0;
    for await (const block of blocksOf(source)) {
      options.signal?.throwIfAborted();
      hash.update(block);
      await writeAll(handle, block);
      size += block.byteLength;
    }
    options.signal?.throwIfAborted();
    const sha256 = hash.digest("hex") as Sha256;
    refuseUnlessExpected(key, options.expect ?? {}, source.size, { size, sha256 });
    await handle.sync().catch((cause: unknown) => {
      throw new SyncFailed("fsync failed", { cause });
    });
    const found = await hashFromStart(handle);
    if (found !== sha256) {
      const reason = `its bytes read back as ${found}, not ${sha256}`;
      throw fail("STORAGE_UNREACHABLE", { storage, action: `keep "${key}"`, reason });
    }
    return { size, sha256 };
  } finally {
    await handle.close();
  }
}

function refuseUnlessExpected(
  key: Key,
  expect: { readonly size?: number; readonly sha256?: Sha256 },
  declaredSize: number | undefined,
  found: { size: number; sha256: Sha256 },
): void {
  for (const size of [expect.size, declaredSize]) {
    if (size !== undefined && size !== found.size) {
      throw fail("OBJECT_MISMATCH", { key, what: "size", expected: String(size), found: String(found.size) });
    }
  }
  if (expect.sha256 !== undefined && expect.sha256 !== found.sha256) {
    throw fail("OBJECT_MISMATCH", { key, what: "SHA-256", expected: expect.sha256, found: found.sha256 });
  }
}

async function writeAll(handle: FileHandle, block: Uint8Array): Promise<void> {
  for (let offset = 0; offset < block.byteLength;) {
    const { bytesWritten } = await handle.write(block, offset, block.byteLength - offset);
    offset += bytesWritten;
  }
}

async function hashFromStart(handle: FileHandle): Promise<Sha256> {
  const hash = createHash("sha256");
  const block = Buffer.allocUnsafe(blockBytes);
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(block, 0, block.byteLength, position);
    if (bytesRead === 0) return hash.digest("hex") as Sha256;
    hash.update(block.subarray(0, bytesRead));
    position += bytesRead;
  }
}

async function* walk(folder: string, keyPrefix: string, wanted: string, signal: AbortSignal | undefined): AsyncIterable<ObjectStat> {
  signal?.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsence(error)) return [];
    throw error;
  });
  const named = entries
    .filter((entry) => keyPrefix !== "" || entry.name !== ownFolder)
    .map((entry) => ({ entry, key: keyPrefix + entry.name + (entry.isDirectory() ? "/" : "") }))
    // With its slash a folder sorts where its keys do: "a.txt" before "a/b", in UTF-8 order.
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  for (const { entry, key } of named) {
    if (entry.isDirectory()) {
      const mayMatch = key.startsWith(wanted) || wanted.startsWith(key);
      if (mayMatch) yield* walk(join(folder, entry.name), key, wanted, signal);
    } else if (entry.isFile() && key.startsWith(wanted) && isKey(key)) {
      const info = await stat(join(folder, entry.name)).catch((error: unknown) => {
        if (isAbsence(error)) return undefined;
        throw error;
      });
      if (info !== undefined) yield { key, size: info.size, modifiedAt: info.mtimeMs };
    }
  }
}

async function writeSmallFile(path: string, text: string): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** The parts of one key share a prefix, so that deleting the key finds what an interrupted put left. */
function partPrefix(key: Key): string {
  return `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.`;
}

function checkOwn(key: Key): Key {
  const segments = key.split("/");
  if (segments[0] === ownFolder && /^(parts|identity)/.test(segments[1] ?? "parts")) {
    throw fail("KEY_INVALID", { key, reason: `"${ownFolder}" is the driver's own` });
  }
  const tooLong = segments.find((segment) => Buffer.byteLength(segment) > maxSegmentBytes);
  if (tooLong !== undefined) {
    throw fail("KEY_INVALID", { key, reason: `a segment has more than ${maxSegmentBytes} bytes, the most a file name may have` });
  }
  return key;
}
