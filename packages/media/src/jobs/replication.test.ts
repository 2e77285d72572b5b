import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import { databaseOf } from "../catalogue/test-database.fixture.js";
import { eventually, filesBelow, openTestMedia, picture, temporaryFolder } from "../media.fixture.js";
import type { Media, MediaOptions } from "../media.js";
import { rebuildCatalogue } from "../rebuild-catalogue.js";
import { fsDriver } from "../storage/drivers/fs.js";
import { readAll } from "../storage/object-body.js";
import { sourceFromBytes } from "../storage/source.js";
import { openStorage, type Storage } from "../storage/storage.js";

const disk = (root: string): Storage =>
  openStorage(fsDriver({ root }), { description: `disk (${root})`, chosenBy: "test", durability: "disk" });

type TestMedia = Awaited<ReturnType<typeof openTestMedia>>;
interface Mirrored {
  readonly folder: string;
  readonly first: string;
  readonly second: string;
  open(options?: MediaOptions): Promise<TestMedia>;
}

/** Two folders and a catalogue; media opened on them mirrors the first to the second. */
async function mirrored(): Promise<Mirrored> {
  const folder = await temporaryFolder();
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  const open: Mirrored["open"] = async (options = {}) =>
    await openTestMedia({ cwd: folder, storage: [disk(first), disk(second)], jobs: {}, ...options });
  return { folder, first, second, open };
}

const jobsDone = async (media: Media): Promise<void> => await eventually(async () => (await media.jobs.list()).length === 0, 10_000);
const bytesOf = async (media: Media, id: string): Promise<Buffer> => Buffer.from(await readAll(await media.open(id)));
const get = async (media: Media, url: string): Promise<Response> => await media.handler(new Request(`http://localhost${url}`));

describe("a mirror", () => {
  it("is given a whole copy of each original with its manifest, and both have their receipt", async () => {
    const { first, second, open } = await mirrored();
    const media = await open();
    const bytes = await picture();
    const photo = await media.put(bytes, { name: "cat.jpg" });
    await jobsDone(media);
    expect(await filesBelow(second)).toEqual(await filesBelow(first));
    expect(await readFile(join(second, photo.key))).toEqual(bytes);
    expect(await readFile(join(second, `${photo.key}.json`))).toEqual(await readFile(join(first, `${photo.key}.json`)));
    const identities = [await disk(first).identity(), await disk(second).identity()];
    const replicas = await media.replicas(photo.id);
    expect(replicas.map(({ storage }) => storage).toSorted()).toEqual(identities.toSorted());
    expect(replicas.every(({ sha256, size, key }) => sha256 === photo.sha256 && size === photo.size && key === photo.key)).toBe(true);
    expect(media.lines.join("\n")).toContain(`mirror: disk (${second}), chosen by test, durability disk`);
  });

  it("is given what was there before it", async () => {
    const { second, folder, first, open } = await mirrored();
    const alone = await openTestMedia({ cwd: folder, storage: disk(first), jobs: {} });
    const photos = [];
    for (let n = 0; n < 5; n += 1) photos.push(await alone.put(await picture(), { name: `${n}.jpg` }));
    await alone.trash(photos[0]?.id ?? "");
    await jobsDone(alone);
    await alone.close();
    const media = await open();
    // Work begins with the first use.
    await media.list();
    await eventually(async () => (await filesBelow(second)).length === 10, 10_000);
    await jobsDone(media);
    for (const { id } of photos.slice(1)) expect(await media.replicas(id)).toHaveLength(2);
  });

  it("answers reads while the first is away", async () => {
    const { first, open } = await mirrored();
    const media = await open();
    const bytes = await picture("jpeg", 600, 400);
    const photo = await media.put(bytes, { name: "cat.jpg", visibility: "public" });
    await jobsDone(media);
    // Without its identity a folder proves nothing: it may not be mounted.
    await rm(first, { recursive: true });
    expect(await bytesOf(media, photo.id)).toEqual(bytes);
    expect(Buffer.from(await (await get(media, photo.originalUrl())).arrayBuffer())).toEqual(bytes);
    expect((await get(media, photo.url({ width: 320 }))).status).toBe(200);
  });

  it("gives back what the first lost, when it is read", async () => {
    const { first, second, open } = await mirrored();
    const media = await open();
    const bytes = await picture();
    const photo = await media.put(bytes, { name: "cat.jpg" });
    await jobsDone(media);
    await rm(join(first, photo.key));
    expect(await bytesOf(media, photo.id)).toEqual(bytes);
    await eventually(async () => (await filesBelow(first)).includes(photo.key), 10_000);
    await jobsDone(media);
    expect(await readFile(join(first, photo.key))).toEqual(bytes);
    expect(await filesBelow(second)).toEqual(await filesBelow(first));
  });

  it("is never healed from bytes that are not the file's", async () => {
    const { first, second, open } = await mirrored();
    const media = await open();
    const bytes = await picture();
    const photo = await media.put(bytes, { name: "cat.jpg" });
    await jobsDone(media);
    await rm(join(first, photo.key));
    await writeFile(join(second, photo.key), Buffer.alloc(bytes.byteLength));
    await media.open(photo.id).then(async (body) => await body.close());
    await eventually(async () => (await media.jobs.list()).some(({ lastError }) => lastError?.includes("was refused") === true));
    expect(await filesBelow(first)).not.toContain(photo.key);
  });

  it("loses a purged file with the first, and again what comes late", async () => {
    const { first, second, open } = await mirrored();
    const media = await open({ retentionMs: 0, lateWriteMs: 0 });
    const photo = await media.put(await picture(), { name: "cat.jpg" });
    await jobsDone(media);
    await media.close();
    const purging = await open({ retentionMs: 0, lateWriteMs: 0, jobs: false });
    await purging.trash(photo.id);
    expect(await purging.settle()).toMatchObject({ purged: 1 });
    expect([await filesBelow(first), await filesBelow(second)]).toEqual([[], []]);
    expect(await purging.replicas(photo.id)).toEqual([]);
    await purging.close();
    // A copy that a stopped worker wrote after all.
    await disk(second).put(photo.key, sourceFromBytes(new Uint8Array(3)), { contentType: "image/jpeg" });
    const next = await open();
    await next.list();
    await eventually(async () => (await filesBelow(second)).length === 0, 15_000);
    expect(await filesBelow(second)).toEqual([]);
  });

  it("takes back a copy that was made while the file was purged", async () => {
    const { folder, first, second } = await mirrored();
    const catalogue = await openTestCatalogue(folder);
    let isPurged = false;
    const slow = fsDriver({ root: second });
    const racing = openStorage(
      {
        ...slow,
        async put(key, source, options) {
          const receipt = await slow.put(key, source, options);
          if (!key.endsWith(".json") && key.startsWith("originals/")) {
            await catalogue.db.updateTable("files").set({ state: "purging" }).execute();
            isPurged = true;
          }
          return receipt;
        },
      },
      { description: "second", chosenBy: "test", durability: "disk" },
    );
    const media = await openTestMedia({ cwd: folder, storage: [disk(first), racing], jobs: {} });
    await media.put(await picture(), { name: "cat.jpg" });
    await eventually(() => isPurged);
    await eventually(async () => (await filesBelow(second)).length === 0, 15_000);
    await jobsDone(media);
    expect(await filesBelow(second)).toEqual([]);
  });

  it("is enough to make the catalogue again where the first is lost", async () => {
    const { second, open } = await mirrored();
    const media = await open();
    const photo = await media.put(await picture(), { name: "cat.jpg", attachTo: ["article", "1", "cover"] });
    await jobsDone(media);
    await media.close();
    const elsewhere = await temporaryFolder();
    const storage = disk(second);
    expect(await rebuildCatalogue({ storage, env: {}, cwd: elsewhere, ...databaseOf(elsewhere) })).toMatchObject({
      files: 1,
      attachments: 1,
      problems: [],
    });
    const rescued = await openTestMedia({ cwd: elsewhere, storage });
    expect(await rescued.attached("article", "1", "cover")).toMatchObject([{ id: photo.id }]);
    expect(await rescued.settle()).toMatchObject({ heldBack: undefined });
  });

  it("has to be another storage", async () => {
    const { folder, first } = await mirrored();
    const media = await openTestMedia({ cwd: folder, storage: [disk(first), disk(first)] });
    await expect(media.list()).rejects.toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining("one and the same") }),
    );
    await expect(openTestMedia({ storage: [] })).rejects.toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});
