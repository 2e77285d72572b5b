import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { onTestFinished } from "vitest";
import type { MediaOptions } from "../media.js";

/** The PostgreSQL that tests run on, where they do. */
export const testDatabaseUrl: string | undefined = process.env["HOLDFAST_TEST_DATABASE_URL"];

const toBeDropped = new Set<string>();

/**
 * The catalogue that belongs to a test's folder: SQLite in it, or in PostgreSQL the tables of a prefix of its own, which go when
 * the test is over. The same folder has the same catalogue, however often it is opened.
 */
export function databaseOf(folder: string): Pick<MediaOptions, "database" | "tablePrefix"> {
  if (testDatabaseUrl === undefined) return {};
  const tablePrefix = `t${createHash("sha256").update(folder).digest("hex").slice(0, 12)}_`;
  if (!toBeDropped.has(tablePrefix)) {
    toBeDropped.add(tablePrefix);
    // Registered before anything is opened, so that it comes after everything is closed.
    onTestFinished(async () => await dropTables(testDatabaseUrl, tablePrefix));
  }
  return { database: testDatabaseUrl, tablePrefix };
}

/** Lose the catalogue of a test's folder, as when its database was dropped, or lay on a disk that was wiped. */
export async function loseCatalogue(folder: string): Promise<void> {
  const { tablePrefix } = databaseOf(folder);
  if (testDatabaseUrl !== undefined && tablePrefix !== undefined) return await dropTables(testDatabaseUrl, tablePrefix);
  const data = join(folder, "holdfast-data");
  for (const name of await readdir(data)) if (name.startsWith("catalogue.db")) await rm(join(data, name));
}

async function dropTables(url: string, prefix: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE starts_with(tablename, $1)", [
      prefix,
    ]);
    if (rows.length > 0) await client.query(`DROP TABLE ${rows.map(({ name }) => `"${name}"`).join(", ")} CASCADE`);
  } finally {
    await client.end();
  }
}
