// Defects on purpose. A lab that finds nothing wrong with these would prove nothing about the service.
import { createHash } from "node:crypto";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { DeleteObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { fsDriver, openStorage } from "@holdfast/media";
import Database from "libsql";
import pg from "pg";
import { bucketOf } from "./lost-commits.mjs";
import { aroundCommits } from "./pg-commits.mjs";

/** How late the mutants do what they say they have done. */
const lateMs = 300;

/** @param {import("./service-process.js").Mutant} mutant */
export function beMutant(mutant) {
  switch (mutant) {
    case "acknowledge before commit":
      if (process.env.MEDIA_DATABASE_URL?.startsWith("postgres") === true) delayPgCommits();
      else delayCommits();
      break;
    case "no fsync of files":
      return leaveOutSyncs((path) => path.includes("/parts/"));
    case "no fsync of folders":
      return leaveOutSyncs((path) => /\/originals\/\d{4}\/\d{2}$/.test(path));
    case "no fsync of new folders' parents":
      return leaveOutSyncs((path) => /\/originals(\/\d{4})?$/.test(path) || path.endsWith("/media"));
    case "synchronous=NORMAL":
      return weakenSqlite();
    case "settle from a listing":
      setInterval(() => void settleFromListing().catch(() => undefined), 100);
      break;
    case "commit before bytes":
    case "delete after an unknown commit":
      // Built in where their place is.
      break;
  }
}

/** Files and folders whose path matches are not synced. */
function leaveOutSyncs(matches) {
  const { open } = fsPromises;
  fsPromises.open = async (...given) => {
    const handle = await open(...given);
    if (matches(String(given[0]))) {
      handle.sync = async () => undefined;
      handle.datasync = async () => undefined;
    }
    return handle;
  };
  syncBuiltinESMExports();
}

/** SQLite's log is not synced at each commit, and says that it is. */
function weakenSqlite() {
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function (sql) {
    if (sql === "PRAGMA synchronous = FULL") return prepare.call(this, "PRAGMA synchronous = NORMAL");
    if (sql === "PRAGMA synchronous") return prepare.call(this, "SELECT 2 AS synchronous");
    return prepare.call(this, sql);
  };
}

/** Whatever the listing shows and the catalogue does not call stored is taken for rubbish. */
async function settleFromListing() {
  const { client, bucket } = bucketOf(process.env);
  const database = new pg.Client({ connectionString: process.env.MEDIA_DATABASE_URL });
  await database.connect();
  try {
    const { rows } = await database.query("SELECT object_key FROM holdfast_files WHERE state = 'stored'");
    const stored = new Set(rows.map((row) => row.object_key));
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "originals/" }));
    for (const { Key } of Contents) {
      if (!stored.has(Key.replace(/\.json$/, ""))) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    }
  } finally {
    await database.end();
    client.destroy();
  }
}

/** PostgreSQL's commits likewise. */
function delayPgCommits() {
  aroundCommits(async ({ hold }) => {
    const { answer, commit } = await hold();
    setTimeout(() => void commit().catch(() => undefined), lateMs);
    return answer;
  });
}

/** The catalogue says that it has committed, and commits a little later: group commit without the waiting. */
function delayCommits() {
  const { prepare } = Database.prototype;
  const late = new WeakSet();
  Database.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    if (!/^\s*(begin|commit)\b/i.test(sql)) return statement;
    // A statement is prepared once and run often: what to do is decided at each run.
    const run = () => {
      // A transaction that begins while one is still to be committed joins it.
      if (late.has(this)) return { changes: 0, lastInsertRowid: 0 };
      if (/^\s*begin\b/i.test(sql)) return statement.run();
      late.add(this);
      setTimeout(() => {
        late.delete(this);
        statement.run();
      }, lateMs);
      return { changes: 0, lastInsertRowid: 0 };
    };
    return { reader: false, run, all: () => (run(), []), iterate: () => (run(), [][Symbol.iterator]()) };
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
