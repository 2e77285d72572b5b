import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "libsql";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import { openSqliteFile, prepareConnection, sqlitePathOf } from "./sqlite.js";

const coded = (code: string, message: string): object => expect.objectContaining({ code, message: expect.stringContaining(message) });

describe("openSqliteFile", () => {
  it("has every commit on the disk when it returns: WAL with synchronous=FULL, foreign keys checked", async () => {
    const { handle, close } = await openSqliteFile(join(await temporaryFolder(), "a", "catalogue.db"));
    onTestFinished(close);
    const ask = (pragma: string): unknown => Object.values(handle.prepare(`PRAGMA ${pragma}`).all([])[0] as object)[0];
    expect(["journal_mode", "synchronous", "foreign_keys"].map(ask)).toEqual(["wal", 2, 1]);
  });

  it("gives one connection to all who open the same file, closed by the last of them", async () => {
    const path = join(await temporaryFolder(), "catalogue.db");
    const [one, two] = await Promise.all([openSqliteFile(path), openSqliteFile(path)]);
    expect(one.handle).toBe(two.handle);
    one.close();
    one.close();
    expect(two.handle.prepare("SELECT 1 AS one").all([])).toEqual([{ one: 1 }]);
    two.close();
    expect(() => two.handle.prepare("SELECT 1")).toThrow("not open");
  });

  it("gives an open connection to whoever opens while the last user closes", async () => {
    const path = join(await temporaryFolder(), "catalogue.db");
    const one = await openSqliteFile(path);
    const opening = openSqliteFile(path);
    one.close();
    const two = await opening;
    onTestFinished(() => two.close());
    expect(two.handle.prepare("SELECT 1 AS one").all([])).toEqual([{ one: 1 }]);
  });

  it("can be opened again at once when what was wrong with the file is mended", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "catalogue.db");
    await writeFile(path, "this is not a database, and long enough to be sure of it".repeat(20));
    await expect(openSqliteFile(path)).rejects.toThrow(coded("CATALOGUE_UNUSABLE", "not a database"));
    await rm(path);
    const startedAt = Date.now();
    (await openSqliteFile(path)).close();
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });

  it("waits for a predecessor that still holds the file", async () => {
    const path = join(await temporaryFolder(), "catalogue.db");
    const predecessor = new Database(`${path}-owner`);
    predecessor.exec("BEGIN EXCLUSIVE");
    let isOpen = false;
    const opening = openSqliteFile(path).then((connection) => {
      isOpen = true;
      return connection;
    });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(isOpen).toBe(false);
    predecessor.close();
    (await opening).close();
  });

  it("says which file is meant when it cannot be opened", async () => {
    const path = join(await temporaryFolder(), "catalogue.db");
    await mkdir(path);
    await expect(openSqliteFile(path)).rejects.toThrow(coded("CATALOGUE_UNUSABLE", path));
  });
});

describe("prepareConnection", () => {
  it("takes a database in memory, which asks for no durability", () => {
    const database = new Database(":memory:");
    onTestFinished(() => void database.close());
    expect(() => prepareConnection(database, "(memory)")).not.toThrow();
  });

  it("refuses a SQLite that is too old, and says which is needed", () => {
    const old = {
      prepare: () => ({
        reader: true,
        all: () => [{ value: "3.31.1" }],
        run: () => ({ changes: 0, lastInsertRowid: 0 }),
        iterate: () => [].values(),
      }),
      close: () => undefined,
    };
    expect(() => prepareConnection(old, "(old)")).toThrow(coded("CATALOGUE_UNUSABLE", "it is SQLite 3.31.1; 3.42 or later is needed"));
  });
});

describe("sqlitePathOf", () => {
  it.each([
    ["file:/data/catalogue.db", "/data/catalogue.db"],
    ["file:catalogue.db", "catalogue.db"],
    ["file:///data/cat%20alogue.db", "/data/cat alogue.db"],
    ["file:my%20data/c.db", "my data/c.db"],
    ["postgres://u:p@h/d", undefined],
    ["/data/catalogue.db", undefined],
  ])("reads %s as %s", (url, path) => {
    expect(sqlitePathOf(url)).toBe(path);
  });
});
