import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDiskCacheSettings } from "./disk-cache-options.js";
import { isInMemory } from "./env/disk.js";
import type { Key } from "./storage/key.js";

const elsewhere = { driver: {} };
const onDisk = { driver: { localPath: (key: Key) => key } };
const cwd = process.cwd();

describe("where variants are cached on the local disk", () => {
  it.each([
    ["beside the catalogue where the storage is elsewhere", undefined, {}, elsewhere, join(cwd, "holdfast-data/cache")],
    ["nowhere where the storage is a disk itself", undefined, {}, onDisk, undefined],
    ["where MEDIA_CACHE_DIR says", undefined, { MEDIA_CACHE_DIR: "/var/cache/media" }, onDisk, "/var/cache/media"],
    ["where the program says, whatever the environment says", { folder: "/a" }, { MEDIA_CACHE_DIR: "/b" }, elsewhere, "/a"],
    ["nowhere where the program says so", false, { MEDIA_CACHE_DIR: "/b" }, elsewhere, undefined],
    ["nowhere with a budget of 0", undefined, { MEDIA_CACHE_BYTES: "0" }, elsewhere, undefined],
    ["nowhere where a platform's disk is memory", undefined, { K_SERVICE: "shop" }, elsewhere, undefined],
  ] as const)("is %s", (_, given, env, storage, folder) => {
    expect(readDiskCacheSettings(given, env, cwd, storage)?.folder).toBe(folder);
  });

  it("takes 256 MB, or what MEDIA_CACHE_BYTES says", () => {
    expect(readDiskCacheSettings(undefined, {}, cwd, elsewhere)?.maxBytes).toBe(256_000_000);
    expect(readDiskCacheSettings(undefined, { MEDIA_CACHE_BYTES: "2GB" }, cwd, elsewhere)?.maxBytes).toBe(2_000_000_000);
  });

  it.each([
    [undefined, { MEDIA_CACHE_BYTES: "plenty" }],
    [undefined, { MEDIA_CACHE_BYTES: "10kB" }],
    [undefined, { MEDIA_CACHE_DIR: " " }],
    [{ maxBytes: -1 }, {}],
    [{ maxBytes: Number.NaN }, {}],
  ])("refuses %j and %j", (given, env) => {
    expect(() => readDiskCacheSettings(given, env, cwd, elsewhere)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("tells memory from a disk by the mounts", () => {
    const mounts = [
      { mountPoint: "/", type: "ext4" },
      { mountPoint: "/tmp", type: "tmpfs" },
    ];
    expect([isInMemory("/tmp/cache", { mounts }), isInMemory("/srv/cache", { mounts })]).toEqual([true, false]);
  });
});
