import { availableParallelism } from "node:os";
import { createCounters } from "../counters.js";
import type { FileFacts } from "../catalogue/commit-file.js";
import { createBudget, type DecodeCounts, type Urgency } from "./budget.js";
import { isHoldfastError } from "../errors.js";
import { createDecoder, type DecoderInput } from "./decoder.js";
import type { VariantFormat } from "./formats.js";
import type { Size } from "./geometry.js";
import { inspectImage } from "./inspect.js";
import { type RenderedVariant, renderVariant } from "./render.js";
import type { Transform } from "./transform.js";

/** A picture to be decoded: which one it is, and its bytes or where they lie. */
export interface Picture {
  /** The key of its object: what killed a process is known by it. */
  readonly key: string;
  /** As its owner knows it. */
  readonly name: string;
  readonly input: DecoderInput;
  /** The size of the picture that this one is a smaller copy of, upright: what is made is as large as if it were made of that. */
  readonly standsFor?: Size;
  /** Whether it is known to be decoded soon and in little memory: then it waits behind none that is not. @defaultValue false */
  readonly isSmall?: boolean;
}

/** What is asked of a picture. */
export type DecodingTask =
  | { readonly kind: "inspect"; readonly picture: Picture }
  | {
      readonly kind: "render";
      readonly picture: Picture;
      readonly transform: Transform;
      readonly format: VariantFormat;
      readonly urgency: Urgency;
    };

/** How images are decoded, within which limits. */
export interface DecodingLimits {
  readonly maxPixels: number;
  /** Memory for pixels being decoded at one time. */
  readonly maxDecodeBytes: number;
}

/** Where images are decoded, and where it is counted. */
export interface DecodingContext extends DecodingLimits {
  readonly counts?: DecodeCounts;
}

/** Whatever looks at pixels: in this process, or in others that may die of it. */
export interface Decoding {
  /**
   * Look at an image before it is acknowledged: its size, and its thumbhash.
   *
   * @throws IMAGE_BROKEN, IMAGE_TOO_LARGE, IMAGE_OVER_BUDGET, IMAGE_UNDECODABLE, OVERLOADED
   */
  inspect(picture: Picture): Promise<FileFacts>;
  /** Make a variant. @throws VARIANT_OVER_BUDGET, IMAGE_UNDECODABLE, OVERLOADED */
  render(picture: Picture, transform: Transform, format: VariantFormat, urgency?: Urgency): Promise<RenderedVariant>;
  /** Let go of everything; what is under way fails. */
  close(): Promise<void>;
}

/** Decode in this process. What makes libvips crash takes the process along. */
export function decodeInline({ maxPixels, maxDecodeBytes, counts = createCounters().decodes }: DecodingContext): Decoding {
  const budget = createBudget(maxDecodeBytes, decodesAtOnce(availableParallelism(), threadsOf(process.env)), counts);
  const decoder = createDecoder({ maxPixels, budget });
  return {
    inspect: async (picture) => await counted(counts, async () => await inspectImage(decoder, picture, maxPixels)),
    render: async (picture, transform, format, urgency) =>
      await counted(counts, async () => await renderVariant(decoder, picture, transform, format, urgency)),
    close: async () => undefined,
  };
}

/**
 * How many decodes run side by side here: one more than there are cores, so that none is idle while the next is prepared; and
 * one less than Node has threads for such work, so that files are read and written meanwhile. Never fewer than two or than cores.
 */
export function decodesAtOnce(cores: number, threads: number): number {
  return Math.max(2, cores, Math.min(cores + 1, threads - 1));
}

/** The threads of Node's pool: as libuv reads it. */
function threadsOf(env: Readonly<Record<string, string | undefined>>): number {
  const asked = Number.parseInt(env["UV_THREADPOOL_SIZE"] ?? "", 10);
  return asked >= 1 ? Math.min(asked, 1024) : 4;
}

/** Count a decode, however it ends. What was turned away has been counted. */
export async function counted<T>(counts: DecodeCounts, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    const done = await work();
    counts.done += 1;
    counts.seconds += (performance.now() - startedAt) / 1000;
    return done;
  } catch (error) {
    if (!isHoldfastError(error, "OVERLOADED")) counts.failed += 1;
    throw error;
  }
}
