import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import { databaseOf } from "./catalogue/test-database.fixture.js";
import type { Logger, Media, MediaOptions } from "./media.js";
import { openMedia } from "./open-media.js";

/** Make a folder that goes when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-media-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A logger that remembers its lines. */
export function rememberingLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  return { lines, info: note, warn: note, error: note };
}

/**
 * Open media below a folder of its own, settling only when asked, doing jobs only when asked; closed when the test is over. On
 * PostgreSQL, where HOLDFAST_TEST_DATABASE_URL says so, with the tables made, as SQLite's are by themselves.
 */
export async function openTestMedia(options: MediaOptions = {}): Promise<Media & { readonly folder: string; readonly lines: string[] }> {
  const folder = options.cwd ?? (await temporaryFolder());
  const log = rememberingLog();
  const database = options.database === undefined ? databaseOf(folder) : {};
  const media = await openMedia({ env: {}, cwd: folder, settleEveryMs: 0, jobs: false, log, ...database, ...options });
  onTestFinished(async () => await media.close());
  if (database.database !== undefined) await media.migrate();
  return { ...media, folder, lines: log.lines };
}

/** Every file below a folder, by its path, without what a storage notes about itself. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== "identity" && entry.name !== "canary.json")
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

/** Make a picture; noise, so that no two are alike and none compresses to nothing. */
export async function picture(
  format: "jpeg" | "png" | "webp" | "avif" | "gif" | "tiff" = "jpeg",
  width = 64,
  height = 48,
): Promise<Buffer> {
  const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
  return await sharp({ create: { width, height, channels: 3, background: "#888888", noise } })
    .toFormat(format)
    .toBuffer();
}

/** Wait until `isSo` says so; for what happens behind an answer. */
export async function eventually(isSo: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await isSo());) {
    if (Date.now() > deadline) throw new Error(`it did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Bytes in blocks, one a turn of the event loop. */
export async function* inBlocks(bytes: Uint8Array, blockBytes = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += blockBytes) {
    await new Promise((resolve) => setImmediate(resolve));
    yield bytes.subarray(at, at + blockBytes);
  }
}
