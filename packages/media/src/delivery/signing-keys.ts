import { randomBytes } from "node:crypto";
import type { Catalogue } from "../catalogue/catalogue.js";
import { readMeta, writeMeta } from "../catalogue/meta.js";
import { transact } from "../catalogue/transact.js";
import { fail } from "../errors.js";
import { createSigner, type Signer } from "./signing.js";

/** Every instance asks for the keys this often, as long as it is asked for anything. */
const freshMs = 60_000;
/** A new key is known everywhere before it signs. */
const leadMs = 2 * freshMs;
const defaultOldKeysLastMs = 30 * 24 * 60 * 60 * 1000;
const [firstKeyName, keysName] = ["signing_key", "signing_keys"];

/** A key, and while it counts; in milliseconds since 1970. */
interface SigningKey {
  readonly key: string;
  readonly signsFrom: number;
  /** Absent for the newest. */
  readonly verifiesUntil?: number;
}

/** When a rotation takes effect; in milliseconds since 1970. */
export interface SigningKeyRotation {
  /** From when the new key signs: once every instance knows it. */
  readonly signsFrom: number;
  /** Until when what was signed before is let in, where it does not expire sooner. */
  readonly oldKeysUntil: number;
}

/** The keys that URLs are signed with: given ones, or the catalogue's own, which can be rotated. */
export interface SigningKeys {
  readonly signer: Signer;
  /** Learn of a key that another instance made, where that was not asked within the last minute. */
  refresh(): Promise<void>;
  /** Make a new key. @throws SIGNING_KEY_GIVEN, PARAMETER_INVALID */
  rotate(options?: { readonly oldKeysLastMs?: number }): Promise<SigningKeyRotation>;
}

/** Open the signing keys: those `given`, the first of which signs, else those that the catalogue keeps; the first is made there. */
export async function openSigningKeys(catalogue: Catalogue, given: readonly string[] | undefined): Promise<SigningKeys> {
  if (given !== undefined) {
    return {
      signer: createSigner(() => given),
      refresh: async () => undefined,
      rotate: async () => {
        throw fail("SIGNING_KEY_GIVEN");
      },
    };
  }
  await catalogue.remember(firstKeyName, newKey);
  let keys: readonly SigningKey[] = await readKeys(catalogue.db);
  let readAt = performance.now();
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    try {
      keys = await readKeys(catalogue.db);
    } catch {
      // The catalogue cannot be reached, which whoever asks it for a file will say. The keys known so far go on counting.
    } finally {
      readAt = performance.now();
      reading = undefined;
    }
  };

  return {
    signer: createSigner(() => inUse(keys, Date.now())),
    async refresh() {
      if (performance.now() - readAt >= freshMs) await (reading ??= read());
    },
    async rotate({ oldKeysLastMs = defaultOldKeysLastMs } = {}) {
      if (!Number.isSafeInteger(oldKeysLastMs) || oldKeysLastMs < 0) {
        const reason = "it is not a number of milliseconds";
        throw fail("PARAMETER_INVALID", { name: "oldKeysLastMs", value: String(oldKeysLastMs), reason });
      }
      return await transact(catalogue.db, async (tx) => {
        await catalogue.lock(tx, keysName);
        const now = Date.now();
        const rotation = { signsFrom: now + leadMs, oldKeysUntil: now + leadMs + oldKeysLastMs };
        const old = (await readKeys(tx)).filter(({ verifiesUntil = now + 1 }) => verifiesUntil > now);
        keys = [
          { key: newKey(), signsFrom: rotation.signsFrom },
          ...old.map((key) => ({ ...key, verifiesUntil: Math.min(key.verifiesUntil ?? Number.POSITIVE_INFINITY, rotation.oldKeysUntil) })),
        ];
        await writeMeta(tx, keysName, JSON.stringify(keys));
        return rotation;
      });
    },
  };
}

/** The keys that count, the one that signs first; the newest are first in what is kept. */
function inUse(keys: readonly SigningKey[], now: number): string[] {
  const valid = keys.filter(({ verifiesUntil = now + 1 }) => verifiesUntil > now);
  const signing = valid.find(({ signsFrom }) => signsFrom <= now) ?? valid[0];
  return [signing, ...valid.filter((key) => key !== signing)].flatMap((key) => (key === undefined ? [] : [key.key]));
}

async function readKeys(db: Catalogue["db"] | Parameters<typeof readMeta>[0]): Promise<readonly SigningKey[]> {
  const kept = await readMeta(db, keysName);
  if (kept !== undefined) return JSON.parse(kept) as readonly SigningKey[];
  const first = await readMeta(db, firstKeyName);
  return first === undefined ? [] : [{ key: first, signsFrom: 0 }];
}

function newKey(): string {
  return randomBytes(32).toString("base64url");
}
