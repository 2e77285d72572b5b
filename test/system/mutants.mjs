// Defects on purpose. A lab that finds nothing wrong with these would prove nothing about the service.
import { createHash } from "node:crypto";
import { fsDriver, openStorage } from "@holdfast/media";
import Database from "libsql";

/** How late the mutants do what they say they have done. */
const lateMs = 300;

/** The catalogue says that it has committed, and commits a little later: group commit without the waiting. */
export function delayCommits() {
  const { prepare } = Database.prototype;
  const late = new WeakSet();
  Database.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    const nothing = { reader: false, run: () => ({ changes: 0, lastInsertRowid: 0 }), all: () => [], iterate: () => [][Symbol.iterator]() };
    // A transaction that begins while one is still to be committed joins it.
    if (/^\s*begin\b/i.test(sql) && late.has(this)) return nothing;
    if (!/^\s*commit\b/i.test(sql)) return statement;
    if (!late.has(this)) {
      late.add(this);
      setTimeout(() => {
        late.delete(this);
        statement.run();
      }, lateMs);
    }
    return nothing;
  };
}

/** A storage that counts and hashes what it is given, says that it is stored, and writes it a little later. */
export function commitBeforeBytes(root) {
  const { localPath: _, ...driver } = fsDriver({ root });
  const unwritten = new Map();
  return openStorage(
    {
      ...driver,
      async put(key, source, options) {
        const blocks = [];
        for await (const block of source.open()) blocks.push(Uint8Array.from(block));
        const bytes = Buffer.concat(blocks);
        unwritten.set(key, bytes);
        const late = { size: bytes.byteLength, open: (offset = 0) => [bytes.subarray(offset)] };
        setTimeout(() => void driver.put(key, late, options).finally(() => unwritten.delete(key)), lateMs);
        return { size: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex"), verifiedBy: "backend" };
      },
      async open(key, options) {
        const bytes = unwritten.get(key);
        if (bytes === undefined) return await driver.open(key, options);
        return { size: bytes.byteLength, range: undefined, bytes: [bytes], close: async () => undefined };
      },
    },
    { description: `disk (${root}), written late`, chosenBy: "the lab", durability: "disk" },
  );
}
