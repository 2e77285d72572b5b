import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import { openTestCatalogue } from "./catalogue.fixture.js";
import { type Catalogue, openCatalogue } from "./catalogue.js";
import { databaseOf } from "./test-database.fixture.js";

/** A catalogue of a folder whose tables may not be there yet. */
async function openAt(cwd: string): Promise<Catalogue> {
  const database = databaseOf(cwd);
  const catalogue = await openCatalogue({ env: {}, cwd, ...database });
  onTestFinished(async () => await catalogue.close());
  return catalogue;
}

describe("the catalogue's tables", () => {
  it("are made once, however often and by however many at a time", async () => {
    const cwd = await temporaryFolder();
    const catalogues = await Promise.all([openAt(cwd), openAt(cwd), openAt(cwd)]);
    await Promise.all(catalogues.map(async (catalogue) => await catalogue.migrate()));
    await Promise.all(catalogues.map(async (catalogue) => await catalogue.migrate()));
    const { count } = await catalogues[0].db
      .selectFrom("files")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    expect(count).toBe(0);
  });

  it("are asked for by name when they are missing", async () => {
    const catalogue = await openAt(await temporaryFolder());
    await expect(catalogue.confirmMigrated()).rejects.toThrow(expect.objectContaining({ code: "CATALOGUE_NOT_MIGRATED" }));
    await catalogue.migrate();
    await catalogue.confirmMigrated();
  });
});

describe("what the catalogue remembers", () => {
  it("is what the first to say it said, also among many", async () => {
    const catalogue = await openTestCatalogue();
    expect(await catalogue.recall("signing_key")).toBeUndefined();
    const said = await Promise.all(["a", "b", "c"].map(async (value) => await catalogue.remember("signing_key", () => value)));
    expect(new Set(said).size).toBe(1);
    expect(await catalogue.recall("signing_key")).toBe(said[0]);
  });
});

describe("closing a catalogue", () => {
  it("may be done more than once", async () => {
    const catalogue = await openTestCatalogue();
    await Promise.all([catalogue.close(), catalogue.close()]);
    expect(await catalogue.close()).toBeUndefined();
  });
});
