import type { Sharp } from "sharp";
import { fail } from "../errors.js";
import { blurred } from "./blur.js";
import type { Urgency } from "./budget.js";
import { estimateBytes, optimised, type Written } from "./costs.js";
import type { Decoder, ImageHeader } from "./decoder.js";
import type { Picture } from "./decoding.js";
import type { VariantFormat } from "./formats.js";
import { type Geometry, geometryOf, type Size } from "./geometry.js";
import type { Transform } from "./transform.js";

/** A variant, made. */
export interface RenderedVariant {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const white = "#ffffff";
const clear = "#00000000";

/**
 * Make a variant: right way up, in sRGB, without metadata. Of an animation the first frame, unless the transform asks for another
 * or for all; where there are fewer, the last.
 *
 * @throws VARIANT_OVER_BUDGET, OVERLOADED
 */
export async function renderVariant(
  decoder: Decoder,
  { key, input, standsFor }: Pick<Picture, "key" | "input" | "standsFor">,
  transform: Transform,
  format: VariantFormat,
  urgency?: Urgency,
): Promise<RenderedVariant> {
  const header = await decoder.header(input, standsFor === undefined ? key : `${key} made smaller`);
  const shown: Size = standsFor ?? (header.isTurned ? { width: header.height, height: header.width } : header);
  const geometry = geometryOf(shown, transform);
  const frame = transform.frame === "all" ? "all" : Math.min(transform.frame, header.frames - 1);
  const written = optimised(header, writtenOf(header, geometry, transform, format), decoder.budget.totalBytes);
  const bytes = estimateBytes(header, written);
  if (bytes > decoder.budget.totalBytes) throw fail("VARIANT_OVER_BUDGET", { ...geometry.result, format });
  const work = async (image: Sharp): Promise<RenderedVariant> => {
    const sized = resize(turn(image, transform), geometry, transform, format).toColourspace("srgb");
    const hidden = transform.blur === undefined ? sized : await blurred(sized, transform.blur);
    const grounded = groundUnder(hidden, format, transform);
    const { data, info } = await encode(grounded, format, transform, written).toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.pageHeight ?? info.height };
  };
  return await decoder.decode(input, { bytes, urgency, frame }, work);
}

function writtenOf(header: ImageHeader, { scaled, result }: Geometry, transform: Transform, format: VariantFormat): Written {
  const { blur, focus, rotate, frame } = transform;
  const isSearched = focus === "attention" || focus === "entropy";
  return {
    width: Math.max(scaled.width, result.width),
    height: Math.max(scaled.height, result.height),
    frames: frame === "all" ? header.frames : 1,
    format,
    hasAlpha: header.hasAlpha,
    isHeld: header.orientation > 2 || rotate !== 0 || blur !== undefined || isSearched,
    isOptimised: false,
  };
}

function turn(image: Sharp, { rotate, frame }: Transform): Sharp {
  if (frame === "all") return image;
  const upright = image.autoOrient();
  return rotate === 0 ? upright : upright.rotate(rotate);
}

function resize(image: Sharp, { scaled, result }: Geometry, transform: Transform, format: VariantFormat): Sharp {
  const { fit, focus, background } = transform;
  if (fit === "contain") {
    // What comes beside the picture is not flattened with it.
    const ground = format === "jpeg" ? overWhite(background ?? clear) : (background ?? clear);
    return image.resize(result.width, result.height, { fit: "contain", background: ground });
  }
  if (fit !== "cover") return image.resize(result.width, result.height, { fit: "fill" });
  if (focus === "attention" || focus === "entropy") {
    return image.resize(result.width, result.height, { fit: "cover", position: focus });
  }
  const point = focus === "center" ? { x: 50, y: 50 } : focus;
  return image.resize(scaled.width, scaled.height, { fit: "fill" }).extract({
    left: startOf(point.x, scaled.width, result.width),
    top: startOf(point.y, scaled.height, result.height),
    ...result,
  });
}

/** Where a window begins whose middle is to be at `percent` of a side, as far as it fits. */
function startOf(percent: number, whole: number, part: number): number {
  return Math.min(Math.max(Math.round((whole * percent) / 100 - part / 2), 0), whole - part);
}

/** What a colour comes to on white paper. */
function overWhite(colour: string): string {
  const [red = 0, green = 0, blue = 0, alpha = 255] = (colour.slice(1).match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
  const mixed = [red, green, blue].map((part) => Math.round(255 + ((part - 255) * alpha) / 255));
  return `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** Put a ground under what is transparent, where one is asked for; in a JPEG white, not black, where none is. */
function groundUnder(image: Sharp, format: VariantFormat, { background }: Transform): Sharp {
  const covering = background?.length === 7 ? background : format === "jpeg" ? white : undefined;
  return covering === undefined ? image : image.flatten({ background: covering });
}

function encode(image: Sharp, format: VariantFormat, { width, height, quality }: Transform, { isOptimised }: Written): Sharp {
  const isFull = width === undefined && height === undefined;
  switch (format) {
    case "avif":
      return image.avif({ quality: quality ?? (isFull ? 65 : 55), effort: 2 });
    case "webp":
      // Effort 2 takes half the time of 4 and gives files a few per cent larger.
      return image.webp({ quality: quality ?? (isFull ? 88 : 78), effort: 2 });
    case "jpeg":
      return image.jpeg({
        quality: quality ?? (isFull ? 90 : 80),
        optimiseCoding: isOptimised,
      });
    case "png":
      return image.png({ compressionLevel: 6 });
    case "gif":
      return image.gif();
  }
}
