import { createHash } from "node:crypto";
import sharp from "sharp";

/** Random numbers from a seed, the same in every run (mulberry32, by Tommy Ettinger). */
export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Make random numbers from a seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    pick<T>(items: readonly T[]): T {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new Error("There is nothing to pick from.");
      return item;
    },
  };
}

/** An image file in memory. */
export interface MadePicture {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Draw a picture whose compressed size is like a photograph's: smooth, with as much noise as is asked for. */
export async function noisyPixels(random: Random, width: number, height: number, noise: number): Promise<Buffer> {
  const pixels = Buffer.allocUnsafe(width * height * 3);
  const [red, green, blue] = [random.between(40, 200), random.between(40, 200), random.between(40, 200)];
  for (let at = 0, pixel = 0; at < pixels.length; at += 3, pixel += 1) {
    const light = ((pixel % width) / width) * 50 + (random.next() - 0.5) * noise;
    pixels[at] = red + light;
    pixels[at + 1] = green + light;
    pixels[at + 2] = blue - light;
  }
  return pixels;
}

/** Pictures from about 20 kB to 3 MB in the formats of the web, the same for the same seed. */
export async function makePictures(random: Random): Promise<MadePicture[]> {
  const wanted = [
    { width: 320, height: 240, noise: 60, format: "jpeg" },
    { width: 480, height: 640, noise: 40, format: "jpeg" },
    { width: 800, height: 600, noise: 90, format: "jpeg" },
    { width: 1200, height: 900, noise: 120, format: "jpeg" },
    { width: 2000, height: 1500, noise: 200, format: "jpeg" },
    { width: 200, height: 150, noise: 60, format: "png" },
    { width: 500, height: 400, noise: 120, format: "png" },
    { width: 640, height: 480, noise: 80, format: "webp" },
  ] as const;
  const pictures: MadePicture[] = [];
  for (const [index, { width, height, noise, format }] of wanted.entries()) {
    const image = sharp(await noisyPixels(random, width, height, noise), { raw: { width, height, channels: 3 } });
    const bytes = await image.toFormat(format, format === "png" ? { compressionLevel: 3 } : { quality: 92 }).toBuffer();
    pictures.push({ name: `picture-${index}.${format}`, type: `image/${format}`, bytes: Uint8Array.from(bytes) });
  }
  return pictures;
}

/** The same JPEG with a comment of its own (marker FE, T.81 §B.2.4.5), so that no two uploads have the same bytes. */
export function withComment(jpeg: Uint8Array, comment: string): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(comment);
  const marker = Buffer.from([0xff, 0xfe, (text.length + 2) >> 8, (text.length + 2) & 0xff]);
  return Uint8Array.from(Buffer.concat([jpeg.subarray(0, 2), marker, text, jpeg.subarray(2)]));
}

/** SHA-256 in hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
