import { onTestFinished } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import { type Catalogue, openCatalogue } from "./catalogue.js";
import { databaseOf } from "./test-database.fixture.js";

/**
 * Open the migrated catalogue of a test's folder, on PostgreSQL where HOLDFAST_TEST_DATABASE_URL says so, else on SQLite.
 *
 * @param folder whose catalogue. @defaultValue a folder of its own
 */
export async function openTestCatalogue(folder?: string): Promise<Catalogue> {
  const cwd = folder ?? (await temporaryFolder());
  const database = databaseOf(cwd);
  const catalogue = await openCatalogue({ env: {}, cwd, ...database });
  onTestFinished(async () => await catalogue.close());
  await catalogue.migrate();
  return catalogue;
}
