import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import { type DiskFacts, judgeDisk, parseMounts, realPathOf } from "./disk.js";
import { detectPlatform, isProduction } from "./platform.js";

const facts = (mounts: Record<string, string>, isContainer = false): DiskFacts => ({
  mounts: Object.entries(mounts).map(([mountPoint, type]) => ({ mountPoint, type })),
  isContainer,
});

describe("judgeDisk", () => {
  it.each<[string, string, Record<string, string>, DiskFacts, "ephemeral" | "disk"]>([
    ["a laptop", "/home/me/media", {}, facts({ "/": "ext4" }), "disk"],
    ["a laptop's memory", "/dev/shm/media", {}, facts({ "/": "ext4", "/dev/shm": "tmpfs" }), "ephemeral"],
    ["a container's layer", "/app/media", {}, facts({ "/": "overlay" }, true), "ephemeral"],
    ["a volume in a container", "/data/media", {}, facts({ "/": "overlay", "/data": "ext4" }, true), "disk"],
    ["beside a volume", "/database/media", {}, facts({ "/": "overlay", "/data": "ext4" }, true), "ephemeral"],
    [
      "memory mounted over a volume",
      "/data/tmp/x",
      {},
      facts({ "/": "overlay", "/data": "ext4", "/data/tmp": "tmpfs" }, true),
      "ephemeral",
    ],
    ["a platform's root", "/app/media", { RENDER: "true" }, facts({ "/": "ext4" }), "ephemeral"],
    ["a platform's disk", "/data/media", { RENDER: "true" }, facts({ "/": "ext4", "/data": "ext4" }), "disk"],
    ["a container's root that is no layer", "/app", {}, facts({ "/": "btrfs" }, true), "ephemeral"],
    ["a machine without mountinfo", "/Users/me", {}, { mounts: undefined, isContainer: false }, "disk"],
    ["a platform without mountinfo", "/app", { DYNO: "web.1" }, { mounts: undefined, isContainer: false }, "ephemeral"],
  ])("judges %s", (_what, path, env, given, durability) => {
    const judgement = judgeDisk(path, env, given);
    expect(judgement.durability).toBe(durability);
    expect(judgement.why.length).toBeGreaterThan(10);
  });

  it("judges by the later of two mounts at one place, which covers the earlier", () => {
    const mounts = [
      { mountPoint: "/data", type: "ext4" },
      { mountPoint: "/data", type: "tmpfs" },
    ];
    expect(judgeDisk("/data/media", {}, { mounts, isContainer: false }).durability).toBe("ephemeral");
  });
});

describe("the platform", () => {
  it("is known by its variable, unless that is empty", () => {
    expect([detectPlatform({ FLY_APP_NAME: "a" })?.name, detectPlatform({ RENDER: "" }), detectPlatform({})]).toEqual([
      "Fly",
      undefined,
      undefined,
    ]);
  });

  it("makes it production, as NODE_ENV does", () => {
    expect([isProduction({ DYNO: "web.1" }), isProduction({ NODE_ENV: "production" }), isProduction({ NODE_ENV: "test" })]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("parseMounts", () => {
  it("reads mount points with spaces, and lines with optional fields or none", () => {
    const text = [
      "22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw",
      "40 22 0:35 / /mnt/my\\040disk\\134x rw - xfs /dev/vdb rw",
      "garbage",
      "",
    ].join("\n");
    expect(parseMounts(text)).toEqual([
      { mountPoint: "/", type: "ext4" },
      { mountPoint: "/mnt/my disk\\x", type: "xfs" },
    ]);
    expect(parseMounts(undefined)).toBeUndefined();
  });
});

describe("realPathOf", () => {
  it("follows links as far as the path exists, and keeps the rest", async () => {
    const folder = realPathOf(await temporaryFolder());
    await mkdir(join(folder, "volume"));
    await symlink(join(folder, "volume"), join(folder, "link"));
    expect(realPathOf(join(folder, "link", "not", "yet", "there"))).toBe(join(folder, "volume", "not", "yet", "there"));
    expect(realPathOf(join(folder, "link"))).toBe(join(folder, "volume"));
    expect(realPathOf("/no-such-folder-here/deeper")).toBe("/no-such-folder-here/deeper");
  });
});
