import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeServiceFolder, type ServiceFolder, startService } from "./service-process.js";

const bin = fileURLToPath(new URL("../../packages/holdfast/dist/bin.js", import.meta.url));
const inMemory = "/dev/shm";
const isLinux = process.platform === "linux" && existsSync(inMemory);
/** A token, because a platform's service listens on every address. */
const token = "a-token-of-the-refusal-tests";

let folder: ServiceFolder;
const memoryFolders: ServiceFolder[] = [];

beforeEach(async () => {
  folder = await makeServiceFolder();
});

afterEach(async () => {
  await folder.remove();
  for (const one of memoryFolders.splice(0)) await one.remove();
});

async function makeMemoryFolder(): Promise<ServiceFolder> {
  const made = await makeServiceFolder(inMemory);
  memoryFolders.push(made);
  return made;
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

/** Run `holdfast serve` as a person does, until it ends by itself or says that it is ready. */
async function serve(env: Readonly<Record<string, string>>, timeoutMs = 20_000): Promise<Outcome & { readonly isReady: boolean }> {
  const child = spawn(process.execPath, [bin, "serve", "--no-redeploy-demo"], {
    cwd: folder.path,
    env: { PATH: process.env["PATH"] ?? "", PORT: "0", HOLDFAST_TOKEN: token, HOST: "127.0.0.1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, complaints, isReady] = ["", "", false];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (!output.includes("Holdfast is ready")) return;
    isReady = true;
    child.kill("SIGTERM");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { code, output, complaints, isReady };
}

const disk = (at: ServiceFolder): Record<string, string> => ({ MEDIA_ROOT: at.storage, MEDIA_DATABASE_URL: `file:${at.database}` });

describe.runIf(isLinux)("in production, on a file system in memory", () => {
  it.each([
    ["NODE_ENV", "production", "MEDIA_ROOT"],
    ["RENDER", "true", "attach a disk"],
    ["DYNO", "web.1", "MEDIA_ROOT"],
    ["FLY_APP_NAME", "pictures", "mount a volume"],
  ])("refuses to keep media (%s=%s), and says what to set", async (variable, value, remedy) => {
    const { isReady, code, complaints } = await serve({ ...disk(await makeMemoryFolder()), [variable]: value });
    expect({ isReady, isZero: code === 0 }).toEqual({ isReady: false, isZero: false });
    expect(complaints).toMatch(/media storage is at \/dev\/shm\/.*tmpfs, a file system in memory/s);
    expect(complaints).toContain(remedy);
    expect(complaints).toContain("MEDIA_ALLOW_EPHEMERAL=1");
    expect(complaints, "no stack trace for a user's mistake").not.toMatch(/^\s+at /m);
  });

  it("starts all the same with MEDIA_ALLOW_EPHEMERAL=1, and says what it is", async () => {
    const { isReady, output, complaints } = await serve({
      ...disk(await makeMemoryFolder()),
      NODE_ENV: "production",
      MEDIA_ALLOW_EPHEMERAL: "1",
    });
    expect({ isReady, complaints }).toMatchObject({ isReady: true });
    expect(output).toMatch(/media storage: disk \(\/dev\/shm\/.*durability ephemeral/);
  });

  it("starts in development, and says what it is", async () => {
    const { isReady, output } = await serve(disk(await makeMemoryFolder()));
    expect(isReady).toBe(true);
    expect(output).toContain("durability ephemeral");
  });
});

describe("on a platform whose disk is wiped", () => {
  it("refuses the instance's own disk, and says how to have one that lasts", async () => {
    const { isReady, complaints } = await serve({ ...disk(folder), RENDER: "true" });
    expect(isReady).toBe(false);
    expect(complaints).toMatch(/the disk of a Render instance is wiped by every deploy, restart and idle spin-down \(RENDER is set\)/);
    expect(complaints).toContain("MEDIA_ROOT=/data/media");
  });

  it("takes a mount of its own, for media and catalogue both", async (context) => {
    const mountPoint = join(folder.path, "volume");
    await mkdir(mountPoint);
    const why = mountImage(join(folder.path, "volume.img"), mountPoint);
    if (why !== undefined) return context.skip(`A volume cannot be mounted here (${why}); run as root, with loop devices.`);
    try {
      const media = { MEDIA_ROOT: join(mountPoint, "media"), RENDER: "true" };
      const taken = await serve({ ...media, MEDIA_DATABASE_URL: `file:${join(mountPoint, "catalogue.db")}` });
      expect(taken).toMatchObject({ isReady: true });
      expect(taken.output).toContain("durability disk");

      const memory = await makeMemoryFolder();
      const refused = await serve({ ...media, MEDIA_DATABASE_URL: `file:${memory.database}` });
      expect(refused.isReady).toBe(false);
      expect(refused.complaints).toMatch(/catalogue is at \/dev\/shm\/.*MEDIA_DATABASE_URL=file:\/data\/catalogue\.db/s);
      expect(existsSync(memory.database)).toBe(false);
    } finally {
      execFileSync("umount", [mountPoint]);
    }
  });
});

/** Mount a small ext4 image; answers why it cannot be done, if it cannot. */
function mountImage(image: string, mountPoint: string): string | undefined {
  try {
    execFileSync("truncate", ["-s", "64M", image]);
    execFileSync("mkfs.ext4", ["-q", image], { stdio: "pipe" });
    execFileSync("mount", ["-o", "loop", image, mountPoint], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error);
  }
}

describe("a storage asked for elsewhere", () => {
  it.each([
    { CLOUDINARY_URL: "cloudinary://123456789012345:a-secret-of-cloudinary@demo" },
    { S3_BUCKET: "pictures" },
    { AWS_STORAGE_BUCKET_NAME: "pictures" },
    { MEDIA_STORAGE: "s3" },
    { MEDIA_STORAGE: '"disk"' },
  ])("is never quietly replaced by the disk: %j", async (asked) => {
    const { isReady, output, complaints } = await serve({ ...disk(folder), ...asked });
    const where = /media storage: (\w+)/.exec(output)?.[1];
    expect({ isReady, where, hasMedia: existsSync(folder.storage) }).not.toMatchObject({ where: "disk" });
    expect(existsSync(folder.storage)).toBe(false);
    expect(isReady ? output : complaints).toContain(Object.keys(asked)[0]);
    expect(output + complaints).not.toContain("a-secret-of-cloudinary");
  });

  it("reports all problems at once", async () => {
    const { complaints } = await serve({ MEDIA_ROOT: " /data", MEDIA_STORAGE: "floppy" });
    expect(complaints).toContain("MEDIA_STORAGE");
    expect(complaints).toContain("MEDIA_ROOT");
  });
});

describe("a second process on the same SQLite catalogue", () => {
  it("is refused after the hand-over time, and the first goes on undisturbed", { timeout: 90_000 }, async () => {
    const first = await startService(folder);
    try {
      const started = performance.now();
      const { isReady, complaints } = await serve(disk(folder), 60_000);
      expect(isReady).toBe(false);
      expect(complaints).toMatch(
        /another process has had it open for 30 seconds\. A SQLite catalogue is for one process; stop the other one/,
      );
      expect(performance.now() - started).toBeGreaterThan(29_000);
      expect((await fetch(`${first.origin}/api/v1/files`)).status).toBe(200);
    } finally {
      await first.stop();
    }
  });

  it("takes over as soon as the first has gone, however it went", async () => {
    const first = await startService(folder);
    const second = startService(folder);
    setTimeout(() => void first.kill(), 500);
    const successor = await second;
    expect((await fetch(`${successor.origin}/readyz`)).status).toBe(200);
    await successor.stop();
    await rm(folder.database, { force: true });
  });
});
