import { findByExtension } from "../../images/media-type.js";
import { sniff, sniffBytes } from "../../images/sniff.js";
import type { Key } from "../../storage/key.js";
import type { ObjectStat } from "../../storage/driver.js";
import { readAll } from "../../storage/object-body.js";
import type { Storage } from "../../storage/storage.js";

/** What an object is sent as: one of our own constants. */
export interface ObjectType {
  readonly type: string;
  readonly isInline: boolean;
}

const unknown: ObjectType = { type: "application/octet-stream", isInline: false };
const maxRemembered = 5000;

/** Tells what objects are: by their first bytes, else by their extension, never by what somebody said when they were stored. */
export interface ObjectTypes {
  find(storage: Storage, stat: ObjectStat): Promise<ObjectType>;
}

/** Remember what objects are, so that each is looked into once while it stays the same. */
export function createObjectTypes(): ObjectTypes {
  const known = new Map<string, ObjectType>();
  return {
    async find(storage, { key, size, modifiedAt, etag }) {
      if (size === 0) return unknown;
      const name = `${key}\n${size}\n${modifiedAt}\n${etag ?? ""}`;
      const remembered = known.get(name);
      if (remembered !== undefined) return remembered;
      const head = await readAll(await storage.open(key, { range: { start: 0, end: Math.min(size, sniffBytes) - 1 } }));
      const { type, isInline } = (await sniff(head)).mediaType ?? typeByName(key) ?? unknown;
      known.set(name, { type, isInline });
      for (const [oldest] of known) {
        if (known.size <= maxRemembered) break;
        known.delete(oldest);
      }
      return { type, isInline };
    },
  };
}

/** What a key's extension says. */
export function typeByName(key: Key): ReturnType<typeof findByExtension> {
  return findByExtension(/\.([A-Za-z0-9]{1,5})$/.exec(key)?.[1] ?? "");
}
