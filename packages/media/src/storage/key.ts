import { fail } from "../errors.js";

/** A validated object key. Only `parseKey` makes one, so a driver never checks it again. */
export type Key = string & { readonly __brand: "Key" };

/** The most bytes any key may have; the smallest limit among S3-compatible stores. */
export const maxKeyBytes = 1024;

/**
 * Validate an object's key: UTF-8 of 1 to 1,024 bytes, relative, of segments that are neither empty nor `.` nor `..`,
 * without control characters, backslashes or lone surrogates. Foreign keys pass unchanged when they meet this.
 *
 * @throws KEY_INVALID
 */
export function parseKey(text: string): Key {
  const reason = whyNotKey(text);
  if (reason !== undefined) throw fail("KEY_INVALID", { key: shorten(text), reason });
  return text as Key;
}

/** Tell whether `parseKey` takes `text`. */
export function isKey(text: string): text is Key {
  return whyNotKey(text) === undefined;
}

function whyNotKey(text: string): string | undefined {
  if (text === "") return "it is empty";
  if (!text.isWellFormed()) return "it is not well-formed Unicode";
  const bytes = Buffer.byteLength(text);
  if (bytes > maxKeyBytes) return `it has ${bytes} bytes, and ${maxKeyBytes} is the most`;
  if (/[\u0000-\u001f\u007f\u0080-\u009f]/.test(text)) return "it contains a control character";
  if (text.includes("\\")) return "it contains a backslash";
  if (text.startsWith("/")) return "it begins with a slash";
  for (const segment of text.split("/")) {
    if (segment === "") return "it has an empty segment";
    if (segment === "." || segment === "..") return `it has the segment "${segment}"`;
  }
  return undefined;
}

function shorten(text: string): string {
  const printable = text.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f]/g, "\uFFFD");
  return printable.length > 120 ? `${printable.slice(0, 120).toWellFormed()}…` : printable;
}
