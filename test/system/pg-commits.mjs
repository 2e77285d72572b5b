// Stands around the commits by which a file becomes stored: those of transactions that wrote a replica, and the one statement
// that does all of it by itself.
import pg from "pg";

/**
 * Run `handle` in the place of each such commit. `commit` is the real one, and answers what the service waits for; `hold`
 * answers that before it is committed, and commits when told to. `keyOf` reads the key of the object whose file becomes stored.
 *
 * @typedef {{ rows?: { object_key?: string }[] }} Answer
 * @param {(around: {
 *   client: import("pg").Client,
 *   keyOf: (answer: Answer) => string,
 *   commit: () => Promise<Answer>,
 *   hold: () => Promise<{ answer: Answer, commit: () => Promise<unknown> }>,
 * }) => Promise<unknown>} handle
 */
export function aroundCommits(handle) {
  const { query } = pg.Client.prototype;
  const storing = new WeakMap();
  pg.Client.prototype.query = function (statement, parameters, ...rest) {
    const run = (text = statement, values = parameters) => Promise.resolve(query.call(this, text, values, ...rest));
    // One that is kept prepared comes with its name and its values.
    if (/^with "stored" as \(update\b/i.test(statement?.text ?? statement)) {
      return handle({
        client: this,
        keyOf: ({ rows: [row] = [] }) => row?.object_key ?? "",
        commit: () => run(),
        async hold() {
          await run("begin", []);
          return { answer: await run(), commit: () => run("commit", []) };
        },
      });
    }
    if (typeof statement !== "string") return query.call(this, statement, parameters, ...rest);
    if (/^insert into "?\w*replicas/i.test(statement)) {
      storing.set(this, parameters.find((value) => typeof value === "string" && value.startsWith("originals/")) ?? "");
    }
    if (!/^\s*commit\b/i.test(statement) || !storing.has(this)) return query.call(this, statement, parameters, ...rest);
    const key = storing.get(this);
    storing.delete(this);
    const held = { answer: { command: "COMMIT", rowCount: null, rows: [] }, commit: () => run() };
    return handle({ client: this, keyOf: () => key, commit: () => run(), hold: () => Promise.resolve(held) });
  };
}
