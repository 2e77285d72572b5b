import type { Sharp } from "sharp";
import type { Decoder, DecoderInput } from "./decoder.js";

/** What is done to an original to make a variant: scaled to a ladder width, or kept at its full size without metadata. */
export interface Transform {
  /** As it stands in URLs, keys and rows: `w640`, `full`. */
  readonly name: string;
  /** In pixels; absent for `full`. */
  readonly width: number | undefined;
}

/** The widths there are. A fixed ladder, so that nobody can have a thousand variants of one picture made. */
export const ladder: readonly number[] = [64, 128, 256, 320, 512, 640, 800, 1024, 1280, 1600, 2048, 2560, 3840];

/** The full size, without metadata. */
export const fullSize: Transform = { name: "full", width: undefined };
const byName = new Map<string, Transform>([fullSize, ...ladder.map((width) => ({ name: `w${width}`, width }))].map((t) => [t.name, t]));

/** Read a transform as it stands in a URL, or answer `undefined`. */
export function parseTransform(name: string): Transform | undefined {
  return byName.get(name);
}

/** The transform whose width is at least `width`; beyond the ladder, the full size. */
export function transformForWidth(width: number): Transform {
  const step = ladder.find((candidate) => candidate >= width);
  return (step === undefined ? undefined : byName.get(`w${step}`)) ?? fullSize;
}

/** For people: which transforms exist. */
export const transformsInWords: string = `full and the widths ${ladder.map((width) => `w${width}`).join(", ")}`;

/** What variants are encoded as. */
export type VariantFormat = "webp" | "jpeg" | "png";

/** The media type and extension of each format. */
export const variantFormats: Readonly<Record<VariantFormat, { readonly type: string; readonly extension: string }>> = {
  webp: { type: "image/webp", extension: "webp" },
  jpeg: { type: "image/jpeg", extension: "jpg" },
  png: { type: "image/png", extension: "png" },
};

/** Choose the format for a request: WebP for whoever takes it, else JPEG, or PNG where there is transparency. */
export function negotiateFormat(accept: string | undefined, hasAlpha: boolean): VariantFormat {
  if (accept !== undefined && takesWebp(accept)) return "webp";
  return hasAlpha ? "png" : "jpeg";
}

function takesWebp(accept: string): boolean {
  // Only by its own name: `image/*` is what software says that has never heard of WebP.
  return accept
    .toLowerCase()
    .split(",")
    .some((entry) => {
      const [name, ...parameters] = entry.split(";").map((part) => part.trim());
      return name === "image/webp" && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
    });
}

/** A variant, made. */
export interface RenderedVariant {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Make a variant: right way up, in sRGB, without metadata, never enlarged. */
export async function renderVariant(
  decoder: Decoder,
  input: DecoderInput,
  transform: Transform,
  format: VariantFormat,
): Promise<RenderedVariant> {
  const header = await decoder.header(input);
  return await decoder.decode(input, header, async (image) => {
    const upright = image.autoOrient();
    const sized = transform.width === undefined ? upright : upright.resize({ width: transform.width, withoutEnlargement: true });
    const { data, info } = await encode(sized.toColourspace("srgb"), format, transform).toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.height };
  });
}

function encode(image: Sharp, format: VariantFormat, { width }: Transform): Sharp {
  const isFull = width === undefined;
  switch (format) {
    case "webp":
      // Effort 2 takes half the time of 4 and gives files a few per cent larger.
      return image.webp({ quality: isFull ? 88 : 78, effort: 2 });
    case "jpeg":
      // What is transparent becomes white, not black.
      return image.flatten({ background: "#ffffff" }).jpeg({ quality: isFull ? 90 : 80 });
    case "png":
      return image.png({ compressionLevel: 6 });
  }
}
