import { maxResultPixels, maxSide } from "./parameters.js";
import type { Transform } from "./transform.js";

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a picture comes to its size: scaled to `scaled`, then cut out of it, or laid upon a ground, of the size `result`. */
export interface Geometry {
  readonly scaled: Size;
  readonly result: Size;
}

/**
 * Decide the sizes of a transform of a picture, which stands the right way up. Unless it is to be enlarged, what is smaller than
 * the box makes the box smaller in the same shape, so that an avatar stays square and no pixel is invented.
 */
export function geometryOf(picture: Size, transform: Transform): Geometry {
  const isOnItsSide = transform.rotate === 90 || transform.rotate === 270;
  const source: Size = isOnItsSide ? { width: picture.height, height: picture.width } : picture;
  const { width, height, fit, enlarge } = transform;
  const most = enlarge ? Number.POSITIVE_INFINITY : 1;
  if (fit === "inside" || fit === "outside" || width === undefined || height === undefined) {
    const factors = [...(width === undefined ? [] : [width / source.width]), ...(height === undefined ? [] : [height / source.height])];
    const asked = factors.length === 0 ? 1 : fit === "outside" ? Math.max(...factors) : Math.min(...factors);
    const scaled = times(source, Math.min(asked, most, largestFactor(source)));
    return { scaled, result: scaled };
  }
  const box: Size = { width, height };
  if (fit === "contain") {
    const factor = Math.min(width / source.width, height / source.height);
    const scaled = times(source, Math.min(factor, most));
    const result = factor > most ? times(box, most / factor) : box;
    return { scaled: { width: Math.min(scaled.width, result.width), height: Math.min(scaled.height, result.height) }, result };
  }
  const result = times(box, Math.min(1, (most * source.width) / width, (most * source.height) / height));
  if (fit === "fill") return { scaled: result, result };
  const covering = times(source, Math.max(result.width / source.width, result.height / source.height));
  return { scaled: { width: Math.max(covering.width, result.width), height: Math.max(covering.height, result.height) }, result };
}

function times({ width, height }: Size, factor: number): Size {
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/** How much larger a picture may be made before a side or the pixels are too many; what it is already is never too much. */
function largestFactor({ width, height }: Size): number {
  return Math.max(1, Math.min(maxSide / Math.max(width, height), Math.sqrt(maxResultPixels / (width * height))));
}
