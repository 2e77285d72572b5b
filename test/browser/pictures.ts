import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

/** Make a photo of noise, which no encoder makes small: about 400 kB at the size that is the default. */
export async function makePhoto(folder: string, name: string, width = 800, height = 600): Promise<string> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const image = sharp({ create: { width, height, channels: 3, background: "#808080", noise } });
  const path = join(folder, name);
  await writeFile(path, await image.jpeg({ quality: 90 }).toBuffer());
  return path;
}

/** Make several, named as cameras do. */
export async function makePhotos(folder: string, count: number, width?: number, height?: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, n) => `photo-${n + 1}.jpg`);
  return await Promise.all(names.map(async (name) => await makePhoto(folder, name, width, height)));
}
