import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it, vi } from "vitest";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import type { FileRecord } from "../catalogue/file.js";
import { moveFile } from "../catalogue/files.js";
import { fail } from "../errors.js";
import { decodeInline } from "../images/decoding.js";
import type { FormatChoice } from "../images/formats.js";
import { parseTransform } from "../images/transform.js";
import { filesBelow, picture, rememberingLog, temporaryFolder } from "../media.fixture.js";
import { fsDriver } from "../storage/drivers/fs.js";
import type { Driver } from "../storage/driver.js";
import { sourceFromBytes } from "../storage/source.js";
import { openStorage } from "../storage/storage.js";
import { readLimits } from "../uploads/limits.js";
import { receive } from "../uploads/receive.js";
import { settle } from "../uploads/settle.js";
import { createVariants, type VariantsContext } from "./variants.js";

const w64 = parseTransform("w64");
const webp: FormatChoice = { format: "webp", interim: undefined };
const coded = (code: string): object => expect.objectContaining({ code });

interface Bench extends VariantsContext {
  readonly folder: string;
  readonly file: FileRecord;
  readonly lines: string[];
  variantRows(): Promise<string[]>;
}

async function bench(change: (driver: Driver) => Driver = (driver) => driver, given?: Uint8Array): Promise<Bench> {
  const folder = await temporaryFolder();
  const root = join(folder, "media");
  const catalogue = await openTestCatalogue(folder);
  const storage = openStorage(change(fsDriver({ root })), { description: "disk", chosenBy: "test", durability: "disk" });
  await catalogue.remember("storage_identity", () => "");
  await catalogue.db
    .updateTable("meta")
    .set({ value: await storage.identity() })
    .execute();
  const log = rememberingLog();
  const context = { catalogue, storage, decoding: decodeInline(readLimits({}, {})), leaseMs: 60_000, log };
  const bytes = given ?? (await picture("jpeg", 200, 100));
  const { file } = await receive({ ...context, limits: readLimits({}, {}) }, { name: "cat.jpg", bytes: sourceFromBytes(bytes).open() });
  return {
    ...context,
    folder: root,
    file,
    lines: log.lines,
    variantRows: async () => (await catalogue.db.selectFrom("variants").select("state").execute()).map((row) => row.state),
  };
}

describe("variants", () => {
  it("are decoded once, however many ask at the same time, and never again by those who come after", async () => {
    const context = await bench();
    const decode = vi.spyOn(context.decoding, "render");
    const variants = createVariants(context);
    const answers = await Promise.all(Array.from({ length: 50 }, async () => await variants.get(context.file, w64, webp)));
    await variants.idle();
    expect(new Set(answers.map(({ variant }) => variant.etag)).size).toBe(1);
    // Another instance, as after a restart, finds it in the storage.
    const again = await createVariants(context).get(context.file, w64, webp);
    expect([again.variant.etag, decode.mock.calls.length]).toEqual([answers[0]?.variant.etag, 1]);
    expect(await context.variantRows()).toEqual(["stored"]);
  });

  it("are made again when their bytes have gone, and the row of the lost one is given up", async () => {
    const context = await bench();
    const variants = createVariants(context);
    await variants.get(context.file, w64, webp);
    await variants.idle();
    await rm(join(context.folder, "variants"), { recursive: true });
    const again = createVariants(context);
    expect((await sharp((await again.get(context.file, w64, webp)).variant.bytes).metadata()).width).toBe(64);
    await again.idle();
    expect((await context.variantRows()).toSorted()).toEqual(["abandoned", "stored"]);
  });

  it("are answered though they cannot be stored, and leave a reservation that settling removes", async () => {
    const context = await bench((driver) => ({
      ...driver,
      put: async (key, ...rest) =>
        key.startsWith("variants/") ? await Promise.reject(new Error("disk full")) : await driver.put(key, ...rest),
    }));
    const variants = createVariants({ ...context, leaseMs: -1 });
    expect((await variants.get(context.file, w64, webp)).variant.bytes.byteLength).toBeGreaterThan(0);
    await variants.idle();
    expect(context.lines.join()).toContain("disk full");
    expect(await settle({ ...context, lateWriteMs: 0, retentionMs: 0 })).toMatchObject({ abandoned: 1, cleared: 1 });
    expect(await context.variantRows()).toEqual([]);
  });

  it("are stored once when two instances make the same at the same time; the second's object is removed", async () => {
    const context = await bench();
    const instances = [createVariants(context), createVariants(context)];
    await Promise.all(instances.map(async (variants) => await variants.get(context.file, w64, webp)));
    await Promise.all(instances.map(async (variants) => await variants.idle()));
    expect((await context.variantRows()).filter((state) => state === "stored")).toHaveLength(1);
    expect((await filesBelow(context.folder)).filter((path) => path.startsWith("variants/"))).toHaveLength(1);
  });

  it("are not kept of a file that was purged while one was being stored", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const context = await bench((driver) => ({
      ...driver,
      put: async (key, ...rest) => {
        if (key.startsWith("variants/")) await gate;
        return await driver.put(key, ...rest);
      },
    }));
    const variants = createVariants(context);
    await variants.get(context.file, w64, webp);
    await moveFile(context.catalogue, context.file.id, "stored", "trashed");
    expect(await settle({ ...context, lateWriteMs: 0, retentionMs: 0 })).toMatchObject({ purged: 1 });
    release();
    await variants.idle();
    expect(await context.variantRows()).not.toContain("stored");
    expect(await filesBelow(context.folder)).toEqual([]);
  });

  it("fail alike for all who wait, and are tried anew by the next", async () => {
    const context = await bench();
    const decode = vi.spyOn(context.decoding, "render").mockRejectedValueOnce(new Error("once"));
    const variants = createVariants(context);
    const outcomes = await Promise.allSettled([1, 2, 3].map(async () => await variants.get(context.file, w64, webp)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "rejected", "rejected"]);
    await variants.get(context.file, w64, webp);
    await variants.idle();
    expect(decode).toHaveBeenCalledTimes(2);
  });

  it("say that the file is lost when its original is, and unreachable when the storage is", async () => {
    const context = await bench();
    await rm(join(context.folder, context.file.key));
    await expect(createVariants(context).get(context.file, w64, webp)).rejects.toThrow(coded("FILE_LOST"));
    await rm(context.folder, { recursive: true });
    await expect(createVariants(context).get(context.file, w64, webp)).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
  });
});

describe("variants in AVIF", () => {
  const avif: FormatChoice = { format: "avif", interim: "webp" };

  it("are made behind an answer in WebP, and then answered; once, however many ask", async () => {
    const context = await bench();
    const variants = createVariants(context);
    const first = await Promise.all([1, 2, 3].map(async () => await variants.get(context.file, w64, avif)));
    expect(first.map(({ format, isInterim }) => [format, isInterim])).toEqual(Array<unknown>(3).fill(["webp", true]));
    await variants.idle();
    const later = await variants.get(context.file, w64, avif);
    expect([later.format, later.isInterim, (await sharp(later.variant.bytes).metadata()).mediaType]).toEqual(["avif", false, "image/avif"]);
    expect(later.variant.etag).not.toBe(first[0]?.variant.etag);
    expect(variants.atHand(context.file, w64, avif)).toMatchObject({ format: "avif", isInterim: false });
    // Another instance, as after a restart, finds it in the storage.
    expect(await createVariants(context).get(context.file, w64, avif)).toMatchObject({ format: "avif", isInterim: false });
    expect(await context.variantRows()).toEqual(["stored", "stored"]);
  });

  it("are left out where they are not wanted, and where they cannot be made: then WebP is no makeshift", async () => {
    const context = await bench();
    const without = createVariants({ ...context, hasAvif: false });
    expect(await without.get(context.file, w64, avif)).toMatchObject({ format: "webp", isInterim: false });
    const { render } = context.decoding;
    vi.spyOn(context.decoding, "render").mockImplementation(async (given, transform, format, urgency) => {
      if (format === "avif") throw fail("VARIANT_OVER_BUDGET", { width: 64, height: 32, format });
      return await render(given, transform, format, urgency);
    });
    const unable = createVariants(context);
    expect(await unable.get(context.file, w64, avif)).toMatchObject({ format: "webp", isInterim: true });
    await unable.idle();
    expect(await unable.get(context.file, w64, avif)).toMatchObject({ format: "webp", isInterim: false });
    await without.idle();
  });
});

describe("variants of a large original", () => {
  it("are made of a smaller copy once there is one, where that is twice as large, and of the original again when it has gone", async () => {
    const context = await bench(undefined, await picture("jpeg", 3200, 2400));
    const variants = createVariants(context);
    const render = vi.spyOn(context.decoding, "render");
    const madeOf = (): unknown[] => render.mock.calls.map(([{ standsFor }, { name }]) => [name, standsFor !== undefined]);
    await variants.get(context.file, w64, webp);
    await variants.idle();
    expect(madeOf()).toEqual([
      ["w64", false],
      ["mezzanine", false],
    ]);
    render.mockClear();
    for (const name of ["w512", "w2048"]) await variants.get(context.file, parseTransform(name), webp);
    expect(madeOf()).toEqual([
      ["w512", true],
      ["w2048", false],
    ]);
    await variants.idle();
    render.mockClear();
    await rm(join(context.folder, "variants"), { recursive: true });
    const { width, height } = await sharp((await variants.get(context.file, parseTransform("w320"), webp)).variant.bytes).metadata();
    expect([width, height]).toEqual([320, 240]);
    await variants.idle();
    expect(madeOf()).toEqual([
      ["w320", true],
      ["w320", false],
      ["mezzanine", false],
    ]);
    render.mockClear();
    await variants.get(context.file, parseTransform("w256"), webp);
    expect(madeOf()).toEqual([["w256", true]]);
  });

  it("are made of the original where the smaller copy is harmed", async () => {
    const context = await bench(undefined, await picture("jpeg", 3200, 2400));
    const variants = createVariants(context);
    const render = vi.spyOn(context.decoding, "render");
    await variants.get(context.file, parseTransform("w1280"), webp);
    await variants.idle();
    const [harmed] = (await filesBelow(context.folder)).filter((path) => path.includes("mezzanine"));
    await writeFile(join(context.folder, harmed ?? ""), "harmed");
    render.mockClear();
    for (const name of ["w320", "w256"]) {
      const { variant } = await variants.get(context.file, parseTransform(name), webp);
      expect(`w${(await sharp(variant.bytes).metadata()).width}`).toBe(name);
      await variants.idle();
    }
    expect(render.mock.calls.map(([{ standsFor }, { name }]) => [name, standsFor !== undefined])).toEqual([
      ["w320", true],
      ["w320", false],
      ["w256", false],
    ]);
  });
});
