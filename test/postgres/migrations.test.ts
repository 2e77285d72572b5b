import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "pg";
import { beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import { migrationSql } from "@holdfast/media";
import { applyMigrations } from "../../packages/media/src/catalogue/apply-migrations.js";
import { openCatalogue } from "../../packages/media/src/catalogue/catalogue.js";
import { databaseOf } from "../../packages/media/src/catalogue/test-database.fixture.js";
import { openTestMedia, picture, temporaryFolder } from "../../packages/media/src/media.fixture.js";

const url = inject("postgres") ?? "";
let client: Client;

beforeEach(async () => {
  if (url === "") return;
  client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(async () => await client.end());
});

/** Columns, indexes and constraints of the tables with a prefix, as PostgreSQL describes them. */
async function schemaOf(prefix: string): Promise<unknown[]> {
  const questions = [
    "SELECT table_name AS a, column_name AS b, data_type AS c, collation_name AS d, is_nullable AS e, column_default AS f FROM information_schema.columns WHERE starts_with(table_name, $1) ORDER BY 1, 2",
    "SELECT indexdef AS a FROM pg_indexes WHERE starts_with(tablename, $1) ORDER BY 1",
    "SELECT pg_get_constraintdef(oid) AS a, conrelid::regclass::text AS b FROM pg_constraint WHERE starts_with(conrelid::regclass::text, $1) ORDER BY 2, 1",
  ];
  const found: unknown[] = [];
  for (const question of questions) found.push((await client.query<Record<string, unknown>>(question, [prefix])).rows);
  return JSON.parse(JSON.stringify(found).replaceAll(prefix, "")) as unknown[];
}

async function output(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (block: Buffer) => (text += block.toString()));
  await once(child, "close");
  return text;
}

describe("the tables in PostgreSQL", () => {
  it("are made by two processes at once, and by each once", async () => {
    const cwd = await temporaryFolder();
    const { tablePrefix = "" } = databaseOf(cwd);
    const children = [0, 1, 2].map(() => {
      const child = spawn(process.execPath, [`${import.meta.dirname}/migrate-child.mjs`, url, tablePrefix, cwd], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      return { child, said: output(child), ready: once(child.stdout, "data") };
    });
    await Promise.all(children.map(async ({ ready }) => await ready));
    for (const { child } of children) child.stdin.write("go\n");
    expect(await Promise.all(children.map(async ({ said }) => await said))).toEqual(children.map(() => "ready\nmigrated\n"));
    const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${tablePrefix}migrations ORDER BY id`);
    expect(rows.map(({ id }) => id)).toEqual(["0001_files", "0002_jobs", "0003_confidential", "0004_variant_leases"]);
  });

  it("are the same from migrate() as from the printed SQL", async () => {
    const [byUs, byHand] = [await temporaryFolder(), await temporaryFolder()];
    await openTestMedia({ cwd: byUs });
    const { tablePrefix = "" } = databaseOf(byHand);
    await client.query(migrationSql({ database: "postgres", tablePrefix }));
    const made = await schemaOf(databaseOf(byUs).tablePrefix ?? "");
    expect(made.map((rows) => (rows as unknown[]).length > 5)).toEqual([true, true, true]);
    expect(await schemaOf(tablePrefix)).toEqual(made);
    const media = await openTestMedia({ cwd: byHand });
    expect((await media.put(await picture(), { name: "cat.jpg" })).state).toBe("stored");
  });

  it("are waited for while somebody else makes them, in the end with a sentence that says so", async () => {
    const cwd = await temporaryFolder();
    const { tablePrefix: prefix = "", ...database } = databaseOf(cwd);
    const { db, kind, description, close } = await openCatalogue({ env: {}, cwd, tablePrefix: prefix, ...database });
    onTestFinished(close);
    const tables = { db, kind, prefix, description };
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`${prefix}migrations`]);
    await expect(applyMigrations(tables, { lockTimeoutMs: 200 })).rejects.toThrow(
      expect.objectContaining({
        code: "CATALOGUE_UNUSABLE",
        message: expect.stringMatching(/another process is making its tables.*Wait until it is/) as string,
      }),
    );
    const waiting = applyMigrations(tables, {});
    await client.query("COMMIT");
    await waiting;
    expect(await db.selectFrom("files").select("id").execute()).toEqual([]);
  });

  it("that are missing are asked for before anything else is done", async () => {
    const cwd = await temporaryFolder();
    const { tablePrefix = "" } = databaseOf(cwd);
    const media = await openTestMedia({ cwd, database: url, tablePrefix });
    await expect(media.put(await picture(), { name: "cat.jpg" })).rejects.toThrow(
      expect.objectContaining({
        code: "CATALOGUE_NOT_MIGRATED",
        message: expect.stringContaining("0001_files, 0002_jobs, 0003_confidential, 0004_variant_leases") as string,
      }),
    );
    await media.migrate();
    expect((await media.put(await picture(), { name: "cat.jpg" })).state).toBe("stored");
  });
});
