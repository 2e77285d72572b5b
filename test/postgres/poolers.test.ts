import { Client, Pool } from "pg";
import { beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import type { Media, MediaOptions } from "@holdfast/media";
import { lackOfPgbouncer, startPgbouncer } from "../../bench/src/servers/pgbouncer.js";
import { databaseOf } from "../../packages/media/src/catalogue/test-database.fixture.js";
import { openTestMedia, picture, temporaryFolder } from "../../packages/media/src/media.fixture.js";
import { readAll } from "../../packages/media/src/storage/object-body.js";

const server = inject("postgres");
const lack = lackOfPgbouncer();
if (lack !== undefined && process.env["CI"] !== undefined) throw new Error(lack);
if (lack !== undefined) process.stderr.write(`${lack}\n`);

const jpeg = await picture();
const leftOut = expect.stringMatching(/behind a pooler .* MEDIA_DATABASE_PREPARE=0/) as unknown;

let cwd: string;

beforeEach(async () => {
  cwd = await temporaryFolder();
});

async function open(options: MediaOptions): Promise<Media & { readonly lines: string[] }> {
  const media = await openTestMedia({ cwd, ...databaseOf(cwd), ...options });
  await media.migrate();
  return media;
}

/** A pool of one connection, as an application brings it, and the names of the statements that its connection keeps prepared. */
function onePool(): { readonly pool: Pool; names(): Promise<string[]> } {
  const pool = new Pool({ connectionString: server, max: 1 });
  onTestFinished(async () => await pool.end());
  const names = async (): Promise<string[]> =>
    (await pool.query<{ name: string }>("SELECT name FROM pg_prepared_statements")).rows.map(({ name }) => name);
  return { pool, names };
}

/** As many uploads as connections are mixed up by, and all that follows one. */
async function useIt(media: Media): Promise<void> {
  const names = Array.from({ length: 40 }, (_, at) => `cat-${at}.jpg`);
  const files = await Promise.all(names.map(async (name) => await media.put(jpeg, { name, idempotencyKey: name })));
  const [first, second] = files;
  if (first === undefined || second === undefined) throw new Error("nothing was kept");
  await media.attach([first, second], { to: ["article", "1", "photos"] });
  await media.put(jpeg, { name: "dog.jpg", attachTo: ["article", "1", "photos"] });
  expect((await media.attached("article", "1", "photos")).map(({ name }) => name)).toEqual(["cat-0.jpg", "cat-1.jpg", "dog.jpg"]);
  expect((await media.put(jpeg, { name: "cat-3.jpg", idempotencyKey: "cat-3.jpg" })).isReplayed).toBe(true);
  await media.trash(second.id);
  await media.settle();
  const { files: kept } = await media.list({ limit: 100 });
  expect(kept.map(({ name }) => name).toSorted()).toEqual([...names.filter((name) => name !== "cat-1.jpg"), "dog.jpg"].toSorted());
  for (const { id } of kept) expect(jpeg.equals(await readAll(await media.open(id)))).toBe(true);
}

describe.runIf(server !== undefined && lack === undefined)("behind pgbouncer", () => {
  async function through(mode: "transaction" | "session"): Promise<string> {
    const pooler = await startPgbouncer(server ?? "", mode);
    onTestFinished(async () => await pooler.stop());
    return pooler.url;
  }

  it("in the mode of transactions, prepared statements are left out once they are refused, and nothing is lost", async () => {
    const media = await open({ database: await through("transaction") });
    await useIt(media);
    expect(media.lines.filter((line) => line.includes("pooler"))).toEqual([leftOut]);
  });

  it.each([
    ["MEDIA_DATABASE_PREPARE=0", { env: { MEDIA_DATABASE_PREPARE: "0" } }, ""],
    ["pgbouncer=true in the URL", {}, "?pgbouncer=true"],
    ["prepareStatements: false", { prepareStatements: false }, ""],
  ])("in the mode of transactions, none is tried with %s", async (_, options, query) => {
    const media = await open({ ...options, database: `${await through("transaction")}${query}` });
    await useIt(media);
    expect(media.lines.filter((line) => line.includes("pooler"))).toEqual([]);
  });

  it("in the mode of sessions, they are kept", async () => {
    const media = await open({ database: await through("session") });
    await useIt(media);
    expect(media.lines.filter((line) => line.includes("pooler"))).toEqual([]);
  });
});

describe.runIf(server !== undefined)("statements of uploads", () => {
  it("are prepared once a connection, whatever is uploaded", async () => {
    const { pool, names } = onePool();
    const media = await open({ database: pool });
    await media.put(jpeg, { name: "one.jpg" });
    const kept = await names();
    expect(kept).toHaveLength(2);
    await media.put(await picture("png"), { name: "two.png", owner: "ann", visibility: "public", idempotencyKey: "two" });
    expect(await names()).toEqual(kept);
  });

  it("are not prepared where that is turned off", async () => {
    const { pool, names } = onePool();
    const media = await open({ database: pool, prepareStatements: false });
    await media.put(jpeg, { name: "one.jpg" });
    expect(await names()).toEqual([]);
  });

  it("bear columns that are added, and a column whose type is changed, while they are kept", async () => {
    const { pool, names } = onePool();
    const { tablePrefix = "" } = databaseOf(cwd);
    const media = await open({ database: pool });
    await media.put(jpeg, { name: "one.jpg" });
    const other = new Client({ connectionString: server });
    await other.connect();
    onTestFinished(async () => await other.end());
    await other.query(`ALTER TABLE ${tablePrefix}files ADD COLUMN later TEXT`);
    await media.put(jpeg, { name: "two.jpg" });
    expect(await names()).toHaveLength(2);
    await other.query(`ALTER TABLE ${tablePrefix}files ALTER COLUMN thumbhash TYPE VARCHAR(200)`);
    await media.put(jpeg, { name: "three.jpg" });
    expect((await media.list()).files.map(({ name }) => name)).toEqual(["three.jpg", "two.jpg", "one.jpg"]);
  });

  it("that are gone from the connection are run without their names", async () => {
    const { pool } = onePool();
    const media = await open({ database: pool });
    await media.put(jpeg, { name: "one.jpg" });
    await pool.query("DEALLOCATE ALL");
    await media.put(jpeg, { name: "two.jpg" });
    expect(media.lines).toContainEqual(leftOut);
  });

  it("refuse a setting that is neither 0 nor 1", async () => {
    await expect(open({ env: { MEDIA_DATABASE_PREPARE: "no" } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining('MEDIA_DATABASE_PREPARE is "no"') as unknown,
    });
  });
});
