import { availableParallelism } from "node:os";
import type { Sharp, SharpOptions } from "sharp";
import { type Counters, createCounters } from "../counters.js";
import { fail } from "../errors.js";

/** What a decoder reads: a file by its path, or bytes. */
export type DecoderInput = string | Uint8Array;

/** What a picture's header says, before any pixel is decoded. */
export interface ImageHeader {
  readonly format: string;
  /** As stored; a turned photo's are swapped when it is shown. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly isTurned: boolean;
  readonly hasAlpha: boolean;
  readonly isProgressive: boolean;
}

type SharpModule = typeof import("sharp").default;

/** Memory for pixels being decoded at one time. Above it decodes wait their turn. */
const defaultBudgetBytes = 384 * 1024 * 1024;
/** Decodes that may wait; more than that is overload, and better said at once. */
const maxWaiting = 256;
/** What a decode costs beside its pixels: libvips' buffers, the encoder. */
const baseBytes = 16 * 1024 * 1024;

/**
 * The images' decoder: libvips through sharp, loaded when first needed, behind a budget of memory rather than a count of
 * requests: a 64-megapixel AVIF of a thousand bytes costs 1.2 GB, a thousand thumbnails cost nothing.
 */
export interface Decoder {
  /** Read a picture's header. @throws whatever sharp says; the caller knows the file's name */
  header(input: DecoderInput): Promise<ImageHeader>;
  /** Run `work` when there is memory to decode `header`'s picture. @throws OVERLOADED when too many wait already */
  decode<T>(
    input: DecoderInput,
    header: ImageHeader,
    work: (image: Sharp) => Promise<T>,
    options?: { readonly isStrict?: boolean; readonly frame?: number | "all" },
  ): Promise<T>;
}

/** Where a decoder counts what it does. */
export type DecodeCounts = Counters["decodes"];

/** Make the decoder. One serves a whole process. */
export function createDecoder(limits: {
  readonly maxPixels: number;
  readonly budgetBytes?: number;
  readonly counts?: DecodeCounts;
}): Decoder {
  const { counts = createCounters().decodes } = limits;
  const budget = createBudget(limits.budgetBytes ?? defaultBudgetBytes, Math.max(2, availableParallelism()), counts);
  let loading: Promise<SharpModule> | undefined;
  const load = (): Promise<SharpModule> => (loading ??= loadSharp());

  return {
    async header(input) {
      const sharp = await load();
      const found = await sharp(input, { limitInputPixels: false }).metadata();
      return {
        format: found.format,
        width: found.width,
        height: found.pageHeight ?? found.height,
        frames: found.pages ?? 1,
        isTurned: (found.orientation ?? 1) >= 5,
        hasAlpha: found.hasAlpha,
        isProgressive: found.isProgressive,
      };
    },
    async decode(input, header, work, { isStrict = false, frame = 0 } = {}) {
      const sharp = await load();
      const release = await budget.acquire(estimateBytes(header));
      const startedAt = performance.now();
      counts.running += 1;
      try {
        const options: SharpOptions = {
          limitInputPixels: limits.maxPixels,
          failOn: isStrict ? "error" : "none",
          sequentialRead: true,
          ...(frame === "all" ? { animated: true } : { page: frame }),
        };
        return await work(sharp(input, options));
      } finally {
        release();
        counts.running -= 1;
        counts.done += 1;
        counts.seconds += (performance.now() - startedAt) / 1000;
      }
    },
  };
}

async function loadSharp(): Promise<SharpModule> {
  const { default: sharp } = await import("sharp");
  // One thread a picture: two pictures side by side are faster than one on two cores. No cache: each input comes once.
  sharp.concurrency(1);
  sharp.cache(false);
  // Loaders that are no fit for strangers' files: SVG (ten seconds for a hostile one), and what libvips calls unfuzzed.
  sharp.block({
    operation: ["VipsForeignLoadSvg", "VipsForeignLoadMagick", "VipsForeignLoadPdf", "VipsForeignLoadOpenslide", "VipsForeignLoadMat"],
  });
  return sharp;
}

/** Bytes of memory a decode takes, by format: measured on libvips 8.17 with sharp 0.35. */
function estimateBytes({ format, width, height, isProgressive, frames }: ImageHeader): number {
  const pixels = width * height;
  const perPixel = format === "heif" ? 18 : format === "gif" ? 4 * Math.min(frames, 50) : isProgressive || format !== "jpeg" ? 4 : 0.5;
  return baseBytes + pixels * perPixel;
}

interface Budget {
  acquire(bytes: number): Promise<() => void>;
}

/** First come, first served: a large picture at the head of the queue is not starved by small ones behind it. */
function createBudget(totalBytes: number, maxRunning: number, counts: DecodeCounts): Budget {
  const waiting: { readonly cost: number; readonly start: () => void }[] = [];
  let freeBytes = totalBytes;
  let running = 0;

  const startWaiting = (): void => {
    for (let next = waiting[0]; next !== undefined && running < maxRunning && next.cost <= freeBytes; next = waiting[0]) {
      waiting.shift();
      freeBytes -= next.cost;
      running += 1;
      next.start();
    }
  };

  return {
    async acquire(bytes) {
      // What exceeds the whole budget runs alone.
      const cost = Math.min(bytes, totalBytes);
      if (waiting.length >= maxWaiting) {
        counts.refused += 1;
        throw fail("OVERLOADED", { what: "Image decoding", retryAfterSeconds: 5 });
      }
      counts.waiting += 1;
      await new Promise<void>((start) => {
        waiting.push({ cost, start });
        startWaiting();
      });
      counts.waiting -= 1;
      let isReleased = false;
      return () => {
        if (isReleased) return;
        isReleased = true;
        freeBytes += cost;
        running -= 1;
        startWaiting();
      };
    },
  };
}
