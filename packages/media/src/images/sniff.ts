import { fileTypeFromBuffer } from "file-type";
import { findMediaType, type MediaType } from "./media-type.js";

/** How many bytes a sniff looks at: what file-type asks for. */
export const sniffBytes = 4100;

/** What the first bytes of a file say it is: one of our media types, or words for what it seems to be instead. */
export type Sniffed = { readonly mediaType: MediaType } | { readonly mediaType: undefined; readonly words: string };

/** Recognise a file by its first bytes. The client's word is not asked. */
export async function sniff(head: Uint8Array): Promise<Sniffed> {
  const text = asText(head);
  if (text !== undefined && isSvg(text)) {
    const svg = findMediaType("image/svg+xml");
    if (svg !== undefined) return { mediaType: svg };
  }
  const found = await fileTypeFromBuffer(head);
  if (found !== undefined) {
    const mediaType = findMediaType(found.mime);
    if (mediaType !== undefined) return { mediaType };
    if (found.mime === "image/heic" || found.mime === "image/heif") {
      return { mediaType: undefined, words: "a HEIC photo, which this build cannot decode (export it as JPEG)" };
    }
    return { mediaType: undefined, words: `of type ${found.mime}` };
  }
  // A TIFF whose directory comes after its pixels (TIFF 6.0 §2) says no more than this in its first bytes.
  const tiff = isTiff(head) ? findMediaType("image/tiff") : undefined;
  if (tiff !== undefined) return { mediaType: tiff };
  return { mediaType: undefined, words: text === undefined ? "of no kind that is known" : "text" };
}

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
