import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statementsOf } from "./statements.js";

let database: Database.Database;
let prepare: ReturnType<typeof statementsOf>;

beforeEach(() => {
  database = new Database(":memory:");
  database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  prepare = statementsOf(database);
});

afterEach(() => database.close());

const insert = "INSERT INTO t (id, name) VALUES (?, ?)";
const select = "SELECT * FROM t ORDER BY id";

describe("statements", () => {
  it("are prepared once", () => {
    expect(prepare(select)).toBe(prepare(select));
    expect(prepare(insert)).not.toBe(prepare(select));
  });

  it("take new parameters each time, and see what was written since", () => {
    prepare(insert).run([1, "one"]);
    expect(prepare(select).all([])).toEqual([{ id: 1, name: "one" }]);
    prepare(insert).run([2, "two"]);
    expect(prepare(select).all([])).toEqual([
      { id: 1, name: "one" },
      { id: 2, name: "two" },
    ]);
  });

  it("can be used again after they have failed", () => {
    prepare(insert).run([1, "one"]);
    expect(() => prepare(insert).run([1, "again"])).toThrow("UNIQUE");
    expect(prepare(insert).run([2, "two"]).changes).toBe(1);
    const returning = `${insert} RETURNING id`;
    expect(() => prepare(returning).all([2, "again"])).toThrow("UNIQUE");
    expect(prepare(returning).all([3, "three"])).toEqual([{ id: 3 }]);
  });

  it("leave no transaction open behind them", () => {
    prepare("BEGIN").run([]);
    prepare(insert).run([1, "one"]);
    prepare(select).all([]);
    prepare("ROLLBACK").run([]);
    expect(prepare(select).all([])).toEqual([]);
    prepare("BEGIN").run([]);
    prepare("COMMIT").run([]);
    expect(database.inTransaction).toBe(false);
  });

  it("notice that a table has changed", () => {
    prepare(insert).run([1, "one"]);
    prepare(select).all([]);
    database.exec("ALTER TABLE t ADD COLUMN age INTEGER");
    expect(prepare(select).all([])).toEqual([{ id: 1, name: "one", age: null }]);
  });

  it("can be walked twice at the same time", () => {
    for (const id of [1, 2, 3]) prepare(insert).run([id, `n${id}`]);
    const first = prepare(select).iterate([]);
    const second = prepare(select).iterate([]);
    expect(first.next().value).toMatchObject({ id: 1 });
    expect(second.next().value).toMatchObject({ id: 1 });
    expect(first.next().value).toMatchObject({ id: 2 });
  });

  it("are kept within bounds", () => {
    const first = prepare("SELECT 0 AS value");
    for (let i = 1; i <= 200; i += 1) prepare(`SELECT ${i} AS value`);
    expect(prepare("SELECT 0 AS value")).not.toBe(first);
    expect(prepare("SELECT 200 AS value").all([])).toEqual([{ value: 200 }]);
  });
});
