import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noisyPixels, randomFrom, sha256Of } from "./pictures-made.js";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";

interface Uploaded {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
  readonly type: string;
  readonly width: number;
  readonly height: number;
}

type Colour = readonly [red: number, green: number, blue: number];

const accepts = { webp: "image/webp,*/*", old: "*/*" } as const;
/** The four corners of a test picture as it should be seen, clockwise from the top left. */
const corners: readonly Colour[] = [
  [220, 40, 40],
  [40, 180, 60],
  [50, 80, 220],
  [240, 210, 50],
];
/** Encoding with losses, and from one colour space to another, moves a flat colour by a little. */
const tolerance = 12;

let folder: ServiceFolder;
let service: ServiceProcess;

beforeAll(async () => {
  folder = await makeServiceFolder();
  service = await startService(folder);
});

afterAll(async () => {
  await service.stop();
  await folder.remove();
});

/** A picture of four flat quarters, as it should be seen. */
async function quarters(width: number, height: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [topLeft, topRight, bottomRight, bottomLeft] = corners;
      const colour = y < height / 2 ? (x < width / 2 ? topLeft : topRight) : x < width / 2 ? bottomLeft : bottomRight;
      pixels.set(colour ?? [0, 0, 0], (y * width + x) * 3);
    }
  }
  return pixels;
}

async function quartersImage(width: number, height: number): Promise<Sharp> {
  return sharp(await quarters(width, height), { raw: { width, height, channels: 3 } });
}

async function uploadPicture(name: string, bytes: Uint8Array): Promise<Uploaded> {
  const response = await fetch(`${service.origin}/api/v1/files?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: Uint8Array.from(bytes),
  });
  const body = await response.text();
  expect({ name, status: response.status, body }).toMatchObject({ status: 201 });
  const file = JSON.parse(body) as Uploaded;
  expect(file.sha256).toBe(sha256Of(bytes));
  const original = await fetch(service.origin + file.url);
  expect(sha256Of(new Uint8Array(await original.arrayBuffer())), `the original of ${name}, byte for byte`).toBe(file.sha256);
  expect(original.headers.get("content-type")).toBe(file.type);
  return file;
}

async function variantOf({ id }: Uploaded, transform: string, accept: string = accepts.webp): Promise<Buffer> {
  const response = await fetch(`${service.origin}/media/${id}/${transform}/picture`, { headers: { accept } });
  const bytes = Buffer.from(await response.arrayBuffer());
  expect({ id, transform, status: response.status, body: response.ok ? "" : bytes.toString() }).toMatchObject({ status: 200 });
  return bytes;
}

/** Whatever a camera wrote about place, time and owner is not in a variant; nor is a profile that changes how it looks. */
async function expectBare(bytes: Buffer): Promise<void> {
  const { exif, xmp, iptc, icc, orientation, space } = await sharp(bytes).metadata();
  expect({ exif, xmp, iptc, icc, orientation, space }).toEqual({ space: "srgb" });
  for (const trace of ["Exif\0", "GPS", "http://ns.adobe.com/xap", "Photoshop 3.0", "ICC_PROFILE"])
    expect(bytes.includes(trace)).toBe(false);
}

/** The colours of the corners, a little inwards. */
async function cornersOf(bytes: Buffer): Promise<Colour[]> {
  const { data, info } = await sharp(bytes).removeAlpha().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
  const [left, right] = [Math.floor(info.width * 0.2), Math.floor(info.width * 0.8)];
  const [top, bottom] = [Math.floor(info.height * 0.2), Math.floor(info.height * 0.8)];
  const at = (x: number, y: number): Colour => {
    const start = (y * info.width + x) * info.channels;
    return [data[start] ?? 0, data[start + 1] ?? 0, data[start + 2] ?? 0];
  };
  return [at(left, top), at(right, top), at(right, bottom), at(left, bottom)];
}

async function expectCorners(bytes: Buffer, expected: readonly Colour[] = corners, within: number = tolerance): Promise<void> {
  const found = await cornersOf(bytes);
  const distances = found.map((colour, corner) =>
    Math.max(...colour.map((value, channel) => Math.abs(value - (expected[corner]?.[channel] ?? -999)))),
  );
  expect(Math.max(...distances), `${JSON.stringify(found)} should be ${JSON.stringify(expected)}`).toBeLessThanOrEqual(within);
}

async function sizeOf(bytes: Buffer): Promise<{ width: number; height: number; format: string }> {
  const { width, height, format } = await sharp(bytes).metadata();
  return { width, height, format };
}

describe("a photograph", () => {
  it("of three megabytes keeps its bytes, and its variants are as wide as asked", { timeout: 60_000 }, async () => {
    const [width, height] = [2400, 1600];
    const photo = await sharp(await noisyPixels(randomFrom(3), width, height, 160), { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 92 })
      .toBuffer();
    expect(photo.byteLength).toBeGreaterThan(2_500_000);
    const file = await uploadPicture("photo.jpg", photo);
    expect(file).toMatchObject({ width, height, type: "image/jpeg" });
    for (const [transform, expected] of [
      ["w64", 64],
      ["w640", 640],
      ["w2048", 2048],
      ["full", width],
    ] as const) {
      expect(await sizeOf(await variantOf(file, transform))).toEqual({
        width: expected,
        height: Math.round((expected / width) * height),
        format: "webp",
      });
    }
    expect((await sizeOf(await variantOf(file, "w640", accepts.old))).format).toBe("jpeg");
  });

  it(
    "of 24 megapixels with the place it was taken at loses the place in its variants, not in its original",
    { timeout: 60_000 },
    async () => {
      const image = (await quartersImage(6000, 4000)).withExif({
        IFD0: { Make: "Holdfast", Copyright: "A person's name" },
        IFD3: { GPSLatitudeRef: "N", GPSLatitude: "48/1 51/1 30/1", GPSLongitudeRef: "E", GPSLongitude: "2/1 17/1 40/1" },
      });
      const photo = await image
        .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>`)
        .jpeg({ quality: 85 })
        .toBuffer();
      expect((await sharp(photo).metadata()).exif?.includes("A person's name")).toBe(true);
      const file = await uploadPicture("eiffel.jpg", photo);
      expect(file).toMatchObject({ width: 6000, height: 4000 });
      for (const transform of ["w320", "w1600", "full"]) {
        for (const accept of Object.values(accepts)) {
          const variant = await variantOf(file, transform, accept);
          await expectBare(variant);
          await expectCorners(variant);
          expect(variant.includes("A person's name")).toBe(false);
        }
      }
    },
  );

  // EXIF 2.32 §4.6.4: what has to be done to the stored picture for it to be seen as it should be, undone here.
  const stored: readonly ((image: Sharp) => Sharp)[] = [
    (image) => image,
    (image) => image.flop(),
    (image) => image.rotate(180),
    (image) => image.flip(),
    (image) => image.rotate(90).flop(),
    (image) => image.rotate(-90),
    (image) => image.rotate(-90).flop(),
    (image) => image.rotate(90),
  ];

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("stored with orientation %i is listed and shown right way up", async (orientation) => {
    const [width, height] = [900, 600];
    // rotate and flop are one step of a pipeline in an order of sharp's own, so each gets a pipeline for itself.
    const turn = stored[orientation - 1] ?? ((image: Sharp) => image);
    const turnedRaw = await turnInSteps(await quartersImage(width, height), orientation, turn);
    const photo = await turnedRaw.withMetadata({ orientation }).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
    const file = await uploadPicture(`turned-${orientation}.jpg`, photo);
    expect(file).toMatchObject({ width, height });
    for (const accept of Object.values(accepts)) {
      const variant = await variantOf(file, "w320", accept);
      expect(await sizeOf(variant)).toMatchObject({ width: 320, height: 213 });
      await expectBare(variant);
      await expectCorners(variant);
    }
  });

  async function turnInSteps(image: Sharp, orientation: number, turn: (image: Sharp) => Sharp): Promise<Sharp> {
    if (orientation !== 5 && orientation !== 7) return sharp(await turn(image).png().toBuffer());
    const turned = sharp(
      await image
        .rotate(orientation === 5 ? 90 : -90)
        .png()
        .toBuffer(),
    );
    return sharp(await turned.flop().png().toBuffer());
  }
});

describe("a picture of every kind", () => {
  const flat: Colour = [200, 60, 40];
  const flatImage = (
    width: number,
    height: number,
    background: string | { r: number; g: number; b: number; alpha: number },
    channels: 3 | 4 = 3,
  ): Sharp => sharp({ create: { width, height, channels, background } });

  it("is brought from Display P3 into sRGB", async () => {
    const photo = await flatImage(400, 300, { r: flat[0], g: flat[1], b: flat[2], alpha: 1 })
      .withIccProfile("p3")
      .jpeg({ quality: 98, chromaSubsampling: "4:4:4" })
      .toBuffer();
    expect((await sharp(photo).metadata()).icc).toBeDefined();
    // The stored numbers are others than those seen: only a real conversion brings them back.
    const { data } = await sharp(photo, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });
    expect(Math.max(...flat.map((value, channel) => Math.abs(value - (data[channel] ?? 0))))).toBeGreaterThan(5);
    const file = await uploadPicture("p3.jpg", photo);
    for (const accept of Object.values(accepts)) {
      const variant = await variantOf(file, "w256", accept);
      await expectBare(variant);
      await expectCorners(variant, [flat, flat, flat, flat], 6);
    }
  });

  it("is brought from CMYK into sRGB", async () => {
    const photo = await flatImage(400, 300, { r: flat[0], g: flat[1], b: flat[2], alpha: 1 })
      .toColourspace("cmyk")
      .withIccProfile("cmyk")
      .jpeg({ quality: 95 })
      .toBuffer();
    expect(await sharp(photo).metadata()).toMatchObject({ space: "cmyk", channels: 4 });
    const variant = await variantOf(await uploadPicture("print.jpg", photo), "w256");
    await expectBare(variant);
    await expectCorners(variant, [flat, flat, flat, flat], 30);
  });

  it("is brought from sixteen bits to eight", async () => {
    const sixteen = await (await quartersImage(500, 400)).toColourspace("rgb16").png().toBuffer();
    expect(await sharp(sixteen).metadata()).toMatchObject({ depth: "ushort" });
    const variant = await variantOf(await uploadPicture("deep.png", sixteen), "w320");
    expect(await sharp(variant).metadata()).toMatchObject({ depth: "uchar" });
    await expectBare(variant);
    await expectCorners(variant);
  });

  it("keeps what is transparent where the format can, and is white where it cannot", async () => {
    const half = await sharp({ create: { width: 400, height: 400, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .composite([{ input: await flatImage(400, 200, "#c83c28").png().toBuffer(), top: 0, left: 0 }])
      .png()
      .toBuffer();
    const file = await uploadPicture("logo.png", half);
    for (const [accept, format] of [
      [accepts.webp, "webp"],
      [accepts.old, "png"],
    ] as const) {
      const variant = await variantOf(file, "w256", accept);
      expect(await sharp(variant).metadata()).toMatchObject({ format, hasAlpha: true });
      const alpha = await sharp(variant).extractChannel("alpha").raw().toBuffer();
      expect([alpha.at(10 * 256 + 10), alpha.at(245 * 256 + 10)]).toEqual([255, 0]);
      await expectBare(variant);
    }
  });

  it("is taken as WebP, AVIF, TIFF, progressive and grey, and shown in its colours", { timeout: 60_000 }, async () => {
    const kinds: readonly (readonly [name: string, type: string, bytes: Buffer])[] = [
      ["a.webp", "image/webp", await (await quartersImage(700, 500)).webp({ quality: 90 }).toBuffer()],
      ["a.avif", "image/avif", await (await quartersImage(700, 500)).avif({ quality: 80, effort: 2 }).toBuffer()],
      ["a.tif", "image/tiff", await (await quartersImage(700, 500)).tiff({ compression: "lzw" }).toBuffer()],
      ["progressive.jpg", "image/jpeg", await (await quartersImage(700, 500)).jpeg({ progressive: true, quality: 90 }).toBuffer()],
    ];
    for (const [name, type, bytes] of kinds) {
      const file = await uploadPicture(name, bytes);
      expect(file).toMatchObject({ width: 700, height: 500, type });
      const variant = await variantOf(file, "w320");
      await expectBare(variant);
      await expectCorners(variant);
    }
    const grey = await flatImage(300, 200, "#808080").toColourspace("b-w").jpeg().toBuffer();
    const variant = await variantOf(await uploadPicture("grey.jpg", grey), "w128");
    await expectBare(variant);
    await expectCorners(
      variant,
      [
        [128, 128, 128],
        [128, 128, 128],
        [128, 128, 128],
        [128, 128, 128],
      ],
      4,
    );
  });

  it.each(["gif", "webp"] as const)("is listed with the size of one frame when it is an animated %s", async (format) => {
    const [width, height, frames] = [200, 150, 5];
    const pages = Buffer.concat(await Promise.all(Array.from({ length: frames }, async () => await quarters(width, height))));
    pages.fill(0, width * height * 3 * 2, width * height * 3 * 2 + 600);
    const animated = await sharp(pages, { raw: { width, height: height * frames, channels: 3, pageHeight: height } })
      [format]({ loop: 0 })
      .toBuffer();
    expect((await sharp(animated).metadata()).pages ?? 1).toBeGreaterThan(1);
    const file = await uploadPicture(`moving.${format}`, animated);
    expect(file).toMatchObject({ width, height, type: `image/${format}` });
    const variant = await variantOf(file, "w128");
    expect(await sizeOf(variant)).toMatchObject({ width: 128, height: 96 });
    await expectCorners(variant, corners, 20);
  });

  it("is never enlarged", async () => {
    const file = await uploadPicture("small.jpg", await (await quartersImage(100, 80)).jpeg().toBuffer());
    for (const transform of ["w128", "w3840", "full"])
      expect(await sizeOf(await variantOf(file, transform))).toMatchObject({ width: 100, height: 80 });
  });
});

const photos = process.env["HOLDFAST_PHOTOS"];

describe("photographs of one's own (HOLDFAST_PHOTOS names their folder)", () => {
  const found =
    photos !== undefined && existsSync(photos)
      ? readdirSync(photos).filter((name) => /^\.(jpe?g|png|gif|webp|avif|tiff?)$/i.test(extname(name)))
      : [];

  it("are kept byte for byte, and their variants carry no metadata", { timeout: 30_000 + found.length * 10_000 }, async () => {
    for (const name of found) {
      const bytes = readFileSync(join(photos ?? "", name));
      const file = await uploadPicture(name, bytes);
      const { autoOrient } = await sharp(bytes).metadata();
      expect(file).toMatchObject({ width: autoOrient.width, height: autoOrient.height });
      for (const transform of ["w640", "full"]) await expectBare(await variantOf(file, transform));
    }
    expect(photos === undefined || found.length > 0, `HOLDFAST_PHOTOS=${photos} holds no photographs`).toBe(true);
  });
});
