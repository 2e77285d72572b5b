import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Catalogue, openCatalogue } from "./catalogue/catalogue.js";
import { noteChanged } from "./catalogue/changes.js";
import { databaseOf, loseCatalogue } from "./catalogue/test-database.fixture.js";
import { eventually, filesBelow, openTestMedia, picture, temporaryFolder } from "./media.fixture.js";
import type { Media } from "./media.js";
import type { RebuildOptions, RebuildReport } from "./rebuild-options.js";
import { rebuildCatalogue } from "./rebuild-catalogue.js";
import type { Driver, ObjectStat } from "./storage/driver.js";
import { fsDriver } from "./storage/drivers/fs.js";
import { openStorage } from "./storage/storage.js";

type TestMedia = Awaited<ReturnType<typeof openTestMedia>>;

const mediaFolder = (folder: string): string => join(folder, "holdfast-data", "media");
const filed = async (folder: string): Promise<string[]> => await filesBelow(mediaFolder(folder));

/** Everything that the catalogue knows, without what is only of the moment. */
async function everything({ db }: Catalogue): Promise<object> {
  const replicas = await db
    .selectFrom("replicas")
    .select(["file_id", "storage", "object_key", "size", "sha256"])
    .orderBy("file_id")
    .execute();
  const meta = await db.selectFrom("meta").selectAll().where("name", "!=", "signing_key").orderBy("name").execute();
  const attachments = await db.selectFrom("attachments").selectAll().orderBy("record_id").orderBy("slot").orderBy("position").execute();
  return { files: await db.selectFrom("files").selectAll().orderBy("id").execute(), attachments, replicas, meta };
}

async function inCatalogue<T>(folder: string, work: (catalogue: Catalogue) => Promise<T>): Promise<T> {
  const catalogue = await openCatalogue({ env: {}, cwd: folder, ...databaseOf(folder) });
  try {
    return await work(catalogue);
  } finally {
    await catalogue.close();
  }
}

const manifestsWritten = async (media: Media): Promise<void> =>
  await eventually(async () => (await media.jobs.list()).length === 0, 20_000);
const rebuilt = async (folder: string, options: RebuildOptions = {}): Promise<RebuildReport> =>
  await rebuildCatalogue({ env: {}, cwd: folder, ...databaseOf(folder), ...options });

/** Media with three pictures, one of them trashed, one with an owner and an end; their manifests written. */
async function threePictures(): Promise<TestMedia> {
  const media = await openTestMedia({ jobs: {} });
  const cover = await media.put(await picture("png"), { name: "Our cat.png", visibility: "public", attachTo: ["article", "1", "cover"] });
  const gone = await media.put(await picture("jpeg"), { name: "gone.jpg", attachTo: ["article", "1", "gallery"] });
  const staged = await media.put(await picture("webp"), { name: "staged.webp" });
  await media.trash(gone.id);
  await manifestsWritten(media);
  await media.close();
  await inCatalogue(media.folder, async (catalogue) => {
    const { now, db } = catalogue;
    await db.transaction().execute(async (tx) => {
      await tx
        .updateTable("files")
        .set((eb) => ({ owner: "user 7", idempotency_key: "key 1", expires_at: eb(now, "+", 86_400_000) }))
        .where("id", "=", staged.id)
        .execute();
      await tx
        .insertInto("attachments")
        .values({ record_type: "page", record_id: "é\n2", slot: "top", position: 4, file_id: cover.id, attached_at: now })
        .execute();
      await noteChanged(catalogue, tx, [staged.id, cover.id]);
    });
  });
  const again = await openTestMedia({ cwd: media.folder, jobs: {} });
  await again.list();
  await manifestsWritten(again);
  await again.close();
  return media;
}

describe("rebuildCatalogue", () => {
  it("makes the catalogue again as it was: files, attachments, owners, visibility, states, identity, canary", async () => {
    const { folder } = await threePictures();
    const before = await inCatalogue(folder, everything);
    await loseCatalogue(folder);
    expect(await rebuilt(folder)).toMatchObject({ files: 3, trashed: 1, attachments: 3, withoutManifest: 0, lost: 0, problems: [] });
    expect(await inCatalogue(folder, everything)).toEqual(before);

    const media = await openTestMedia({ cwd: folder });
    expect((await media.list()).files.map(({ name }) => name)).toEqual(["staged.webp", "Our cat.png"]);
    expect(media.lines.join("\n")).not.toMatch(/WIPED|lost|does not know/);
    // Settling works again: catalogue and storage belong together.
    expect(await media.settle()).toMatchObject({ heldBack: undefined });
  });

  it("brings back what has no manifest: private, attached to nothing, looked at anew", async () => {
    const media = await openTestMedia();
    const photo = await media.put(await picture("jpeg", 40, 30), { name: "Our cat.jpeg", visibility: "public", attachTo: ["a", "1", "b"] });
    await media.close();
    await loseCatalogue(media.folder);
    expect(await rebuilt(media.folder)).toMatchObject({ files: 1, withoutManifest: 1, attachments: 0, problems: [] });
    const next = await openTestMedia({ cwd: media.folder, jobs: {} });
    const { files } = await next.list();
    expect(files).toMatchObject([
      {
        id: photo.id,
        name: "our-cat.jpg",
        type: "image/jpeg",
        size: photo.size,
        sha256: photo.sha256,
        width: 40,
        height: 30,
        visibility: "private",
      },
    ]);
    expect(files[0]?.thumbhash).toBe(photo.thumbhash);
    expect(await next.attached("a", "1", "b")).toEqual([]);
    // It has a manifest from now on.
    await manifestsWritten(next);
    expect(await filed(media.folder)).toEqual([photo.key, `${photo.key}.json`]);
  });

  it("writes nothing in a dry run, and counts the same", async () => {
    const { folder } = await threePictures();
    const files = await filed(folder);
    await loseCatalogue(folder);
    const plan = await rebuilt(folder, { isDryRun: true });
    expect(plan).toMatchObject({ isDryRun: true, files: 3, trashed: 1, attachments: 3 });
    expect(await inCatalogue(folder, everything)).toEqual({ files: [], attachments: [], replicas: [], meta: [] });
    expect(await filed(folder)).toEqual(files);
    expect(await rebuilt(folder)).toEqual({ ...plan, isDryRun: false });
  });

  it("refuses a catalogue that knows files, and one of another storage", async () => {
    const { folder } = await threePictures();
    await expect(rebuilt(folder)).rejects.toThrow(expect.objectContaining({ code: "CATALOGUE_NOT_EMPTY" }));
    const other = await openTestMedia();
    await other.list();
    await other.close();
    const storage = { env: { MEDIA_ROOT: mediaFolder(folder) }, cwd: other.folder, ...databaseOf(other.folder) };
    await expect(rebuildCatalogue(storage)).rejects.toThrow(expect.objectContaining({ code: "STORAGE_MISMATCH" }));
  });

  it("goes on where it was interrupted", async () => {
    const media = await openTestMedia({ jobs: {} });
    const pdf = Buffer.from("%PDF-1.4\n%âãÏÓ\n");
    for (let n = 0; n < 130; n += 1)
      await media.put(Buffer.concat([pdf, Buffer.from(String(n))]), { name: `${n}.pdf`, attachTo: ["a", "1", "b"] });
    await manifestsWritten(media);
    await media.close();
    const before = await inCatalogue(media.folder, everything);
    await loseCatalogue(media.folder);
    const interruption = new AbortController();
    const stopped = rebuilt(media.folder, { signal: interruption.signal, onProgress: () => interruption.abort(new Error("Ctrl-C")) });
    await expect(stopped).rejects.toThrow("Ctrl-C");
    // Meanwhile nothing is deleted: the two are not tied together yet.
    const meanwhile = await openTestMedia({ cwd: media.folder });
    expect((await meanwhile.settle()).heldBack).toContain("already holds files");
    await meanwhile.close();
    expect(await rebuilt(media.folder)).toMatchObject({ files: 30, alreadyKnown: 100, attachments: 30 });
    expect(await inCatalogue(media.folder, everything)).toEqual(before);
  });

  it("tells of what is lost, damaged, unreadable and not ours, and leaves it where it is", async () => {
    const { folder } = await threePictures();
    const [cover = "", , gone = "", , staged = ""] = await filed(folder);
    await rm(join(mediaFolder(folder), cover));
    await writeFile(join(mediaFolder(folder), gone), "short");
    await writeFile(join(mediaFolder(folder), `${staged}.json`), "{}");
    await writeFile(join(mediaFolder(folder), "originals", "notes.txt"), "mine");
    const files = await filed(folder);
    await loseCatalogue(folder);
    const report = await rebuilt(folder);
    expect(report).toMatchObject({ files: 3, lost: 1, damaged: 1, withoutManifest: 1, ignored: 1 });
    expect(report.problems.map(({ key }) => key).toSorted()).toEqual([cover, gone, `${staged}.json`].toSorted());
    expect(await filed(folder)).toEqual(files);
    await inCatalogue(folder, async ({ db }) => {
      expect(await db.selectFrom("files").select("id").execute()).toHaveLength(3);
      expect(await db.selectFrom("replicas").select("file_id").execute()).toHaveLength(1);
      // A manifest of a later release is not written over.
      expect(await db.selectFrom("jobs").select("id").execute()).toEqual([]);
    });
  });

  it("needs no order in the storage's listing", async () => {
    const { folder } = await threePictures();
    const before = await inCatalogue(folder, everything);
    await loseCatalogue(folder);
    const { orderedList: _, list, ...driver } = fsDriver({ root: mediaFolder(folder) });
    const backwards: Driver["list"] = async function* (options) {
      const found: ObjectStat[] = [];
      for await (const object of list(options)) found.push(object);
      // The manifests first, then the objects.
      yield* found.toSorted((a, b) => Number(b.key.endsWith(".json")) - Number(a.key.endsWith(".json")));
    };
    const about = { description: "disk", chosenBy: "test", durability: "disk" } as const;
    const report = await rebuilt(folder, { storage: openStorage({ ...driver, list: backwards }, about) });
    expect(report).toMatchObject({ files: 3, withoutManifest: 0, lost: 0, problems: [] });
    expect(await inCatalogue(folder, everything)).toEqual(before);
  });

  it("leaves the objects of variants to settling, and has them made again", async () => {
    const media = await openTestMedia({ jobs: {} });
    const photo = await media.put(await picture("jpeg", 600, 400), { name: "cat.jpg" });
    const show = async (from: Media): Promise<number> =>
      (await from.handler(new Request(`http://localhost${photo.url({ width: 320 })}`))).status;
    expect(await show(media)).toBe(200);
    await manifestsWritten(media);
    await media.close();
    const variantsIn = async (): Promise<string[]> => (await filed(media.folder)).filter((path) => path.startsWith("variants/"));
    const [before] = await variantsIn();
    expect(before).toBeDefined();
    await loseCatalogue(media.folder);
    expect(await rebuilt(media.folder)).toMatchObject({ files: 1, variants: 1 });
    expect(await variantsIn()).toEqual([before]);
    const next = await openTestMedia({ cwd: media.folder });
    await next.settle();
    expect(await variantsIn()).toEqual([]);
    expect(await show(next)).toBe(200);
    await eventually(async () => (await variantsIn()).length === 1);
    expect(await variantsIn()).not.toEqual([before]);
  });

  it("gives a place that two files claim to one, and the end to the other", async () => {
    const media = await openTestMedia({ jobs: {} });
    for (const name of ["1.png", "2.png"]) await media.put(await picture("png"), { name, attachTo: ["a", "1", "b"] });
    await manifestsWritten(media);
    await media.close();
    const manifests = (await filed(media.folder)).filter((path) => path.endsWith(".json"));
    const second = join(mediaFolder(media.folder), manifests[1] ?? "");
    await writeFile(second, (await readFile(second, "utf8")).replace('"position": 1', '"position": 0'));
    await loseCatalogue(media.folder);
    const report = await rebuilt(media.folder);
    expect(report).toMatchObject({ files: 2, attachments: 2, problems: [{ key: "a/1/b" }] });
    const next = await openTestMedia({ cwd: media.folder });
    expect(await next.attached("a", "1", "b")).toHaveLength(2);
  });

  it("opens what the environment names, and says so when it cannot", async () => {
    await expect(rebuildCatalogue({ env: { MEDIA_DATABASE_URL: "mysql://x" }, cwd: await temporaryFolder() })).rejects.toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });
});
