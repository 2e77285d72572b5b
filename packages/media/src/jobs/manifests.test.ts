import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import type { Catalogue } from "../catalogue/catalogue.js";
import { manifestKind, noteChanged } from "../catalogue/changes.js";
import type { FileId } from "../catalogue/file.js";
import { type Manifest, manifestForm, parseManifest } from "../catalogue/manifest.js";
import { eventually, filesBelow, openTestMedia, picture, rememberingLog } from "../media.fixture.js";
import type { Media } from "../media.js";
import type { Driver } from "../storage/driver.js";
import { memoryDriver } from "../storage/drivers/memory.js";
import { readAll } from "../storage/object-body.js";
import { openStorage, type Storage } from "../storage/storage.js";
import { manifestHandlers } from "./manifests.js";
import { createJobWorker, type JobWorker } from "./worker.js";

const below = (folder: string): Promise<string[]> => filesBelow(join(folder, "holdfast-data", "media"));
const isIdle = async (media: Pick<Media, "jobs">): Promise<boolean> => (await media.jobs.list()).length === 0;

async function manifestIn(folder: string): Promise<Manifest> {
  const [path] = (await below(folder)).filter((name) => name.endsWith(".json"));
  const manifest = parseManifest(await readFile(join(folder, "holdfast-data", "media", path ?? "none"), "utf8"));
  if (manifest === undefined) throw new Error(`${path} is no manifest`);
  return manifest;
}

describe("a file's manifest", () => {
  it("lies beside its object and tells what the catalogue knows", async () => {
    const media = await openTestMedia({ jobs: {} });
    const file = await media.put(await picture("png", 30, 20), {
      name: "Our cat.png",
      visibility: "public",
      attachTo: ["article", "42", "cover"],
    });
    await eventually(async () => await isIdle(media));
    expect(await below(media.folder)).toEqual([file.key, `${file.key}.json`]);
    expect(await manifestIn(media.folder)).toMatchObject({
      manifest: 1,
      id: file.id,
      key: file.key,
      revision: 1,
      state: "stored",
      name: "Our cat.png",
      type: "image/png",
      size: file.size,
      sha256: file.sha256,
      width: 30,
      height: 20,
      thumbhash: file.thumbhash,
      visibility: "public",
      owner: null,
      storedAt: new Date(file.storedAt).toISOString(),
      attachments: [{ recordType: "article", recordId: "42", slot: "cover", position: 0 }],
    });
  });

  it("follows the file into the trash and back, and goes with it when it is purged", async () => {
    const media = await openTestMedia({ jobs: {}, retentionMs: 0, lateWriteMs: 0 });
    const file = await media.put(await picture(), { name: "cat.jpg" });
    await media.trash(file.id);
    await eventually(async () => (await isIdle(media)) && (await manifestIn(media.folder)).state === "trashed");
    await media.restore(file.id);
    await eventually(async () => (await isIdle(media)) && (await manifestIn(media.folder)).state === "stored");
    expect((await manifestIn(media.folder)).revision).toBe(3);
    await media.trash(file.id);
    expect(await media.settle()).toMatchObject({ purged: 1 });
    await eventually(async () => await isIdle(media));
    expect(await below(media.folder)).toEqual([]);
  });

  it("is not written by an instance that does no jobs, but by the next that does", async () => {
    const media = await openTestMedia();
    const file = await media.put(await picture(), { name: "cat.jpg" });
    expect(await media.jobs.list()).toMatchObject([{ kind: "manifest", subject: file.id, state: "ready" }]);
    await media.close();
    const next = await openTestMedia({ cwd: media.folder, jobs: { concurrency: 1 } });
    // Work begins with the first use.
    await next.get(file.id);
    await eventually(async () => await isIdle(next));
    expect(await below(media.folder)).toEqual([file.key, `${file.key}.json`]);
  });

  it("has exactly the properties of its form", async () => {
    const media = await openTestMedia({ jobs: {} });
    await media.put(await picture(), { name: "cat.jpg" });
    await eventually(async () => await isIdle(media));
    const manifest = await manifestIn(media.folder);
    expect(Object.keys(manifest).toSorted()).toEqual(Object.keys(manifestForm).toSorted());
    for (const name of Object.keys(manifestForm)) {
      expect(parseManifest(JSON.stringify({ ...manifest, [name]: {} })), name).toBeUndefined();
    }
    expect(parseManifest(JSON.stringify({ ...manifest, addedLater: 1 }))).toBeDefined();
    for (const text of ["", "null", "[]", "{", '{"manifest":2}']) expect(parseManifest(text), text).toBeUndefined();
  });
});

describe("writing manifests", () => {
  interface Bench {
    readonly catalogue: Catalogue;
    readonly storage: Storage;
    readonly file: { readonly id: FileId; readonly key: string };
    work(): JobWorker;
    revision(): Promise<number | undefined>;
  }

  /** A stored file in a catalogue, and a storage whose puts `around` may hold up. */
  async function begin(around: (put: Driver["put"]) => Driver["put"]): Promise<Bench> {
    const catalogue = await openTestCatalogue();
    const driver = memoryDriver();
    const about = { description: "memory", chosenBy: "test", durability: "disk" } as const;
    const storage = openStorage({ ...driver, put: around(driver.put) }, about);
    const plain = openStorage(driver, about);
    const media = await openTestMedia({ storage: plain });
    const file = await media.put(await picture(), { name: "cat.jpg" });
    const { now } = catalogue;
    await catalogue.db
      .insertInto("files")
      .values({
        id: file.id,
        state: "stored",
        name: file.name,
        type: file.type,
        size: file.size,
        sha256: file.sha256,
        visibility: "private",
        object_key: file.key,
        reserved_at: now,
        stored_at: now,
        changed_at: now,
      })
      .execute();
    const work = (): JobWorker => {
      const handlers = manifestHandlers({ catalogue, storages: [storage] });
      const worker = createJobWorker({ catalogue, handlers, log: rememberingLog(), pauseAfter: () => 0, pollMs: 30 });
      onTestFinished(async () => await worker.close(0));
      worker.start();
      return worker;
    };
    const revision = async (): Promise<number | undefined> => {
      if ((await plain.stat(`${file.key}.json`)) === undefined) return undefined;
      return parseManifest(Buffer.from(await readAll(await plain.open(`${file.key}.json`))).toString())?.revision;
    };
    return { catalogue, storage: plain, file, work, revision };
  }

  const change = async ({ catalogue, file }: Bench): Promise<void> =>
    await catalogue.db.transaction().execute(async (tx) => await noteChanged(catalogue, tx, [file.id]));
  const jobsDone = async ({ catalogue }: Bench): Promise<boolean> =>
    (await catalogue.db.selectFrom("jobs").select("id").where("kind", "=", manifestKind).execute()).length === 0;

  it("ends with the last change, though the file changes while its manifest is written", async () => {
    let isHeld = true;
    let puts = 0;
    const bench: Bench = await begin((put) => async (...call) => {
      puts += 1;
      if (puts === 1) {
        // After the row was read, before the manifest is there.
        await change(bench);
        isHeld = false;
      }
      return await put(...call);
    });
    await change(bench);
    bench.work();
    await eventually(async () => !isHeld && (await jobsDone(bench)));
    expect(await bench.revision()).toBe(2);
  });

  it("ends with the last change, though an older writing comes late", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let puts = 0;
    const bench: Bench = await begin((put) => async (...call) => {
      puts += 1;
      if (puts === 1) await held;
      return await put(...call);
    });
    await change(bench);
    bench.work();
    await eventually(() => puts === 1);
    // The first worker is silent, as if stopped; its lease ends, the file changes, another worker writes.
    const { now } = bench.catalogue;
    await bench.catalogue.db
      .updateTable("jobs")
      .set((eb) => ({ lease_expires_at: eb(now, "-", 1) }))
      .execute();
    await change(bench);
    bench.work();
    await eventually(async () => (await bench.revision()) === 2 && (await jobsDone(bench)));
    release();
    await eventually(() => puts >= 3);
    await eventually(async () => (await bench.revision()) === 2);
    expect(await bench.revision()).toBe(2);
  });

  it("takes back what it wrote when the file was purged meanwhile", async () => {
    let puts = 0;
    const bench: Bench = await begin((put) => async (...call) => {
      puts += 1;
      await bench.catalogue.db.updateTable("files").set({ state: "purging" }).execute();
      return await put(...call);
    });
    await change(bench);
    bench.work();
    await eventually(async () => puts === 1 && (await jobsDone(bench)));
    expect(await bench.revision()).toBeUndefined();
  });

  it("is tried again when the storage fails", async () => {
    let puts = 0;
    const bench: Bench = await begin((put) => async (...call) => {
      puts += 1;
      if (puts < 3) throw new Error("the storage is away");
      return await put(...call);
    });
    await change(bench);
    bench.work();
    await eventually(async () => await jobsDone(bench));
    expect(await bench.revision()).toBe(1);
  });

  it("writes nothing beside an upload that is not acknowledged", async () => {
    const bench = await begin((put) => put);
    await bench.catalogue.db.updateTable("files").set({ state: "reserved" }).execute();
    await change(bench);
    bench.work();
    await eventually(async () => await jobsDone(bench));
    expect(await bench.revision()).toBeUndefined();
  });
});

describe("docs/storage-layout.md", () => {
  it("has the schema of a manifest, and an example that is one", async () => {
    const page = await readFile(new URL("../../../../docs/storage-layout.md", import.meta.url), "utf8");
    const [example = "", schema = ""] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
    expect(parseManifest(example)).toBeDefined();
    const { required, properties } = JSON.parse(schema) as { required: string[]; properties: object };
    expect(required).toEqual(Object.keys(manifestForm));
    expect(Object.keys(properties)).toEqual(required);
  });
});
