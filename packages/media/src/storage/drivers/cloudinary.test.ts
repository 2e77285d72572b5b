import { createHash, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CloudinaryDouble, startCloudinaryDouble } from "../../../../../test/doubles/cloudinary.js";
import type { BackendPicture, BackendTransform, Driver } from "../driver.js";
import { type Key, parseKey } from "../key.js";
import { readAll } from "../object-body.js";
import { sourceFromBytes, sourceFromStream } from "../source.js";
import { openCloudinaryDriver } from "./cloudinary.js";
import type { CloudinaryDriverOptions } from "./cloudinary-options.js";

let double: CloudinaryDouble;
let driver: Driver;

const open = async (options: Partial<CloudinaryDriverOptions> = {}): Promise<Driver> =>
  await openCloudinaryDriver({ account: double.account, uploadPrefix: double.origin, timeoutMs: 10_000, ...options });

beforeEach(async () => {
  double = await startCloudinaryDouble();
  driver = await open();
});
afterEach(async () => await double.stop());

const jpgKey = parseKey("originals/2026/11/01k9-ab12-a-cat.jpg");
const txtKey = parseKey("notes/a.txt");
const jpeg = { contentType: "image/jpeg" } as const;
const text = { contentType: "text/plain" } as const;

/** A JPEG of 1,000 × 500 pixels with a place in its EXIF. */
async function photograph(): Promise<Buffer> {
  return await sharp({ create: { width: 1000, height: 500, channels: 3, background: "#336699" } })
    .withExif({ IFD0: { Copyright: "somebody" }, IFD3: { GPSLatitude: "51/1 30/1 0/1" } })
    .jpeg()
    .toBuffer();
}

async function put(key: Key, bytes: Uint8Array, options: Parameters<Driver["put"]>[2] = text): ReturnType<Driver["put"]> {
  return await driver.put(key, sourceFromBytes(bytes), options);
}

async function read(key: Key, of: Driver = driver): Promise<Buffer> {
  return Buffer.from(await readAll(await of.open(key)));
}

/** What work is refused with: the error itself. */
async function refusalOf(work: Promise<unknown>): Promise<Error & { code?: string }> {
  return await work.then(
    () => new Error("it succeeded"),
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}

const countOf = (area: string): number => double.seen.filter((one) => one.area === area).length;

describe("putting", () => {
  it("keeps a photograph as it is, as an image, and proves it by Cloudinary's own MD5", async () => {
    const bytes = await photograph();
    const receipt = await put(jpgKey, bytes, jpeg);
    expect(receipt).toMatchObject({ size: bytes.byteLength, verifiedBy: "backend", etag: createHash("md5").update(bytes).digest("hex") });
    expect(double.assets.find("image", "authenticated", "holdfast/originals/2026/11/01k9-ab12-a-cat__2ejpg").bytes.equals(bytes)).toBe(
      true,
    );
    expect(await driver.stat(jpgKey)).toMatchObject({ size: bytes.byteLength, contentType: "image/jpeg" });
    expect((await read(jpgKey)).equals(bytes)).toBe(true);
  });

  it("keeps what Cloudinary cannot decode as a plain file", async () => {
    const bytes = randomBytes(500);
    await put(jpgKey, bytes, jpeg);
    expect(double.assets.all().map(({ place }) => place)).toEqual(["raw"]);
    expect((await read(jpgKey)).equals(bytes)).toBe(true);
    expect(await driver.stat(jpgKey)).toMatchObject({ size: 500, contentType: "image/jpeg" });
  });

  it("has one object under a key, whatever kinds were put there one after the other", async () => {
    const picture = await photograph();
    for (const [bytes, options] of [
      [randomBytes(10), text],
      [picture, jpeg],
      [randomBytes(20), text],
      [picture, jpeg],
    ] as const) {
      await put(jpgKey, bytes, options);
      expect((await read(jpgKey)).equals(bytes)).toBe(true);
      expect(await listed()).toEqual([jpgKey]);
    }
    await driver.delete(jpgKey);
    expect(await driver.stat(jpgKey)).toBeUndefined();
    expect(double.assets.size).toBe(0);
  });

  it("never replaces when told not to: the answer existing: true is a refusal", async () => {
    const old = randomBytes(10);
    await put(txtKey, old);
    expect(await refusalOf(put(txtKey, randomBytes(10), { ...text, ifAbsent: true }))).toMatchObject({ code: "OBJECT_EXISTS" });
    expect((await read(txtKey)).equals(old)).toBe(true);
  });

  it("removes and refuses what Cloudinary changed on the way in", async () => {
    double.assets.incoming = (bytes) => Buffer.concat([bytes, Buffer.from("!")]);
    expect(await refusalOf(put(txtKey, randomBytes(10)))).toMatchObject({ code: "OBJECT_MISMATCH" });
    double.assets.incoming = (bytes) => Buffer.from(bytes.map((byte) => byte ^ 1));
    expect((await refusalOf(put(txtKey, randomBytes(10)))).message).toMatch(/MD5/);
    expect(double.assets.size).toBe(0);
  });

  it("refuses at once what the plan does not take, and understands when Cloudinary says so itself", async () => {
    const large = Buffer.alloc(10_485_761, 1);
    const refused = await refusalOf(put(txtKey, large));
    expect(refused.message).toMatch(/is larger than the 10\.5 MB that the storage cloudinary \(cloud "double"\) takes for a plain file/);
    expect(countOf("upload")).toBe(0);
    driver = await open({ maxBytes: { raw: 50_000_000 } });
    expect(await refusalOf(put(txtKey, large))).toMatchObject({ code: "OBJECT_TOO_LARGE", details: { maxBytes: 10_485_760 } });
    expect(await refusalOf(driver.put(txtKey, sourceFromStream(blocksOf(large)), text))).toMatchObject({ code: "OBJECT_TOO_LARGE" });
    expect(double.assets.size).toBe(0);
  });

  it("refuses an empty object as Cloudinary would, without asking", async () => {
    expect(await refusalOf(put(txtKey, new Uint8Array()))).toMatchObject({ code: "UPLOAD_EMPTY" });
    expect(countOf("upload")).toBe(0);
  });

  it("carries metadata, with the characters that separate it", async () => {
    await put(txtKey, randomBytes(3), { ...text, metadata: { owner: "a=b|c\\d" } });
    expect(double.assets.all()[0]?.context).toMatchObject({ owner: "a=b|c\\d" });
  });
});

describe("when the connection fails", () => {
  it("asks whether an upload arrived whose answer was lost, and does not send it twice", async () => {
    double.misbehave("upload", "swallow");
    const bytes = randomBytes(1000);
    expect(await put(txtKey, bytes)).toMatchObject({ size: 1000, verifiedBy: "backend" });
    expect(countOf("upload")).toBe(1);
    expect((await read(txtKey)).equals(bytes)).toBe(true);
  });

  it("knows its own upload again under ifAbsent, though nobody could be asked", async () => {
    double.misbehave("upload", "swallow");
    double.misbehave("admin", "500", 3);
    expect(await put(txtKey, randomBytes(1000), { ...text, ifAbsent: true })).toMatchObject({ verifiedBy: "backend" });
    expect(countOf("upload")).toBe(2);
  });

  it("sends a chunk again whose answer was lost, and finds the whole when the last one was", async () => {
    for (const [after, uploads] of [
      [0, 4],
      [2, 3],
    ] as const) {
      const key = parseKey(`${after}.mp4`);
      const bytes = Buffer.concat([Buffer.from("\u0000\u0000\u0000\u0018ftypmp42", "latin1"), randomBytes(21_000_000)]);
      double.misbehave("upload", "swallow", 1, after);
      const before = countOf("upload");
      const sending = driver.put(key, sourceFromStream(blocksOf(bytes)), { contentType: "video/mp4" });
      expect(await sending).toMatchObject({ size: bytes.byteLength, verifiedBy: "backend" });
      expect(countOf("upload") - before).toBe(uploads);
      expect((await read(key)).equals(bytes)).toBe(true);
    }
  });

  for (const misdeed of ["drop", "500"] as const) {
    it(`tries again after "${misdeed}", and gives up in the end`, async () => {
      double.misbehave("upload", misdeed, 2);
      expect(await put(txtKey, randomBytes(10))).toMatchObject({ size: 10 });
      double.misbehave("upload", misdeed, 3);
      expect(await refusalOf(put(parseKey("b.txt"), randomBytes(10)))).toMatchObject({ code: "STORAGE_UNREACHABLE" });
      expect(double.assets.size).toBe(1);
    });
  }

  it("does not wait for ever", async () => {
    driver = await open({ timeoutMs: 200 });
    double.misbehave("upload", "stall", 3);
    expect((await refusalOf(put(txtKey, randomBytes(10)))).message).toMatch(/no answer within 0 s|silent/);
  });

  it("never takes a part of an object for the whole", async () => {
    await put(txtKey, randomBytes(300_000));
    for (const misdeed of ["truncate", "shorten"] as const) {
      double.misbehave("download", misdeed);
      expect(await refusalOf(read(txtKey))).toMatchObject({ code: "STORAGE_UNREACHABLE" });
    }
  });

  it("ends an upload that is aborted, with the reason given", async () => {
    double.misbehave("upload", "stall");
    const controller = new AbortController();
    const sending = refusalOf(put(txtKey, randomBytes(10), { ...text, signal: controller.signal }));
    setTimeout(() => controller.abort(new Error("enough")), 50);
    expect((await sending).message).toBe("enough");
    expect(double.assets.size).toBe(0);
  });
});

describe("absent, denied, unreachable", () => {
  it("are three things", async () => {
    expect(await driver.stat(txtKey)).toBeUndefined();
    expect(await refusalOf(driver.open(txtKey))).toMatchObject({ code: "OBJECT_NOT_FOUND" });
    for (const work of [async () => await driver.stat(txtKey), async () => await driver.open(txtKey)]) {
      const area = work.toString().includes("stat") ? "admin" : "download";
      double.misbehave(area, "forbid");
      expect(await refusalOf(work())).toMatchObject({ code: "STORAGE_DENIED" });
      double.misbehave(area, "lost");
      expect((await refusalOf(work())).message).toMatch(/it answered 404 \(an answer that is not Cloudinary's\)/);
      double.misbehave(area, "drop", 3);
      expect(await refusalOf(work())).toMatchObject({ code: "STORAGE_UNREACHABLE" });
    }
  });

  it("a wrong secret is told when the driver is opened, and what to check", async () => {
    const account = { ...double.account, apiSecret: "another-secret" };
    expect((await refusalOf(open({ account }))).message).toMatch(/denied permission to be opened \(Invalid credentials\)/);
  });

  it("waits for a rate limit that ends soon, and says when one ends that does not", async () => {
    await put(txtKey, randomBytes(10));
    double.adminCallsLeft = 0;
    double.resetAt = Math.ceil(Date.now() / 1000) * 1000 + 1000;
    expect(await driver.stat(txtKey)).toMatchObject({ size: 10 });
    double.adminCallsLeft = 0;
    double.resetAt = Date.UTC(2100, 0, 1);
    const refused = await refusalOf(driver.stat(txtKey));
    expect(refused).toMatchObject({ code: "STORAGE_UNREACHABLE" });
    expect(refused.message).toMatch(/until 2100-01-01T00:00:00\.000Z/);
    expect(await refusalOf(listed())).toMatchObject({ code: "STORAGE_UNREACHABLE" });
    // Reading and writing go by the Upload API, which has no such limit.
    await put(txtKey, randomBytes(20));
    expect((await read(txtKey)).byteLength).toBe(20);
  });

  it("no secret is in any error, nor in what it was caused by", async () => {
    const errors = [await refusalOf(open({ account: { ...double.account, apiKey: "999" } }))];
    for (const misdeed of ["drop", "500", "forbid", "lost"] as const) {
      double.behave();
      for (const area of ["upload", "download", "admin", "destroy"] as const) double.misbehave(area, misdeed, 100);
      errors.push(
        await refusalOf(put(txtKey, randomBytes(10))),
        await refusalOf(driver.open(txtKey)),
        await refusalOf(driver.stat(txtKey)),
        await refusalOf(driver.delete(txtKey)),
      );
    }
    expect(errors.filter(({ code }) => code === undefined)).toEqual([]);
    const shown = inspect(errors, { depth: 20, showHidden: true });
    expect(shown).not.toContain(double.account.apiSecret);
    expect(shown).not.toContain(Buffer.from(`${double.account.apiKey}:${double.account.apiSecret}`).toString("base64"));
  });
});

describe("reading", () => {
  it("gives the same range whether the download endpoint answers ranges or not", async () => {
    const bytes = randomBytes(100_000);
    await put(txtKey, bytes);
    for (const answersRanges of [false, true]) {
      double.answersRanges = answersRanges;
      const body = await driver.open(txtKey, { range: { start: 500, end: 70_000 } });
      expect(body.size).toBe(100_000);
      expect(Buffer.from(await readAll(body)).equals(bytes.subarray(500, 70_001))).toBe(true);
    }
  });

  it("signs links to one object for a while, also to a picture that was kept as a plain file", async () => {
    const bytes = randomBytes(100);
    await put(jpgKey, bytes, jpeg);
    const link = (await driver.signing?.signRead(jpgKey, { expiresInMs: 60_000, contentDisposition: "attachment" })) ?? "";
    const answer = await fetch(link);
    expect(answer.headers.get("content-disposition")).toBe("attachment");
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await fetch(link.replace("a-cat", "b-cat"))).status).toBe(401);
    expect((await fetch(link.replace(/expires_at=\d+/, "expires_at=9999999999"))).status).toBe(401);
  });

  it("remembers one identity per folder, and lists neither it nor what others put there", async () => {
    const identity = await driver.identity();
    expect(await (await open()).identity()).toBe(identity);
    expect(await (await open({ folder: "another" })).identity()).not.toBe(identity);
    double.assets.upload("image", { public_id: "holdfast/somebody else's", type: "authenticated" }, await photograph());
    expect(await listed()).toEqual([]);
  });
});

/** The full size, as a transform. */
const untouched: BackendTransform = {
  name: "full",
  width: undefined,
  height: undefined,
  fit: "inside",
  focus: "center",
  enlarge: false,
  rotate: 0,
  frame: 0,
  blur: undefined,
  background: undefined,
  format: "auto",
  quality: undefined,
};

const still: BackendPicture = { frames: 1, result: undefined };

describe("delivery", () => {
  const below = (url: string): string => url.replace("https://res.cloudinary.com", `${double.origin}/res`);

  it("has Cloudinary make the variants: never enlarged, without a place, and no others than were signed", async () => {
    await put(jpgKey, await photograph(), jpeg);
    const url = driver.variantUrl?.(jpgKey, { ...untouched, name: "w320", width: 320 }, still) ?? "";
    expect(url).toMatch(
      /^https:\/\/res\.cloudinary\.com\/double\/image\/authenticated\/s--[\w-]{8}--\/c_limit,cs_srgb,w_320\/f_auto\/q_auto\/v1\/holdfast\/originals\//,
    );
    const small = Buffer.from(await (await fetch(below(url))).arrayBuffer());
    expect(await sharp(small).metadata()).toMatchObject({ width: 320, height: 160 });
    expect((await sharp(small).metadata()).exif).toBeUndefined();
    const full = await fetch(below(driver.variantUrl?.(jpgKey, untouched, still) ?? ""), { headers: { accept: "image/webp" } });
    expect(await sharp(Buffer.from(await full.arrayBuffer())).metadata()).toMatchObject({ width: 1000, format: "webp" });
    expect((await fetch(below(driver.variantUrl?.(jpgKey, { ...untouched, name: "w3840", width: 3840 }, still) ?? ""))).status).toBe(200);
    expect((await fetch(below(url.replace("w_320", "w_640")))).status).toBe(401);
    expect((await fetch(below(url.replace(/s--.*?--\/.*\/q_auto\//, "")))).status).toBe(401);
  });

  it("has Cloudinary crop, pad and convert, and leaves to us what it would make otherwise", async () => {
    await put(jpgKey, await photograph(), jpeg);
    const cropped: BackendTransform = { ...untouched, width: 200, height: 300, fit: "cover", focus: "attention", format: "png" };
    const url = driver.variantUrl?.(jpgKey, cropped, { frames: 1, result: { width: 200, height: 300 } }) ?? "";
    expect(url).toMatch(/\/c_fill,cs_srgb,g_auto,h_300,w_200\/f_png\/q_auto\/v1\//);
    expect(await sharp(Buffer.from(await (await fetch(below(url))).arrayBuffer())).metadata()).toMatchObject({
      width: 200,
      height: 300,
      format: "png",
    });
    const padded: BackendTransform = { ...untouched, width: 300, height: 300, fit: "contain", background: "#00ff00", quality: 90 };
    const onGreen = driver.variantUrl?.(jpgKey, padded, { frames: 1, result: { width: 300, height: 300 } }) ?? "";
    expect(onGreen).toMatch(/\/b_rgb:00ff00,c_pad,cs_srgb,h_300,w_300\/f_auto\/q_90\/v1\//);
    expect(await sharp(Buffer.from(await (await fetch(below(onGreen))).arrayBuffer())).metadata()).toMatchObject({
      width: 300,
      height: 300,
    });
    expect(driver.variantUrl?.(jpgKey, { ...untouched, blur: 50 }, still)).toBeUndefined();
  });

  it("offers the originals' own addresses only where everybody may read them", async () => {
    expect(driver.publicUrl).toBeUndefined();
    driver = await open({ deliveryType: "upload" });
    const bytes = await photograph();
    await put(jpgKey, bytes, jpeg);
    const url = driver.publicUrl?.(jpgKey) ?? "";
    expect(url).toBe("https://res.cloudinary.com/double/image/upload/v1/holdfast/originals/2026/11/01k9-ab12-a-cat__2ejpg.jpg");
    expect(Buffer.from(await (await fetch(below(url))).arrayBuffer()).equals(bytes)).toBe(true);
    await put(txtKey, bytes);
    expect((await fetch(below(driver.publicUrl?.(txtKey) ?? ""))).status).toBe(200);
  });
});

async function listed(): Promise<Key[]> {
  const keys: Key[] = [];
  for await (const { key } of driver.list()) keys.push(key);
  return keys;
}

async function* blocksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
