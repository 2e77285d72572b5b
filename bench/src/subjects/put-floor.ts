import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import Database from "libsql";
import { answerCommands } from "../child.js";
import { type Cost, costOf, inParallel } from "../parallel.js";
import type { PutOrder } from "./media.js";

/** What the floor's process can be told to do. */
export type PutFloorCommands = {
  /** As Holdfast's own `put`. */
  readonly put: (order: PutOrder) => Promise<Cost>;
};

let database: Database.Database | undefined;

/**
 * The floor of uploads: the least that makes a file and its row outlive a power cut. Write, fsync, rename, fsync the
 * folder, insert with `synchronous=FULL`. No reservation, no reading back, no looking at the bytes.
 */
answerCommands<PutFloorCommands>({
  async put({ folder, name, bytes, count, concurrency }) {
    database ??= prepare(folder);
    const insert = database.prepare("INSERT INTO files (id, name, size) VALUES (?, ?, ?)");
    return await costOf(async () => {
      await inParallel(Array.from({ length: count }), concurrency, async () => {
        const id = randomUUID();
        await writeDurably(join(folder, "objects"), id, bytes);
        insert.run([id, name, bytes.byteLength]);
      });
    });
  },
});

function prepare(folder: string): Database.Database {
  mkdirSync(join(folder, "objects"), { recursive: true });
  const opened = new Database(join(folder, "floor.db"));
  opened.exec("PRAGMA journal_mode = WAL");
  opened.exec("PRAGMA synchronous = FULL");
  opened.exec("CREATE TABLE files (id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL)");
  return opened;
}

async function writeDurably(folder: string, id: string, bytes: Uint8Array): Promise<void> {
  const part = join(folder, `${id}.part`);
  const file = await open(part, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, join(folder, id));
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
