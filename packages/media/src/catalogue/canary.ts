import { randomUUID } from "node:crypto";
import { isHoldfastError } from "../errors.js";
import { parseKey } from "../storage/key.js";
import { readAll } from "../storage/object-body.js";
import { sourceFromBytes } from "../storage/source.js";
import type { Storage } from "../storage/storage.js";
import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { readMeta, writeMeta } from "./meta.js";
import { transact } from "./transact.js";

/** Where the canary sits in the storage: a small JSON file among what is ours, which no listing shows. */
export const canaryKey = ".holdfast/canary.json";
const rowName = "canary";
/** The id of every canary that this catalogue makes: committed before one is, so that one it did not come to note is known as its own. */
const idName = "canary_id";
/** Releases remembered one by one; older ones are only counted. */
const rememberedReleases = 50;

/** One release at whose boot the canary was found alive. `at` is in ISO 8601. */
export interface CanarySighting {
  readonly release: string;
  readonly at: string;
}

/** The canary's life, kept in the storage and in the catalogue alike. */
export interface CanaryHistory {
  readonly id: string;
  readonly bornAt: string;
  readonly bornIn: string | undefined;
  /** How many releases it has survived: the only proof that the storage outlives a deploy. */
  readonly survived: number;
  readonly sightings: readonly CanarySighting[];
}

/**
 * What became of the canary. `gone`: the catalogue remembers it and the storage does not, so the storage was wiped.
 * `forgotten`: the storage remembers it and the catalogue does not, so the catalogue was lost.
 */
export type CanaryReport =
  | { readonly outcome: "first"; readonly history: CanaryHistory }
  | { readonly outcome: "survived"; readonly history: CanaryHistory }
  | { readonly outcome: "gone"; readonly history: CanaryHistory; readonly lost: CanaryHistory }
  | { readonly outcome: "forgotten"; readonly history: CanaryHistory };

/** Read the canary out of a storage; undefined where there is none. @throws STORAGE_DENIED, STORAGE_UNREACHABLE */
export async function readCanary(storage: Storage): Promise<CanaryHistory | undefined> {
  try {
    return parseHistory(Buffer.from(await readAll(await storage.open(parseKey(canaryKey)))).toString("utf8"));
  } catch (error) {
    if (isHoldfastError(error, "OBJECT_NOT_FOUND")) return undefined;
    throw error;
  }
}

/**
 * Look for the canary, at a boot. The first time, one is written on both sides; at every later release it is looked for,
 * and the sighting noted on both sides, so that a wiped disk with a wiped counter does not look like a first boot.
 */
export async function lookForCanary(catalogue: Catalogue, storage: Storage, release: string | undefined): Promise<CanaryReport> {
  const ownId = await catalogue.remember(idName, randomUUID);
  if (catalogue.kind === "sqlite") return await look(catalogue.db, storage, ownId, release);
  // Of instances that boot at the same time one looks after the other: each would write a canary that the other does not know.
  return await transact(catalogue.db, async (tx) => {
    await catalogue.lock(tx, rowName);
    return await look(tx, storage, ownId, release);
  });
}

async function look(tx: CatalogueTransaction, storage: Storage, ownId: string, release: string | undefined): Promise<CanaryReport> {
  const [inStorage, row] = [await readCanary(storage), await readMeta(tx, rowName)];
  const inCatalogue = row === undefined ? undefined : parseHistory(row);
  const isKnown = inCatalogue !== undefined && inCatalogue.id === inStorage?.id && inCatalogue.bornAt === inStorage.bornAt;
  // Or it was made by a boot that ended before it was noted.
  if (inStorage === undefined || (!isKnown && inStorage.id === ownId)) {
    const history = newHistory(ownId, release);
    await write(tx, storage, history);
    return inCatalogue === undefined ? { outcome: "first", history } : { outcome: "gone", history, lost: inCatalogue };
  }
  if (!isKnown) {
    await writeMeta(tx, rowName, JSON.stringify(inStorage));
    return { outcome: "forgotten", history: inStorage };
  }
  const isSeen = release === undefined || release === (inStorage.sightings.at(-1)?.release ?? inStorage.bornIn);
  if (isSeen) return { outcome: "survived", history: inStorage };
  const history: CanaryHistory = {
    ...inStorage,
    survived: inStorage.survived + 1,
    sightings: [...inStorage.sightings, { release, at: new Date().toISOString() }].slice(-rememberedReleases),
  };
  await write(tx, storage, history);
  return { outcome: "survived", history };
}

/** Say what a report means, in a sentence for the log; undefined where there is nothing to say. */
export function describeCanary(report: CanaryReport): { readonly isAlarm: boolean; readonly sentence: string } | undefined {
  switch (report.outcome) {
    case "first":
      return undefined;
    case "survived": {
      const { survived, bornAt } = report.history;
      return survived === 0
        ? undefined
        : {
            isAlarm: false,
            sentence: `media storage: survived ${survived} ${survived === 1 ? "release" : "releases"} since ${bornAt.slice(0, 10)}`,
          };
    }
    case "gone":
      return {
        isAlarm: true,
        sentence:
          `media storage: WIPED since ${report.lost.sightings.at(-1)?.at.slice(0, 10) ?? report.lost.bornAt.slice(0, 10)}. ` +
          `The file that Holdfast left in it is gone, and so, most likely, are the uploads. The storage does not outlive deploys: choose another before more is lost`,
      };
    case "forgotten":
      return {
        isAlarm: true,
        sentence: `the catalogue does not remember this storage, which has survived ${report.history.survived} releases: the catalogue was lost or replaced. It must outlive deploys as the storage does`,
      };
  }
}

function newHistory(id: string, release: string | undefined): CanaryHistory {
  return { id, bornAt: new Date().toISOString(), bornIn: release, survived: 0, sightings: [] };
}

/** The storage first: a row that knows more than the storage would look like a loss. */
async function write(tx: CatalogueTransaction, storage: Storage, history: CanaryHistory): Promise<void> {
  const text = JSON.stringify(history);
  await storage.put(parseKey(canaryKey), sourceFromBytes(Buffer.from(text)), { contentType: "application/json" });
  await writeMeta(tx, rowName, text);
}

function parseHistory(text: string): CanaryHistory | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isHistory(value) ? { ...value, bornIn: value.bornIn } : undefined;
  } catch {
    return undefined;
  }
}

function isHistory(value: unknown): value is CanaryHistory {
  if (typeof value !== "object" || value === null) return false;
  const { id, bornAt, survived, sightings } = value as Partial<Record<keyof CanaryHistory, unknown>>;
  return typeof id === "string" && typeof bornAt === "string" && typeof survived === "number" && Array.isArray(sightings);
}
