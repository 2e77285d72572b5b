import type { Storage } from "../storage/storage.js";
import type { Catalogue } from "./catalogue.js";
import { ownPrefixes } from "./layout.js";

/**
 * Tie catalogue and storage together by the storage's identity, at the first meeting of the two, unless the storage already
 * holds objects that this catalogue, being empty, cannot know.
 */
export async function bindStorage(catalogue: Catalogue, storage: Storage): Promise<void> {
  const identity = await storage.identity();
  if ((await catalogue.recall(identityName)) !== undefined) return;
  for (const prefix of ownPrefixes) {
    for await (const { key } of storage.list({ prefix })) if (key !== "") return;
  }
  await catalogue.remember(identityName, () => identity);
}

const identityName = "storage_identity";

/** Why catalogue and storage do not belong together, if they do not. A catalogue that is merely new may still take uploads. */
export async function whyMismatched(catalogue: Catalogue, storage: Storage): Promise<string | undefined> {
  const known = await catalogue.recall(identityName);
  if (known === undefined) {
    return `the catalogue ${catalogue.description} is new, but the media storage ${storage.description} already holds files that it does not know; nothing there is deleted. Was the catalogue lost? Bring it back from a backup`;
  }
  if (known === (await storage.identity())) return undefined;
  return `the catalogue ${catalogue.description} belongs to another storage than ${storage.description}, or that storage was wiped; nothing is deleted. Check which storage is configured, and whether it outlives deploys`;
}

/** Catalogues whose storage is known to be theirs: who is one's own stays so. */
const agreed = new WeakMap<Catalogue, Storage>();

/** Tell whether the catalogue knows another storage than this one: what were put here would be looked for there. */
export async function isAnotherStorage(catalogue: Catalogue, storage: Storage): Promise<boolean> {
  if (agreed.get(catalogue) === storage) return false;
  const known = await catalogue.recall(identityName);
  if (known === undefined) return false;
  if (known !== (await storage.identity())) return true;
  agreed.set(catalogue, storage);
  return false;
}
