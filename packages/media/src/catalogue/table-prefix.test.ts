import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { describe, expect, it } from "vitest";
import type { Schema } from "./schema.js";
import { tablePrefixPlugin } from "./table-prefix.js";

const db = new Kysely<Schema & { articles: { id: string; cover: string } }>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
  plugins: [tablePrefixPlugin("p_")],
});

describe("tablePrefixPlugin", () => {
  it("prefixes tables in joins and wherever their columns are named, and leaves other people's tables alone", () => {
    const query = db
      .selectFrom("files")
      .innerJoin("attachments", "attachments.file_id", "files.id")
      .innerJoin("articles", "articles.cover", "files.id")
      .selectAll("files")
      .where("attachments.slot", "=", "cover")
      .where("files.id", "in", (eb) => eb.selectFrom("replicas").select("replicas.file_id"));
    expect(query.compile().sql).toBe(
      'select "p_files".* from "p_files" inner join "p_attachments" on "p_attachments"."file_id" = "p_files"."id" ' +
        'inner join "articles" on "articles"."cover" = "p_files"."id" where "p_attachments"."slot" = ? ' +
        'and "p_files"."id" in (select "p_replicas"."file_id" from "p_replicas")',
    );
  });

  it("leaves aliases as they are", () => {
    const query = db.selectFrom("files as f").select("f.id").where("f.state", "=", "stored");
    expect(query.compile().sql).toBe('select "f"."id" from "p_files" as "f" where "f"."state" = ?');
  });

  it("prefixes what is written and what is removed", () => {
    expect(
      db
        .insertInto("meta")
        .values({ name: "a", value: "b" })
        .onConflict((c) => c.doNothing())
        .compile().sql,
    ).toContain('insert into "p_meta"');
    expect(db.updateTable("files").set({ state: "trashed" }).compile().sql).toContain('update "p_files"');
    expect(db.deleteFrom("variants").where("id", "=", "x").compile().sql).toContain('delete from "p_variants"');
  });
});
