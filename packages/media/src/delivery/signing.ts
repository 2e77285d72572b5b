import { createHmac, timingSafeEqual } from "node:crypto";
import type { FileId } from "../catalogue/file.js";

/** Expiries are rounded up to the largest of these that is no more than a quarter of the time asked for, or to the first. */
const roundingSeconds = [300, 900, 3600, 6 * 3600, 24 * 3600] as const;

/** What a signature admits to: the original of a file, or one variant of it, by its transform's name. */
export interface Signed {
  readonly id: FileId;
  /** The one name of the transform; absent for the original. */
  readonly transform?: string;
}

/** That somebody was let in by a signature, and until when; in milliseconds since 1970, absent where it never ends. */
export interface Admission {
  readonly expiresAt: number | undefined;
}

/** Signs URLs, so that whoever holds one may read that one thing until it expires. */
export interface Signer {
  /**
   * The query that admits to one thing, until at least `expiresInMs` from now, or for as long as its key is in use. A page asked
   * for twice carries the same URL for a while, so that caches keep what it shows.
   */
  sign(what: Signed, expiresInMs?: number): string;
  /** Tell whether a request's query admits to this thing now; `undefined` where it does not. */
  admit(what: Signed, query: URLSearchParams): Admission | undefined;
}

/**
 * Make a signer: HMAC-SHA-256 over the file's id, the transform's name and the expiry, with keys that never leave the process.
 * Of the keys in use the first signs, and all of them verify.
 */
export function createSigner(keysInUse: () => readonly string[]): Signer {
  return {
    sign(what, expiresInMs) {
      const expires = expiresInMs === undefined ? "" : String(expiryOf(expiresInMs));
      const [signingKey] = keysInUse();
      if (signingKey === undefined) throw new RangeError("there is no signing key");
      const signature = macOf(signingKey, what, expires).toString("base64url");
      return expires === "" ? `signature=${signature}` : `expires=${expires}&signature=${signature}`;
    },
    admit(what, query) {
      const expires = query.get("expires") ?? "";
      const signature = query.get("signature");
      if (signature === null || !/^[\w-]{43}$/.test(signature) || !/^(?:[1-9]\d{0,11})?$/.test(expires)) return undefined;
      // An original is never for ever.
      if (expires === "" && what.transform === undefined) return undefined;
      const given = Buffer.from(signature, "base64url");
      // Every key is tried, whichever fits, so that time tells nothing.
      const isOurs = keysInUse()
        .map((key) => timingSafeEqual(given, macOf(key, what, expires)))
        .includes(true);
      // The last character of 43 has two bits to spare; only one way of writing it is taken.
      if (!isOurs || given.toString("base64url") !== signature) return undefined;
      if (expires === "") return { expiresAt: undefined };
      const expiresAt = Number(expires) * 1000;
      return expiresAt > Date.now() ? { expiresAt } : undefined;
    },
  };
}

function macOf(key: string, { id, transform }: Signed, expires: string): Buffer {
  // An id has no line break and a transform's name neither, so no two things are written the same.
  const text = transform === undefined ? `original\n${id}\n${expires}` : `variant\n${id}\n${transform}\n${expires}`;
  return createHmac("sha256", key).update(text).digest();
}

function expiryOf(expiresInMs: number): number {
  const step = roundingSeconds.findLast((candidate) => candidate * 4000 <= expiresInMs) ?? roundingSeconds[0];
  return Math.ceil((Date.now() + expiresInMs) / 1000 / step) * step;
}
