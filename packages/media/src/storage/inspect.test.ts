import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCanary } from "../catalogue/canary.js";
import { inspectStorage } from "./inspect.js";
import type { DiskFacts } from "../env/disk.js";
import type { Environment } from "../env/platform.js";
import { sourceFromBytes } from "./source.js";

const keys = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "se/cr+et" };
const cloud = "cloudinary://123456789012345:abcDEFghiJKL@demo";
const vm: DiskFacts = { mounts: [{ mountPoint: "/", type: "ext4" }], isContainer: false };
const volume: DiskFacts = {
  mounts: [
    { mountPoint: "/", type: "overlay" },
    { mountPoint: tmpdir(), type: "ext4" },
  ],
  isContainer: true,
};

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "holdfast-inspect-"));
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

describe("looking at the storage an environment asks for", () => {
  it("judges a disk and makes nothing", async () => {
    const inspection = inspectStorage({}, cwd, vm);
    expect(inspection).toMatchObject({
      kind: "disk",
      chosenBy: "default",
      durability: "disk",
      isBegun: false,
      isProduction: false,
      packages: [],
      unused: [],
    });
    await (await inspection.open()).close();
    expect(existsSync(join(cwd, "holdfast-data"))).toBe(false);
  });

  it("sees a storage that was begun, and opens it", async () => {
    const storage = await inspectStorage({ MEDIA_ROOT: "media" }, cwd, vm).open();
    await storage.put("a", sourceFromBytes(new Uint8Array(3)), { contentType: "text/plain" });
    const again = inspectStorage({ MEDIA_ROOT: "media" }, cwd, vm);
    expect(again.isBegun).toBe(true);
    expect(await readCanary(await again.open())).toBeUndefined();
  });

  it.each<[string, Environment, DiskFacts, { durability: string; isRefused: boolean; isAllowedEphemeral: boolean }]>([
    ["a volume on a platform", { RENDER: "true" }, volume, { durability: "disk", isRefused: false, isAllowedEphemeral: false }],
    ["a platform's own disk", { RENDER: "true" }, vm, { durability: "ephemeral", isRefused: true, isAllowedEphemeral: false }],
    [
      "the same, allowed",
      { RENDER: "true", MEDIA_ALLOW_EPHEMERAL: "1" },
      vm,
      { durability: "ephemeral", isRefused: false, isAllowedEphemeral: true },
    ],
    [
      "a container in development",
      {},
      { mounts: undefined, isContainer: true },
      { durability: "ephemeral", isRefused: false, isAllowedEphemeral: false },
    ],
  ])("tells the judgement without refusing: %s", (_, env, facts, expected) => {
    const { durability, refusal, isAllowedEphemeral } = inspectStorage(env, cwd, facts);
    expect({ durability, isRefused: refusal !== undefined, isAllowedEphemeral }).toEqual(expected);
  });

  it.each<[string, Environment, readonly (readonly [string, RegExp])[]]>([
    ["a folder beside Cloudinary", { CLOUDINARY_URL: cloud, MEDIA_ROOT: "/data" }, [["MEDIA_ROOT", /not to a folder/]]],
    ["keys without a bucket", keys, [["AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY", /no bucket is named/]]],
    ["Cloudinary's API key alone beside a bucket's", { S3_BUCKET: "photos", B2_KEY_ID: "x", ...keys }, [["B2_KEY_ID", /another service/]]],
    [
      "a bucket, with MEDIA_STORAGE=disk",
      { S3_BUCKET: "photos", MEDIA_STORAGE: "disk", ...keys },
      [["S3_BUCKET AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY", /^MEDIA_STORAGE decides$/]],
    ],
    [
      "Cloudinary, with MEDIA_STORAGE=s3",
      { S3_BUCKET: "photos", CLOUDINARY_URL: cloud, MEDIA_STORAGE: "s3", ...keys },
      [["CLOUDINARY_URL", /^MEDIA_STORAGE decides$/]],
    ],
    ["Cloudinary said twice", { CLOUDINARY_URL: cloud, CLOUDINARY_CLOUD_NAME: "demo" }, [["CLOUDINARY_CLOUD_NAME", /says the same/]]],
    ["an allowance for folders", { CLOUDINARY_URL: cloud, MEDIA_ALLOW_EPHEMERAL: "1" }, [["MEDIA_ALLOW_EPHEMERAL", /folders only/]]],
    ["nothing that is not used", { S3_BUCKET: "photos", ...keys }, []],
    ["empty variables", { MEDIA_ROOT: "", B2_BUCKET: "", CLOUDINARY_URL: cloud }, []],
  ])("names what is set and not used: %s", (_, env, expected) => {
    const { unused } = inspectStorage(env, cwd, vm);
    expect(unused.map(({ variables }) => variables.join(" "))).toEqual(expected.map(([variables]) => variables));
    for (const [at, [, why]] of expected.entries()) expect(unused[at]?.why).toMatch(why);
    for (const secret of ["se/cr+et", "abcDEFghiJKL"]) expect(JSON.stringify(unused)).not.toContain(secret);
  });

  it("tells where a bucket's service answers, what it is, and which packages it needs", () => {
    const aws = inspectStorage({ S3_BUCKET: "photos", AWS_REGION: "eu-west-3", ...keys }, cwd, vm);
    expect(aws).toMatchObject({ address: "https://s3.eu-west-3.amazonaws.com", durability: "object-store", provider: { id: "aws" } });
    expect(aws.packages.map(({ name, isInstalled }) => [name, isInstalled])).toEqual([
      ["@aws-sdk/client-s3", true],
      ["@aws-sdk/s3-request-presigner", true],
      ["@aws-sdk/s3-presigned-post", true],
    ]);
    const r2 = inspectStorage({ S3_BUCKET: "photos", S3_ENDPOINT: "https://abc.r2.cloudflarestorage.com", ...keys }, cwd, vm);
    expect(r2).toMatchObject({ address: "https://abc.r2.cloudflarestorage.com", provider: { id: "r2" } });
  });

  it.each([
    ["", "https://api.cloudinary.com", false],
    ["?upload_prefix=https://api-eu.cloudinary.com", "https://api-eu.cloudinary.com", false],
    ["?upload_prefix=http://127.0.0.1:4000", "http://127.0.0.1:4000", true],
    ["?upload_prefix=https://cloudinary.com.example", "https://cloudinary.com.example", true],
  ])("knows Cloudinary from what stands in for it: %j", (query, address, isDouble) => {
    expect(inspectStorage({ CLOUDINARY_URL: cloud + query }, cwd, vm)).toMatchObject({ kind: "cloudinary", address, isDouble });
  });
});
