import { join } from "node:path";
import Database from "libsql";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import type { DiskFacts } from "../env/disk.js";
import { type Catalogue, openCatalogue } from "./catalogue.js";
import { migrationSql } from "./migrations.js";

const coded = (code: string, message = ""): object => expect.objectContaining({ code, message: expect.stringContaining(message) });
const durable: DiskFacts = { mounts: [{ mountPoint: "/", type: "ext4" }], isContainer: false };

async function open(options: Partial<Parameters<typeof openCatalogue>[0]> = {}): Promise<Catalogue> {
  const catalogue = await openCatalogue({ env: {}, cwd: options.cwd ?? (await temporaryFolder()), facts: durable, ...options });
  onTestFinished(async () => await catalogue.close());
  return catalogue;
}

const tablesOf = (handle: InstanceType<typeof Database>): unknown[] =>
  handle.prepare("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name").all();

describe("openCatalogue", () => {
  it("is a file below the working directory when nothing is said", async () => {
    const cwd = await temporaryFolder();
    const catalogue = await open({ cwd });
    expect(catalogue).toMatchObject({ description: `SQLite (${join(cwd, "holdfast-data", "catalogue.db")})`, isOwn: true });
  });

  it("is where MEDIA_DATABASE_URL says, unless code says otherwise", async () => {
    const cwd = await temporaryFolder();
    const env = { MEDIA_DATABASE_URL: "file:one.db", DATABASE_URL: "postgres://u:hunter2@h/d" };
    expect((await open({ cwd, env })).description).toBe(`SQLite (${join(cwd, "one.db")})`);
    expect((await open({ cwd, env, database: "file:two.db" })).description).toBe(`SQLite (${join(cwd, "two.db")})`);
  });

  it("is the application's own PostgreSQL, never a file, where DATABASE_URL says so, and never quotes the password", async () => {
    const shared = await open({ env: { DATABASE_URL: "postgres://u:hunter2@db.example.com:5433/d" } });
    expect(shared).toMatchObject({ kind: "postgres", description: "PostgreSQL (db.example.com:5433/d)", isOwn: false });
  });

  it("refuses what is no database it knows, and never quotes the password", async () => {
    for (const env of [{ MEDIA_DATABASE_URL: "mysql://u:hunter2@h/d" }, { MEDIA_DATABASE_URL: "hunter2" }]) {
      const failure = await open({ env }).catch((error: unknown) => String(error));
      expect(failure).toMatch(/MEDIA_DATABASE_URL/);
      expect(failure).not.toContain("hunter2");
    }
  });

  it.each([
    ["in quotes", { MEDIA_DATABASE_URL: '"postgres://u:hunter2@h/d"' }, "MEDIA_DATABASE_URL has quotes around it"],
    ["in quotes, of the application", { DATABASE_URL: "'postgres://u:hunter2@h/d'" }, "DATABASE_URL has quotes around it"],
    ["with a line break", { DATABASE_URL: "postgres://u:hunter2@h/d\n" }, "DATABASE_URL has a line break at its end"],
    ["with its name", { MEDIA_DATABASE_URL: "MEDIA_DATABASE_URL=postgres://u:hunter2@h/d" }, "begins with a variable's name"],
    ["with a placeholder", { MEDIA_DATABASE_URL: "postgres://<user>:hunter2@h/d" }, "still has a placeholder"],
    ["with a slash in the password", { MEDIA_DATABASE_URL: "postgres://u:12/hunter2@h/d" }, "MEDIA_DATABASE_URL cannot be read"],
    ["with a question mark in the password", { DATABASE_URL: "postgres://u:12?hunter2@h/d" }, "DATABASE_URL cannot be read"],
    ["with a hash in the password", { DATABASE_URL: "postgres://u:x#hunter2@h:5432/d" }, "%23 for #"],
    ["with a port that is none", { MEDIA_DATABASE_URL: "postgres://u:hunter2@h:99999/d" }, "host:port"],
  ])("refuses a URL %s instead of guessing, and never quotes the password", async (_, env, problem) => {
    const failure = await open({ env }).catch((error: unknown) => String(error));
    expect(failure).toContain(problem);
    expect(failure).not.toContain("hunter2");
  });

  it.each(["postgres:///d?host=/run/postgresql", "postgres://u@/d", "postgres://u:a%2Fb@h/d", "postgres://h:5432/d?user=me@cloud"])(
    "takes %j",
    async (url) => {
      expect((await open({ env: { MEDIA_DATABASE_URL: "", DATABASE_URL: url } })).kind).toBe("postgres");
    },
  );

  it("refuses a catalogue that the next deploy wipes, in production only", async () => {
    const facts: DiskFacts = { mounts: [{ mountPoint: "/", type: "overlay" }], isContainer: true };
    await expect(open({ facts, env: { RENDER: "true" } })).rejects.toThrow(
      coded("STORAGE_EPHEMERAL", "MEDIA_DATABASE_URL=file:/data/catalogue.db"),
    );
    await open({ facts, env: { RENDER: "true", MEDIA_ALLOW_EPHEMERAL: "1" } });
    await open({ facts });
  });

  it.each(["", "a-b", "1a", "x; DROP TABLE files", "x".repeat(32)])("refuses the table prefix %j", async (tablePrefix) => {
    await expect(open({ tablePrefix })).rejects.toThrow(coded("CONFIG_INVALID", "tablePrefix"));
  });
});

describe("the catalogue's tables", () => {
  it("are the same from migrate() as from the printed SQL", async () => {
    const [byUs, byHand] = [new Database(":memory:"), new Database(":memory:")];
    onTestFinished(() => [byUs, byHand].forEach((handle) => handle.close()));
    await (await open({ database: byUs, tablePrefix: "app_media_" })).migrate();
    byHand.exec(migrationSql({ tablePrefix: "app_media_" }));
    expect(tablesOf(byHand)).toEqual(tablesOf(byUs));
    expect(tablesOf(byUs).length).toBeGreaterThan(8);
    await (await open({ database: byHand, tablePrefix: "app_media_" })).confirmMigrated();
  });

  it("are asked for by name when they are missing, and the application's own stay untouched", async () => {
    const handle = new Database(":memory:");
    onTestFinished(() => void handle.close());
    handle.exec("CREATE TABLE files (id INTEGER PRIMARY KEY, mine TEXT); INSERT INTO files (mine) VALUES ('kept')");
    const catalogue = await open({ database: handle });
    await expect(catalogue.confirmMigrated()).rejects.toThrow(coded("CATALOGUE_NOT_MIGRATED", "0001_files"));
    await catalogue.migrate();
    await catalogue.confirmMigrated();
    expect(await catalogue.db.selectFrom("files").selectAll().execute()).toEqual([]);
    expect(handle.prepare("SELECT mine FROM files").all()).toEqual([{ mine: "kept" }]);
  });

  it("are left open when the handle is the application's, and closed when it is not", async () => {
    const handle = new Database(":memory:");
    await (await open({ database: handle })).close();
    expect(handle.open).toBe(true);
    handle.close();
  });
});

describe("two who share one connection", () => {
  it("never run inside each other's transaction", async () => {
    const cwd = await temporaryFolder();
    const [one, two] = [await open({ cwd }), await open({ cwd })];
    await one.migrate();
    const rolledBack = one.db.transaction().execute(async (tx) => {
      await tx.insertInto("meta").values({ name: "one", value: "x" }).execute();
      await new Promise((resolve) => setTimeout(resolve, 30));
      throw new Error("roll back");
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    // Acknowledged inside the other's transaction, it would be rolled back with it.
    await Promise.all([
      expect(rolledBack).rejects.toThrow("roll back"),
      two.remember("two", () => "kept"),
      two.db.transaction().execute(async (tx) => await tx.insertInto("meta").values({ name: "three", value: "kept" }).execute()),
    ]);
    expect([await one.recall("one"), await one.recall("two"), await one.recall("three")]).toEqual([undefined, "kept", "kept"]);
  });

  it("keep taking turns after one of them is closed in the middle", async () => {
    const cwd = await temporaryFolder();
    const [one, two] = [await open({ cwd }), await open({ cwd })];
    await one.migrate();
    await Promise.all([one.remember("one", () => "x").then(async () => await one.close()), two.remember("two", () => "y")]);
    expect(await two.recall("two")).toBe("y");
  });

  it("keep apart what one handle of an application holds for two", async () => {
    const handle = new Database(":memory:");
    onTestFinished(() => void handle.close());
    const [one, two] = [await open({ database: handle, tablePrefix: "one_" }), await open({ database: handle, tablePrefix: "two_" })];
    await Promise.all([one.migrate(), two.migrate()]);
    await one.remember("name", () => "one");
    expect(await two.recall("name")).toBeUndefined();
  });
});
