import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, readFile, readlink, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually, filesBelow, inBlocks, temporaryFolder } from "../../media.fixture.js";
import { isHoldfastError } from "../../errors.js";
import type { ObjectBody, ObjectStat, PutOptions, Sha256, Source } from "../driver.js";
import { parseKey } from "../key.js";
import { readAll } from "../object-body.js";
import { sourceFromBytes, sourceFromStream } from "../source.js";
import { fsDriver } from "./fs.js";

const plain: PutOptions = { contentType: "application/octet-stream" };
const key = parseKey("originals/2026/11/cat.jpg");
const bytes = randomBytes(600_000);
const shaOf = (content: Uint8Array): Sha256 => createHash("sha256").update(content).digest("hex") as Sha256;
const coded = (code: string): object => expect.objectContaining({ code });
const textOf = async (body: ObjectBody): Promise<string> => Buffer.from(await readAll(body)).toString();

async function keysOf(stats: AsyncIterable<ObjectStat>): Promise<string[]> {
  const keys: string[] = [];
  for await (const stat of stats) keys.push(stat.key);
  return keys;
}

/** Do without root's right to read everything, so that a denied permission is one. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("fsDriver, putting", () => {
  it("keeps each object as one file that is readable without us, and leaves no part behind", async () => {
    const root = await temporaryFolder();
    const receipt = await fsDriver({ root }).put(key, sourceFromBytes(bytes), plain);
    expect(receipt).toMatchObject({ size: bytes.byteLength, sha256: shaOf(bytes), verifiedBy: "readback" });
    expect(await filesBelow(root)).toEqual([key]);
    expect(shaOf(await readFile(join(root, key)))).toBe(shaOf(bytes));
  });

  it.each([
    ["another checksum than expected", { ...plain, expect: { sha256: shaOf(randomBytes(3)) } }],
    ["fewer bytes than expected", { ...plain, expect: { size: bytes.byteLength + 1 } }],
    ["more bytes than expected", { ...plain, expect: { size: bytes.byteLength - 1 } }],
  ])("refuses %s and leaves nothing", async (_what, options) => {
    const root = await temporaryFolder();
    await expect(fsDriver({ root }).put(key, sourceFromStream(inBlocks(bytes, 50_000)), options)).rejects.toThrow(coded("OBJECT_MISMATCH"));
    expect(await filesBelow(root)).toEqual([]);
  });

  it("leaves nothing when it is aborted, and gives the abort's own reason", async () => {
    const root = await temporaryFolder();
    const controller = new AbortController();
    const reason = new Error("the visitor left");
    const source: Source = {
      async *open() {
        yield bytes;
        controller.abort(reason);
        yield bytes;
      },
    };
    await expect(fsDriver({ root }).put(key, source, { ...plain, signal: controller.signal })).rejects.toBe(reason);
    expect(await filesBelow(root)).toEqual([]);
  });

  it("stops the source when it is aborted", async () => {
    const root = await temporaryFolder();
    let isStopped = false;
    const source: Source = {
      async *open() {
        try {
          for (;;) yield bytes;
        } finally {
          isStopped = true;
        }
      },
    };
    const signal = AbortSignal.timeout(30);
    await expect(fsDriver({ root }).put(key, source, { ...plain, signal })).rejects.toThrow(/timeout/i);
    expect(isStopped).toBe(true);
  });

  it("hands the source's own error on as it is, system error or not", async () => {
    const root = await temporaryFolder();
    const failure = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    const source: Source = {
      async *open() {
        yield bytes;
        throw failure;
      },
    };
    await expect(fsDriver({ root }).put(key, source, plain)).rejects.toBe(failure);
    const absent: Source = {
      open: () => {
        throw Object.assign(new Error("no such photo"), { code: "ENOENT" });
      },
    };
    await expect(fsDriver({ root }).put(key, absent, plain)).rejects.toThrow("no such photo");
    expect(await filesBelow(root)).toEqual([]);
  });

  it("has one winner among 20 who put with ifAbsent, whose bytes stay", async () => {
    const root = await temporaryFolder();
    const drivers = Array.from({ length: 20 }, () => fsDriver({ root }));
    const contents = drivers.map(() => randomBytes(20_000));
    const outcomes = await Promise.allSettled(
      drivers.map(async (driver, at) => await driver.put(key, sourceFromBytes(contents[at] ?? bytes), { ...plain, ifAbsent: true })),
    );
    const winners = outcomes.flatMap((outcome, at) => (outcome.status === "fulfilled" ? [at] : []));
    expect(winners).toHaveLength(1);
    const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    expect(refusals.filter((reason) => isHoldfastError(reason, "OBJECT_EXISTS"))).toHaveLength(19);
    expect(shaOf(await readFile(join(root, key)))).toBe(shaOf(contents[winners[0] ?? -1] ?? bytes));
    expect(await filesBelow(root)).toEqual([key]);
  });

  it("stores a stream that can be read only once, though its folder was removed meanwhile", async () => {
    const root = await temporaryFolder();
    const driver = fsDriver({ root });
    await driver.put(key, sourceFromBytes(bytes), plain);
    await rm(join(root, "originals"), { recursive: true });
    await driver.put(key, sourceFromStream(inBlocks(bytes, 50_000)), { ...plain, ifAbsent: true });
    expect(shaOf(await readFile(join(root, key)))).toBe(shaOf(bytes));
  });

  it("refuses keys in its own folder, and segments longer than a file name", async () => {
    const driver = fsDriver({ root: await temporaryFolder() });
    await expect(driver.put(parseKey(".holdfast/identity"), sourceFromBytes(bytes), plain)).rejects.toThrow(coded("KEY_INVALID"));
    await expect(driver.put(parseKey(`a/${"x".repeat(256)}`), sourceFromBytes(bytes), plain)).rejects.toThrow("more than 255 bytes");
    await driver.put(parseKey("a/.holdfast"), sourceFromBytes(bytes), plain);
  });

  it("says that it was denied, and never that anything is absent", async () => {
    const root = await temporaryFolder();
    const driver = fsDriver({ root });
    await driver.put(key, sourceFromBytes(bytes), plain);
    await chmod(root, 0o700);
    await chmod(join(root, "originals"), 0o000);
    onTestFinished(async () => await chmod(join(root, "originals"), 0o700));
    await chmod(root, 0o711);
    await chmod(join(root, ".holdfast"), 0o755);
    await asNobody(async () => {
      await expect(driver.stat(key)).rejects.toThrow(coded("STORAGE_DENIED"));
      await expect(driver.open(key)).rejects.toThrow(coded("STORAGE_DENIED"));
      await expect(driver.delete(key)).rejects.toThrow(coded("STORAGE_DENIED"));
      await expect(keysOf(driver.list({ prefix: "originals/" }))).rejects.toThrow(coded("STORAGE_DENIED"));
    });
  });

  it("does not leave an object out of a listing because it may not look at it", async () => {
    const root = await temporaryFolder();
    const driver = fsDriver({ root });
    await driver.put(key, sourceFromBytes(bytes), plain);
    await chmod(root, 0o755);
    const folder = join(root, "originals/2026/11");
    await chmod(folder, 0o444);
    onTestFinished(async () => await chmod(folder, 0o755));
    await asNobody(async () => {
      await expect(keysOf(driver.list())).rejects.toThrow(coded("STORAGE_DENIED"));
    });
  });
});

describe("fsDriver, reading", () => {
  it("yields exactly the range, and the rest of the file when it reaches beyond", async () => {
    const driver = fsDriver({ root: await temporaryFolder() });
    await driver.put(key, sourceFromBytes(Buffer.from("0123456789")), plain);
    expect(await textOf(await driver.open(key, { range: { start: 2, end: 4 } }))).toBe("234");
    expect(await textOf(await driver.open(key, { range: { start: 7, end: 99 } }))).toBe("789");
  });

  it("closes the file when the bytes are read, when reading stops, and when nobody reads", async () => {
    const driver = fsDriver({ root: await temporaryFolder() });
    await driver.put(key, sourceFromBytes(bytes), plain);
    const openFiles = async (): Promise<number> => {
      const links = await readdir("/proc/self/fd").catch(() => []);
      const targets = await Promise.all(links.map(async (fd) => await readlink(`/proc/self/fd/${fd}`).catch(() => "")));
      return targets.filter((target) => target.endsWith(key)).length;
    };
    await readAll(await driver.open(key));
    for await (const block of (await driver.open(key)).bytes) if (block.byteLength > 0) break;
    await (await driver.open(key)).close();
    await expect.poll(openFiles).toBe(0);
  });

  it("does not bring the process down when it is aborted before anybody reads", async () => {
    const driver = fsDriver({ root: await temporaryFolder() });
    await driver.put(key, sourceFromBytes(bytes), plain);
    const controller = new AbortController();
    const body = await driver.open(key, { signal: controller.signal });
    controller.abort();
    // An error event that nobody listens to would end this test run here.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(readAll(body)).rejects.toThrow(/abort/i);
  });

  it("does not bring the process down when it is aborted long after it was read, stopped or closed", async () => {
    const driver = fsDriver({ root: await temporaryFolder() });
    await driver.put(key, sourceFromBytes(bytes), plain);
    const controller = new AbortController();
    const [whole, stopped, unread] = await Promise.all([1, 2, 3].map(async () => await driver.open(key, { signal: controller.signal })));
    if (whole === undefined || stopped === undefined || unread === undefined) throw new Error("three were opened");
    await readAll(whole);
    for await (const block of stopped.bytes) if (block.byteLength > 0) break;
    await unread.close();
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    // What was closed has ended; it neither throws nor yields.
    expect((await readAll(unread)).byteLength).toBe(0);
  });

  it("tells an object from a folder", async () => {
    const driver = fsDriver({ root: await temporaryFolder() });
    await driver.put(key, sourceFromBytes(bytes), plain);
    const folder = parseKey("originals/2026");
    expect(await driver.stat(folder)).toBeUndefined();
    await expect(driver.open(folder)).rejects.toThrow(coded("OBJECT_NOT_FOUND"));
    await driver.delete(folder);
    expect(await driver.stat(key)).toBeDefined();
    await expect(driver.open(parseKey(`${key}/deeper`))).rejects.toThrow(coded("OBJECT_NOT_FOUND"));
  });
});

describe("fsDriver, deleting and listing", () => {
  it("removes what an interrupted put of the same key left, and nobody else's", async () => {
    const root = await temporaryFolder();
    const driver = fsDriver({ root });
    const never = new Promise<void>(() => undefined);
    const stuck: Source = {
      async *open() {
        yield bytes;
        await never;
      },
    };
    // Abandoned in the middle, as by a crash.
    void driver.put(key, stuck, plain);
    void driver.put(parseKey("other"), stuck, plain);
    const parts = join(root, ".holdfast/parts");
    await eventually(async () => (await readdir(parts).catch(() => [])).length === 2);
    await driver.delete(key);
    expect(await readdir(parts)).toHaveLength(1);
    await driver.delete(parseKey("other"));
    expect(await readdir(parts)).toHaveLength(0);
  });

  it("lists past files whose names cannot be keys", async () => {
    const root = await temporaryFolder();
    const driver = fsDriver({ root });
    await driver.put(key, sourceFromBytes(bytes), plain);
    await writeFile(join(root, "originals", "a\\b.txt"), "not ours");
    await writeFile(join(root, "originals", "line\nbreak"), "not ours");
    expect(await keysOf(driver.list())).toEqual([key]);
  });

  it("neither lists nor counts what is its own, or not finished", async () => {
    const root = await temporaryFolder();
    const driver = fsDriver({ root });
    await driver.identity();
    const seen: string[] = [];
    const watching: Source = {
      async *open() {
        yield bytes;
        for await (const stat of driver.list()) seen.push(stat.key);
      },
    };
    await driver.put(key, watching, plain);
    expect(seen).toEqual([]);
  });
});

describe("fsDriver, knowing its own storage", () => {
  it("has one identity, whoever asks first and however many ask at once", async () => {
    const root = await temporaryFolder();
    const found = await Promise.all(Array.from({ length: 20 }, async () => await fsDriver({ root }).identity()));
    expect(new Set(found).size).toBe(1);
    expect(await fsDriver({ root }).identity()).toBe(found[0]);
    expect(await readdir(join(root, ".holdfast"))).toEqual(["identity"]);
  });

  it("says unreachable, not absent, while the volume is not mounted", async () => {
    const root = join(await temporaryFolder(), "volume");
    const driver = fsDriver({ root });
    await driver.put(key, sourceFromBytes(bytes), plain);
    await rename(root, `${root}-away`);
    await mkdir(root);
    const unreachable = expect.objectContaining({
      code: "STORAGE_UNREACHABLE",
      message: expect.stringContaining("is the volume mounted?"),
    });
    await expect(driver.stat(key)).rejects.toThrow(unreachable);
    await expect(driver.open(key)).rejects.toThrow(unreachable);
    await expect(driver.delete(key)).rejects.toThrow(unreachable);
    await expect(keysOf(driver.list())).rejects.toThrow(unreachable);
  });

  it("never stores anything beneath a volume that went away", async () => {
    const root = join(await temporaryFolder(), "volume");
    const driver = fsDriver({ root });
    await driver.put(key, sourceFromBytes(bytes), plain);
    await rename(root, `${root}-away`);
    await mkdir(root);
    await expect(driver.put(parseKey("new.jpg"), sourceFromBytes(bytes), plain)).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
    expect(await readdir(root)).toEqual([]);
    await rm(root, { recursive: true });
    await rename(`${root}-away`, root);
    await driver.put(parseKey("new.jpg"), sourceFromBytes(bytes), plain);
  });

  it("says unreachable when another storage is mounted in its place", async () => {
    const folder = await temporaryFolder();
    const [mine, other] = [join(folder, "mine"), join(folder, "other")];
    const driver = fsDriver({ root: mine });
    await driver.put(key, sourceFromBytes(bytes), plain);
    await fsDriver({ root: other }).identity();
    await rename(mine, `${mine}-away`);
    await rename(other, mine);
    await expect(driver.stat(key)).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
  });

  it("says that a folder it cannot make is unreachable or denied, and recovers when it can", async () => {
    const root = join(await temporaryFolder(), "file-in-the-way");
    await writeFile(root, "");
    const driver = fsDriver({ root });
    await expect(driver.put(key, sourceFromBytes(bytes), plain)).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
    await rm(root);
    await driver.put(key, sourceFromBytes(bytes), plain);
  });
});
