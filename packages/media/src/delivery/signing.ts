import { createHmac, timingSafeEqual } from "node:crypto";
import type { FileId } from "../catalogue/file.js";

/** Expiries are rounded up to this, so that a page asked for twice carries the same URL and caches keep it. */
const roundingSeconds = 300;

/** Signs URLs of private originals, so that whoever holds one may read that file until it expires. */
export interface Signer {
  /** The query that admits to one file's original until at least `expiresInMs` from now. */
  sign(id: FileId, expiresInMs: number): string;
  /** Tell whether a request's query admits to this file's original now. */
  isSigned(id: FileId, query: URLSearchParams): boolean;
}

/** Make a signer: HMAC-SHA-256 over the file's id and the expiry, with a key that never leaves the process. */
export function createSigner(key: string): Signer {
  const mac = (id: FileId, expires: string): Buffer => createHmac("sha256", key).update(`original\n${id}\n${expires}`).digest();
  return {
    sign(id, expiresInMs) {
      const seconds = (Date.now() + expiresInMs) / 1000;
      const expires = String(Math.ceil(seconds / roundingSeconds) * roundingSeconds);
      return `expires=${expires}&signature=${mac(id, expires).toString("base64url")}`;
    },
    isSigned(id, query) {
      const expires = query.get("expires");
      const signature = query.get("signature");
      if (expires === null || signature === null || !/^\d{1,12}$/.test(expires)) return false;
      const expected = mac(id, expires);
      const given = Buffer.from(signature, "base64url");
      return given.byteLength === expected.byteLength && timingSafeEqual(given, expected) && Number(expires) * 1000 > Date.now();
    },
  };
}
