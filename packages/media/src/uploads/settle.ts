import { whyMismatched } from "../catalogue/binding.js";
import type { Catalogue } from "../catalogue/catalogue.js";
import { manifestKey } from "../catalogue/layout.js";
import {
  abandonExpired,
  type Attempts,
  beginPurges,
  countDuePurges,
  type DueKey,
  endPurge,
  keysToClear,
  keysToSweep,
  noteSwept,
  purgingFiles,
  removeAttempt,
  trashExpired,
} from "../catalogue/settlement.js";
import type { SettleReport } from "../media.js";
import type { Storage } from "../storage/storage.js";

/** More purges at once than this, and than half of all files, is more likely a mistake than a wish. */
const plausiblePurges = 100;

/** What settling needs. */
export interface SettleContext {
  readonly catalogue: Catalogue;
  readonly storage: Storage;
  readonly lateWriteMs: number;
  readonly retentionMs: number;
}

/**
 * Give up expired reservations and delete what is due: from rows only, never from a listing, so that what the catalogue
 * does not know is never touched. An abandoned key is deleted now, and once more when no late write can follow; only
 * then does its row go. Every step can be interrupted and done again.
 */
export async function settle(context: SettleContext): Promise<SettleReport> {
  const { catalogue, storage, lateWriteMs, retentionMs } = context;
  const mismatch = await whyMismatched(catalogue, storage);
  if (mismatch !== undefined) return { abandoned: 0, expired: 0, cleared: 0, purged: 0, heldBack: mismatch };

  const abandoned = await abandonExpired(catalogue);
  for (const table of ["files", "variants"] as const) {
    await eachPage(
      (afterId) => keysToSweep(catalogue, afterId, table),
      async (due) => {
        await storage.delete(due.key);
        await noteSwept(catalogue, due);
      },
    );
  }
  let expired = 0;
  for (let page = 1; page > 0; expired += page) page = await trashExpired(catalogue);
  let cleared = 0;
  for (const table of ["variants", "files"] as const satisfies readonly Attempts[]) {
    await eachPage(
      (afterId) => keysToClear(catalogue, afterId, table, lateWriteMs),
      async (due: DueKey) => {
        await storage.delete(due.key);
        await removeAttempt(catalogue, due);
        cleared += 1;
      },
    );
  }
  const heldBack = await whyImplausible(catalogue, retentionMs);
  if (heldBack === undefined) await beginPurges(catalogue, retentionMs);
  let purged = 0;
  await eachPage(
    (afterId) => purgingFiles(catalogue, afterId),
    async ({ id, key }) => {
      await storage.delete(key);
      await storage.delete(manifestKey(key));
      await endPurge(catalogue, id, lateWriteMs);
      purged += 1;
    },
  );
  return { abandoned, expired, cleared, purged, heldBack };
}

async function whyImplausible(catalogue: Catalogue, retentionMs: number): Promise<string | undefined> {
  const { due, held } = await countDuePurges(catalogue, retentionMs);
  if (due <= plausiblePurges || due * 2 <= held) return undefined;
  return `${due} of ${held} files are due to be purged, which is implausibly many; none is. Restore those that should stay`;
}

/** So many rows may fail before a walk is given up: by then it is the storage that fails, not the rows. */
const toleratedFailures = 20;

/** Walk pages by key. A row that fails is left to the next settling and does not keep the others waiting; the first error is told at the end. */
async function eachPage<T extends { readonly id: string }>(
  read: (afterId: string) => Promise<T[]>,
  handle: (row: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (let afterId = ""; ;) {
    const page = await read(afterId);
    for (const row of page) {
      if (failures.length >= toleratedFailures) throw failures[0];
      await handle(row).catch((error: unknown) => void failures.push(error));
    }
    const last = page.at(-1);
    if (last === undefined) break;
    afterId = last.id;
  }
  if (failures.length > 0) throw failures[0];
}
