import type { ImageHeader } from "./decoder.js";
import type { VariantFormat } from "./formats.js";
import type { Size } from "./geometry.js";

// Bytes of memory a pixel, measured as the growth of the resident set of a process that does one thing, on libvips 8.18 with sharp
// 0.35 (24 megapixels, glibc with two arenas), and rounded up.

/** What a decode costs beside its pixels: libvips' buffers, the encoder. */
const baseBytes = 8 * 1024 * 1024;
/** Above so many pixels a JPEG is written as it is made: for the best Huffman tables the encoder would hold all of it. */
const maxOptimisedPixels = 12_000_000;

/** What an image is written as, and how large. */
export interface Written extends Size {
  readonly format: VariantFormat;
  /** How many frames of it. */
  readonly frames: number;
  readonly hasAlpha: boolean;
  /** Whether all of the picture has to be there before anything of it is written: turned, blurred, or its best part looked for. */
  readonly isHeld: boolean;
  /** Whether a JPEG gets the best Huffman tables, which saves a few per cent of its bytes. */
  readonly isOptimised: boolean;
}

/** Have a JPEG optimised where that is worth its memory. */
export function optimised(header: ImageHeader, written: Written, budgetBytes: number): Written {
  const better = { ...written, isOptimised: written.width * written.height <= maxOptimisedPixels };
  return estimateBytes(header, better) <= budgetBytes ? better : written;
}

/** Estimate the memory to decode a picture and, unless it is only looked at, to write something of it. */
export function estimateBytes(header: ImageHeader, written: Written | undefined): number {
  const decoded = header.width * header.height * decodedPerPixel(header);
  if (written === undefined) return baseBytes + decoded;
  const pixels = written.width * written.height * written.frames;
  const scaled = header.format === "webp" ? pixels * 9 : 0;
  const frames = Math.max(1, Math.min(written.frames, header.frames));
  return baseBytes + decoded * frames + scaled + pixels * ((written.isHeld ? 4 : 0) + writtenPerPixel(written));
}

/**
 * Estimate the memory to decode a picture at its full size, and to write it as JPEG or PNG, which every file has to allow for: a
 * picture that needs more than there is can never be shown.
 */
export function leastBytes(header: ImageHeader): number {
  const format = header.hasAlpha ? "png" : "jpeg";
  // Upside down or on its side it is held as a whole; standing upright it goes by, strip by strip.
  const isHeld = header.orientation > 2;
  return estimateBytes(header, {
    width: header.width,
    height: header.height,
    frames: 1,
    format,
    hasAlpha: header.hasAlpha,
    isHeld,
    isOptimised: false,
  });
}

/** How many pixels of a picture like this one the budget has room for. */
export function maxPixelsWithin(header: ImageHeader, budgetBytes: number): number {
  const perPixel = (leastBytes(header) - baseBytes) / (header.width * header.height);
  return Math.floor((budgetBytes - baseBytes) / perPixel);
}

function decodedPerPixel({ format, isProgressive, channels, sampleBytes, chromaSubsampling }: ImageHeader): number {
  switch (format) {
    case "jpeg":
      // Progressive: two bytes for each coefficient, of colours for a quarter of the pixels where they are subsampled.
      return isProgressive ? (chromaSubsampling === "4:2:0" ? 3.5 : 2.2 * channels) : 0.5;
    case "png":
      return isProgressive ? channels * sampleBytes * 1.4 : channels * sampleBytes * 0.5;
    case "webp":
      // Scaled down while it is decoded; what comes out is counted with what is written.
      return 1.5;
    case "heif":
      return sampleBytes > 1 ? 26 : 19.5;
    case "gif":
      return 6;
    default:
      // TIFF: a single strip may be the whole picture.
      return channels * sampleBytes * 1.2;
  }
}

function writtenPerPixel({ format, hasAlpha, isOptimised }: Written): number {
  switch (format) {
    case "jpeg":
      return isOptimised ? 7 : 0.5;
    case "png":
      return 1.3;
    case "webp":
      return hasAlpha ? 14 : 5;
    case "gif":
      return 8;
    case "avif":
      return 44;
  }
}
