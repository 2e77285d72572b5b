import { thumbHashToRGBA } from "thumbhash";
import { avatarColourOf, avatarSvg, type InitialsOptions } from "../../images/avatar.js";
import type { Size } from "../../images/geometry.js";
import { colourAt, encodePng, paintRaster, type Raster } from "./png.js";

/** What a picture is drawn as: a drawing that fills any size, or pixels for whoever takes no drawing. */
export type DrawingType = "image/svg+xml" | "image/png";

/** What is drawn where a picture is missing. */
export type Drawing =
  | { readonly kind: "blur"; readonly thumbhash: string }
  | { readonly kind: "initials"; readonly name: string; readonly locale: string | undefined }
  | { readonly kind: "neutral" };

/** The longest side in pixels; what a page scales up, it scales up softly. */
const maxPngSide = 128;
/** The same, where every character counts. */
const backgroundSide = 8;
const ground = "#e4e7eb";
const glyph = "#b3bac5";

/**
 * Draw what is shown where a picture is missing, in the size and so in the shape that the picture has. Nothing is decoded and no
 * library is asked: it is there when all else fails.
 */
export function draw(drawing: Drawing, size: Size, type: DrawingType): Buffer {
  return type === "image/svg+xml" ? Buffer.from(drawSvg(drawing, size)) : encodePng(drawRaster(drawing, pngSizeOf(size)));
}

/**
 * Draw the blur of a thumbhash as a `data:` URL of some 500 characters, to be stretched over the place of the picture; `undefined`
 * where it is no thumbhash.
 */
export function drawBackground(thumbhash: string): string | undefined {
  const blur = readThumbhash(thumbhash);
  if (blur === undefined) return undefined;
  const scale = backgroundSide / Math.max(blur.width, blur.height);
  const [width, height] = [Math.max(1, Math.round(blur.width * scale)), Math.max(1, Math.round(blur.height * scale))];
  const small = paintRaster(width, height, (x, y) => colourAt(blur, x, y));
  return `data:image/png;base64,${encodePng(small).toString("base64")}`;
}

function drawSvg(drawing: Drawing, { width, height }: Size): string {
  switch (drawing.kind) {
    case "blur": {
      const blur = readThumbhash(drawing.thumbhash);
      if (blur === undefined) return drawSvg({ kind: "neutral" }, { width, height });
      const png = encodePng(blur).toString("base64");
      return svg(
        width,
        height,
        `<image href="data:image/png;base64,${png}" width="${width}" height="${height}" preserveAspectRatio="none"/>`,
      );
    }
    case "initials":
      return avatarSvg(drawing.name, { width, height, ...localeOf(drawing) });
    case "neutral":
      return svg(width, height, `<rect width="${width}" height="${height}" fill="${ground}"/>${pictureGlyph(width, height)}`);
  }
}

function svg(width: number, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`;
}

/** The outline of a picture with a hill and a sun, in the middle: the sign that everybody knows, quietly. */
function pictureGlyph(width: number, height: number): string {
  const scale = Math.round(Math.min(width, height) * 1.2) / 100;
  const [x, y] = [Math.round(width / 2 - 12 * scale), Math.round(height / 2 - 12 * scale)];
  return (
    `<g transform="translate(${x} ${y}) scale(${scale})" fill="none" stroke="${glyph}" stroke-width="1.5" stroke-linejoin="round">` +
    `<rect x="2" y="4" width="20" height="16" rx="2"/><path d="M2 17l6-6 5 5 3-3 6 5"/><circle cx="16.5" cy="8.5" r="1.5"/></g>`
  );
}

function drawRaster(drawing: Drawing, { width, height }: Size): Raster {
  switch (drawing.kind) {
    case "blur": {
      const blur = readThumbhash(drawing.thumbhash);
      if (blur === undefined) return drawRaster({ kind: "neutral" }, { width, height });
      return paintRaster(width, height, (x, y) => colourAt(blur, x, y));
    }
    case "initials":
      return drawSilhouette(width, height, drawing.name);
    case "neutral": {
      const colour = rgbaOf(ground);
      return paintRaster(width, height, () => colour);
    }
  }
}

/** Letters need a font, and there may be none here: a head and shoulders on the colour of the name says as much. */
function drawSilhouette(width: number, height: number, name: string): Raster {
  const [colour, figure] = [rgbaOf(avatarColourOf(name)), rgbaOf("#ffffff")];
  const side = Math.min(width, height);
  return paintRaster(width, height, (x, y) => {
    const [across, down] = [((x - 0.5) * width) / side, ((y - 0.5) * height) / side];
    // Half a pixel of each edge is mixed, so that it is smooth.
    const edge = side / 2;
    const head = (0.18 - Math.hypot(across, down + 0.1)) * edge;
    const shoulders = (0.3 - Math.hypot(across, (down - 0.5) * 0.8)) * edge;
    const share = Math.max(0, Math.min(1, Math.max(head, shoulders) + 0.5)) * 0.85;
    return colour.map((channel, index) => Math.round(channel + ((figure[index] ?? 0) - channel) * share));
  });
}

/** A row may hold anything: what is no thumbhash draws nothing. */
function readThumbhash(base64: string): Raster | undefined {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.byteLength < 5 || bytes.byteLength > 50) return undefined;
  const { w: width, h: height, rgba } = thumbHashToRGBA(bytes);
  return width >= 1 && height >= 1 && rgba.every((channel) => Number.isFinite(channel)) ? { width, height, rgba } : undefined;
}

function pngSizeOf({ width, height }: Size): Size {
  const scale = Math.min(1, maxPngSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function rgbaOf(colour: string): number[] {
  return [...[1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)), 255];
}

function localeOf({ locale }: { readonly locale: string | undefined }): InitialsOptions {
  return locale === undefined ? {} : { locale };
}
