import { describe, expect, it } from "vitest";
import { type ErrorCode, fail } from "../errors.js";
import { memoryDriver } from "./drivers/memory.js";
import { mirroredStorage } from "./mirror.js";
import { readAll } from "./object-body.js";
import { sourceFromBytes } from "./source.js";
import { openStorage, type Storage } from "./storage.js";

const bytes = (text: string): ReturnType<typeof sourceFromBytes> => sourceFromBytes(Buffer.from(text));
const text = { contentType: "text/plain" };

/** A storage in memory that answers as `is` says. */
function storage(): Storage & { is: "there" | "denied" | "unreachable"; isClosed: boolean } {
  const driver = memoryDriver();
  const refuse = (): void => {
    const about = { storage: "memory", action: "answer", reason: "test" };
    if (state.is !== "there") throw fail(state.is === "denied" ? "STORAGE_DENIED" : "STORAGE_UNREACHABLE", about);
  };
  const guarded =
    <A extends unknown[], R>(work: (...given: A) => Promise<R>): ((...given: A) => Promise<R>) =>
    async (...given) => {
      refuse();
      return await work(...given);
    };
  const opened = openStorage(
    {
      ...driver,
      open: guarded(driver.open),
      stat: guarded(driver.stat),
      delete: guarded(driver.delete),
      put: guarded(driver.put),
      localPath: (key) => `/nowhere/${key}`,
      close: async () => void (state.isClosed = true),
    },
    { description: "memory", chosenBy: "test", durability: "disk" },
  );
  const state: ReturnType<typeof storage> = { ...opened, is: "there", isClosed: false };
  return state;
}

function mirror(): { first: ReturnType<typeof storage>; second: ReturnType<typeof storage>; both: Storage; missing: string[] } {
  const [first, second, missing] = [storage(), storage(), [] as string[]];
  return { first, second, both: mirroredStorage(first, [second], (key) => void missing.push(key)), missing };
}

const read = async (from: Storage, key = "a"): Promise<string> => Buffer.from(await readAll(await from.open(key))).toString();
const coded = (code: ErrorCode): object => expect.objectContaining({ code });

describe("a mirrored storage", () => {
  it("writes to the first and leaves the copying to others", async () => {
    const { first, second, both } = mirror();
    await both.put("a", bytes("one"), text);
    expect([await first.stat("a"), await second.stat("a")]).toMatchObject([{ size: 3 }, undefined]);
    expect(await both.identity()).toBe(await first.identity());
    expect(both.description).toBe("memory, mirrored to memory");
  });

  it("reads what the first lacks from the second, and tells of it", async () => {
    const { second, both, missing } = mirror();
    await second.put("a", bytes("two"), text);
    expect(await read(both)).toBe("two");
    expect(await both.stat("a")).toMatchObject({ size: 3 });
    expect(missing).toEqual(["a", "a"]);
  });

  it.each(["denied", "unreachable"] as const)("reads from the second while the first is %s, and calls nothing missing", async (is) => {
    const { first, second, both, missing } = mirror();
    await second.put("a", bytes("two"), text);
    first.is = is;
    expect(await read(both)).toBe("two");
    expect(await both.stat("a")).toMatchObject({ size: 3 });
    expect(missing).toEqual([]);
  });

  it("calls absent only what is absent in all", async () => {
    const { first, second, both } = mirror();
    await expect(both.open("a")).rejects.toThrow(coded("OBJECT_NOT_FOUND"));
    expect(await both.stat("a")).toBeUndefined();
    second.is = "unreachable";
    await expect(both.open("a")).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
    await expect(both.stat("a")).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
    second.is = "there";
    first.is = "denied";
    await expect(both.open("a")).rejects.toThrow(coded("STORAGE_DENIED"));
  });

  it("deletes everywhere, and says when somewhere it could not", async () => {
    const { first, second, both } = mirror();
    for (const each of [first, second]) await each.put("a", bytes("x"), text);
    first.is = "unreachable";
    await expect(both.delete("a")).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
    expect(await second.stat("a")).toBeUndefined();
    first.is = "there";
    await both.delete("a");
    expect(await first.stat("a")).toBeUndefined();
  });

  it("offers no path into the first storage, and closes all", async () => {
    const { first, second, both } = mirror();
    expect(both.driver.localPath).toBeUndefined();
    expect(both.driver.orderedList).toBe(true);
    await both.close();
    expect([first.isClosed, second.isClosed]).toEqual([true, true]);
  });
});
