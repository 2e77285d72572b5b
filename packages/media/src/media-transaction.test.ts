import { join } from "node:path";
import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import { Kysely, SqliteDialect } from "kysely";
import Database from "libsql";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Media, MediaFile } from "./media.js";
import { eventually, openTestMedia, picture, temporaryFolder } from "./media.fixture.js";

const cover = ["article", "42", "cover"] as const;

interface Bench {
  readonly media: Media;
  readonly handle: InstanceType<typeof Database>;
  readonly lines: readonly string[];
  stage(name: string): Promise<MediaFile>;
  articles(): number;
}

/** An application and a catalogue in one SQLite database, through one handle. */
async function open(options: { readonly jobs?: false | { readonly concurrency?: number } } = {}): Promise<Bench> {
  const folder = await temporaryFolder();
  const handle = new Database(join(folder, "app.db"));
  onTestFinished(() => void handle.close());
  const media = await openTestMedia({ cwd: folder, database: handle, ...options });
  await media.migrate();
  handle.exec("CREATE TABLE articles (id TEXT PRIMARY KEY)");
  return {
    media,
    handle,
    lines: media.lines,
    stage: async (name) => await media.stage(await picture("png", 8, 8), { name: `${name}.png`, expiresInMs: 0 }),
    articles: () => handle.prepare("SELECT id FROM articles").all().length,
  };
}

async function pause(ms = 5): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Ways to write the application's row on the handle, within the transaction. */
const clients: Readonly<Record<string, (handle: InstanceType<typeof Database>) => () => unknown>> = {
  "the handle itself": (handle) => () => handle.prepare("INSERT INTO articles VALUES (?)").run(["42"]),
  Drizzle: (handle) => {
    const articles = sqliteTable("articles", { id: text().primaryKey() });
    const db = drizzle(async (sql, parameters: unknown[]) => {
      handle.prepare(sql).run(parameters);
      return { rows: [] };
    });
    return async () => await db.insert(articles).values({ id: "42" });
  },
  Kysely: (handle) => {
    const db = new Kysely<{ articles: { id: string } }>({ dialect: new SqliteDialect({ database: handle }) });
    return async () => await db.insertInto("articles").values({ id: "42" }).execute();
  },
};

describe.each(Object.entries(clients))("media.transaction() with %s", (_name, insertThrough) => {
  it("commits the application's row and its attachments together", async () => {
    const { media, handle, stage, articles } = await open();
    const insert = insertThrough(handle);
    const file = await stage("a");
    const answer = await media.transaction(async (tx) => {
      await insert();
      await pause();
      await media.attach(file, { to: cover, tx });
      return "done";
    });
    expect(answer).toBe("done");
    expect(articles()).toBe(1);
    expect(await media.attached(...cover)).toHaveLength(1);
    expect(await media.settle()).toMatchObject({ expired: 0 });
  });

  it("leaves no row and no attachment of work that fails midway, and the stage expires", async () => {
    const { media, handle, stage, articles } = await open();
    const insert = insertThrough(handle);
    const file = await stage("a");
    const work = media.transaction(async (tx) => {
      await insert();
      await media.attach(file, { to: cover, tx });
      await pause();
      throw new Error("midway");
    });
    await expect(work).rejects.toThrow("midway");
    expect(articles()).toBe(0);
    expect(await media.attached(...cover)).toEqual([]);
    expect(await media.settle()).toMatchObject({ expired: 1 });
  });
});

describe("media.transaction()", () => {
  it("lets nothing that others commit meanwhile be rolled back with it", async () => {
    const { media, stage } = await open();
    let isOpen = false;
    const work = media.transaction(async (tx) => {
      isOpen = true;
      tx.prepare("INSERT INTO articles VALUES ('42')").run([]);
      for (let turn = 0; turn < 10; turn += 1) await pause();
      isOpen = false;
      throw new Error("midway");
    });
    await eventually(() => isOpen);
    const meanwhile = stage("a").then((file) => ({ file, wasOpen: isOpen }));
    await expect(work).rejects.toThrow("midway");
    const { file, wasOpen } = await meanwhile;
    expect(wasOpen).toBe(false);
    expect(await media.get(file.id)).toBeDefined();
  });

  it("has its manifests written, after its end, by a worker that does not notice it", async () => {
    const { media, stage, lines } = await open({ jobs: {} });
    const file = await stage("a");
    // Longer than a worker looks for what was enqueued: what it looks for next is what the transaction enqueues.
    await pause(800);
    await media.transaction(async (tx) => {
      await media.attach(file, { to: cover, tx });
      await pause(400);
    });
    expect(lines.filter((line) => line.startsWith("jobs:"))).toEqual([]);
    await eventually(async () => (await media.jobs.list()).length === 0);
    const blocks: Uint8Array[] = [];
    for await (const { key } of media.storage.list({ prefix: "originals/" })) {
      if (!key.endsWith(".json")) continue;
      for await (const block of (await media.storage.open(key)).bytes) blocks.push(block);
    }
    expect(JSON.parse(Buffer.concat(blocks).toString())).toMatchObject({
      attachments: [{ recordId: "42", slot: "cover" }],
      expiresAt: null,
    });
  });

  it("refuses within it what would wait for it, instead of waiting for ever", async () => {
    const { media, stage } = await open();
    const file = await stage("a");
    await media.transaction(async (tx) => {
      const unusable = { code: "TRANSACTION_UNUSABLE", message: expect.stringContaining("within media.transaction()") as string };
      await expect(media.attached(...cover)).rejects.toMatchObject(unusable);
      await expect(media.attach(file, { to: cover })).rejects.toMatchObject(unusable);
      await expect(media.transaction(() => undefined)).rejects.toMatchObject(unusable);
      await media.attach(file, { to: cover, tx });
    });
    expect(await media.attached(...cover)).toHaveLength(1);
  });

  it("is one after the other", async () => {
    const { media } = await open();
    const order: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      order.push(name);
      await pause();
      order.push(name);
    };
    await Promise.all(["a", "b", "c"].map(async (name) => await media.transaction(work(name))));
    expect(order).toEqual(["a", "a", "b", "b", "c", "c"]);
  });

  it("says so when the work has ended the transaction itself", async () => {
    const { media, articles } = await open();
    const work = media.transaction((tx) => {
      tx.prepare("INSERT INTO articles VALUES ('42')").run([]);
      tx.prepare("ROLLBACK").run([]);
    });
    await expect(work).rejects.toThrow(/no transaction is active/);
    expect(articles()).toBe(0);
    await media.transaction((tx) => tx.prepare("INSERT INTO articles VALUES ('42')").run([]));
    expect(articles()).toBe(1);
  });

  it("works on a catalogue's own file too", async () => {
    const media = await openTestMedia();
    const file = await media.stage(await picture("png"), { name: "a.png" });
    await media.transaction(async (tx) => void (await media.attach(file, { to: cover, tx })));
    expect(await media.attached(...cover)).toHaveLength(1);
  });
});

describe("in SQLite, a transaction of any other kind", () => {
  const unusable = { code: "TRANSACTION_UNUSABLE", message: expect.stringContaining("media.transaction()") as string };

  it("is refused: the handle after a BEGIN of the application's own", async () => {
    const { media, handle, stage } = await open();
    const file = await stage("a");
    handle.exec("BEGIN");
    await expect(media.attach(file, { to: cover, tx: handle })).rejects.toMatchObject(unusable);
    await expect(media.detach({ from: cover, tx: handle })).rejects.toMatchObject(unusable);
    handle.exec("ROLLBACK");
    expect(await media.attached(...cover)).toEqual([]);
  });

  it("is refused: the handle beside the work of a transaction", async () => {
    const { media, handle, stage } = await open();
    const file = await stage("a");
    let isOpen = false;
    let isToEnd = false;
    const work = media.transaction(async () => {
      isOpen = true;
      while (!isToEnd) await pause();
    });
    await eventually(() => isOpen);
    await expect(media.attach(file, { to: cover, tx: handle })).rejects.toMatchObject(unusable);
    isToEnd = true;
    await work;
  });

  it("is refused: a transaction of Kysely, and another handle", async () => {
    const { media, handle, stage } = await open();
    const file = await stage("a");
    const db = new Kysely<object>({ dialect: new SqliteDialect({ database: handle }) });
    await expect(db.transaction().execute(async (tx) => await media.attach(file, { to: cover, tx }))).rejects.toMatchObject(unusable);
    const other = new Database(":memory:");
    onTestFinished(() => void other.close());
    await expect(media.transaction(async () => await media.attach(file, { to: cover, tx: other }))).rejects.toMatchObject(unusable);
  });
});
