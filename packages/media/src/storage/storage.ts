import { createHash } from "node:crypto";
import { fail } from "../errors.js";
import type { ByteRange, Driver, ObjectBody, ObjectStat, PutOptions, Receipt, Source } from "./driver.js";
import { type Key, parseKey } from "./key.js";

/** What a storage survives. */
export type Durability = "ephemeral" | "disk" | "object-store";

/** A place objects live: a driver behind the facade that validates keys and verifies bytes. */
export interface Storage {
  /** What kind it is and where it points, for people: `disk (/data/media)`. Never a secret. */
  readonly description: string;
  /** What decided for it: a variable's name, `openMedia()`, or `default`. */
  readonly chosenBy: string;
  readonly durability: Durability;
  readonly driver: Driver;
  /** Store bytes under a key: whole, verified and durable when it resolves; else nothing. @throws KEY_INVALID, OBJECT_EXISTS, OBJECT_MISMATCH */
  put(key: Key | string, source: Source, options: PutOptions): Promise<Receipt>;
  /** Open an object. @throws OBJECT_NOT_FOUND */
  open(key: Key | string, options?: { readonly range?: ByteRange; readonly signal?: AbortSignal }): Promise<ObjectBody>;
  /** Describe an object, or `undefined` when the backend says that it is absent. */
  stat(key: Key | string): Promise<ObjectStat | undefined>;
  /** Remove an object; absent is success. */
  delete(key: Key | string): Promise<void>;
  list(options?: { readonly prefix?: string; readonly signal?: AbortSignal }): AsyncIterable<ObjectStat>;
  identity(): Promise<string>;
  close(): Promise<void>;
}

/** Put the facade before a driver. */
export function openStorage(
  driver: Driver,
  about: { readonly description: string; readonly chosenBy: string; readonly durability: Durability },
): Storage {
  const checked = (text: Key | string): Key => {
    const key = parseKey(text);
    const bytes = Buffer.byteLength(key);
    if (bytes > driver.limits.maxKeyBytes) {
      const reason = `it has ${bytes} bytes, and ${driver.name} takes ${driver.limits.maxKeyBytes}`;
      throw fail("KEY_INVALID", { key, reason });
    }
    return key;
  };
  return {
    ...about,
    driver,
    async put(text, source, options) {
      const key = checked(text);
      const receipt = await driver.put(key, source, options);
      return receipt.verifiedBy === "local" ? await readBack(driver, key, receipt) : receipt;
    },
    open: async (text, options) => await driver.open(checked(text), options),
    stat: async (text) => await driver.stat(checked(text)),
    delete: async (text) => await driver.delete(checked(text)),
    list: (options) => driver.list(options),
    identity: async () => await driver.identity(),
    close: async () => await driver.close(),
  };
}

/** The one line said at start: what was chosen and why. */
export function describeStorage(storage: Storage): string {
  return `media storage: ${storage.description}, chosen by ${storage.chosenBy}, durability ${storage.durability}`;
}

/** A backend that checked nothing has proved nothing: read the object again and compare. */
async function readBack(driver: Driver, key: Key, receipt: Receipt): Promise<Receipt> {
  const hash = createHash("sha256");
  const body = await driver.open(key);
  for await (const block of body.bytes) hash.update(block);
  const found = hash.digest("hex");
  if (found !== receipt.sha256) {
    const reason = `its bytes read back as ${found}, not ${receipt.sha256}`;
    throw fail("STORAGE_UNREACHABLE", { storage: driver.name, action: `keep "${key}"`, reason });
  }
  return { ...receipt, verifiedBy: "readback" };
}
