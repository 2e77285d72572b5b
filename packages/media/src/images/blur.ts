import type { Sharp } from "sharp";
import type { Size } from "./geometry.js";

/** How many colours a strength of 1 leaves along the longer side. */
const mostColours = 400;

/** How large a picture is reduced to before it is blurred: nothing of it is left but these colours. */
export function coloursLeft({ width, height }: Size, strength: number): Size {
  const longest = Math.max(width, height);
  const factor = Math.min(1, Math.ceil(mostColours / strength) / longest);
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/**
 * Hide what a picture shows. It is first reduced to a few colours, and what is answered is drawn from these alone: unlike a filter
 * that only smears, there is nothing left that could be sharpened again.
 */
export async function blurred(image: Sharp, strength: number): Promise<Sharp> {
  const { default: sharp } = await import("sharp");
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const small = coloursLeft(info, strength);
  const colours = await sharp(data, { raw: { width, height, channels } })
    .resize(small.width, small.height, { fit: "fill" })
    .raw()
    .toBuffer();
  return sharp(colours, { raw: { ...small, channels } }).resize(width, height, { fit: "fill", kernel: "cubic" });
}
