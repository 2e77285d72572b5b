import { crc32, deflateSync } from "node:zlib";

/** Pixels, four bytes each: red, green, blue and alpha, row by row. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Eight bits a channel, colour with alpha, deflate, the five standard filters, not interlaced (PNG, 3rd edition §11.2.1). */
const pixelFormat = [8, 6, 0, 0, 0];
/** Each byte as its difference from the one above it, which makes soft pictures small (§9.2). */
const filterUp = 2;

/** Write pixels as a PNG. */
export function encodePng({ width, height, rgba }: Raster): Buffer {
  const rowBytes = width * 4;
  const filtered = Buffer.alloc((rowBytes + 1) * height);
  for (let y = 0; y < height; y += 1) {
    const at = y * (rowBytes + 1);
    filtered[at] = filterUp;
    for (let x = 0; x < rowBytes; x += 1) {
      const above = y === 0 ? 0 : (rgba[(y - 1) * rowBytes + x] ?? 0);
      filtered[at + 1 + x] = ((rgba[y * rowBytes + x] ?? 0) - above) & 0xff;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(pixelFormat, 8);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(filtered)), chunk("IEND", Buffer.alloc(0))]);
}

/** Length, name, data, and the checksum of the latter two (§5.3). */
function chunk(name: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const framed = Buffer.alloc(named.byteLength + 8);
  framed.writeUInt32BE(data.byteLength, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.byteLength + 4);
  return framed;
}

/** Draw a picture pixel by pixel: `paint` answers the colour at a point, 0 to 1 across and down. */
export function paintRaster(width: number, height: number, paint: (x: number, y: number) => readonly number[]): Raster {
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) rgba.set(paint((x + 0.5) / width, (y + 0.5) / height), (y * width + x) * 4);
  }
  return { width, height, rgba };
}

/** Look a raster's colour up at a point, 0 to 1 across and down, mixed from the four pixels around it. */
export function colourAt({ width, height, rgba }: Raster, x: number, y: number): number[] {
  const left = Math.max(0, Math.min(width - 1, x * width - 0.5));
  const top = Math.max(0, Math.min(height - 1, y * height - 0.5));
  const [x0, y0] = [Math.floor(left), Math.floor(top)];
  const [x1, y1] = [Math.min(width - 1, x0 + 1), Math.min(height - 1, y0 + 1)];
  const at = (column: number, row: number, channel: number): number => rgba[(row * width + column) * 4 + channel] ?? 0;
  return [0, 1, 2, 3].map((channel) => {
    const above = mix(at(x0, y0, channel), at(x1, y0, channel), left - x0);
    return Math.round(mix(above, mix(at(x0, y1, channel), at(x1, y1, channel), left - x0), top - y0));
  });
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
