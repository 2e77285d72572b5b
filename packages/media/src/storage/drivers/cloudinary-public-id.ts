import { fail } from "../../errors.js";
import { isKey, type Key } from "../key.js";

/** What Cloudinary keeps a thing as: it looks into images and videos (audio among them), and leaves the raw ones alone. */
export type ResourceType = "image" | "video" | "raw";

/** The most characters of a public id (Cloudinary, "Permitted naming conventions"). */
export const maxPublicIdLength = 255;

/** What an extension says. SVG and PDF are kept raw: an original is to stay as it is, and neither is ever transformed. */
const extensions: Readonly<Record<string, { readonly resourceType: ResourceType; readonly contentType: string }>> = {
  jpg: { resourceType: "image", contentType: "image/jpeg" },
  jpeg: { resourceType: "image", contentType: "image/jpeg" },
  png: { resourceType: "image", contentType: "image/png" },
  webp: { resourceType: "image", contentType: "image/webp" },
  gif: { resourceType: "image", contentType: "image/gif" },
  avif: { resourceType: "image", contentType: "image/avif" },
  tif: { resourceType: "image", contentType: "image/tiff" },
  tiff: { resourceType: "image", contentType: "image/tiff" },
  mp4: { resourceType: "video", contentType: "video/mp4" },
  mov: { resourceType: "video", contentType: "video/quicktime" },
  webm: { resourceType: "video", contentType: "video/webm" },
  mkv: { resourceType: "video", contentType: "video/matroska" },
  mp3: { resourceType: "video", contentType: "audio/mpeg" },
  m4a: { resourceType: "video", contentType: "audio/mp4" },
  ogg: { resourceType: "video", contentType: "audio/ogg" },
  wav: { resourceType: "video", contentType: "audio/wav" },
  flac: { resourceType: "video", contentType: "audio/flac" },
  aac: { resourceType: "video", contentType: "audio/aac" },
  svg: { resourceType: "raw", contentType: "image/svg+xml" },
  pdf: { resourceType: "raw", contentType: "application/pdf" },
  txt: { resourceType: "raw", contentType: "text/plain" },
  json: { resourceType: "raw", contentType: "application/json" },
};

/** The extension of a key, in lower case, where it has one that is known here. */
export function extensionOf(key: string): string | undefined {
  const extension = /[^/]\.([A-Za-z0-9]+)$/.exec(key)?.[1]?.toLowerCase();
  return extension !== undefined && Object.hasOwn(extensions, extension) ? extension : undefined;
}

/** The content type an extension or a format stands for. */
export function contentTypeOf(extension: string | undefined): string | undefined {
  return extension === undefined ? undefined : extensions[extension]?.contentType;
}

/** What a key is looked for as first: what its extension says, else raw. */
export function resourceTypeOf(key: string): ResourceType {
  const extension = extensionOf(key);
  return (extension === undefined ? undefined : extensions[extension]?.resourceType) ?? "raw";
}

/**
 * Where an object may be, in the order of looking: as its extension says, then raw. A key without a telling extension is
 * kept raw and nowhere else, so that every key has at most two places and the first that answers is the one.
 */
export function placesOf(key: string): readonly ResourceType[] {
  const first = resourceTypeOf(key);
  return first === "raw" ? ["raw"] : [first, "raw"];
}

/** What an object is to be stored as: an image or a video where its content type and its key agree on that, else raw. */
export function placeFor(key: string, contentType: string): ResourceType {
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const first = resourceTypeOf(key);
  return first === "image" && type.startsWith("image/") && type !== "image/svg+xml"
    ? "image"
    : first === "video" && /^(?:video|audio)\//.test(type)
      ? "video"
      : "raw";
}

/**
 * Write a key as a public id, so that no two keys share one and `keyOf` reads it back. Letters, digits, `-`, `.` and a
 * single `_` stand for themselves; every other byte is `__` and two hexadecimal digits. Cloudinary forbids `? & # \ % < > +`,
 * turns other special characters into `_`, trims at both ends, and reads a folder such as `v12` as a version. Of an image
 * or a video the dot before the extension is escaped too: what follows a dot there is read as the format to deliver, and
 * without it `a.jpg` and `a.png` would be one asset.
 *
 * @throws KEY_INVALID when the public id would be too long, or the key is the driver's own
 */
export function publicIdOf(key: Key, folder: string): string {
  if (key === identityKey) throw fail("KEY_INVALID", { key, reason: `"${identityKey}" is reserved` });
  const id = `${folder}/${escapeKey(key)}`;
  if (id.length > maxPublicIdLength) {
    const reason = `as a public id of Cloudinary it has ${id.length} characters, and ${maxPublicIdLength} is the most`;
    throw fail("KEY_INVALID", { key, reason });
  }
  return id;
}

/** What is kept below this is not among the objects of a listing. */
const ownFolder = ".holdfast/";
const identityKey = `${ownFolder}identity`;

/** The public id of the storage's identity. */
export function identityIdOf(folder: string): string {
  return `${folder}/${escapeKey(identityKey)}`;
}

/** Read a public id back, or answer `undefined` where it is not to be listed, or somebody else's: `publicIdOf` writes it otherwise. */
export function keyOf(publicId: string, folder: string): Key | undefined {
  if (!publicId.startsWith(`${folder}/`)) return undefined;
  const text = unescapeKey(publicId.slice(folder.length + 1));
  const isOurs = text !== undefined && isKey(text) && !text.startsWith(ownFolder);
  return isOurs && escapeKey(text) === publicId.slice(folder.length + 1) ? text : undefined;
}

/**
 * The longest public id that every key with this prefix begins with. Whole segments translate as they are; of the last
 * one only the letters and digits at its beginning are certain, for what comes next may change how the rest is written.
 */
export function publicIdPrefixOf(prefix: string, folder: string): string {
  const cut = prefix.lastIndexOf("/") + 1;
  const whole = prefix
    .slice(0, cut)
    .split("/")
    .slice(0, -1)
    .map((segment) => `${escapeSegment(segment, -1)}/`);
  const certain = /^(?!v)[A-Za-z0-9]*/.exec(prefix.slice(cut))?.[0] ?? "";
  return `${folder}/${whole.join("")}${certain}`;
}

/** Check the folder that every public id begins with. @throws CONFIG_INVALID */
export function parseFolder(folder: string): string {
  const segments = folder.split("/");
  const isPlain = segments.every((segment) => /^[A-Za-z0-9][A-Za-z0-9-]*$/.test(segment) && !/^v\d+$/.test(segment));
  if (isPlain && folder.length <= 100) return folder;
  const problem = `The Cloudinary folder "${folder}" is not usable: write letters, digits and - with single slashes between, such as my-app/media.`;
  throw fail("CONFIG_INVALID", { problems: [problem] });
}

function escapeKey(key: string): string {
  const segments = key.split("/");
  const last = segments.length - 1;
  const dotOf = (segment: string): number => (resourceTypeOf(key) === "raw" ? -1 : segment.lastIndexOf("."));
  return segments.map((segment, index) => escapeSegment(segment, index === last ? dotOf(segment) : -1)).join("/");
}

/** `dotAt` is where a dot stands that must not stay one. */
function escapeSegment(segment: string, dotAt: number): string {
  // Letters of any script are allowed, but what composes or decomposes on the way would not come back as it was.
  const keepsLetters = segment.normalize("NFC") === segment;
  const isPlain = (at: number): boolean => /^[A-Za-z0-9]$/.test(segment[at] ?? "");
  let written = "";
  let at = 0;
  for (const character of segment) {
    const isLast = at + character.length === segment.length;
    const isLiteral = /^[A-Za-z0-9-]$/.test(character)
      ? !(character === "v" && at === 0 && /^v\d+$/.test(segment))
      : character === "."
        ? at > 0 && !isLast && at !== dotAt
        : character === "_"
          ? isPlain(at - 1) && isPlain(at + 1)
          : keepsLetters && character > "\u007f" && /^[\p{L}\p{N}]$/u.test(character);
    written += isLiteral ? character : Array.from(Buffer.from(character), (byte) => `__${byte.toString(16).padStart(2, "0")}`).join("");
    at += character.length;
  }
  return written;
}

function unescapeKey(text: string): string | undefined {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return text.replace(/(?:__[0-9a-f]{2})+/g, (run) => decoder.decode(Buffer.from(run.replaceAll("_", ""), "hex")));
  } catch {
    return undefined;
  }
}
