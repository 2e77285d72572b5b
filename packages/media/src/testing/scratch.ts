import { readdir, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isHoldfastError } from "../errors.js";
import type { Driver } from "../storage/driver.js";
import { type Key, parseKey } from "../storage/key.js";

/** A driver to try things with, and the broom. */
export interface Scratch {
  /** The same driver, each of whose operations also ends with the signal. */
  readonly driver: Driver;
  /** Remove what was written through `driver` or is listed below `prefix`, signal or not. @throws STORAGE_DENIED, STORAGE_UNREACHABLE */
  clean(prefix: string): Promise<void>;
}

/** How many objects are removed at a time. */
const together = 16;

/** Remember what is written through a driver, so that all of it can be removed even where the backend refuses to list. */
export function openScratch(driver: Driver, signal?: AbortSignal): Scratch {
  const written = new Set<Key>();
  const within = (own: AbortSignal | undefined): { signal?: AbortSignal } => {
    const signals = [own, signal].filter((one) => one !== undefined);
    return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
  };
  const { copy, directUpload } = driver;
  return {
    driver: {
      ...driver,
      async put(key, source, options) {
        written.add(key);
        return await driver.put(key, source, { ...options, ...within(options.signal) });
      },
      open: async (key, options = {}) => await driver.open(key, { ...options, ...within(options.signal) }),
      stat: async (key, options = {}) => await driver.stat(key, { ...options, ...within(options.signal) }),
      async delete(key, options = {}) {
        await driver.delete(key, { ...options, ...within(options.signal) });
        written.delete(key);
      },
      list: (options = {}) => driver.list({ ...options, ...within(options.signal) }),
      ...(copy === undefined
        ? {}
        : {
            async copy(from, to, options = {}) {
              written.add(to);
              await copy(from, to, { ...options, ...within(options.signal) });
            },
          }),
      ...(directUpload === undefined
        ? {}
        : {
            directUpload: {
              async prepare(key, options) {
                written.add(key);
                return await directUpload.prepare(key, options);
              },
            },
          }),
    },
    async clean(prefix) {
      await removeAll(driver, [...written]);
      written.clear();
      try {
        const left: Key[] = [];
        for await (const { key } of driver.list({ prefix })) left.push(key);
        await removeAll(driver, left);
        for await (const upload of driver.multipart?.listIncomplete({ prefix }) ?? []) await driver.multipart?.abort(upload);
      } catch (error) {
        // Who may not list has nevertheless removed all that was written here.
        if (!isHoldfastError(error, "STORAGE_DENIED")) throw error;
      }
      if (driver.localPath !== undefined && /[^/]\/$/.test(prefix)) {
        const folder = driver.localPath(parseKey(prefix.slice(0, -1)));
        await removeEmptyFolders(folder);
        await rmdir(dirname(folder)).catch(() => undefined);
      }
    },
  };
}

async function removeAll(driver: Driver, keys: readonly Key[]): Promise<void> {
  for (let at = 0; at < keys.length; at += together) {
    await Promise.all(keys.slice(at, at + together).map(async (key) => await driver.delete(key)));
  }
}

/** Where objects are files their folders outlive them. Only what is empty goes, so that nobody's object can. */
async function removeEmptyFolders(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeEmptyFolders(join(folder, entry.name));
  await rmdir(folder).catch(() => undefined);
}
