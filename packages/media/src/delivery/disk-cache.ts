import { createHash, randomUUID } from "node:crypto";
import { lstat, mkdir, open, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../media.js";
import type { Sha256 } from "../storage/driver.js";

/** What every file takes on a disk at least; counting it bounds the number of files too. */
const blockBytes = 4096;
/** When the budget is used up, this share of it is made free at once, so that the next ones find room. */
const shareFreed = 0.1;
/** Other processes may use the same folder: after this share of the budget was written, it is looked at again. */
const shareBeforeLook = 1 / 8;
/** The order of use is kept in the files' times, to the minute. */
const notedEveryMs = 60_000;
/** After a failure, a full disk or a read-only one say, nothing is written for so long. */
const pauseMs = 60_000;
/** Writes that may wait. What comes beyond is not kept this time. */
const maxWriting = 32;
/** A file under a temporary name that is older was left by a process that died. */
const leftBehindMs = 10 * 60_000;
const temporary = /\.new$/;
const kept = /^[0-9a-f]{64}$/;

/** Variants in a folder of the local disk: what spares the storage a read. Never needed for a right answer. */
export interface DiskCache {
  /** The bytes with this hash, where they are here whole and unharmed. Never rejects. */
  get(sha256: Sha256, size: number): Promise<Uint8Array | undefined>;
  /** Keep bytes, behind whatever else goes on. Never throws. */
  set(sha256: Sha256, bytes: Uint8Array): void;
  /** Resolves when nothing is being written or removed. */
  idle(): Promise<void>;
}

interface Entry {
  readonly heldBytes: number;
  usedAt: number;
  notedAt: number;
}

/**
 * Keep variants below `folder` within `maxBytes`; the least recently used go first. A file is named by the hash of its bytes, so
 * that a damaged or foreign one is found out when it is read, and nothing is ever out of date; who may see which bytes the
 * catalogue has said before anything is read here. What was kept before a restart is found again.
 */
export function createDiskCache(given: { readonly folder: string; readonly maxBytes: number; readonly log: Logger }): DiskCache {
  const { folder, maxBytes, log } = given;
  const entries = new Map<string, Entry>();
  const writing = new Map<string, Promise<void>>();
  let heldBytes = 0;
  let writtenSinceLook = Number.POSITIVE_INFINITY; // nothing is known yet
  let pausedUntil = 0;
  let hasComplained = false;

  const pathOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256);

  function note(sha256: string, entry: Entry | undefined): void {
    heldBytes += (entry?.heldBytes ?? 0) - (entries.get(sha256)?.heldBytes ?? 0);
    if (entry === undefined) entries.delete(sha256);
    else entries.set(sha256, entry);
  }

  function complain(error: unknown): void {
    pausedUntil = Date.now() + pauseMs;
    if (hasComplained) return;
    hasComplained = true;
    log.warn(`variants are not cached at ${folder} for now, and come from the storage: ${String(error)}`);
  }

  /** See what the folder holds: after a restart, and because other processes may write there too. */
  async function look(): Promise<void> {
    writtenSinceLook = 0;
    const found = new Map<string, Entry>();
    for (const part of await namesIn(folder)) {
      if (!/^[0-9a-f]{2}$/.test(part)) continue;
      for (const name of await namesIn(join(folder, part))) {
        const path = join(folder, part, name);
        const facts = await lstat(path).catch(() => undefined);
        if (facts?.isFile() !== true) continue;
        if (temporary.test(name) && Date.now() - facts.mtimeMs > leftBehindMs) await rm(path, { force: true });
        if (!kept.test(name)) continue;
        const usedAt = Math.max(facts.mtimeMs, entries.get(name)?.usedAt ?? 0);
        found.set(name, { heldBytes: bytesHeld(facts.size), usedAt, notedAt: facts.mtimeMs });
      }
    }
    for (const sha256 of entries.keys()) if (!found.has(sha256) && !writing.has(sha256)) note(sha256, undefined);
    for (const [sha256, entry] of found) note(sha256, entry);
  }

  async function makeRoom(): Promise<void> {
    if (heldBytes > maxBytes || writtenSinceLook > maxBytes * shareBeforeLook) await look();
    if (heldBytes <= maxBytes) return;
    const oldestFirst = [...entries].toSorted(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [sha256] of oldestFirst) {
      if (heldBytes <= maxBytes * (1 - shareFreed)) return;
      await rm(pathOf(sha256), { force: true });
      note(sha256, undefined);
    }
  }

  /** Make room, one at a time: whoever has written waits for a turn that has seen it. A failure is told like one of writing. */
  async function tidy(): Promise<void> {
    await (tidying = tidying.then(makeRoom).catch(complain));
  }

  async function write(sha256: string, bytes: Uint8Array): Promise<void> {
    const path = pathOf(sha256);
    const newPath = `${path}.${randomUUID()}.new`;
    try {
      await opened;
      await mkdir(join(folder, sha256.slice(0, 2)), { recursive: true, mode: 0o700 });
      // No fsync: what a power cut leaves is found out by its hash.
      await writeFile(newPath, bytes, { flag: "wx", mode: 0o600 });
      await rename(newPath, path);
      note(sha256, { heldBytes: bytesHeld(bytes.byteLength), usedAt: Date.now(), notedAt: Date.now() });
      writtenSinceLook += bytesHeld(bytes.byteLength);
      await tidy();
    } catch (error) {
      complain(error);
      await rm(newPath, { force: true }).catch(() => undefined);
    }
  }

  async function read(sha256: Sha256, size: number): Promise<Uint8Array | undefined> {
    const path = pathOf(sha256);
    const bytes = await readWhole(path, size);
    if (bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === sha256) {
      const { notedAt } = entries.get(sha256) ?? { notedAt: 0 };
      const now = Date.now();
      const isDue = now - notedAt > notedEveryMs;
      note(sha256, { heldBytes: bytesHeld(size), usedAt: now, notedAt: isDue ? now : notedAt });
      if (isDue) await utimes(path, now / 1000, now / 1000);
      return bytes;
    }
    await rm(path, { force: true });
    note(sha256, undefined);
    return undefined;
  }

  // Whoever cannot use the folder is told when something is to be written there.
  const opened = confirmOwn(folder);
  let tidying = opened.then(makeRoom).catch(() => undefined);

  return {
    async get(sha256, size) {
      try {
        await opened;
        return await read(sha256, size);
      } catch {
        // Whatever keeps it from being read, the storage has it too.
        return undefined;
      }
    },
    set(sha256, bytes) {
      const isTooLarge = bytes.byteLength > maxBytes / 8;
      if (isTooLarge || entries.has(sha256) || writing.has(sha256) || writing.size >= maxWriting || Date.now() < pausedUntil) return;
      writing.set(
        sha256,
        write(sha256, bytes).finally(() => writing.delete(sha256)),
      );
    },
    async idle() {
      while (writing.size > 0) await Promise.all(writing.values());
      await tidying;
    },
  };
}

/** Make the folder, and make sure that it is nobody else's: others of this machine could put files there, or links. */
async function confirmOwn(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const facts = await lstat(folder);
  if (!facts.isDirectory()) throw new Error("it is not a folder of its own");
  const user = process.getuid?.();
  if (user !== undefined && facts.uid !== user) throw new Error("it belongs to another user of this machine");
}

/** A file's bytes, where it is as long as it should be. @throws where it is not there */
async function readWhole(path: string, size: number): Promise<Uint8Array | undefined> {
  const file = await open(path, "r");
  try {
    return (await file.stat()).size === size ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}

function bytesHeld(size: number): number {
  return Math.max(1, Math.ceil(size / blockBytes)) * blockBytes;
}
