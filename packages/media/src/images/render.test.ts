import { randomUUID } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { picture } from "../media.fixture.js";
import { adobeRgbProfile, asAdobeRgb } from "./colour.fixture.js";
import { createBudget } from "./budget.js";
import { createDecoder } from "./decoder.js";
import type { VariantFormat } from "./formats.js";
import { renderVariant } from "./render.js";
import { parseTransform, transformOf } from "./transform.js";

const decoder = createDecoder({ maxPixels: 50_000_000, budget: createBudget(240_000_000, 2) });
type Options = Parameters<typeof transformOf>[0];
type Colour = readonly [number, number, number];

const render = async (input: Buffer, options: Options, format: VariantFormat = "png"): Promise<Sharp> =>
  sharp((await renderVariant(decoder, { key: randomUUID(), input }, transformOf(options), format)).bytes, { animated: true });

/** One colour, as raw pixels: what a file says is then said by the file alone. */
const filled = (colour: readonly number[], width = 40, height = 40): Sharp =>
  sharp(Buffer.from(Array.from({ length: width * height }, () => colour).flat()), {
    raw: { width, height, channels: colour.length as 3 | 4 },
  });

/** The pixel at a place. */
async function pixel(image: Sharp, left: number, top: number): Promise<number[]> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const at = (top * info.width + left) * info.channels;
  return [...data.subarray(at, at + info.channels)];
}

function expectNear(found: readonly number[], wanted: readonly number[], within: number): void {
  const off = Math.max(...wanted.map((value, index) => Math.abs(value - (found[index] ?? Number.NaN))));
  expect(off, `${found.join(",")} is to be ${wanted.join(",")}`).toBeLessThanOrEqual(within);
}

describe("colours", () => {
  const colours: readonly Colour[] = [
    [200, 60, 40],
    [40, 160, 90],
    [30, 60, 200],
    [240, 230, 210],
    [128, 128, 128],
  ];

  it.each(colours)("of Display P3 are the same in sRGB: %i, %i, %i", async (...colour) => {
    const wide = await filled(colour).withIccProfile("p3").png().toBuffer();
    // The file's own numbers are others, which a renderer that ignores the profile would show.
    const own = await pixel(sharp(wide, { ignoreIcc: true }), 20, 20);
    if (new Set(colour).size > 1) expect(own).not.toEqual([...colour]);
    const shown = await render(wide, { width: 20 });
    expectNear(await pixel(shown, 10, 10), colour, 2);
    expect((await shown.metadata()).icc).toBeUndefined();
  });

  it.each(colours)("of Adobe RGB are the same in sRGB: %i, %i, %i", async (...colour) => {
    const own = asAdobeRgb(colour);
    const wide = withIcc(await filled(own).png({ compressionLevel: 1 }).toBuffer(), adobeRgbProfile());
    expect((await sharp(wide).metadata()).icc).toBeDefined();
    expectNear(await pixel(await render(wide, {}), 20, 20), colour, 3);
  });

  // Colours that inks reach.
  it.each<Colour>([
    [200, 60, 40],
    [90, 150, 110],
    [240, 230, 210],
    [128, 128, 128],
  ])("of a CMYK print are near the same in sRGB: %i, %i, %i", async (...colour) => {
    const print = await filled(colour).withIccProfile("cmyk").jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer();
    expect((await sharp(print).metadata()).space).toBe("cmyk");
    // There and back through the profile's intents; inks taken for their negative, or for none, are off by a hundred.
    expectNear(await pixel(await render(print, {}), 20, 20), colour, 22);
  });

  it("of sixteen bits are rounded to eight", async () => {
    const deep = await filled([200, 60, 40]).toColourspace("rgb16").png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe("ushort");
    const shown = await render(deep, { width: 20 });
    expect((await shown.metadata()).depth).toBe("uchar");
    expectNear(await pixel(shown, 10, 10), [200, 60, 40], 1);
  });

  it.each<VariantFormat>(["jpeg", "webp", "avif", "png", "gif"])("of a grey picture stay grey in %s", async (format) => {
    const grey = await filled([90, 90, 90]).toColourspace("b-w").png().toBuffer();
    expect((await sharp(grey).metadata()).channels).toBe(1);
    const found = await pixel((await render(grey, { width: 20 }, format)).toColourspace("srgb"), 10, 10);
    expectNear(found.slice(0, 3), [90, 90, 90], 2);
  });

  it.each<VariantFormat>(["webp", "avif", "png"])("are as transparent as they were in %s", async (format) => {
    const glass = await filled([200, 60, 40, 128]).png().toBuffer();
    expectNear(await pixel(await render(glass, { width: 20 }, format), 10, 10), [200, 60, 40, 128], 4);
  });
});

/** Put an ICC profile into a PNG (PNG §11.3.2.3), without touching its pixels. */
function withIcc(png: Buffer, profile: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from("iCCPprofile\0\0"), deflateSync(profile)]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.length - 4);
  // After the signature and the header.
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

describe("metadata", () => {
  it.each<VariantFormat>(["jpeg", "webp", "avif", "png", "gif"])("of whatever kind is gone in %s", async (format) => {
    const exif = { IFD0: { Make: "SecretCamera" }, IFD3: { GPSLatitude: "52/1 30/1 0/1", GPSLatitudeRef: "N" } };
    const xmp = `<?xpacket begin="" id="x"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="SecretXmp"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
    const tagged = withIptc(
      await sharp(await picture("jpeg", 300, 200))
        .withExif(exif)
        .withXmp(xmp)
        .jpeg()
        .toBuffer(),
      "SecretCity",
    );
    const before = await sharp(tagged).metadata();
    expect([before.exif, before.xmp, before.iptc].every((found) => found !== undefined)).toBe(true);
    for (const options of [{}, { width: 64 }, { width: 50, height: 50, fit: "cover", focus: "attention" }, { blur: 50 }] as const) {
      const { bytes } = await renderVariant(decoder, { key: randomUUID(), input: tagged }, transformOf(options), format);
      const { exif: e, xmp: x, iptc, icc, tifftagPhotoshop, orientation, comments } = await sharp(bytes).metadata();
      expect([e, x, iptc, icc, tifftagPhotoshop, orientation, comments]).toEqual(Array<undefined>(7).fill(undefined));
      expect(Buffer.from(bytes).toString("latin1")).not.toMatch(/Secret|GPS|xmpmeta|Photoshop/);
    }
  });
});

/** Put a city (IPTC-IIM 2:90) into a JPEG, as Photoshop does. */
function withIptc(jpeg: Buffer, city: string): Buffer {
  const record = Buffer.concat([Buffer.from([0x1c, 2, 90, 0, city.length]), Buffer.from(city)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(record.length);
  const body = Buffer.concat([Buffer.from("Photoshop 3.0\x008BIM\x04\x04\0\0", "latin1"), length, record, Buffer.alloc(record.length % 2)]);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(body.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xed]), size, body, jpeg.subarray(2)]);
}

/** Four quarters: red, green, blue, white, from the top left by rows. */
async function quarters(width = 200, height = 100, as: "png" | "jpeg" = "png"): Promise<Buffer> {
  const part = async (colour: Colour): Promise<Buffer> =>
    await filled(colour, width / 2, height / 2)
      .png()
      .toBuffer();
  return await sharp({ create: { width, height, channels: 3, background: "#000000" } })
    .composite([
      { input: await part([255, 0, 0]), left: 0, top: 0 },
      { input: await part([0, 255, 0]), left: width / 2, top: 0 },
      { input: await part([0, 0, 255]), left: 0, top: height / 2 },
      { input: await part([255, 255, 255]), left: width / 2, top: height / 2 },
    ])
    .toFormat(as)
    .toBuffer();
}

const letters: Readonly<Record<string, string>> = { "255,0,0": "R", "0,255,0": "G", "0,0,255": "B", "255,255,255": "W", "0,0,0": "K" };

/** The corners by their colours, from the top left by rows: `RGBW` is the right way up. */
async function corners(image: Sharp): Promise<string> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): string => {
    const start = (y * info.width + x) * info.channels;
    const colour = [...data.subarray(start, start + 3)].map((value) => (value > 127 ? 255 : 0)).join(",");
    return letters[colour] ?? "?";
  };
  const [right, bottom] = [info.width - 3, info.height - 3];
  return at(2, 2) + at(right, 2) + at(2, bottom) + at(right, bottom);
}

describe("orientation", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("%i of EXIF is applied, and then forgotten", async (orientation) => {
    // What a camera that was held so would have written: the pixels that come out right when the tag is followed.
    const upright = await quarters();
    const stored = {
      1: sharp(upright),
      2: sharp(upright).flop(),
      3: sharp(upright).rotate(180),
      4: sharp(upright).flip(),
      5: sharp(await sharp(upright).rotate(270).toBuffer()).flip(),
      6: sharp(upright).rotate(270),
      7: sharp(await sharp(upright).rotate(90).toBuffer()).flip(),
      8: sharp(upright).rotate(90),
    }[orientation];
    const tagged = await stored?.jpeg({ quality: 100 }).withMetadata({ orientation }).toBuffer();
    const shown = await render(tagged ?? upright, { width: 100 });
    const { width, height, orientation: left } = await shown.metadata();
    expect([await corners(shown), width, height, left]).toEqual(["RGBW", 100, 50, undefined]);
  });

  it.each([
    [90, "BRWG", 50, 100],
    [180, "WBGR", 100, 50],
    [270, "GWRB", 50, 100],
  ] as const)("is turned by %i degrees clockwise when asked, before it is measured", async (rotate, expected, width, height) => {
    const shown = await render(await quarters(), { rotate, height });
    expect([await corners(shown), (await shown.metadata()).width]).toEqual([expected, width]);
  });

  it("is turned after EXIF's own", async () => {
    const tagged = await sharp(await quarters())
      .rotate(270)
      .jpeg({ quality: 100 })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect(await corners(await render(tagged, { rotate: 180 }))).toBe("WBGR");
  });
});

describe("fitting", () => {
  it("never enlarges, and keeps the shape that was asked for", async () => {
    const small = await picture("png", 50, 30);
    const size = async (options: Options): Promise<string> => {
      const { width, height } = await renderVariant(decoder, { key: randomUUID(), input: small }, transformOf(options), "webp");
      return `${width}x${height}`;
    };
    expect([
      await size({ width: 640 }),
      await size({ width: 640, height: 640, fit: "cover" }),
      await size({ width: 640, height: 640, fit: "contain" }),
      await size({ width: 100, enlarge: true }),
      await size({ width: 90, height: 90, fit: "cover", enlarge: true }),
    ]).toEqual(["50x30", "30x30", "50x50", "100x60", "90x90"]);
  });

  it.each<[Options["focus"], string]>([
    [{ x: 0, y: 0 }, "RRRR"],
    [{ x: 100, y: 0 }, "GGGG"],
    [{ x: 0, y: 100 }, "BBBB"],
    [{ x: 75, y: 75 }, "WWWW"],
    ["center", "RGBW"],
  ])("keeps the point %j in sight", async (focus, expected) => {
    // A wide strip, then a tall one, of a picture whose quarters differ.
    const wide = await render(await quarters(400, 400), { width: 400, height: 100, fit: "cover", focus });
    const tall = await render(await quarters(400, 400), { width: 100, height: 400, fit: "cover", focus });
    const [rows, columns] = [await corners(wide), await corners(tall)];
    if (focus === "center") expect([rows, columns]).toEqual(["RGBW", "RGBW"]);
    else {
      const { x, y } = focus as { x: number; y: number };
      expect(rows).toBe(y < 50 ? "RGRG" : "BWBW");
      expect(columns).toBe(x < 50 ? "RRBB" : "GGWW");
      expect(expected.slice(0, 1)).toMatch(/[RGBW]/);
    }
  });

  it.each(["attention", "entropy"] as const)("finds what there is to see by %s", async (focus) => {
    // A plain field with a red, noisy patch far to the right.
    const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
    const patch = await sharp({ create: { width: 100, height: 100, channels: 3, background: "#cc2200", noise } })
      .tint("#ff3300")
      .png()
      .toBuffer();
    const field = await sharp({ create: { width: 900, height: 200, channels: 3, background: "#909090" } })
      .composite([{ input: patch, left: 750, top: 50 }])
      .png()
      .toBuffer();
    const { channels } = await (await render(field, { width: 200, height: 200, fit: "cover", focus })).stats();
    expect(channels[0]?.stdev).toBeGreaterThan(20);
    const { channels: middle } = await (await render(field, { width: 200, height: 200, fit: "cover" })).stats();
    expect(middle[0]?.stdev).toBeLessThan(1);
  });

  it("fills, without keeping the shape", async () => {
    const shown = await render(await quarters(), { width: 50, height: 80, fit: "fill" });
    expect([await corners(shown), (await shown.metadata()).height]).toEqual(["RGBW", 80]);
  });

  it("lays the whole picture upon a ground", async () => {
    const square = { width: 100, height: 100, fit: "contain" } as const;
    const source = await quarters();
    expectNear(await pixel(await render(source, { ...square, background: "#102030" }), 50, 5), [16, 32, 48], 1);
    expectNear(await pixel(await render(source, { ...square, background: "#10203080" }), 50, 5), [16, 32, 48, 128], 1);
    expectNear(await pixel(await render(source, square), 50, 5), [0, 0, 0, 0], 0);
    expectNear(await pixel(await render(source, square, "jpeg"), 50, 5), [255, 255, 255], 1);
    // Translucent on what cannot be: over white.
    expectNear(await pixel(await render(source, { ...square, background: "#00000080" }, "jpeg"), 50, 5), [127, 127, 127], 2);
  });

  it("puts white, not black, under what was transparent in a JPEG, or the colour that is asked for", async () => {
    const clear = await filled([0, 0, 0, 0]).png().toBuffer();
    expectNear(await pixel(await render(clear, {}, "jpeg"), 20, 20), [255, 255, 255], 0);
    expectNear(await pixel(await render(clear, { background: "#204060" }, "jpeg"), 20, 20), [32, 64, 96], 2);
    expectNear(await pixel(await render(clear, { background: "#204060" }), 20, 20), [32, 64, 96], 0);
  });
});

describe("blur", () => {
  /** Black and white stripes or fields of `size` pixels: what is lost of them is lost of a face, a number plate, a signature. */
  async function pattern(size: number, side = 400): Promise<Buffer> {
    const data = Buffer.from(
      Array.from({ length: side * side }, (_, at) => ((Math.floor((at % side) / size) + Math.floor(at / side / size)) % 2) * 255),
    );
    return await sharp(data, { raw: { width: side, height: side, channels: 1 } })
      .png()
      .toBuffer();
  }

  it("of 50 leaves eight colours along a side: nothing finer can be told, however it is sharpened", async () => {
    for (const size of [1, 2, 5, 10, 20]) {
      const { channels } = await (await render(await pattern(size), { blur: 50 })).stats();
      // Stripes of full contrast have a deviation of 127; what is left is less than a step of eight bits' noise.
      expect(channels[0]?.stdev, `fields of ${size}`).toBeLessThan(6);
    }
    expect((await (await render(await pattern(100), { blur: 50 })).stats()).channels[0]?.stdev).toBeGreaterThan(60);
  });

  it("makes of two pictures with the same few colours the same picture", async () => {
    const draw = async (inner: number): Promise<Buffer> =>
      await sharp(await filled([128, 128, 128], 400, 400).png().toBuffer())
        .composite([
          {
            input: await sharp(await pattern(inner, 200))
              .png()
              .toBuffer(),
            left: 100,
            top: 100,
          },
        ])
        .png()
        .toBuffer();
    const [one, other] = await Promise.all(
      [draw(2), draw(4)].map(async (source) => await (await render(await source, { blur: 50 })).raw().toBuffer()),
    );
    const off = one?.reduce((most, value, at) => Math.max(most, Math.abs(value - (other?.[at] ?? 0))), 0);
    expect(off).toBeLessThan(8);
  });

  it("is as strong at every size, and keeps size and transparency", async () => {
    for (const width of [64, 200, 400]) {
      const shown = await render(await pattern(10), { width, blur: 50 });
      expect((await shown.metadata()).width).toBe(width);
      expect((await shown.stats()).channels[0]?.stdev).toBeLessThan(8);
    }
    expectNear(await pixel(await render(await filled([200, 60, 40, 128]).png().toBuffer(), { blur: 50 }), 20, 20), [200, 60, 40, 128], 4);
  });
});

describe("animation", () => {
  const frames: readonly Colour[] = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
  ];

  async function animation(format: "gif" | "webp"): Promise<Buffer> {
    const pages = await Promise.all(frames.map(async (colour) => await filled(colour, 120, 80).png().toBuffer()));
    const joined = sharp(pages, { join: { animated: true } });
    const options = { delay: [100, 200, 300], loop: 2 };
    return await (format === "gif" ? joined.gif(options) : joined.webp({ ...options, lossless: true })).toBuffer();
  }

  it.each(["gif", "webp"] as const)("of a %s shows its first frame, or the one that is asked for, or the last there is", async (format) => {
    const source = await animation(format);
    for (const [frame, colour] of [
      [undefined, frames[0]],
      [1, frames[1]],
      [2, frames[2]],
      [99, frames[2]],
    ] as const) {
      const shown = await render(source, { width: 60, frame });
      expect((await shown.metadata()).pages ?? 1).toBe(1);
      expectNear((await pixel(shown, 30, 20)).slice(0, 3), colour ?? [], 2);
    }
  });

  it.each([
    ["gif", "webp"],
    ["gif", "gif"],
    ["webp", "webp"],
    ["webp", "gif"],
  ] as const)("of a %s is kept moving in %s: frames, delays and turns", async (from, to) => {
    const { bytes, width, height } = await renderVariant(
      decoder,
      { key: randomUUID(), input: await animation(from) },
      transformOf({ width: 60, frame: "all" }),
      to,
    );
    expect([width, height]).toEqual([60, 40]);
    expect(await sharp(bytes, { animated: true }).metadata()).toMatchObject({
      format: to,
      pages: 3,
      delay: [100, 200, 300],
      loop: 2,
      pageHeight: 40,
    });
    for (const [index, colour] of frames.entries()) expectNear((await pixel(sharp(bytes, { page: index }), 30, 20)).slice(0, 3), colour, 4);
  });

  it("is cropped and laid upon a ground frame by frame", async () => {
    const source = await animation("gif");
    for (const fit of ["cover", "contain"] as const) {
      const focus = fit === "cover" ? { focus: { x: 0, y: 0 } } : {};
      const square = transformOf({ width: 40, height: 40, fit, frame: "all", ...focus });
      const { bytes, width, height } = await renderVariant(decoder, { key: randomUUID(), input: source }, square, "webp");
      expect([width, height, (await sharp(bytes).metadata()).pages]).toEqual([40, 40, 3]);
      for (const [index, colour] of frames.entries())
        expectNear((await pixel(sharp(bytes, { page: index }), 20, 20)).slice(0, 3), colour, 4);
    }
  });

  it("of one frame is a picture", async () => {
    const { width } = await renderVariant(
      decoder,
      { key: randomUUID(), input: await picture("gif", 100, 50) },
      transformOf({ width: 50, frame: "all" }),
      "webp",
    );
    expect(width).toBe(50);
  });
});

describe("a ladder's width", () => {
  it("is the width of what is made, in every format", async () => {
    const source = await picture("jpeg", 700, 300);
    for (const format of ["avif", "webp", "jpeg", "png", "gif"] as const) {
      const { bytes, width, height } = await renderVariant(decoder, { key: randomUUID(), input: source }, parseTransform("w320"), format);
      expect([width, height]).toEqual([320, 137]);
      expect(await sharp(bytes).metadata()).toMatchObject({ format: format === "avif" ? "heif" : format, width: 320, height: 137 });
    }
  });
});
