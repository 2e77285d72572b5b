import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import { filesBelow, openTestMedia, picture, temporaryFolder } from "../media.fixture.js";
import type { Media, MediaFile } from "../media.js";
import { nodeHandler } from "./node.js";

type TestMedia = Awaited<ReturnType<typeof openTestMedia>>;

const jpeg = await picture("jpeg", 200, 100);

/** What a request is answered with. */
interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: Buffer;
}

/** The media of the catalogue below `folder`, over the storage below another one. */
async function open(folder: string, storageOf: string): Promise<TestMedia> {
  return await openTestMedia({
    cwd: folder,
    env: { MEDIA_ROOT: rootOf(storageOf) },
    // Whatever may be deleted is due at once.
    retentionMs: 0,
    lateWriteMs: 0,
    authorize: () => true,
  });
}

const rootOf = (folder: string): string => join(folder, "holdfast-data", "media");

async function serve(media: Media): Promise<{
  get(url: string): Promise<Answer>;
  upload(): Promise<Answer>;
}> {
  const handle = nodeHandler(media);
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (url: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(origin + url, init);
    const body = Buffer.from(await response.arrayBuffer());
    const isProblem = response.headers.get("content-type") === "application/problem+json";
    const { code } = isProblem ? (JSON.parse(body.toString()) as { code?: string }) : {};
    return { status: response.status, code, body };
  };
  return {
    get: async (url) => await ask(url, { headers: { accept: "image/webp" } }),
    upload: async () =>
      await ask("/media?name=new.jpg", { method: "POST", headers: { "content-type": "image/jpeg" }, body: Uint8Array.from(jpeg) }),
  };
}

/** A file in use whose variant has been made, and one that is in the trash. */
async function fill(media: Media): Promise<{ readonly file: MediaFile; readonly urls: readonly string[] }> {
  const file = await media.put(jpeg, { name: "cat.jpg" });
  const gone = await media.put(jpeg, { name: "gone.jpg" });
  const urls = [file.originalUrl(), file.url({ width: 64 })];
  const { get } = await serve(media);
  for (const url of urls) expect((await get(url)).status).toBe(200);
  await media.trash(gone.id);
  // What was answered first is stored after; closing waits for it.
  await media.close();
  return { file, urls };
}

let right: string;
let before: readonly string[];
let filled: Awaited<ReturnType<typeof fill>>;

beforeEach(async () => {
  right = await temporaryFolder();
  filled = await fill(await open(right, right));
  before = await filesBelow(rootOf(right));
  expect(before).toHaveLength(3);
});

/** With the catalogue that belongs to it, everything is there as it was, and settling works again. */
async function expectAsBefore(): Promise<void> {
  const media = await open(right, right);
  const { get } = await serve(media);
  for (const url of filled.urls) expect((await get(url)).status).toBe(200);
  expect(await media.settle()).toMatchObject({ purged: 1, heldBack: undefined });
  await media.close();
  const { db } = await openTestCatalogue(right);
  // The variant was not made a second time.
  expect(await db.selectFrom("variants").select("state").execute()).toEqual([{ state: "stored" }]);
}

describe("an empty catalogue over a storage that is full", () => {
  it("says so, answers for what it does not know with 404, takes and serves what is new, and deletes nothing", async () => {
    const media = await open(await temporaryFolder(), right);
    const { get, upload } = await serve(media);
    for (const url of filled.urls) expect(await get(url)).toMatchObject({ status: 404, code: "FILE_NOT_FOUND" });
    expect(media.lines.join("\n")).toContain("already holds files that it does not know");

    const created = await upload();
    expect(created.status).toBe(201);
    const { id } = JSON.parse(created.body.toString()) as { id: string };
    const url = (await media.get(id))?.originalUrl() ?? "";
    expect((await get(url)).body.equals(jpeg)).toBe(true);
    await media.trash(id);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await media.settle()).toMatchObject({
        cleared: 0,
        purged: 0,
        heldBack: expect.stringContaining("Was the catalogue lost?") as string,
      });
    }
    await media.close();
    const after = await filesBelow(rootOf(right));
    expect(after).toEqual(expect.arrayContaining([...before]));
    expect(after).toHaveLength(before.length + 1);
    await expectAsBefore();
  });
});

describe("a catalogue over another storage than its own", () => {
  it("reads its rows, refuses uploads with 503, deletes nothing and takes nothing for lost", async () => {
    const other = await temporaryFolder();
    const own = await fill(await open(other, other));
    const ownBefore = await filesBelow(rootOf(other));

    const media = await open(other, right);
    const { get, upload } = await serve(media);
    expect((await media.list()).files.map(({ id }) => id)).toEqual([own.file.id]);
    for (const url of own.urls) expect(await get(url)).toMatchObject({ status: 503, code: "STORAGE_MISMATCH" });
    for (const url of filled.urls) expect(await get(url)).toMatchObject({ status: 404, code: "FILE_NOT_FOUND" });
    expect(await upload()).toMatchObject({ status: 503, code: "STORAGE_MISMATCH" });
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await media.settle()).toMatchObject({ purged: 0, heldBack: expect.stringContaining("belongs to another storage") as string });
    }
    await media.close();
    expect(await filesBelow(rootOf(right))).toEqual(before);
    expect(await filesBelow(rootOf(other))).toEqual(ownBefore);

    // Put right, it knows all it knew: what could not be read meanwhile was not given up.
    const again = await open(other, other);
    const answers = await serve(again);
    for (const url of own.urls) expect((await answers.get(url)).status).toBe(200);
    await again.close();
    const { db } = await openTestCatalogue(other);
    expect(await db.selectFrom("variants").select("state").execute()).toEqual([{ state: "stored" }]);
    await expectAsBefore();
  });
});
