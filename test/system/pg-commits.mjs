// Stands around the commits by which a file becomes stored: those of transactions that wrote a replica.
import pg from "pg";

/**
 * Run `handle` in the place of each such commit. `commit` is the real one; `client` is the connection, and `key` the key of
 * the object whose file becomes stored.
 *
 * @param {(around: { client: import("pg").Client, key: string, commit: () => Promise<unknown> }) => Promise<unknown>} handle
 */
export function aroundCommits(handle) {
  const { query } = pg.Client.prototype;
  const storing = new WeakMap();
  pg.Client.prototype.query = function (statement, parameters, ...rest) {
    if (typeof statement === "string" && /^insert into "?\w*replicas/i.test(statement)) {
      storing.set(this, parameters.find((value) => typeof value === "string" && value.startsWith("originals/")) ?? "");
    }
    if (typeof statement !== "string" || !/^\s*commit\b/i.test(statement) || !storing.has(this)) {
      return query.call(this, statement, parameters, ...rest);
    }
    const key = storing.get(this);
    storing.delete(this);
    return handle({ client: this, key, commit: () => Promise.resolve(query.call(this, statement, parameters, ...rest)) });
  };
}
