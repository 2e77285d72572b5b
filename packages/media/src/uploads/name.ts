import { fail } from "../errors.js";

/** The most bytes of UTF-8 a file's name may have: what every file system takes. */
const maxNameBytes = 255;

/**
 * Validate a file's own name, as people gave it: any script, emoji too, but no path, no control characters and none of the
 * invisible characters that reverse how a name reads (`gpj.exe` shown as `exe.jpg`).
 *
 * @throws NAME_INVALID
 */
export function parseFileName(text: string): string {
  const name = text.normalize("NFC").trim();
  const reason = whyNotName(name);
  if (reason !== undefined) throw fail("NAME_INVALID", { name: printableName(text), reason });
  return name;
}

function whyNotName(name: string): string | undefined {
  if (name === "") return "it is empty; send the file's own name";
  if (!name.isWellFormed()) return "it is not well-formed Unicode";
  if (/[/\\]/.test(name)) return "it contains a path; send only the file's own name";
  if (name === "." || name === "..") return "it names a folder";
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return "it contains a control character";
  if (/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(name))
    return "it contains an invisible character that changes the direction of writing";
  const bytes = Buffer.byteLength(name);
  if (bytes > maxNameBytes) return `it has ${bytes} bytes, and ${maxNameBytes} is the most`;
  return undefined;
}

/** Reduce a name to ASCII letters, digits and hyphens for use in a key: readable, at most 60 characters, perhaps empty. */
export function slugOf(name: string): string {
  return name
    .replace(/\.[^.]*$/, "")
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase()
    .slice(0, 60)
    .replace(/-+$/, "");
}

/** A name as it can be shown, whatever was sent: without control characters, and not too long. */
export function printableName(text: string): string {
  const shown = text.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\uFFFD");
  return shown.length > 100 ? `${shown.slice(0, 100).toWellFormed()}…` : shown;
}
