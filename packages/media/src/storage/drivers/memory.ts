import { createHash, randomUUID } from "node:crypto";
import { fail } from "../../errors.js";
import type { ByteRange, Driver, ObjectStat, Receipt, Sha256 } from "../driver.js";
import type { Key } from "../key.js";

/** Keep objects in this process's memory: for tests. Everything is gone when the process ends. */
export function memoryDriver(): Driver {
  const objects = new Map<Key, { bytes: Uint8Array; modifiedAt: number; contentType: string }>();
  const id = randomUUID();

  const describe = (key: Key): ObjectStat | undefined => {
    const object = objects.get(key);
    if (object === undefined) return undefined;
    const { bytes, modifiedAt, contentType } = object;
    return { key, size: bytes.byteLength, modifiedAt, contentType };
  };

  return {
    name: "memory",
    limits: { maxKeyBytes: 1024, maxBytes: 1024 ** 3 },
    async put(key, source, options): Promise<Receipt> {
      const blocks: Uint8Array[] = [];
      for await (const block of source.open()) {
        options.signal?.throwIfAborted();
        blocks.push(Uint8Array.from(block));
      }
      options.signal?.throwIfAborted();
      const bytes = Buffer.concat(blocks);
      const sha256 = createHash("sha256").update(bytes).digest("hex") as Sha256;
      for (const size of [options.expect?.size, source.size]) {
        if (size !== undefined && size !== bytes.byteLength) {
          throw fail("OBJECT_MISMATCH", { key, what: "size", expected: String(size), found: String(bytes.byteLength) });
        }
      }
      if (options.expect?.sha256 !== undefined && options.expect.sha256 !== sha256) {
        throw fail("OBJECT_MISMATCH", { key, what: "SHA-256", expected: options.expect.sha256, found: sha256 });
      }
      if (options.ifAbsent === true && objects.has(key)) throw fail("OBJECT_EXISTS", { key });
      objects.set(key, { bytes, modifiedAt: Date.now(), contentType: options.contentType });
      return { size: bytes.byteLength, sha256, etag: sha256, verifiedBy: "backend" };
    },
    async open(key, options = {}) {
      const object = objects.get(key);
      if (object === undefined) throw fail("OBJECT_NOT_FOUND", { key });
      const { bytes } = object;
      return { size: bytes.byteLength, range: options.range, bytes: once(slice(bytes, options.range)), close: async () => undefined };
    },
    stat: async (key) => describe(key),
    delete: async (key) => void objects.delete(key),
    async *list({ prefix = "" } = {}) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
      for (const key of keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
        const stat = describe(key);
        if (stat !== undefined) yield stat;
      }
    },
    identity: async () => id,
    close: async () => undefined,
    ifAbsent: true,
    orderedList: true,
  };
}

function slice(bytes: Uint8Array, range: ByteRange | undefined): Uint8Array {
  return range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
