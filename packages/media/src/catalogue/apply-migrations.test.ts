import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import { applyMigrations, missingMigrations, type Tables } from "./apply-migrations.js";
import { openTestCatalogue } from "./catalogue.fixture.js";
import { defaultTablePrefix, type Migration, migrations } from "./migrations.js";
import { databaseOf } from "./test-database.fixture.js";

const rename: readonly Migration[] = [
  { id: "9001_title", step: "expand", statements: ["ALTER TABLE {p}files ADD COLUMN title TEXT", "UPDATE {p}files SET title = name"] },
  { id: "9002_no_thumbhash", step: "contract", statements: ["ALTER TABLE {p}files DROP COLUMN thumbhash"] },
  { id: "9003_note", step: "expand", statements: ["ALTER TABLE {p}files ADD COLUMN note TEXT"] },
];

interface Bench {
  readonly tables: Tables;
  readonly folder: string;
  columns(): Promise<string[]>;
  applied(): Promise<string[]>;
}

/** A catalogue of this release, whose tables later releases change. */
async function bench(): Promise<Bench> {
  const folder = await temporaryFolder();
  const { db, kind, description } = await openTestCatalogue(folder);
  const prefix = databaseOf(folder).tablePrefix ?? defaultTablePrefix;
  return {
    folder,
    tables: { db, kind, prefix, description },
    columns: async () =>
      (await db.introspection.getTables()).find(({ name }) => name === `${prefix}files`)?.columns.map(({ name }) => name) ?? [],
    applied: async () => {
      const { rows } = await sql<{ id: string }>`SELECT id FROM ${sql.table(`${prefix}migrations`)} ORDER BY id`.execute(db);
      return rows.map(({ id }) => id);
    },
  };
}

const known = migrations.map(({ id }) => id);
const all = [...migrations, ...rename];

describe("migrations", () => {
  it("of a new release are asked for by name until they are applied, and the contracting ones never", async () => {
    const { tables } = await bench();
    expect(await missingMigrations(tables, all)).toEqual(["9001_title", "9003_note"]);
    await applyMigrations(tables, {}, all);
    expect(await missingMigrations(tables, all)).toEqual([]);
  });

  it("expand first: what the previous release uses stays, and it goes on working", async () => {
    const { tables, folder, columns, applied } = await bench();
    await applyMigrations(tables, {}, all);
    expect(await columns()).toEqual(expect.arrayContaining(["name", "thumbhash", "title", "note"]));
    expect(await applied()).toEqual([...known, "9001_title", "9003_note"]);
    // The previous release, which knows nothing of the new steps, starts and is content.
    const previous = await openTestCatalogue(folder);
    await previous.confirmMigrated();
    expect(await previous.db.selectFrom("files").select("thumbhash").execute()).toEqual([]);
  });

  it("contract when asked to, and only once", async () => {
    const { tables, columns, applied } = await bench();
    await applyMigrations(tables, {}, all);
    await applyMigrations(tables, { contract: true }, all);
    await applyMigrations(tables, { contract: true }, all);
    await applyMigrations(tables, {}, all);
    expect(await columns()).not.toContain("thumbhash");
    expect(await applied()).toEqual([...known, "9001_title", "9002_no_thumbhash", "9003_note"]);
  });

  it("are all of a step or nothing of it, and go on after the last whole one", async () => {
    const { tables, columns, applied } = await bench();
    const broken: Migration = {
      ...rename[0],
      id: "9001_title",
      step: "expand",
      statements: [rename[0]?.statements[0] ?? "", "SELECT id FROM nowhere"],
    };
    await expect(applyMigrations(tables, {}, [...migrations, broken])).rejects.toThrow(
      expect.objectContaining({ code: "CATALOGUE_UNUSABLE", message: expect.stringContaining("nowhere") as string }),
    );
    expect([await applied(), (await columns()).includes("title")]).toEqual([known, false]);
    await applyMigrations(tables, {}, all);
    expect(await columns()).toContain("title");
  });

  it("are applied once by many at a time", async () => {
    const { tables, folder, applied } = await bench();
    const others = await Promise.all([openTestCatalogue(folder), openTestCatalogue(folder)]);
    await Promise.all([tables, ...others.map(({ db }) => ({ ...tables, db }))].map(async (each) => await applyMigrations(each, {}, all)));
    expect(await applied()).toEqual([...known, "9001_title", "9003_note"]);
  });

  it("that are there already expand only, so that the previous release survives them", () => {
    for (const { id, step, statements } of migrations) {
      expect([id, step]).toEqual([id, "expand"]);
      expect(statements.filter((statement) => /\b(DROP|RENAME|ALTER COLUMN)\b/i.test(statement))).toEqual([]);
    }
  });
});
