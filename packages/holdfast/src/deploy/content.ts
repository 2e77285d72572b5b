/** What the first bytes of a file, or what its sender says, make of it. */
export interface Content {
  readonly isPicture: boolean;
  readonly isWebPage: boolean;
}

/** As many bytes as `judgeContent` wants to see. */
export const headBytes = 1024;

/** Bitmap types whose first bytes are known below: a file that claims one and begins otherwise is not that. */
const knownBitmaps = /^image\/(jpe?g|png|gif|webp|avif|heic|heif|bmp|tiff|x-icon|vnd\.microsoft\.icon)$/;

/**
 * Tell a picture from a web page by the first bytes, and by the type the sender names only where they leave it open. A
 * site that answers each unknown path with its start page does so with status 200, and some with an image's type.
 */
export function judgeContent(head: Uint8Array, contentType: string | undefined): Content {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (isBitmap(head)) return { isPicture: true, isWebPage: false };
  const text = afterPreamble(new TextDecoder("utf-8").decode(head));
  if (/^<svg[\s>]/i.test(text)) return { isPicture: true, isWebPage: false };
  const isHtml = /^<(!doctype\s+html|html|head|body|script|title|meta)\b/i.test(text);
  if (isHtml || type === "text/html" || type === "application/xhtml+xml") return { isPicture: false, isWebPage: true };
  return { isPicture: type.startsWith("image/") && !knownBitmaps.test(type), isWebPage: false };
}

/** Tell whether the sender says that this is a picture. */
export function claimsPicture(contentType: string | undefined): boolean {
  return /^\s*image\//i.test(contentType ?? "");
}

/** Skip what may stand before the first element of a page or a drawing: an XML declaration, comments, SVG's own doctype. */
function afterPreamble(text: string): string {
  let rest = text.replace(/^\uFEFF/, "").trimStart();
  for (;;) {
    const end = /^<\?xml/i.test(rest) ? "?>" : rest.startsWith("<!--") ? "-->" : /^<!doctype\s+svg/i.test(rest) ? ">" : undefined;
    const at = end === undefined ? -1 : rest.indexOf(end);
    if (end === undefined || at < 0) return rest;
    rest = rest.slice(at + end.length).trimStart();
  }
}

/** The signatures of the file formats' own specifications. */
function isBitmap(head: Uint8Array): boolean {
  const ascii = (from: number, to: number): string => String.fromCharCode(...head.subarray(from, to));
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return true;
  if (head[0] === 0x89 && ascii(1, 4) === "PNG") return true;
  if (ascii(0, 4) === "GIF8") return true;
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "WEBP") return true;
  if (ascii(4, 8) === "ftyp" && /^(avif|avis|heic|heix|hevc|hevx|heim|heis|mif1|msf1)$/.test(ascii(8, 12))) return true;
  if (ascii(0, 4) === "II*\0" || ascii(0, 4) === "MM\0*") return true;
  if (ascii(0, 2) === "BM" && head.length > 26) return true;
  return ascii(0, 4) === "\0\0\u0001\0" && head.length > 22;
}
