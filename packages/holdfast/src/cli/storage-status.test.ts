import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as media from "@holdfast/media";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MediaModule, StorageInspection } from "./media-module.js";
import { run, type StatusReport } from "./storage-status.js";
import { terminal } from "./terminal.fixture.js";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "holdfast-status-"));
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

/** The package, on a machine whose disk nothing is said against, or with other changes to what it finds. */
function on(changes: Partial<StorageInspection>): MediaModule {
  return { ...media, inspectStorage: (env, folder) => ({ ...media.inspectStorage(env, folder), ...changes }) };
}
const lasting = on({ durability: "disk", why: "nothing says otherwise" });

async function status(
  env: Readonly<Record<string, string>>,
  module: MediaModule = lasting,
): Promise<{ exitCode: number; out: string; report: StatusReport }> {
  const [plain, json] = [terminal({ cwd, env }), terminal({ cwd, env })];
  const exitCode = await run({}, plain.io, module);
  expect(await run({ json: true }, json.io, module)).toBe(exitCode);
  return { exitCode, out: plain.out(), report: JSON.parse(json.out()) };
}

/** Start the service on the folder once for each release, as a platform does. */
async function release(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const opened = await media.openMedia({ cwd, env: { HOLDFAST_RELEASE: name }, log: { info() {}, warn() {}, error() {} } });
    await opened.close();
  }
}

describe("holdfast storage status", () => {
  it("says what is chosen and why, of a folder that is not there yet, and makes nothing", async () => {
    const { exitCode, out, report } = await status({});
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^media storage: disk \(.*holdfast-data\/media\), chosen by default, durability disk\n/);
    expect(out).toMatch(
      /durability {2}disk, because nothing says otherwise\n.*in development\n.*not yet: the service makes it[^]*canary +none yet/,
    );
    expect(report).toMatchObject({
      version: 1,
      exitCode: 0,
      canary: { outcome: "none" },
      storage: { isBegun: false },
      problem: null,
      service: null,
    });
    expect(existsSync(join(cwd, "holdfast-data"))).toBe(false);
  });

  it("tells the canary's life without opening the catalogue, which the service may hold", async () => {
    await release("r1", "r2", "r3");
    const holding = await media.openMedia({ cwd, env: { HOLDFAST_RELEASE: "r3" }, log: { info() {}, warn() {}, error() {} } });
    const { out, report } = await status({});
    await holding.close();
    expect(report.canary).toMatchObject({ outcome: "alive", bornIn: "r1", survived: 2, sightings: [{ release: "r2" }, { release: "r3" }] });
    expect(out).toMatch(/canary +survived 2 releases; written .* by release r1\n +seen .* by release r3\n +seen .* by release r2\n/);
  });

  it("says that the canary is missing where objects are", async () => {
    const opened = await media.openMedia({ cwd, env: {}, log: { info() {}, warn() {}, error() {} } });
    await opened.storage.put("a.jpg", media.sourceFromBytes(new Uint8Array(3)), { contentType: "image/jpeg" });
    // Which waits for what was begun at the start: the canary is there then.
    await opened.list();
    await opened.close();
    await rm(join(cwd, "holdfast-data", "media", ".holdfast", "canary.json"));
    const { exitCode, out, report } = await status({});
    expect(report.canary).toEqual({ outcome: "missing" });
    expect(out).toContain("MISSING: objects are here");
    expect(exitCode).toBe(0);
  });

  it("exits with 1 and the remedies where the next deploy wipes it", async () => {
    const refusal = media.fail("STORAGE_EPHEMERAL", {
      what: "media storage",
      path: "/app",
      why: "it is wiped",
      remedies: ["mount a volume"],
    });
    const { exitCode, out, report } = await status({ RENDER: "true" }, on({ durability: "ephemeral", why: "it is wiped", refusal }));
    expect(exitCode).toBe(1);
    expect(out).toMatch(/runs on +Render, in production[^]*Do one of these:\n- mount a volume\n$/);
    expect(report.refusal).toBe(refusal.message);
  });

  it("says so where only an allowance lets the service start", async () => {
    const { exitCode, out } = await status({}, on({ durability: "ephemeral", isAllowedEphemeral: true }));
    expect({ exitCode, isSaid: out.includes("MEDIA_ALLOW_EPHEMERAL=1 lets the service start") }).toEqual({ exitCode: 0, isSaid: true });
  });

  it("refuses a configuration with all that is wrong with it, and prints no result", async () => {
    const { io, out } = terminal({ cwd, env: { CLOUDINARY_URL: '"x"', S3_BUCKET: "s3://photos" } });
    await expect(run({ json: true }, io, media)).rejects.toMatchObject({
      code: "USAGE_INVALID",
      exitCode: 2,
      message: expect.stringMatching(/^- CLOUDINARY_URL has quotes[^]*- S3_BUCKET is an address[^]*See: holdfast storage status --help$/),
    });
    expect(out()).toBe("");
  });

  it("tells what is chosen, too, where the storage cannot be reached, and exits with 3", async () => {
    const open = async (): Promise<never> =>
      await Promise.reject(media.fail("STORAGE_UNREACHABLE", { storage: "s3", action: "be read", reason: "no route" }));
    const { exitCode, out, report } = await status({}, on({ isBegun: true, open }));
    expect(exitCode).toBe(3);
    expect(report).toMatchObject({ canary: { outcome: "unknown" }, problem: { code: "STORAGE_UNREACHABLE" } });
    expect(out).toMatch(/canary +not known[^]*no route/);
  });

  it("says how to install a package that is missing, in the words of the project's package manager", async () => {
    const packages = [
      { name: "@aws-sdk/client-s3", purpose: "speaking to the bucket", isRequired: true, isInstalled: false },
      { name: "@aws-sdk/s3-request-presigner", purpose: "signed URLs", isRequired: false, isInstalled: true },
    ];
    const { exitCode, out } = await status({}, on({ packages }));
    expect(exitCode).toBe(3);
    expect(out).toContain(
      "packages    @aws-sdk/client-s3 is missing, for speaking to the bucket: npm install @aws-sdk/client-s3\n              @aws-sdk/s3-request-presigner is installed\n",
    );
    expect(out).toContain("The storage needs @aws-sdk/client-s3: npm install @aws-sdk/client-s3");
  });

  it("holds what was probed against what the service is known for", async () => {
    const checks = { checksMd5: true, checksSignedBody: true };
    const usual = { honoursIfNoneMatch: true, ...checks, listsInOrder: true, takesPostPolicy: false, listsMultipart: true };
    const open: StorageInspection["open"] = async () => ({
      ...(await media.inspectStorage({}, cwd).open()),
      driver: { name: "s3", quirks: { ...usual, honoursIfNoneMatch: false } },
      identity: async () => "one",
      list: async function* () {},
      close: async () => undefined,
    });
    const known = {
      ...on({
        isBegun: true,
        open,
        address: "https://s3.example",
        provider: { id: "r2", name: "Cloudflare R2", quirks: usual, source: "" },
      }),
      readCanary: async () => undefined,
    };
    const { out, report } = await status({}, known);
    expect(out).toContain("a conditional write never replaces: no, as probed, though Cloudflare R2 is known for it\n");
    expect(out).toContain("listings come in order: yes, believed\n");
    expect(out).toContain("browsers may upload directly: no, as probed\n");
    expect(report.service?.quirks[0]).toEqual({ quirk: "honoursIfNoneMatch", expected: true, found: false, isProbed: true });
  });

  it("names what is set and not used, without its value", async () => {
    const { out } = await status({ AWS_SECRET_ACCESS_KEY: "a-secret-of-the-bucket" });
    expect(out).toContain("not used    AWS_SECRET_ACCESS_KEY: no bucket is named with them\n");
    expect(out).not.toContain("a-secret");
  });
});
