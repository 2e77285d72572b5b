import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bindStorage, whyMismatched } from "../catalogue/binding.js";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import { newFileId } from "../catalogue/file.js";
import { reserveFile } from "../catalogue/files.js";
import { originalKey } from "../catalogue/layout.js";
import { reserveVariant } from "../catalogue/variants.js";
import { filesBelow, temporaryFolder } from "../media.fixture.js";
import { fsDriver } from "../storage/drivers/fs.js";
import type { Key } from "../storage/key.js";
import { sourceFromBytes } from "../storage/source.js";
import { openStorage, type Storage } from "../storage/storage.js";
import { settle, type SettleContext } from "./settle.js";

const plain = { contentType: "image/jpeg" };
const day = 24 * 60 * 60 * 1000;
const bytes = sourceFromBytes(Buffer.from("bytes"));

function diskAt(root: string): Storage {
  return openStorage(fsDriver({ root }), { description: `disk (${root})`, chosenBy: "test", durability: "disk" });
}

interface Bench extends SettleContext {
  readonly root: string;
  /** Reserve a key that is written to; its lease ends at once, or later. */
  attempt(leaseMs?: number): Promise<Key>;
  /** As many stored files, `trashed` of them moved to the trash. */
  fill(stored: number, trashed: number): Promise<void>;
  count(state: string): Promise<number>;
}

async function bench(options: Partial<Pick<SettleContext, "lateWriteMs" | "retentionMs">> = {}): Promise<Bench> {
  const folder = await temporaryFolder();
  const root = join(folder, "media");
  const storage = diskAt(root);
  const catalogue = await openTestCatalogue(folder);
  await bindStorage(catalogue, storage);
  return {
    catalogue,
    storage,
    root,
    lateWriteMs: day,
    retentionMs: day,
    ...options,
    async attempt(leaseMs = -1) {
      const id = newFileId();
      const key = originalKey(id, "cat", "jpg", new Date(0));
      await reserveFile(catalogue, { id, key, token: "t" }, { name: "cat.jpg", type: "image/jpeg", visibility: "private", leaseMs });
      await storage.put(key, bytes, plain);
      return key;
    },
    async fill(stored, trashed) {
      const { db, now } = catalogue;
      const rows = Array.from({ length: stored + trashed }, (_, at) => {
        const id = newFileId();
        const state = at < trashed ? ("trashed" as const) : ("stored" as const);
        return {
          id,
          state,
          name: "a.jpg",
          type: "image/jpeg",
          size: 5,
          sha256: "0",
          visibility: "private" as const,
          object_key: originalKey(id, "", "jpg", new Date(0)),
        };
      });
      // One transaction, for every other commit waits for the disk.
      await db.transaction().execute(async (tx) => {
        for (const row of rows) {
          await tx
            .insertInto("files")
            .values({ ...row, reserved_at: now, stored_at: now, changed_at: now })
            .execute();
        }
      });
    },
    async count(state) {
      const { count } = await catalogue.db
        .selectFrom("files")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("state", "=", state as "stored")
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}

describe("settle", () => {
  it("gives up what expired, deletes its key, and leaves what is still leased", async () => {
    const context = await bench();
    await context.attempt();
    const leased = await context.attempt(60_000);
    expect(await settle(context)).toEqual({ abandoned: 1, expired: 0, cleared: 0, purged: 0, heldBack: undefined });
    expect(await filesBelow(context.root)).toEqual([leased]);
    expect(await settle(context)).toEqual({ abandoned: 0, expired: 0, cleared: 0, purged: 0, heldBack: undefined });
    expect([await context.count("abandoned"), await context.count("reserved")]).toEqual([1, 1]);
  });

  it("finds what a late put wrote after its key had been deleted, deletes it, and only then forgets the key", async () => {
    const context = await bench();
    const key = await context.attempt();
    await settle(context);
    await context.storage.put(key, bytes, plain);
    expect(await settle(context)).toMatchObject({ cleared: 0 });
    expect(await filesBelow(context.root)).toEqual([key]);
    expect(await settle({ ...context, lateWriteMs: 0 })).toMatchObject({ cleared: 1 });
    expect(await filesBelow(context.root)).toEqual([]);
    expect(await context.count("abandoned")).toBe(0);
  });

  it("does not let one key that cannot be deleted keep the others waiting, and tells of it", async () => {
    const context = await bench();
    const [stuck, free] = [await context.attempt(), await context.attempt()];
    const refusing: Storage = {
      ...context.storage,
      delete: async (key) => await (key === stuck ? Promise.reject(new Error("denied")) : context.storage.delete(key)),
    };
    await expect(settle({ ...context, storage: refusing })).rejects.toThrow("denied");
    expect(await filesBelow(context.root)).toEqual([stuck]);
    expect(free).not.toBe(stuck);
    await settle(context);
    expect(await filesBelow(context.root)).toEqual([]);
  });

  it("never deletes what the catalogue does not know, though it lies among its own", async () => {
    const context = await bench({ lateWriteMs: 0, retentionMs: 0 });
    await context.attempt();
    const foreign = ["originals/1970/01/foreign.jpg", "variants/1970/01/foreign.webp", "family/photo.jpg"];
    for (const key of foreign) await context.storage.put(key, bytes, plain);
    await settle(context);
    await settle(context);
    expect(await filesBelow(context.root)).toEqual(foreign.toSorted());
  });

  it("gives up expired variants as well", async () => {
    const context = await bench({ lateWriteMs: 0 });
    await context.fill(1, 0);
    const { id } = await context.catalogue.db.selectFrom("files").select("id").executeTakeFirstOrThrow();
    const key = "variants/1970/01/v.webp" as Key;
    await reserveVariant(context.catalogue, { fileId: id as ReturnType<typeof newFileId>, transform: "w64", format: "webp" }, key, -1);
    await context.storage.put(key, bytes, plain);
    expect(await settle(context)).toMatchObject({ abandoned: 1, cleared: 1 });
    expect(await filesBelow(context.root)).toEqual([]);
    expect(await context.catalogue.db.selectFrom("variants").selectAll().execute()).toEqual([]);
  });

  it("goes on where it was interrupted", async () => {
    const context = await bench();
    for (let count = 0; count < 3; count += 1) await context.attempt();
    let calls = 0;
    const failing: Storage = {
      ...context.storage,
      delete: async (key) => {
        calls += 1;
        if (calls === 2) throw new Error("the storage went away");
        await context.storage.delete(key);
      },
    };
    await expect(settle({ ...context, storage: failing })).rejects.toThrow("the storage went away");
    await settle(context);
    expect(await filesBelow(context.root)).toEqual([]);
  });

  it("walks more rows than a page has", async () => {
    const context = await bench({ retentionMs: 0 });
    await context.fill(500, 450);
    expect(await settle(context)).toMatchObject({ purged: 450 });
    expect([await context.count("purged"), await context.count("stored")]).toEqual([450, 500]);
  });
});

describe("the purge", () => {
  it("waits until the retention ends", async () => {
    const context = await bench({ retentionMs: day });
    await context.fill(1, 1);
    expect(await settle(context)).toMatchObject({ purged: 0 });
    expect(await settle({ ...context, retentionMs: 0 })).toMatchObject({ purged: 1 });
  });

  it("is held back when it would take implausibly many, and takes none then", async () => {
    const context = await bench({ retentionMs: 0 });
    await context.fill(100, 101);
    expect(await settle(context)).toMatchObject({ purged: 0, heldBack: expect.stringContaining("101 of 201 files") as string });
    expect(await context.count("trashed")).toBe(101);
    await context.fill(1, 0);
    expect(await settle(context)).toMatchObject({ purged: 101, heldBack: undefined });
  });

  it("is finished by the next settling when it broke off half-way", async () => {
    const context = await bench({ retentionMs: 0 });
    await context.fill(2, 1);
    const failing: Storage = { ...context.storage, delete: async () => await Promise.reject(new Error("gone for a moment")) };
    await expect(settle({ ...context, storage: failing })).rejects.toThrow("gone for a moment");
    expect(await context.count("purging")).toBe(1);
    await settle(context);
    expect(await context.count("purged")).toBe(1);
  });
});

describe("the brake", () => {
  it("stops everything when the storage is not the one the catalogue belongs to", async () => {
    const context = await bench({ lateWriteMs: 0, retentionMs: 0 });
    const key = await context.attempt();
    await context.fill(0, 1);
    const other = diskAt(join(await temporaryFolder(), "other"));
    await other.put(key, bytes, plain);
    const report = await settle({ ...context, storage: other });
    expect(report).toMatchObject({
      abandoned: 0,
      expired: 0,
      cleared: 0,
      purged: 0,
      heldBack: expect.stringContaining("belongs to another storage") as string,
    });
    expect([await context.count("reserved"), await context.count("trashed")]).toEqual([1, 1]);
    expect(await other.stat(key)).toBeDefined();
  });

  it("stops everything when a new catalogue meets a storage that already holds files, and binds it to none", async () => {
    const context = await bench();
    const root = join(await temporaryFolder(), "full");
    const full = diskAt(root);
    await full.put("originals/2026/11/known-to-another.jpg", bytes, plain);
    await context.catalogue.db.deleteFrom("meta").execute();
    await bindStorage(context.catalogue, full);
    const key = await context.attempt();
    expect((await settle({ ...context, storage: full })).heldBack).toContain("is new, but the media storage");
    expect(await context.storage.stat(key)).toBeDefined();
    expect(await whyMismatched(context.catalogue, full)).toContain("Was the catalogue lost?");
  });

  it("binds a new catalogue to a storage that holds only what is not ours", async () => {
    const context = await bench();
    await context.catalogue.db.deleteFrom("meta").execute();
    await writeFile(join(context.root, "readme.txt"), "family photos");
    await bindStorage(context.catalogue, context.storage);
    expect(await whyMismatched(context.catalogue, context.storage)).toBeUndefined();
    expect((await stat(join(context.root, "readme.txt"))).size).toBe(13);
  });
});
