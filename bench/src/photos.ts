import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { randomFrom } from "./random.js";

/** As many different photographs as the measurements that DESIGN's floors come from. */
const howMany = 26;

/** Photographs to measure with, and where they come from. */
export interface Photos {
  readonly paths: readonly string[];
  readonly origin: string;
}

/** Find the JPEGs in the folder that HOLDFAST_PHOTOS names, or `undefined` where it names none. */
export async function givenPhotos(): Promise<Photos | undefined> {
  const given = process.env["HOLDFAST_PHOTOS"];
  if (given === undefined || given === "") return undefined;
  const names = (await readdir(given)).filter((name) => /\.jpe?g$/i.test(name)).toSorted();
  if (names.length === 0) throw new Error(`HOLDFAST_PHOTOS is ${given}, where there is no .jpg file`);
  return { paths: names.map((name) => join(given, name)), origin: `${names.length} photographs (HOLDFAST_PHOTOS)` };
}

/** Have JPEGs to measure with: those that are given, else 26 generated ones of 2 to 3 megapixels, the same for the same seed. */
export async function havePhotos(folder: string, seed: number, progress: (message: string) => void): Promise<Photos> {
  const given = await givenPhotos();
  if (given !== undefined) return given;
  const into = join(folder, "photos");
  await mkdir(into, { recursive: true });
  const paths: string[] = [];
  for (let i = 0; i < howMany; i += 1) {
    progress(`generating photograph ${i + 1} of ${howMany}`);
    const random = randomFrom(seed + i);
    const pixels = (2 + random()) * 1e6;
    const isTall = random() < 0.3;
    const long = Math.round(Math.sqrt(pixels * 1.5));
    const short = Math.round(long / 1.5);
    const path = join(into, `photo-${String(i + 1).padStart(2, "0")}.jpg`);
    await writeFile(path, await generatePhoto(random, isTall ? short : long, isTall ? long : short, 88));
    paths.push(path);
  }
  return { paths, origin: `${howMany} generated photographs, seed ${seed}` };
}

/**
 * Make a JPEG with the statistics of a photograph: the power of its detail falls with the frequency, as light on natural
 * scenes does, over soft colours, with some grain and a few hard edges. White noise would be a decoder's worst case.
 */
export async function generatePhoto(random: () => number, width: number, height: number, quality: number): Promise<Buffer> {
  const pixels = new Float32Array(width * height * 3);
  for (const [cells, weight] of [
    [3, 90],
    [12, 50],
    [48, 28],
    [160, 16],
    [480, 9],
  ] as const) {
    const layer = await noiseLayer(random, width, height, cells);
    for (let i = 0; i < pixels.length; i += 1) pixels[i] = (pixels[i] ?? 0) + ((layer[i] ?? 0) / 255 - 0.5) * weight * 2;
  }
  addEdges(random, pixels, width, height);
  const data = Buffer.allocUnsafe(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const grain = (random() - 0.5) * 8;
    for (let channel = 0; channel < 3; channel += 1) {
      data[i + channel] = Math.max(0, Math.min(255, 128 + (pixels[i + channel] ?? 0) + grain));
    }
  }
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}

/** Random colours on a grid `cells` wide, drawn out smoothly over the whole picture. */
async function noiseLayer(random: () => number, width: number, height: number, cells: number): Promise<Buffer> {
  const rows = Math.max(2, Math.round((cells * height) / width));
  const grid = Buffer.allocUnsafe(cells * rows * 3);
  for (let i = 0; i < grid.length; i += 3) {
    // Mostly one brightness for the three colours: real scenes vary more in light than in hue.
    const light = random() * 255;
    for (let channel = 0; channel < 3; channel += 1) grid[i + channel] = light * 0.7 + random() * 255 * 0.3;
  }
  return await sharp(grid, { raw: { width: cells, height: rows, channels: 3 } })
    .resize(width, height, { fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
}

function addEdges(random: () => number, pixels: Float32Array, width: number, height: number): void {
  for (let shape = 0; shape < 12; shape += 1) {
    const [centreX, centreY] = [random() * width, random() * height];
    const radius = (0.03 + random() * 0.12) * width;
    const shift = [random(), random(), random()].map((value) => (value - 0.5) * 120);
    for (let y = Math.max(0, Math.floor(centreY - radius)); y < Math.min(height, centreY + radius); y += 1) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (y - centreY) ** 2));
      for (let x = Math.max(0, Math.floor(centreX - half)); x < Math.min(width, centreX + half); x += 1) {
        for (let channel = 0; channel < 3; channel += 1) {
          const i = (y * width + x) * 3 + channel;
          pixels[i] = (pixels[i] ?? 0) + (shift[channel] ?? 0);
        }
      }
    }
  }
}
