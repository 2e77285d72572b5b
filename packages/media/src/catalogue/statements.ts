import type { SqliteHandle } from "../media.js";

type Statement = ReturnType<SqliteHandle["prepare"]>;

/** More than the catalogue has; what an application's transaction brings with it comes on top. */
const maxStatements = 200;

/**
 * Prepare each statement once and keep it: preparing takes several times as long as running it. SQLite prepares a kept
 * one anew by itself when the tables have changed. Rows that are walked one by one come from a statement of their own,
 * for a second walk of the same one would end the first.
 */
export function statementsOf(handle: SqliteHandle): (sql: string) => Statement {
  const kept = new Map<string, Statement>();
  return (sql) => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    const prepared = handle.prepare(sql);
    const statement: Statement = {
      reader: prepared.reader,
      all: (parameters) => prepared.all(parameters),
      run: (parameters) => prepared.run(parameters),
      iterate: (parameters) => handle.prepare(sql).iterate(parameters),
    };
    const [oldest] = kept.keys();
    if (kept.size >= maxStatements && oldest !== undefined) kept.delete(oldest);
    kept.set(sql, statement);
    return statement;
  };
}
