import { randomBytes } from "node:crypto";
import type { Sha256 } from "../storage/driver.js";
import type { Key } from "../storage/key.js";

/** A file's id: 26 characters, sortable by the time of upload, with 80 random bits. */
export type FileId = string & { readonly __brand: "FileId" };

/** The life of a file. Only `stored` is served; `abandoned` is a reservation that came to nothing. */
export type FileState = "reserved" | "stored" | "trashed" | "purging" | "purged" | "abandoned";

/**
 * Who may read a file without asking. `public`: everybody, original and variants. `private`: everybody its variants, which tell no
 * place of taking; the original only whom `authorize` or a signature admits. `confidential`: nobody anything, but whom they admit.
 */
export type Visibility = "public" | "private" | "confidential";

/** What the catalogue knows of a stored original. `size` is in bytes; times are milliseconds since 1970. */
export interface FileRecord {
  readonly id: FileId;
  readonly state: FileState;
  readonly name: string;
  /** The sniffed media type, one of our own constants. */
  readonly type: string;
  readonly size: number;
  readonly sha256: Sha256;
  /** As seen by a person: after the orientation in its EXIF has been applied. Absent for what is not an image. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly hasAlpha: boolean;
  readonly frames: number;
  /** The thumbhash of the picture, in base64: about 30 bytes that draw a blurred preview. */
  readonly thumbhash: string | undefined;
  readonly visibility: Visibility;
  /** Whose it is, in the application's words. */
  readonly owner: string | undefined;
  readonly key: Key;
  readonly storedAt: number;
  /** When it goes to the trash unless somebody attaches it; absent for what is not staged. */
  readonly expiresAt: number | undefined;
}

// Crockford's base 32: no i, l, o, u, so that an id survives being read aloud.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const idPattern = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** Make a new id: 48 bits of time, then 80 random bits (the layout of a ULID, in lower case). */
export function newFileId(now: number = Date.now()): FileId {
  let id = "";
  for (let rest = now, i = 0; i < 10; i += 1) {
    id = (alphabet[rest % 32] ?? "0") + id;
    rest = Math.floor(rest / 32);
  }
  // 256 is a multiple of 32, so the low five bits of a random byte are uniform.
  for (const byte of randomBytes(16)) id += alphabet[byte % 32] ?? "0";
  return id as FileId;
}

/** Recognise a file's id, or answer `undefined`. */
export function parseFileId(text: string): FileId | undefined {
  return idPattern.test(text) ? (text as FileId) : undefined;
}

/** The time that an id was made at, in milliseconds since 1970. */
export function timeOfFileId(id: FileId): number {
  let time = 0;
  for (const letter of id.slice(0, 10)) time = time * 32 + alphabet.indexOf(letter);
  return time;
}
