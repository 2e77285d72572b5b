import { fileTypeFromBuffer } from "file-type";
import { findMediaType, type MediaType } from "./media-type.js";

/** How many bytes a sniff looks at: what file-type asks for. */
export const sniffBytes = 4100;

/** What the first bytes of a file say it is: one of our media types, or words for what it seems to be instead. */
export type Sniffed = { readonly mediaType: MediaType } | { readonly mediaType: undefined; readonly words: string };

/** Recognise a file by its first bytes. The client's word is not asked. */
export async function sniff(head: Uint8Array): Promise<Sniffed> {
  const svg = mayBeMarkup(head) && isSvg(asText(head) ?? "") ? findMediaType("image/svg+xml") : undefined;
  if (svg !== undefined) return { mediaType: svg };
  const avif = isAvif(head) ? findMediaType("image/avif") : undefined;
  if (avif !== undefined) return { mediaType: avif };
  const found = await fileTypeFromBuffer(head);
  if (found !== undefined) {
    const mediaType = findMediaType(found.mime);
    if (mediaType !== undefined) return { mediaType };
    return { mediaType: undefined, words: `of type ${found.mime}` };
  }
  // A TIFF whose directory comes after its pixels (TIFF 6.0 §2) says no more than this in its first bytes.
  const tiff = isTiff(head) ? findMediaType("image/tiff") : undefined;
  if (tiff !== undefined) return { mediaType: tiff };
  return { mediaType: undefined, words: asText(head) === undefined ? "of no kind that is known" : "text" };
}

/**
 * Whether the brands of a file begin with that of HEIF in general and have AVIF's among them (ISO/IEC 23008-12 §10.2): an AVIF
 * image, which the first brand alone would let pass for HEIC.
 */
function isAvif(head: Uint8Array): boolean {
  const box = Buffer.from(head.subarray(0, 256)).toString("latin1");
  if (!/^\0\0\0[^]ftyp(?:mif1|msf1)/.test(box)) return false;
  const brands: readonly string[] = box.slice(16, box.charCodeAt(3)).match(/[^]{4}/g) ?? [];
  return brands.includes("avif") && !brands.includes("heic");
}

/** Tell by the first byte that is no white space: most files are not text, and finding that out by reading them as such is slow. */
function mayBeMarkup(head: Uint8Array): boolean {
  return head.find((byte) => !skippedBytes.has(byte)) === "<".codePointAt(0);
}

/** White space that `isSvg` passes over, and the three bytes of a byte order mark. */
const skippedBytes: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0xef, 0xbb, 0xbf]);

function isTiff(head: Uint8Array): boolean {
  const magic = Buffer.from(head.subarray(0, 4)).toString("latin1");
  return magic === "II*\0" || magic === "MM\0*";
}

/** The head as text, if that is what it is: valid UTF-8 but for a character cut at its end, and no control characters. */
function asText(head: Uint8Array): string | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
  } catch {
    return undefined;
  }
  return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? undefined : text;
}

/** An `<svg` element after nothing but white space, an XML declaration, comments and a document type. */
function isSvg(text: string): boolean {
  let rest = text.replace(/^\uFEFF/, "");
  for (;;) {
    rest = rest.trimStart();
    const end = rest.startsWith("<?") ? "?>" : rest.startsWith("<!--") ? "-->" : /^<!doctype/i.test(rest) ? ">" : undefined;
    if (end === undefined) return /^<svg[\s>/]/i.test(rest);
    const at = rest.indexOf(end);
    if (at === -1) return false;
    rest = rest.slice(at + end.length);
  }
}
