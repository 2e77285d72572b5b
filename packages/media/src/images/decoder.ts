import type { Sharp, SharpOptions } from "sharp";
import type { Budget, Urgency } from "./budget.js";
import { loadSharp } from "./load-sharp.js";

/** What a decoder reads: a file by its path, or bytes. */
export type DecoderInput = string | Uint8Array;

/** What a picture's header says, before any pixel is decoded. */
export interface ImageHeader {
  readonly format: string;
  /** As stored; a turned photo's are swapped when it is shown. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** As EXIF counts it, from 1 for upright to 8. */
  readonly orientation: number;
  readonly isTurned: boolean;
  readonly hasAlpha: boolean;
  /** Stored in several passes, so that all of it is held in memory. */
  readonly isProgressive: boolean;
  readonly channels: number;
  readonly sampleBytes: number;
  /** Of a JPEG: `4:2:0`, `4:4:4`. */
  readonly chromaSubsampling: string | undefined;
}

/** How a picture is decoded. */
export interface DecodeOptions {
  /** An estimate of the memory it takes. */
  readonly bytes: number;
  readonly urgency?: Urgency | undefined;
  /** Fail at the first thing that is wrong. @defaultValue false */
  readonly isStrict?: boolean;
  /** @defaultValue the first */
  readonly frame?: number | "all";
}

/**
 * The images' decoder: libvips through sharp, loaded when first needed, behind a budget of memory rather than a count of
 * requests: a 64-megapixel AVIF of a thousand bytes costs 1.2 GB, a thousand thumbnails cost nothing.
 */
export interface Decoder {
  readonly budget: Budget;
  /** Read a picture's header, and remember it under a name. @throws whatever sharp says; the caller knows the file's name */
  readHeader(input: DecoderInput, name: string): Promise<ImageHeader>;
  /** The header that was read under this name, or is now: a picture is asked for soon after it came, and in several sizes. */
  header(input: DecoderInput, name: string): Promise<ImageHeader>;
  /** Run `work` when there is memory for it. @throws OVERLOADED when too many wait already */
  decode<T>(input: DecoderInput, options: DecodeOptions, work: (image: Sharp) => Promise<T>): Promise<T>;
}

/** Headers that are remembered. */
const maxHeaders = 2000;

/** Make the decoder of one process. */
export function createDecoder({ maxPixels, budget }: { readonly maxPixels: number; readonly budget: Budget }): Decoder {
  const headers = new Map<string, ImageHeader>();

  const readHeader = async (input: DecoderInput, name: string): Promise<ImageHeader> => {
    const header = await headerOf(input);
    headers.set(name, header);
    for (const [oldest] of headers) if (headers.size > maxHeaders) headers.delete(oldest);
    return header;
  };

  return {
    budget,
    readHeader,
    header: async (input, name) => headers.get(name) ?? (await readHeader(input, name)),
    async decode(input, { bytes, urgency, isStrict = false, frame = 0 }, work) {
      const sharp = await loadSharp();
      const release = await budget.acquire(bytes, urgency);
      try {
        const options: SharpOptions = {
          limitInputPixels: maxPixels,
          failOn: isStrict ? "error" : "none",
          sequentialRead: true,
          ...(frame === "all" ? { animated: true } : { page: frame }),
        };
        return await work(sharp(input, options));
      } finally {
        release();
      }
    },
  };
}

async function headerOf(input: DecoderInput): Promise<ImageHeader> {
  const sharp = await loadSharp();
  const found = await sharp(input, { limitInputPixels: false }).metadata();
  const orientation = found.orientation ?? 1;
  return {
    format: found.format,
    width: found.width,
    height: found.pageHeight ?? found.height,
    frames: found.pages ?? 1,
    orientation,
    isTurned: orientation >= 5,
    hasAlpha: found.hasAlpha,
    isProgressive: found.isProgressive,
    channels: found.channels,
    sampleBytes: bytesOf[found.depth] ?? 8,
    chromaSubsampling: found.chromaSubsampling,
  };
}

/** The bytes of one sample; of complex numbers, which no picture has, more. */
const bytesOf: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4 };
