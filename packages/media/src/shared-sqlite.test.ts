import { join } from "node:path";
import { Kysely, SqliteDialect } from "kysely";
import Database from "libsql";
import { expect, it, onTestFinished, vi } from "vitest";
import { sharedSqliteDialect } from "./catalogue/shared-connection.js";
import type { Media, MediaFile } from "./media.js";
import { eventually, openTestMedia, picture, temporaryFolder } from "./media.fixture.js";

const cover = ["article", "42", "cover"] as const;

interface Bench {
  readonly media: Media;
  readonly handle: InstanceType<typeof Database>;
  readonly db: Kysely<{ articles: { id: string } }>;
  stage(name: string): Promise<MediaFile>;
  articles(): Promise<number>;
}

/** An application whose Kysely shares its SQLite handle with media. */
async function open(): Promise<Bench> {
  const folder = await temporaryFolder();
  const handle = new Database(join(folder, "app.db"));
  onTestFinished(() => void handle.close());
  const media = await openTestMedia({ cwd: folder, database: handle });
  await media.migrate();
  const db = new Kysely<{ articles: { id: string } }>({ dialect: sharedSqliteDialect(handle) });
  await db.schema.createTable("articles").addColumn("id", "text").execute();
  return {
    media,
    handle,
    db,
    stage: async (name) => await media.stage(await picture("png", 8, 8), { name: `${name}.png`, expiresInMs: 0 }),
    articles: async () => (await db.selectFrom("articles").selectAll().execute()).length,
  };
}

it("attaches and detaches within a transaction before anything else was asked of it", async () => {
  const { media, db } = await open();
  const detached = await db.transaction().execute(async (tx) => {
    await tx.insertInto("articles").values({ id: "42" }).execute();
    expect(await media.attach([], { to: cover, tx })).toEqual([]);
    return await media.detach({ from: cover, tx });
  });
  expect(detached).toEqual([]);
});

it("waits for no signing key within a transaction, which would wait for it", async () => {
  const { media, db, stage } = await open();
  const file = await stage("a");
  const later = performance.now() + 3_600_000;
  vi.spyOn(performance, "now").mockReturnValue(later);
  onTestFinished(() => void vi.restoreAllMocks());
  await db.transaction().execute(async (tx) => await media.attach(file, { to: cover, tx }));
  expect((await media.attached(...cover)).map(({ id }) => id)).toEqual([file.id]);
});

it("says within a transaction that it has not been made ready, and holds nobody up", async () => {
  const folder = await temporaryFolder();
  const handle = new Database(join(folder, "app.db"));
  onTestFinished(() => void handle.close());
  const first = await openTestMedia({ cwd: folder, database: handle });
  await first.migrate();
  const media = await openTestMedia({ cwd: folder, database: handle });
  const db = new Kysely<{ articles: { id: string } }>({ dialect: sharedSqliteDialect(handle) });
  const attaching = db.transaction().execute(async (tx) => await media.attach([], { to: cover, tx }));
  await expect(attaching).rejects.toMatchObject({ code: "TRANSACTION_UNUSABLE", message: expect.stringContaining("media.migrate()") });
  expect(await media.attached(...cover)).toEqual([]);
});

it("commits a transaction of Kysely together with the attachments made in it", async () => {
  const { media, db, stage, articles } = await open();
  const file = await stage("a");
  await db.transaction().execute(async (tx) => {
    await tx.insertInto("articles").values({ id: "42" }).execute();
    await media.attach(file, { to: cover, tx });
  });
  expect(await articles()).toBe(1);
  expect(await media.attached(...cover)).toHaveLength(1);
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom("articles").execute();
    await media.detach({ from: ["article", "42"], tx });
  });
  expect(await media.attached(...cover)).toEqual([]);
});

it("leaves no row and no attachment of a transaction that fails midway", async () => {
  const { media, db, stage, articles } = await open();
  const file = await stage("a");
  const work = db.transaction().execute(async (tx) => {
    await tx.insertInto("articles").values({ id: "42" }).execute();
    await media.attach(file, { to: cover, tx });
    throw new Error("midway");
  });
  await expect(work).rejects.toThrow("midway");
  expect(await articles()).toBe(0);
  expect(await media.attached(...cover)).toEqual([]);
});

it("takes turns with media, so that nothing committed meanwhile is rolled back", async () => {
  const { media, db, stage, articles } = await open();
  let isOpen = false;
  const failing = media
    .transaction(async () => {
      isOpen = true;
      await new Promise((resolve) => setTimeout(resolve, 50));
      isOpen = false;
      throw new Error("midway");
    })
    .catch(String);
  await eventually(() => isOpen);
  await db.insertInto("articles").values({ id: "1" }).execute();
  expect(isOpen).toBe(false);
  expect(await failing).toBe("Error: midway");

  let isOurs = false;
  const failingToo = db
    .transaction()
    .execute(async (tx) => {
      isOurs = true;
      await tx.insertInto("articles").values({ id: "2" }).execute();
      await new Promise((resolve) => setTimeout(resolve, 50));
      isOurs = false;
      throw new Error("midway");
    })
    .catch(String);
  await eventually(() => isOurs);
  const file = await stage("a");
  expect(isOurs).toBe(false);
  expect(await failingToo).toBe("Error: midway");
  expect(await media.get(file.id)).toBeDefined();
  expect(await articles()).toBe(1);
});

it("is not taken for what it is not: an instance, a dialect without turns, a transaction on another handle", async () => {
  const { media, handle, db, stage } = await open();
  const file = await stage("a");
  const unusable = { code: "TRANSACTION_UNUSABLE" };
  await expect(media.attach(file, { to: cover, tx: db })).rejects.toMatchObject(unusable);
  const plain = new Kysely<object>({ dialect: new SqliteDialect({ database: handle }) });
  await expect(plain.transaction().execute(async (tx) => await media.attach(file, { to: cover, tx }))).rejects.toMatchObject(unusable);
  const other = new Database(":memory:");
  onTestFinished(() => void other.close());
  const stranger = new Kysely<object>({ dialect: sharedSqliteDialect(other) });
  await expect(stranger.transaction().execute(async (tx) => await media.attach(file, { to: cover, tx }))).rejects.toMatchObject(unusable);
  expect(await media.attached(...cover)).toEqual([]);
});
