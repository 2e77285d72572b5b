import { join, resolve } from "node:path";
import { fail } from "./errors.js";
import type { MediaOptions } from "./media.js";
import type { Driver } from "./storage/driver.js";
import { isInMemory } from "./env/disk.js";
import { detectPlatform, type Environment } from "./env/platform.js";
import { parseAmount } from "./uploads/limits.js";

/** Where variants are cached on the local disk, and how many bytes of them. */
export interface DiskCacheSettings {
  readonly folder: string;
  readonly maxBytes: number;
}

const defaultMaxBytes = 256_000_000;
const leastBytes = 1_000_000;
/** Below the folder that holds the catalogue where nothing else was said. */
const defaultFolder = join("holdfast-data", "cache");

/**
 * Decide whether variants are cached on the local disk. By default they are where the storage is elsewhere, for reading our own
 * disk to spare our own disk gains nothing; and not where that disk is memory, which is dearer.
 *
 * @throws CONFIG_INVALID
 */
export function readDiskCacheSettings(
  given: MediaOptions["variantCache"],
  env: Environment,
  cwd: string,
  { driver }: { readonly driver: Pick<Driver, "localPath"> },
): DiskCacheSettings | undefined {
  if (given === false) return undefined;
  const wantedFolder = given?.folder ?? env["MEDIA_CACHE_DIR"];
  const maxBytes = given?.maxBytes ?? readMaxBytes(env["MEDIA_CACHE_BYTES"]);
  if (maxBytes === 0) return undefined;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < leastBytes) {
    throw invalid(`variantCache.maxBytes is ${maxBytes}; give it at least ${leastBytes}, or 0 for no cache.`);
  }
  if (wantedFolder !== undefined) {
    if (wantedFolder.trim() === "") throw invalid("MEDIA_CACHE_DIR is set but empty: give it a folder, or unset it.");
    return { folder: resolve(cwd, wantedFolder), maxBytes };
  }
  const folder = resolve(cwd, defaultFolder);
  if (driver.localPath !== undefined || detectPlatform(env)?.hasDiskInMemory === true || isInMemory(folder)) return undefined;
  return { folder, maxBytes };
}

function readMaxBytes(text: string | undefined): number {
  if (text === undefined) return defaultMaxBytes;
  const amount = parseAmount(text);
  if (amount === 0 || (amount !== undefined && amount >= leastBytes)) return amount;
  throw invalid(`MEDIA_CACHE_BYTES="${text}" is not an amount of at least 1 MB; write one such as 256MB, or 0 for no cache.`);
}

function invalid(problem: string): Error {
  return fail("CONFIG_INVALID", { problems: [problem] });
}
