import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, openTestMedia, picture, rememberingLog, temporaryFolder } from "../media.fixture.js";
import type { Sha256 } from "../storage/driver.js";
import { createDiskCache, type DiskCache } from "./disk-cache.js";

const block = 4096;

interface Kept {
  readonly bytes: Buffer;
  readonly sha256: Sha256;
}

function bytesOf(text: string, size = 100): Kept {
  const bytes = Buffer.alloc(size, text);
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") as Sha256 };
}

async function open(maxBytes = 1_000_000, folder?: string): Promise<{ cache: DiskCache; folder: string; lines: string[] }> {
  const log = rememberingLog();
  const at = folder ?? (await temporaryFolder());
  return { cache: createDiskCache({ folder: at, maxBytes, log }), folder: at, lines: log.lines };
}

async function keep(cache: DiskCache, { bytes, sha256 }: Kept): Promise<void> {
  cache.set(sha256, bytes);
  await cache.idle();
}

const pathOf = (folder: string, { sha256 }: Kept): string => join(folder, sha256.slice(0, 2), sha256);
const heldBytes = async (folder: string): Promise<number> => (await filesBelow(folder)).length * block;

describe("the disk cache", () => {
  it("gives back what it was given, and after a restart too", async () => {
    const { cache, folder } = await open();
    const one = bytesOf("one");
    expect(await cache.get(one.sha256, one.bytes.byteLength)).toBeUndefined();
    await keep(cache, one);
    expect(await cache.get(one.sha256, 100)).toEqual(one.bytes);
    const { cache: warm } = await open(1_000_000, folder);
    expect(await warm.get(one.sha256, 100)).toEqual(one.bytes);
  });

  it.each([
    ["is cut short", async (path: string) => await truncate(path, 50)],
    ["has other bytes of the same length", async (path: string) => await writeFile(path, Buffer.alloc(100, "x"))],
    ["is empty", async (path: string) => await truncate(path, 0)],
  ])("throws away a file that %s", async (_, harm) => {
    const { cache, folder } = await open();
    const one = bytesOf("one");
    await keep(cache, one);
    await harm(pathOf(folder, one));
    expect(await cache.get(one.sha256, 100)).toBeUndefined();
    expect(await filesBelow(folder)).toEqual([]);
    await keep(cache, one);
    expect(await cache.get(one.sha256, 100)).toEqual(one.bytes);
  });

  it("stays within its budget, and lets go of what was used least lately", async () => {
    const { cache, folder } = await open(20 * block);
    const all = Array.from({ length: 60 }, (_, n) => bytesOf(`variant ${n}`));
    const [first] = all as [Kept];
    for (const one of all) {
      await keep(cache, one);
      await cache.get(first.sha256, 100);
      expect(await heldBytes(folder)).toBeLessThanOrEqual(20 * block);
    }
    expect(await cache.get(first.sha256, 100)).toEqual(first.bytes);
    expect(await cache.get((all[1] as Kept).sha256, 100)).toBeUndefined();
    expect((await filesBelow(folder)).length).toBeGreaterThan(10);
  });

  it("stays within its budget when many are written at once", async () => {
    const { cache, folder } = await open(20 * block);
    for (let n = 0; n < 100; n += 1) {
      const { sha256, bytes } = bytesOf(`at once ${n}`);
      cache.set(sha256, bytes);
    }
    await cache.idle();
    expect(await heldBytes(folder)).toBeLessThanOrEqual(20 * block);
  });

  it("keeps the order of use over a restart", async () => {
    const { cache, folder } = await open(10 * block);
    const all = Array.from({ length: 8 }, (_, n) => bytesOf(`ordered ${n}`));
    for (const [n, one] of all.entries()) {
      await keep(cache, one);
      // The first one is the one used last.
      const time = (Date.now() - (n === 0 ? 0 : 100_000 - n * 1000)) / 1000;
      await utimes(pathOf(folder, one), time, time);
    }
    const { cache: warm } = await open(10 * block, folder);
    for (let n = 0; n < 4; n += 1) await keep(warm, bytesOf(`later ${n}`));
    const isThere = await Promise.all(all.map(async ({ sha256 }) => (await warm.get(sha256, 100)) !== undefined));
    expect(isThere[0]).toBe(true);
    expect(isThere[1]).toBe(false);
  });

  it("counts what another process writes to the same folder", async () => {
    const { cache, folder } = await open(16 * block);
    const { cache: other } = await open(16 * block, folder);
    for (let n = 0; n < 40; n += 1) await keep(n % 2 === 0 ? cache : other, bytesOf(`shared ${n}`));
    // An eighth of the budget may pass by each before it looks again.
    expect(await heldBytes(folder)).toBeLessThanOrEqual(20 * block);
  });

  it("removes what a killed process left half written, and leaves alone what is not its own", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "ab"));
    const left = join(folder, "ab", "half.new");
    await writeFile(left, "half");
    await utimes(left, 1, 1);
    await writeFile(join(folder, "ab", "being-written.new"), "whole soon");
    await writeFile(join(folder, "notes.txt"), "somebody's");
    await (await open(1_000_000, folder)).cache.idle();
    expect(await filesBelow(folder)).toEqual(["ab/being-written.new", "notes.txt"]);
  });

  it("keeps nothing that would take an eighth of the budget", async () => {
    const { cache, folder } = await open(80_000);
    await keep(cache, bytesOf("large", 10_001));
    expect(await filesBelow(folder)).toEqual([]);
  });

  it("says once that it cannot write, and goes on without", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "not-a-folder"), "");
    const { cache, lines } = await open(1_000_000, join(folder, "not-a-folder"));
    for (let n = 0; n < 5; n += 1) await keep(cache, bytesOf(`lost ${n}`));
    expect(await cache.get(bytesOf("lost 0").sha256, 100)).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining("come from the storage")]);
  });

  it.each(["before it was opened", "since"])(
    "leaves no file half written where a write fails, for what came in its way %s",
    async (when) => {
      const folder = await temporaryFolder();
      const one = bytesOf("one");
      // A folder in the file's place: the rename fails as on a disk that is broken.
      const comeInTheWay = async (): Promise<unknown> => await mkdir(join(pathOf(folder, one), "in the way"), { recursive: true });
      if (when !== "since") await comeInTheWay();
      const { cache, lines } = await open(1_000_000, folder);
      await cache.idle();
      if (when === "since") await comeInTheWay();
      await keep(cache, one);
      expect(await readdir(join(folder, one.sha256.slice(0, 2)))).toEqual([one.sha256]);
      expect(lines).toHaveLength(1);
    },
  );

  it("uses no folder that a link leads to", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "elsewhere"));
    await symlink(join(folder, "elsewhere"), join(folder, "cache"));
    const { cache, lines } = await open(1_000_000, join(folder, "cache"));
    await keep(cache, bytesOf("one"));
    expect(await readdir(join(folder, "elsewhere"))).toEqual([]);
    expect(lines[0]).toContain("it is not a folder of its own");
  });

  it("lets nobody else of the machine read it", async () => {
    const folder = join(await temporaryFolder(), "cache");
    const { cache } = await open(1_000_000, folder);
    const one = bytesOf("one");
    await keep(cache, one);
    expect([(await stat(folder)).mode & 0o777, (await stat(pathOf(folder, one))).mode & 0o777]).toEqual([0o700, 0o600]);
  });
});

describe("media with a disk cache", () => {
  const variantOf = async (media: { handler: (request: Request) => Promise<Response> }, path: string): Promise<Response> =>
    await media.handler(new Request(`http://localhost${path}`));

  it("answers a variant after a restart without asking the storage for it", async () => {
    const folder = await temporaryFolder();
    const options = { cwd: folder, variantCache: { folder: "cache" } };
    const first = await openTestMedia(options);
    const file = await first.put(await picture("jpeg", 200, 100), { name: "a.jpg" });
    const made = await variantOf(first, file.url({ width: 128 }));
    await first.close();
    await rm(join(folder, "holdfast-data", "media", "variants"), { recursive: true });

    const second = await openTestMedia(options);
    const answer = await variantOf(second, file.url({ width: 128 }));
    expect([answer.status, answer.headers.get("etag")]).toEqual([200, made.headers.get("etag")]);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(await made.arrayBuffer()));
    expect(second.stats().variants).toMatchObject({ memory: 0, disk: 1, storage: 0, made: 0 });
  });

  it("serves nothing from it that the catalogue does not know any more", async () => {
    const folder = await temporaryFolder();
    const options = { cwd: folder, variantCache: { folder: "cache" } };
    const first = await openTestMedia(options);
    const file = await first.put(await picture(), { name: "a.jpg" });
    await variantOf(first, file.url({ width: 128 }));
    await first.close();
    expect(await filesBelow(join(folder, "cache"))).toHaveLength(1);

    const second = await openTestMedia(options);
    await second.trash(file.id);
    expect((await variantOf(second, file.url({ width: 128 }))).status).toBe(404);
    expect(second.stats().variants.disk).toBe(0);
  });

  it("answers though the folder has gone", async () => {
    const folder = await temporaryFolder();
    const media = await openTestMedia({ cwd: folder, variantCache: { folder: "cache" } });
    const file = await media.put(await picture(), { name: "a.jpg" });
    await rm(join(folder, "cache"), { recursive: true, force: true });
    expect((await variantOf(media, file.url({ width: 128 }))).status).toBe(200);
  });
});
