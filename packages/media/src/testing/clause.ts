import { createHash, randomBytes } from "node:crypto";
import { type ErrorCode, isHoldfastError } from "../errors.js";
import type { Driver, Sha256, Source } from "../storage/driver.js";
import { type Key, parseKey } from "../storage/key.js";
import { readAll } from "../storage/object-body.js";

/** The parts of the contract a driver may leave out: facets, and the setting in which a clause can be tried. */
export type Need =
  | "ifAbsent"
  | "orderedList"
  | "multipart"
  | "copy"
  | "signing"
  | "directUpload"
  | "largeObjects"
  | "unicodeKeys"
  | "contentType";

/** One promise of the driver contract: an id that never changes, a sentence, and a check that can fail. */
export interface Clause {
  readonly id: string;
  readonly says: string;
  /** What the driver must offer for the clause to apply. */
  readonly needs?: Need;
  check(workbench: Workbench): Promise<void>;
}

/** What a check works with: the driver, and keys below a scratch prefix of its own. */
export interface Workbench {
  readonly driver: Driver;
  /** A new key of this clause's own; `name` is its last part. */
  key(name?: string): Key;
  /** A new prefix of this clause's own, with a slash at its end. */
  folder(): string;
  /** Put bytes plainly; the bytes come back. */
  put(key: Key, bytes?: Uint8Array): Promise<Uint8Array>;
  /** Read an object whole. */
  read(key: Key): Promise<Uint8Array>;
}

/** A claim that did not hold, with what was expected and what was found. */
export class ClauseFailed extends Error {
  override readonly name = "ClauseFailed";
}

/** Lay out a workbench below `prefix`. */
export function createWorkbench(driver: Driver, prefix: string): Workbench {
  let count = 0;
  return {
    driver,
    key: (name = "object") => parseKey(`${prefix}${(count += 1)}/${name}`),
    folder: () => `${prefix}${(count += 1)}/`,
    async put(key, bytes = randomBytes(1000)) {
      await driver.put(key, sourceOf(bytes), { contentType: "application/octet-stream" });
      return bytes;
    },
    read: async (key) => await readAll(await driver.open(key)),
  };
}

/** A source over bytes that yields them in blocks of `blockBytes`; `size` is declared unless `isUnsized`. */
export function sourceOf(bytes: Uint8Array, options: { readonly isUnsized?: boolean; readonly blockBytes?: number } = {}): Source {
  const { isUnsized = false, blockBytes = 64 * 1024 } = options;
  return {
    ...(isUnsized ? {} : { size: bytes.byteLength }),
    async *open(offset = 0) {
      for (let at = offset; at < bytes.byteLength; at += blockBytes) yield bytes.subarray(at, at + blockBytes);
    },
  };
}

/** The SHA-256 of bytes. */
export function sha256Of(bytes: Uint8Array): Sha256 {
  return createHash("sha256").update(bytes).digest("hex") as Sha256;
}

/** Claim that two values are the same. @throws ClauseFailed */
export function claimEqual(what: string, found: unknown, expected: unknown): void {
  if (!Object.is(found, expected)) throw new ClauseFailed(`${what}: expected ${show(expected)}, found ${show(found)}`);
}

/** Claim that bytes are the same, without printing them. @throws ClauseFailed */
export function claimBytes(what: string, found: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(found, expected) === 0) return;
  throw new ClauseFailed(
    `${what}: expected ${expected.byteLength} bytes ${sha256Of(expected).slice(0, 12)}, found ${found.byteLength} bytes ${sha256Of(found).slice(0, 12)}`,
  );
}

/** Claim that something holds. @throws ClauseFailed */
export function claim(what: string, holds: boolean): void {
  if (!holds) throw new ClauseFailed(what);
}

/** Claim that work is refused with one of these codes; any other error, or none, fails the clause. @throws ClauseFailed */
export async function claimRefused(what: string, work: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<void> {
  let outcome = "it succeeded";
  try {
    await work;
  } catch (error) {
    if (codes.length === 0 || codes.some((code) => isHoldfastError(error, code))) return;
    outcome = isHoldfastError(error) ? `it was refused with ${error.code}` : `it failed with ${String(error)}`;
  }
  throw new ClauseFailed(`${what}: expected ${codes.length === 0 ? "an error" : codes.join(" or ")}, but ${outcome}`);
}

function show(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
}
