import { randomUUID } from "node:crypto";
import { Pool, type PoolClient } from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type DatabaseTransaction, type Media, type MediaFile, type SqliteHandle } from "@holdfast/media";
import { openTestMedia, picture } from "../../packages/media/src/media.fixture.js";
import { articlesTable, type ArticlesClient, openClients } from "./attachment-clients.js";

const url = process.env["HOLDFAST_TEST_DATABASE_URL"] ?? "";
const pool = new Pool({ connectionString: url });

afterAll(async () => await pool.end());

class MidwayError extends Error {}

async function openMedia(expiresInMs?: number): Promise<{ media: Media; stage: (name: string) => Promise<MediaFile> }> {
  await pool.query(articlesTable);
  const media = await openTestMedia();
  const staging = expiresInMs === undefined ? {} : { expiresInMs };
  const stage = async (name: string): Promise<MediaFile> =>
    await media.stage(await picture("png", 8, 8), { name: `${name}.png`, ...staging });
  return { media, stage };
}

async function expectBytes(media: Media, { id, size }: MediaFile): Promise<void> {
  const body = await media.open(id);
  await body.close();
  expect(body.size).toBe(size);
}

async function isThere(id: string): Promise<boolean> {
  return (await pool.query("SELECT 1 FROM client_articles WHERE id = $1", [id])).rowCount === 1;
}

/** A client's connection, in a transaction; given back when the test is over. */
async function begin(statement = "BEGIN"): Promise<PoolClient> {
  const client = await pool.connect();
  onTestFinished(async () => {
    await client.query("ROLLBACK");
    client.release();
  });
  await client.query(statement);
  return client;
}

describe.each(Object.entries(openClients))("a transaction of %s", (_name, openClient) => {
  let client: ArticlesClient;
  beforeAll(() => {
    client = openClient(pool);
  });
  afterAll(async () => await client.close());

  it("commits the application's row and its attachments together", async () => {
    const { media, stage } = await openMedia(0);
    const files = [await stage("a"), await stage("b"), await stage("c")];
    const id = randomUUID();
    await client.transaction(async ({ tx, insert }) => {
      await insert(id);
      const [first, ...rest] = files;
      expect(await media.attach(rest, { to: ["article", id, "photos"], tx })).toHaveLength(2);
      const attached = await media.attach(first ?? "", { to: ["article", id, "photos"], tx, position: 1 });
      expect(attached.map(({ name }) => name)).toEqual(["b.png", "a.png", "c.png"]);
      // Nobody else sees any of it yet.
      expect(await media.attached("article", id, "photos")).toEqual([]);
    });
    expect(await isThere(id)).toBe(true);
    expect((await media.attached("article", id, "photos")).map(({ name }) => name)).toEqual(["b.png", "a.png", "c.png"]);
    expect(await media.settle()).toMatchObject({ expired: 0 });
    expect((await media.jobs.list()).map(({ subject }) => subject).toSorted()).toEqual(files.map((file) => file.id).toSorted());
  });

  it("that is rolled back leaves no row and no attachment, and the stage expires", async () => {
    const { media, stage } = await openMedia(0);
    const file = await stage("a");
    const id = randomUUID();
    const transaction = client.transaction(async ({ tx, insert }) => {
      await insert(id);
      await media.attach(file, { to: ["article", id, "cover"], tx });
      throw new MidwayError("midway");
    });
    await expect(transaction).rejects.toThrow(MidwayError);
    expect(await isThere(id)).toBe(false);
    expect(await media.attached("article", id, "cover")).toEqual([]);
    expect((await media.get(file.id))?.expiresAt).toBe(file.expiresAt);
    expect(await media.settle()).toMatchObject({ expired: 1 });
    expect(await media.get(file.id)).toBeUndefined();
  });

  it("replaces without a gap: the old file is there until the commit, and stays if there is none", async () => {
    const { media, stage } = await openMedia();
    const [old, next] = [await stage("old"), await stage("next")];
    const cover = ["article", randomUUID(), "cover"] as const;
    await media.attach(old, { to: cover });
    const replace = async (error?: Error): Promise<void> =>
      await client.transaction(async ({ tx }) => {
        await media.attach(next, { to: cover, tx, replace: true });
        expect((await media.attached(...cover)).map(({ id }) => id)).toEqual([old.id]);
        await expectBytes(media, old);
        if (error !== undefined) throw error;
      });
    await expect(replace(new MidwayError("midway"))).rejects.toThrow(MidwayError);
    expect((await media.attached(...cover)).map(({ id }) => id)).toEqual([old.id]);
    await replace();
    expect((await media.attached(...cover)).map(({ id }) => id)).toEqual([next.id]);
    expect(await media.get(old.id)).toBeUndefined();
    expect(await media.restore(old.id)).toBe(true);
  });

  it("detaches with the application's row, or not at all", async () => {
    const { media, stage } = await openMedia();
    const file = await stage("a");
    const id = randomUUID();
    await media.attach(file, { to: ["article", id, "cover"] });
    const detach = async (error?: Error): Promise<void> =>
      await client.transaction(async ({ tx }) => {
        expect(await media.detach({ from: ["article", id], tx })).toEqual([file.id]);
        if (error !== undefined) throw error;
      });
    await expect(detach(new MidwayError("midway"))).rejects.toThrow(MidwayError);
    expect(await media.attached("article", id, "cover")).toHaveLength(1);
    await detach();
    expect(await media.attached("article", id, "cover")).toEqual([]);
    expect(await media.get(file.id)).toBeUndefined();
  });

  it("goes on after a refusal, if the application wants it to", async () => {
    const { media, stage } = await openMedia();
    const [kept, trashed] = [await stage("kept"), await stage("trashed")];
    await media.trash(trashed.id);
    const id = randomUUID();
    await client.transaction(async ({ tx, insert }) => {
      await insert(id);
      await expect(media.attach([kept, trashed], { to: ["article", id, "photos"], tx })).rejects.toMatchObject({ code: "FILE_NOT_STORED" });
      await expect(media.attach("none", { to: ["article", id, "photos"], tx })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
      await media.attach(kept, { to: ["article", id, "cover"], tx });
    });
    expect(await isThere(id)).toBe(true);
    expect(await media.attached("article", id, "photos")).toEqual([]);
    expect(await media.attached("article", id, "cover")).toHaveLength(1);
  });

  it("is refused before it has begun, and nothing is attached", async () => {
    const { media, stage } = await openMedia();
    const file = await stage("a");
    const tx = client.withoutTransaction;
    const to = ["article", randomUUID(), "cover"] as const;
    await expect(media.attach(file, { to, tx })).rejects.toMatchObject({ code: "TRANSACTION_UNUSABLE" });
    await expect(media.detach({ from: to, tx })).rejects.toMatchObject({ code: "TRANSACTION_UNUSABLE" });
    expect(await media.attached(...to)).toEqual([]);
    expect((await media.get(file.id))?.expiresAt).toBe(file.expiresAt);
  });
});

describe("what is no transaction on the catalogue's database", () => {
  const cover = ["article", "42", "cover"] as const;

  async function expectRefusal(tx: DatabaseTransaction, reason: string): Promise<void> {
    const { media, stage } = await openMedia();
    await expect(media.attach(await stage("a"), { to: cover, tx })).rejects.toMatchObject({
      code: "TRANSACTION_UNUSABLE",
      message: expect.stringContaining(reason) as string,
    });
    expect(await media.attached(...cover)).toEqual([]);
  }

  it("is refused: a client of pg without BEGIN", async () => {
    const client = await pool.connect();
    onTestFinished(() => client.release());
    await expectRefusal(client, "no transaction is open");
  });

  it("is refused: a pool", async () => {
    await expectRefusal(pool, "it is a pool");
  });

  it("is refused: a pool that hides behind a query function", async () => {
    await expectRefusal({ query: async (text, values) => await pool.query(text, values) }, "no transaction is open");
  });

  it("is refused: a transaction that sees none of the catalogue's tables", async () => {
    const client = await begin();
    await client.query("SET LOCAL search_path TO pg_catalog");
    await expectRefusal(client, "sees no table");
    // It is not broken by having been asked.
    expect((await client.query("SELECT 1")).rowCount).toBe(1);
  });

  it("is refused: a handle of SQLite", async () => {
    const handle: SqliteHandle = {
      prepare: () => {
        throw new Error("nothing is asked of it");
      },
      close: () => undefined,
    };
    await expectRefusal(handle, "nothing that Holdfast knows");
  });

  it("is refused: media.transaction(), which is for SQLite", async () => {
    const { media } = await openMedia();
    await expect(media.transaction(async () => undefined)).rejects.toMatchObject({ code: "TRANSACTION_UNUSABLE" });
  });
});

describe("transactions at the same time", () => {
  const photos = ["article", "42", "photos"] as const;

  /** Wait until somebody waits for a lock that this transaction holds. */
  async function untilBlockedBy(client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    for (const deadline = Date.now() + 20_000; ;) {
      const waiting = await pool.query("SELECT 1 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))", [rows[0]?.pid]);
      if ((waiting.rowCount ?? 0) > 0) return;
      if (Date.now() > deadline) throw new Error("nobody waits");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it("that put files into one slot follow each other, and lose none", async () => {
    const { media, stage } = await openMedia();
    const [a, b] = [await stage("a"), await stage("b")];
    const first = await begin();
    await media.attach(a, { to: photos, tx: first });
    const second = media.attach(b, { to: photos });
    await untilBlockedBy(first);
    await first.query("COMMIT");
    await second;
    expect((await media.attached(...photos)).map(({ name }) => name)).toEqual(["a.png", "b.png"]);
  });

  it("an expiry does not wait for an attachment under way, and comes after it only if that was rolled back", async () => {
    const { media, stage } = await openMedia(0);
    const [a, b] = [await stage("a"), await stage("b")];
    const tx = await begin();
    await media.attach(a, { to: photos, tx });
    expect(await media.settle()).toMatchObject({ expired: 1 });
    expect(await media.get(b.id)).toBeUndefined();
    await tx.query("ROLLBACK");
    expect(await media.settle()).toMatchObject({ expired: 1 });
    expect(await media.get(a.id)).toBeUndefined();
  });

  it("a file that was trashed while its attachment waited is refused, loudly", async () => {
    const { media, stage } = await openMedia();
    const [a, b] = [await stage("a"), await stage("b")];
    const first = await begin();
    await media.attach(b, { to: photos, tx: first });
    const second = media.attach(a, { to: photos }).catch((error: unknown) => error);
    await untilBlockedBy(first);
    await media.trash(a.id);
    await first.query("COMMIT");
    expect(await second).toMatchObject({ code: "FILE_NOT_STORED" });
    expect((await media.attached(...photos)).map(({ name }) => name)).toEqual(["b.png"]);
  });

  it("a file that two slots let go of at once goes to the trash, and one that a third takes up stays", async () => {
    const { media, stage } = await openMedia();
    const [a, b] = [await stage("a"), await stage("b")];
    const slots = ["one", "two", "three"].map((slot) => ["article", "42", slot] as const);
    const [one, two, three] = slots;
    if (one === undefined || two === undefined || three === undefined) return;
    for (const to of [one, two]) await media.attach([a, b], { to });
    const first = await begin();
    await media.detach({ from: one, tx: first });
    await media.attach(b, { to: three, tx: first });
    const second = media.detach({ from: two });
    await untilBlockedBy(first);
    await first.query("COMMIT");
    await second;
    expect(await media.get(a.id)).toBeUndefined();
    expect(await media.get(b.id)).toBeDefined();
    expect(await media.attached(...three)).toHaveLength(1);
  });

  it("of REPEATABLE READ fail rather than overlook each other", async () => {
    const { media, stage } = await openMedia();
    const [a, b] = [await stage("a"), await stage("b")];
    await media.attach(a, { to: photos });
    const tx = await begin("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await tx.query("SELECT 1 FROM client_articles");
    await media.attach(b, { to: photos, replace: true });
    await expect(media.attach(a, { to: photos, tx })).rejects.toThrow(/./);
    await tx.query("ROLLBACK");
    expect((await media.attached(...photos)).map(({ name }) => name)).toEqual(["b.png"]);
  });

  it("whose connection is lost midway leave nothing", async () => {
    const { media, stage } = await openMedia(0);
    const file = await stage("a");
    const client = await pool.connect();
    client.on("error", () => undefined);
    await client.query("BEGIN");
    await media.attach(file, { to: photos, tx: client });
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    await pool.query("SELECT pg_terminate_backend($1, 5000)", [rows[0]?.pid]);
    await expect(media.attach(file, { to: photos, tx: client })).rejects.toThrow(/./);
    client.release(true);
    expect(await media.attached(...photos)).toEqual([]);
    expect(await media.settle()).toMatchObject({ expired: 1 });
  });

  it("a purge does not take what is being brought back and attached", async () => {
    const media = await openTestMedia({ retentionMs: 0 });
    const file = await media.stage(await picture("png"), { name: "a.png" });
    await media.trash(file.id);
    const outcomes = await Promise.allSettled([
      media.settle(),
      media.restore(file.id).then(async (isBack) => (isBack ? await media.attach(file, { to: photos }) : [])),
    ]);
    await media.settle();
    const attached = await media.attached(...photos);
    const isAttached = outcomes[1]?.status === "fulfilled" && outcomes[1].value.length > 0;
    expect(attached).toHaveLength(isAttached ? 1 : 0);
    if (isAttached) await expectBytes(media, file);
  });
});
