import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import { type Catalogue, openCatalogue } from "./catalogue.js";

/** The PostgreSQL that tests run on, where they do. */
export const testDatabaseUrl = process.env["HOLDFAST_TEST_DATABASE_URL"];

/** A prefix that no other test has; its tables go when the test is over. Undefined where tests run on SQLite. */
export function freshTablePrefix(): string {
  const prefix = `t${randomBytes(6).toString("hex")}_`;
  if (testDatabaseUrl !== undefined) onTestFinished(async () => await dropTables(testDatabaseUrl, prefix));
  return prefix;
}

/** Open a migrated catalogue of its own, on PostgreSQL where HOLDFAST_TEST_DATABASE_URL says so, else on SQLite. */
export async function openTestCatalogue(): Promise<Catalogue> {
  const catalogue = await openCatalogue({
    env: {},
    cwd: await temporaryFolder(),
    tablePrefix: freshTablePrefix(),
    ...(testDatabaseUrl === undefined ? {} : { database: testDatabaseUrl }),
  });
  onTestFinished(async () => await catalogue.close());
  await catalogue.migrate();
  return catalogue;
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
