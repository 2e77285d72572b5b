import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Client } from "pg";
import { beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import type { Media, MediaFile, MediaOptions } from "@holdfast/media";
import { openTestCatalogue } from "../../packages/media/src/catalogue/catalogue.fixture.js";
import type { Catalogue } from "../../packages/media/src/catalogue/catalogue.js";
import { abandonExpired, beginPurges } from "../../packages/media/src/catalogue/settlement.js";
import { databaseOf } from "../../packages/media/src/catalogue/test-database.fixture.js";
import { commitVariant, reserveVariant, type VariantReservation } from "../../packages/media/src/catalogue/variants.js";
import { eventually, filesBelow, openTestMedia, picture, temporaryFolder } from "../../packages/media/src/media.fixture.js";
import { type Key, parseKey } from "../../packages/media/src/storage/key.js";
import type { Receipt } from "../../packages/media/src/storage/driver.js";

const coded = (code: string): object => expect.objectContaining({ code });
const jpeg = await picture();

let cwd: string;
let prefix: string;
let one: Media;
let two: Media;
let catalogue: Catalogue;
/** Somebody who holds what the others need, for as long as a test wants. */
let holder: Client;
/** Somebody who looks on: within a transaction the server's view of who waits stays as it was first seen. */
let watcher: Client;

async function open(options: MediaOptions = {}): Promise<Media & { readonly lines: string[] }> {
  return await openTestMedia({ cwd, retentionMs: 0, lateWriteMs: 0, ...options });
}

beforeEach(async () => {
  const url = inject("postgres");
  if (url === undefined) return;
  cwd = await temporaryFolder();
  prefix = databaseOf(cwd).tablePrefix ?? "";
  [holder, watcher] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
  for (const client of [holder, watcher]) {
    await client.connect();
    onTestFinished(async () => await client.end());
  }
  [one, two] = [await open(), await open()];
  catalogue = await openTestCatalogue(cwd);
});

const root = (): string => join(cwd, "holdfast-data", "media");
const isOnDisk = async ({ key }: { readonly key: string }): Promise<boolean> => (await filesBelow(root())).includes(key);

async function stateOf({ id }: { readonly id: string }): Promise<string | undefined> {
  return (await catalogue.db.selectFrom("files").select("state").where("id", "=", id).executeTakeFirst())?.state;
}

/** Wait until somebody waits for a lock on one of this test's tables. */
async function untilSomebodyWaits(): Promise<void> {
  await eventually(async () => {
    const { rows } = await watcher.query<{ waiting: string }>(
      "SELECT count(*) AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1",
      [`%${prefix}%`],
    );
    return Number(rows[0]?.waiting) > 0;
  }, 20_000);
}

/** Do `first` in the holder's transaction, start `second`, which has to wait for it, then commit. */
async function inTurn<T>(first: string, second: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  await holder.query("BEGIN");
  await holder.query(first.replaceAll("{p}", prefix));
  const outcome = Promise.allSettled([second()]);
  await untilSomebodyWaits();
  await holder.query("COMMIT");
  return (await outcome)[0];
}

async function trashed(): Promise<MediaFile> {
  const file = await one.put(jpeg, { name: "cat.jpg" });
  await one.trash(file.id);
  return file;
}

/** The right to store a variant, which nobody else has. */
async function reserved(...given: Parameters<typeof reserveVariant>): Promise<VariantReservation> {
  const reservation = await reserveVariant(...given);
  if (reservation === undefined) throw new Error("somebody else has reserved it");
  return reservation;
}

describe("a purge", () => {
  it("that begins while a file is being restored leaves it", async () => {
    const file = await trashed();
    const { status } = await inTurn(`UPDATE {p}files SET state = 'stored' WHERE id = '${file.id}'`, async () => await two.settle());
    expect([status, await stateOf(file), await isOnDisk(file)]).toEqual(["fulfilled", "stored", true]);
  });

  it("that has begun cannot be undone by restoring, nor attached to", async () => {
    const [restored, attached] = [await trashed(), await trashed()];
    const begin = ({ id }: MediaFile): string => `UPDATE {p}files SET state = 'purging' WHERE id = '${id}'`;
    expect(await inTurn(begin(restored), async () => await two.restore(restored.id))).toMatchObject({ value: false });
    const attach = async (): Promise<unknown> => await two.attach(attached, { to: ["article", "1", "cover"] });
    expect(await inTurn(begin(attached), attach)).toMatchObject({ reason: coded("FILE_NOT_STORED") });
    await two.settle();
    expect([await stateOf(restored), await stateOf(attached), await filesBelow(root())]).toEqual(["purged", "purged", []]);
  });

  it("takes a variant with it that is committed just before", async () => {
    const file = await one.put(jpeg, { name: "cat.jpg" });
    const name = { fileId: file.id, transform: "w64", format: "webp" };
    const key = parseKey(`variants/2026/11/${file.id}.webp`);
    const reservation = await reserved(catalogue, name, key, 60_000);
    await one.trash(file.id);
    const first = `SELECT id FROM {p}files WHERE id = '${file.id}' FOR SHARE;
      UPDATE {p}variants SET state = 'stored', lease_token = NULL WHERE id = '${reservation.id}'`;
    expect((await inTurn(first, async () => await beginPurges(catalogue, 0))).status).toBe("fulfilled");
    expect(await catalogue.db.selectFrom("variants").select("state").execute()).toEqual([{ state: "abandoned" }]);
  });

  it("lets no variant be committed after it has begun", async () => {
    const file = await one.put(jpeg, { name: "cat.jpg" });
    const name = { fileId: file.id, transform: "w64", format: "webp" };
    const reservation = await reserved(catalogue, name, "variants/2026/11/a.webp" as Key, 60_000);
    const receipt: Receipt = { size: 1, sha256: file.sha256, verifiedBy: "readback" };
    const commit = async (): Promise<boolean> => await commitVariant(catalogue, reservation, receipt, { width: 64, height: 48 });
    const begin = `UPDATE {p}files SET state = 'purging' WHERE id = '${file.id}'`;
    expect(await inTurn(begin, commit)).toMatchObject({ value: false });
    expect(await catalogue.db.selectFrom("variants").select("state").execute()).toEqual([{ state: "reserved" }]);
  });
});

describe("a commit", () => {
  /** An upload that waits before its commit until it is told to go on. */
  function held(): { readonly upload: Promise<PromiseSettledResult<MediaFile>>; goOn: () => void } {
    let goOn = (): void => undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    async function* bytes(): AsyncGenerator<Uint8Array> {
      // More than is looked at before a file is reserved.
      yield Buffer.concat([jpeg, Buffer.alloc(10_000)]);
      await gate;
    }
    const upload = Promise.allSettled([one.put(bytes(), { name: "cat.jpg" })]).then(([outcome]) => outcome);
    return { upload, goOn: () => goOn() };
  }

  it("of a reservation that is being given up is refused, and nothing of it stays", async () => {
    const { upload, goOn } = held();
    await eventually(async () => (await catalogue.db.selectFrom("files").select("id").execute()).length === 1);
    await holder.query("BEGIN");
    await holder.query(`UPDATE ${prefix}files SET state = 'abandoned', lease_token = NULL, lease_expires_at = NULL`);
    goOn();
    await untilSomebodyWaits();
    await holder.query("COMMIT");
    expect(await upload).toMatchObject({ reason: coded("RESERVATION_LOST") });
    await two.settle();
    expect(await filesBelow(root())).toEqual([]);
  });

  it("that comes first is not given up by a settling that waited for it", async () => {
    const file = await one.put(jpeg, { name: "cat.jpg" });
    await catalogue.db.updateTable("files").set({ state: "reserved", lease_token: "t", lease_expires_at: 0 }).execute();
    const commit = "UPDATE {p}files SET state = 'stored', lease_token = NULL, lease_expires_at = NULL";
    expect(await inTurn(commit, async () => await abandonExpired(catalogue))).toMatchObject({ value: 0 });
    expect([await stateOf(file), await isOnDisk(file)]).toEqual(["stored", true]);
  });
});

describe("two instances", () => {
  it("that settle at once, under load, delete all that is due and nothing that is in use", async () => {
    const kept: MediaFile[] = [];
    const upload = async (media: Media): Promise<void> => {
      for (let count = 0; count < 6; count += 1) {
        const [keep, trash] = [await media.put(jpeg, { name: "a.jpg" }), await media.put(jpeg, { name: "b.jpg" })];
        await media.stage(jpeg, { name: "c.jpg", expiresInMs: 0 });
        await media.trash(trash.id);
        kept.push(keep);
      }
    };
    let isLoaded = true;
    const settleOn = async (media: Media): Promise<void> => {
      while (isLoaded) await media.settle();
    };
    const settling = [one, two, one, two].map(settleOn);
    await Promise.all([upload(one), upload(two)]).finally(() => (isLoaded = false));
    await Promise.all(settling);
    await Promise.all([one.settle(), two.settle()]);
    await two.settle();
    expect(await filesBelow(root())).toEqual(kept.map(({ key }) => key).toSorted());
    expect((await two.list({ limit: 1000 })).files.map(({ id }) => id).toSorted()).toEqual(kept.map(({ id }) => id).toSorted());
  });

  it("that boot for the first time at once leave one canary, which the next boot knows", async () => {
    for (let round = 0; round < 3; round += 1) {
      cwd = await temporaryFolder();
      const instances = await Promise.all([open(), open(), open()]);
      await Promise.all(instances.map(async (media) => await media.list()));
      const next = await open();
      await next.list();
      expect(next.lines.filter((line) => /lost|WIPED|does not/.test(line))).toEqual([]);
    }
  });

  it("that are sent the same upload at once keep it once", async () => {
    const idempotencyKey = randomBytes(8).toString("hex");
    const send = async (media: Media): Promise<MediaFile> => await media.put(jpeg, { name: "cat.jpg", idempotencyKey });
    const files = await Promise.all([one, two, one, two, one, two].map(send));
    expect(new Set(files.map(({ id }) => id)).size).toBe(1);
    expect(files.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
    expect(await filesBelow(root())).toEqual([files[0]?.key]);
  });

  it("restore, trash and purge the same files at random, and never leave one in use without its bytes", async () => {
    const files = await Promise.all(Array.from({ length: 6 }, async () => await one.put(jpeg, { name: "cat.jpg" })));
    const act = async (media: Media, at: number): Promise<unknown> => {
      const { id } = files[at % files.length] ?? { id: "" };
      return await [media.trash, media.restore, async () => await media.settle(), media.restore][at % 4]?.(id);
    };
    await Promise.all(Array.from({ length: 80 }, async (_, at) => await act(at % 3 === 0 ? one : two, at * 7)));
    for (const file of files) {
      const state = await stateOf(file);
      if (state === "stored" || state === "trashed") expect(await isOnDisk(file)).toBe(true);
    }
    await two.settle();
    await two.settle();
    const left = (await two.list()).files;
    expect(await filesBelow(root())).toEqual(left.map(({ key }) => key).toSorted());
  });
});

describe("what the database gives up for the sake of somebody else", () => {
  it("is tried again after a deadlock", async () => {
    const files = [await one.put(jpeg, { name: "a.jpg" }), await one.put(jpeg, { name: "b.jpg" })];
    const [first = "", second = ""] = files.map(({ id }) => id).toSorted();
    const lock = (id: string): string => `SELECT id FROM ${prefix}files WHERE id = '${id}' FOR UPDATE`;
    // The one that looks for a deadlock first is the one that gives way: not the holder.
    await holder.query("SET deadlock_timeout = '30s'");
    await holder.query("BEGIN");
    await holder.query(lock(second));
    const attaching = two.attach(files, { to: ["article", "1", "gallery"] });
    attaching.catch(() => undefined);
    await untilSomebodyWaits();
    await holder.query(lock(first));
    await holder.query("COMMIT");
    expect(await attaching).toHaveLength(2);
    expect((await one.attached("article", "1", "gallery")).map(({ name }) => name)).toEqual(["a.jpg", "b.jpg"]);
  });

  it("is tried again where the database is serializable by default", async () => {
    const url = new URL(inject("postgres") ?? "");
    url.searchParams.set("options", "-c default_transaction_isolation=serializable");
    const strict = [await open({ ...databaseOf(cwd), database: url.href }), await open({ ...databaseOf(cwd), database: url.href })];
    const all = ["article", "1", "all"] as const;
    const files = await Promise.all(
      Array.from({ length: 16 }, async (_, at) => await strict[at % 2]?.put(jpeg, { name: "a.jpg", attachTo: all })),
    );
    await Promise.all([...strict, ...strict].map(async (media) => await media.settle()));
    const id = files[0]?.id ?? "";
    await Promise.all(strict.map(async (media) => [await media.trash(id), await media.restore(id)]));
    await one.restore(id);
    expect((await one.attached(...all)).map((file) => file.id).toSorted()).toEqual(files.map((file) => file?.id ?? "").toSorted());
  });
});

describe("settings under which commits are forgotten", () => {
  it("are told at start", async () => {
    const url = new URL(inject("postgres") ?? "");
    url.searchParams.set("options", "-c synchronous_commit=off");
    const media = await open({ ...databaseOf(cwd), database: url.href });
    await media.list();
    expect(media.lines.join("\n")).toContain("synchronous_commit = off");
    expect(media.lines.join("\n")).toContain("Turn synchronous_commit on");
  });
});
