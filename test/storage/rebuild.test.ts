import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fsDriver, openMedia, openStorage, rebuildCatalogue, type RebuildReport, s3Storage, type Storage } from "@holdfast/media";
import { afterAll, describe, expect, inject, it } from "vitest";
import { lackOfPostgres, startPostgres } from "../../bench/src/servers/postgres.js";
import { type Catalogue, openCatalogue } from "../../packages/media/src/catalogue/catalogue.js";
import { noteChanged } from "../../packages/media/src/catalogue/changes.js";
import { tableNames } from "../../packages/media/src/catalogue/schema.js";
import { makeBucket, present } from "./bucket.js";

const files = 1000;
const { radosgw } = inject("servers");
const folder = await mkdtemp(join(tmpdir(), "holdfast-rebuild-"));
afterAll(async () => await rm(folder, { recursive: true, force: true }));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Everything that the catalogue knows, without when a copy was verified and what signs URLs. */
async function everything({ db }: Catalogue): Promise<Record<"files" | "attachments" | "replicas" | "meta", object[]>> {
  return {
    files: await db.selectFrom("files").selectAll().orderBy("id").execute(),
    attachments: await db.selectFrom("attachments").selectAll().orderBy("file_id").orderBy("record_id").orderBy("slot").execute(),
    replicas: await db.selectFrom("replicas").select(["file_id", "storage", "object_key", "size", "sha256"]).orderBy("file_id").execute(),
    meta: await db.selectFrom("meta").selectAll().where("name", "!=", "signing_key").orderBy("name").execute(),
  };
}

interface Place {
  readonly name: string;
  readonly database: string;
  openStorage(): Promise<Storage>;
}

/** Fill a catalogue with files of all kinds of fates, lose every table, make it again, and compare. */
async function loseAndRebuild({ name, database, openStorage: open }: Place): Promise<RebuildReport> {
  const storage = await open();
  const media = await openMedia({ storage, database, env: {}, log: silent, settleEveryMs: 0, jobs: { concurrency: 8 } });
  const catalogue = await openCatalogue({ database, env: {}, cwd: folder });
  try {
    await media.migrate();
    const header = Buffer.from("%PDF-1.4\n%\u00e2\u00e3\n");
    let next = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (next < files) {
          const n = next++;
          const target = n % 10 === 0 ? {} : { attachTo: [`kind ${n % 3}`, String(n >> 2), n % 2 === 0 ? "cover" : "größe"] as const };
          const visibility = n % 4 === 0 ? "public" : "private";
          const file = await media.put(Buffer.concat([header, Buffer.from(`${n}`)]), { name: `Nº ${n}.pdf`, visibility, ...target });
          if (n % 13 === 0) await media.trash(file.id);
          if (n % 26 === 0) await media.restore(file.id);
          if (n % 7 === 0) await decorate(catalogue, file.id, n);
        }
      }),
    );
    await expect.poll(async () => await media.jobs.count(), { timeout: 120_000, interval: 100 }).toEqual([]);
    const before = await everything(catalogue);
    expect(before.files).toHaveLength(files);

    const tables = [...tableNames, "migrations"].toReversed();
    for (const table of tables) await catalogue.db.schema.dropTable(`holdfast_${table}`).execute();
    for (const table of tableNames)
      await expect(catalogue.db.selectFrom(table).selectAll().execute()).rejects.toThrow(/does not exist|no such table/);
    await media.close();

    const startedAt = performance.now();
    const report = await rebuildCatalogue({ storage, database, env: {}, cwd: folder });
    process.stdout.write(`${files} files rebuilt on ${name} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
    expect(await everything(catalogue)).toEqual(before);
    return report;
  } finally {
    await media.close();
    await catalogue.close();
  }
}

/** What only an application gives: an owner, a key of its own, an end; and a second record that shows the file. */
async function decorate(catalogue: Catalogue, id: string, n: number): Promise<void> {
  const { now } = catalogue;
  await catalogue.db.transaction().execute(async (tx) => {
    await tx
      .updateTable("files")
      .set((eb) => ({ owner: `user ${n}`, idempotency_key: `key ${n}`, ...(n % 2 === 0 ? { expires_at: eb(now, "+", 86_400_000) } : {}) }))
      .where("id", "=", id)
      .execute();
    const link = { record_type: "page", record_id: String(n), slot: "top", position: n, file_id: id, attached_at: now };
    await tx.insertInto("attachments").values(link).execute();
    await noteChanged(catalogue, tx, [id]);
  });
}

describe("a catalogue of 1,000 files whose every table was dropped", () => {
  it("is made again from a folder as it was, on SQLite", async () => {
    const root = join(folder, "media");
    const database = `file:${join(folder, "catalogue.db")}`;
    const disk = async (): Promise<Storage> =>
      openStorage(fsDriver({ root }), { description: "disk", chosenBy: "test", durability: "disk" });
    expect(await loseAndRebuild({ name: "a disk and SQLite", database, openStorage: disk })).toMatchObject({
      files,
      withoutManifest: 0,
      lost: 0,
      damaged: 0,
      problems: [],
    });
  });

  const lack = radosgw === undefined ? "radosgw is not installed" : lackOfPostgres();
  it.skipIf(lack !== undefined)("is made again from a bucket as it was, on PostgreSQL", async () => {
    const postgres = await startPostgres();
    try {
      const { bucket, endpoint, region, credentials } = await makeBucket(present(radosgw));
      const open = async (): Promise<Storage> => await s3Storage({ bucket, endpoint, region, credentials });
      expect(await loseAndRebuild({ name: "radosgw and PostgreSQL", database: postgres.url, openStorage: open })).toMatchObject({
        files,
        withoutManifest: 0,
        lost: 0,
        damaged: 0,
        problems: [],
      });
    } finally {
      await postgres.stop();
    }
  });
});
