import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { type Decoding, decodeInline } from "../images/decoding.js";
import { findMediaType } from "../images/media-type.js";
import { filesBelow, inBlocks, openTestMedia, picture } from "../media.fixture.js";
import { redraw } from "./keep-as.js";
import { readLimits } from "./limits.js";

const square = { width: 100, height: 100, fit: "cover", focus: { x: 100, y: 50 } } as const;

/** Twice as wide as high, red at the left and blue at the right, turned by its orientation, with metadata. */
async function photo(): Promise<Buffer> {
  const half = async (background: string): Promise<Buffer> =>
    await sharp({ create: { width: 200, height: 200, channels: 3, background } })
      .png()
      .toBuffer();
  const whole = sharp({ create: { width: 400, height: 200, channels: 3, background: "#000" } }).composite([
    { input: await half("#f00"), left: 0, top: 0 },
    { input: await half("#00f"), left: 200, top: 0 },
  ]);
  return await sharp(await whole.png().toBuffer())
    .withExif({ IFD3: { GPSLatitudeRef: "N", GPSLatitude: "41/1 0/1 29/1" } })
    .jpeg()
    .toBuffer();
}

it("keeps a picture made of what was sent, and nothing of the rest", async () => {
  const media = await openTestMedia();
  const file = await media.stage(await photo(), { name: "Ayşe.jpeg", keepAs: square, visibility: "confidential" });
  expect(file).toMatchObject({ name: "Ayşe.jpg", type: "image/jpeg", width: 100, height: 100, visibility: "confidential" });
  const paths = (await filesBelow(media.folder)).filter((path) => path.endsWith(".jpg"));
  expect(paths).toHaveLength(1);
  const bytes = await readFile(join(media.folder, paths[0] ?? ""));
  expect(bytes.byteLength).toBe(file.size);
  const { exif, icc } = await sharp(bytes).metadata();
  expect([exif, icc]).toEqual([undefined, undefined]);
  const { dominant } = await sharp(bytes).stats();
  expect([dominant.r < 40, dominant.b > 200]).toEqual([true, true]);
});

it("keeps what is transparent as PNG, and what is to move as WebP, unless a format is said", async () => {
  const media = await openTestMedia();
  const clear = await sharp({ create: { width: 40, height: 40, channels: 4, background: "#0000" } })
    .png()
    .toBuffer();
  const kept = async (keepAs: object): Promise<string> => (await media.put(clear, { name: "clear.gif", keepAs })).name;
  expect(await kept({ width: 20 })).toBe("clear.png");
  expect(await kept({ width: 20, frame: "all" })).toBe("clear.webp");
  expect(await kept({ width: 20, format: "avif" })).toBe("clear.avif");
});

it("answers what was kept before when the same is sent again under its key", async () => {
  const media = await openTestMedia();
  const bytes = await photo();
  const send = async (of: Uint8Array) => await media.put(of, { name: "a.jpg", keepAs: square, idempotencyKey: "one-and-the-same" });
  const first = await send(bytes);
  expect(await send(bytes)).toMatchObject({ id: first.id, isReplayed: true });
  await expect(send(await picture())).rejects.toMatchObject({ code: "IDEMPOTENCY_MISMATCH" });
});

it("has each sending decoded under a key of its own bytes, so that one that kills its decoder spoils no other of its name", async () => {
  const inline = decodeInline(readLimits({}, {}));
  const keys: string[] = [];
  const watched: Decoding = {
    ...inline,
    inspect: async (sent) => (keys.push(sent.key), await inline.inspect(sent)),
    render: async (sent, ...rest) => (keys.push(sent.key), await inline.render(sent, ...rest)),
  };
  const jpeg = findMediaType("image/jpeg");
  if (jpeg === undefined) throw new Error("JPEG is known");
  for (const bytes of [await photo(), await photo(), await picture()]) {
    await redraw(watched, { name: "image.jpg", bytes: inBlocks(bytes) }, jpeg, { width: 20 });
  }
  const [first, second, third] = [keys.slice(0, 2), keys.slice(2, 4), keys.slice(4)].map((both) => new Set(both));
  expect([first?.size, second, third?.size]).toEqual([1, first, 1]);
  expect(third).not.toEqual(first);
});

it("refuses what is no picture, a broken one and a mistyped wish, and stores nothing", async () => {
  const media = await openTestMedia();
  const whole = await picture("jpeg", 400, 300);
  const refused = async (bytes: Uint8Array, keepAs: object): Promise<unknown> =>
    await media.put(bytes, { name: "a.jpg", keepAs }).catch((error: unknown) => (error as { code?: string }).code);
  expect(await refused(Buffer.from("%PDF-1.7\n"), square)).toBe("TYPE_NOT_ACCEPTED");
  expect(await refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), square)).toBe("TYPE_NOT_ACCEPTED");
  expect(await refused(whole.subarray(0, whole.byteLength / 2), square)).toBe("IMAGE_BROKEN");
  expect(await refused(whole, { widht: 4 })).toBe("PARAMETER_INVALID");
  expect((await media.list()).files).toEqual([]);
  expect((await filesBelow(media.folder)).filter((path) => path.endsWith(".jpg"))).toEqual([]);
});
