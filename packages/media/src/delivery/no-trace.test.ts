import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { type VariantFormat, variantFormats } from "../images/formats.js";
import { ladder } from "../images/transform.js";
import type { UrlOptions } from "../media.js";
import { filesBelow, openTestMedia, temporaryFolder } from "../media.fixture.js";

const latitude = [48, 1, 51, 1, 3051, 100] as const;

/** Where the picture was taken and by whom, in every way that it is written down: a variant has none of it. */
const marks: readonly (string | Buffer)[] = [
  "GPSLatitude",
  "HoldfastCamera",
  "48,51.5083N",
  "http://ns.adobe.com/xap",
  "<x:xmpmeta",
  "Exif\0\0",
  "Raw profile type",
  "Photoshop 3.0",
  // The latitude as three fractions (EXIF 2.32 §4.6.6), in both orders of bytes.
  ...["writeUInt32LE", "writeUInt32BE"].map((write) => fractionsOf(write as "writeUInt32LE" | "writeUInt32BE")),
];
function fractionsOf(write: "writeUInt32LE" | "writeUInt32BE"): Buffer {
  const bytes = Buffer.alloc(latitude.length * 4);
  latitude.forEach((number, at) => bytes[write](number, at * 4));
  return bytes;
}

const exif = {
  IFD0: { Make: "HoldfastCamera", ImageDescription: "HoldfastCamera at 48,51.5083N" },
  IFD3: { GPSLatitudeRef: "N", GPSLatitude: "48/1 51/1 3051/100", GPSLongitudeRef: "E", GPSLongitude: "2/1 17/1 40/1" },
};
const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/"
exif:GPSLatitude="48,51.5083N" exif:GPSLongitude="2,17.667E"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

type SourceFormat = "jpeg" | "png" | "webp" | "avif" | "tiff" | "gif";
const sourceFormats: readonly SourceFormat[] = ["jpeg", "png", "webp", "avif", "tiff", "gif"];

async function photo(format: SourceFormat, width = 200, height = 150): Promise<Buffer> {
  const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
  const image = sharp({ create: { width, height, channels: 3, background: "#888", noise } });
  if (format === "gif") return gif(await image.gif().toBuffer());
  if (format === "tiff") return tiff(await image.removeAlpha().raw().toBuffer(), width, height);
  return await image.withMetadata({ orientation: 6 }).withExifMerge(exif).withXmp(xmp).toFormat(format).toBuffer();
}

/** A GIF with a comment, and XMP as an application's block, before its picture (GIF89a §24 and §26; XMP part 3, §1.1.2). */
function gif(plain: Buffer): Buffer {
  const text = Buffer.from("HoldfastCamera at 48,51.5083N, by hand");
  const comment = Buffer.concat([Buffer.from([0x21, 0xfe, text.byteLength]), text, fractionsBlock(), Buffer.from([0])]);
  // XMP stands there as it is: whoever reads it as blocks is led to the end by the bytes from 255 down to 0 behind it.
  const trailer = Buffer.from([1, ...Array.from({ length: 256 }, (_, at) => 255 - at), 0]);
  const application = Buffer.concat([Buffer.from([0x21, 0xff, 11]), Buffer.from("XMP DataXMP"), Buffer.from(xmp), trailer]);
  const flags = plain[10] ?? 0;
  const pictureAt = 13 + ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));
  return Buffer.concat([Buffer.from("GIF89a"), plain.subarray(6, pictureAt), comment, application, plain.subarray(pictureAt)]);
}

function fractionsBlock(): Buffer {
  const fractions = fractionsOf("writeUInt32LE");
  return Buffer.concat([Buffer.from([fractions.byteLength]), fractions]);
}

/** A TIFF as cameras and scanners write it: the pixels, the place in a directory of its own, then the picture's directory. */
function tiff(pixels: Buffer, width: number, height: number): Buffer {
  const placeAt = 8 + pixels.byteLength;
  const place = directory(placeAt, [
    [1, 2, Buffer.from("N\0")],
    [2, 5, fractionsOf("writeUInt32LE")],
  ]);
  const pictureAt = placeAt + place.byteLength;
  const picture = directory(pictureAt, [
    [256, 4, uint32(width)],
    [257, 4, uint32(height)],
    [258, 3, Buffer.from([8, 0, 8, 0, 8, 0])],
    [259, 4, uint32(1)],
    [262, 4, uint32(2)],
    [270, 2, Buffer.from("HoldfastCamera at 48,51.5083N, by hand\0")],
    [271, 2, Buffer.from("HoldfastCamera\0")],
    [273, 4, uint32(8)],
    [274, 3, Buffer.from([6, 0])],
    [277, 4, uint32(3)],
    [278, 4, uint32(height)],
    [279, 4, uint32(pixels.byteLength)],
    [700, 1, Buffer.from(xmp)],
    [34853, 4, uint32(placeAt)],
  ]);
  return Buffer.concat([Buffer.from("II*\0"), uint32(pictureAt), pixels, place, picture]);
}

/** The bytes of one value of a type of TIFF: byte, text, short, long, fraction. */
const sizes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 };

/** A directory of a TIFF that begins at `at`, and behind it the values that are longer than four bytes (TIFF 6.0 §2). */
function directory(at: number, entries: readonly (readonly [tag: number, type: number, value: Buffer])[]): Buffer {
  const head = Buffer.alloc(2 + entries.length * 12 + 4);
  const values: Buffer[] = [];
  let valueAt = at + head.byteLength;
  head.writeUInt16LE(entries.length, 0);
  for (const [index, [tag, type, value]] of entries.entries()) {
    const entry = 2 + index * 12;
    head.writeUInt16LE(tag, entry);
    head.writeUInt16LE(type, entry + 2);
    head.writeUInt32LE(value.byteLength / (sizes[type] ?? 1), entry + 4);
    if (value.byteLength <= 4) {
      value.copy(head, entry + 8);
      continue;
    }
    head.writeUInt32LE(valueAt, entry + 8);
    values.push(value);
    valueAt += value.byteLength;
  }
  return Buffer.concat([head, ...values]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** One of each kind of transform, and each in every format that there is. */
const kinds: readonly UrlOptions[] = [
  {},
  ...ladder.slice(0, 4).map((width) => ({ width })),
  { height: 100 },
  ...(["center", "attention", "entropy", { x: 20, y: 70 }] as const).map((focus) => ({
    width: 90,
    height: 90,
    fit: "cover" as const,
    focus,
  })),
  ...(["inside", "contain", "outside", "fill"] as const).map((fit) => ({ width: 120, height: 60, fit })),
  { width: 400, height: 400, fit: "cover", enlarge: true },
  ...([90, 180, 270] as const).map((rotate) => ({ width: 100, rotate })),
  { width: 100, blur: 20 },
  { width: 100, background: "#fff" },
  { width: 100, quality: 40 },
  { width: 100, frame: "all" },
  { preset: "card" },
];
const formats = Object.keys(variantFormats) as VariantFormat[];
const asked: readonly UrlOptions[] = [
  ...kinds,
  ...formats.flatMap((format) => [{ format }, { format, width: 110 }, { format, width: 80, height: 80, fit: "cover" as const }]),
];
const accepts = ["image/avif,image/webp,*/*", "image/webp,*/*", "*/*"];

describe("a variant tells nothing of where its picture was taken", () => {
  it.each(sourceFormats)("from a %s, by any transform, in any format", async (source) => {
    const bytes = await photo(source);
    // The originals do tell, or this test would prove nothing.
    expect(bytes.includes('exif:GPSLatitude="48,51.5083N"') || (await xmpOf(bytes)).includes("exif:GPSLatitude")).toBe(true);
    expect(marksIn(bytes)).toEqual(expect.arrayContaining(["HoldfastCamera", "48,51.5083N"]));
    expect(marks.slice(-2).some((fractions) => bytes.includes(fractions))).toBe(true);

    const media = await openTestMedia({ presets: { card: { width: 200, height: 100, fit: "cover" } } });
    const file = await media.put(bytes, { name: `photo.${source}` });
    const told: string[] = [];
    let looked = 0;
    for (const options of asked) {
      for (const accept of options.format === undefined ? accepts : ["*/*"]) {
        const response = await media.handler(new Request(`http://localhost${file.url(options)}`, { headers: { accept } }));
        const variant = Buffer.from(await response.arrayBuffer());
        const where = `${JSON.stringify(options)} as ${response.headers.get("content-type")}`;
        expect([response.status, where]).toEqual([200, where]);
        const found = await tracesIn(variant);
        if (found.length > 0) told.push(`${where}: ${found.join(", ")}`);
        looked += 1;
      }
    }
    expect(told).toEqual([]);
    expect(looked).toBe(kinds.length * accepts.length + formats.length * 3);
    expect(Buffer.from(file.thumbhash ?? "", "base64").byteLength).toBeLessThan(30);
  });
});

async function xmpOf(bytes: Buffer): Promise<string> {
  return (await sharp(bytes).metadata()).xmp?.toString() ?? "";
}

describe("a mezzanine, which no URL asks for and others are made of", () => {
  it.each(["jpeg", "tiff"] as const)("of a large %s tells nothing of where it was taken", async (source) => {
    const folder = await temporaryFolder();
    const media = await openTestMedia({ cwd: folder });
    const bytes = await photo(source, 3000, 2100);
    expect(marksIn(bytes)).toContain("HoldfastCamera");
    const file = await media.put(bytes, { name: `photo.${source}` });
    await media.handler(new Request(`http://localhost${file.url({ width: 128 })}`));
    const variants = async (): Promise<string[]> => (await filesBelow(folder)).filter((path) => /\/variants\/.*\.jpg$/.test(path));
    await expect.poll(async () => (await variants()).join(), { timeout: 10_000 }).toMatch(/mezzanine.*\.jpg,|,.*mezzanine/);
    const kept = await variants();
    await media.close();
    expect(kept).toHaveLength(2);
    for (const path of kept) expect([path, await tracesIn(await readFile(join(folder, path)))]).toEqual([path, []]);
  });
});

function marksIn(bytes: Buffer): string[] {
  return marks.filter((mark) => bytes.includes(mark)).map(String);
}

/** What a picture tells beside its pixels: by its decoder, and by a search through its bytes. */
async function tracesIn(bytes: Buffer): Promise<string[]> {
  const { exif: itsExif, xmp: itsXmp, iptc, comments, orientation } = await sharp(bytes, { animated: true }).metadata();
  const blocks: readonly (readonly [string, unknown])[] = [
    ["exif", itsExif],
    ["xmp", itsXmp],
    ["iptc", iptc],
    ["comments", comments],
    ["orientation", orientation],
  ];
  return [...blocks.filter(([, value]) => value !== undefined).map(([name]) => name), ...marksIn(bytes)];
}
