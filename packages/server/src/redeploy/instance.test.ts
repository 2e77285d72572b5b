import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { picture } from "../service.fixture.js";
import { boot, deploy, wipe } from "./instance.js";

async function folderOfItsOwn(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-instance-test-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  return folder;
}

async function untilGone(pid: number): Promise<void> {
  for (const endsAt = Date.now() + 15_000; Date.now() < endsAt;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`process ${pid} is still there`);
}

describe("an instance", { timeout: 60_000 }, () => {
  it("lets a running upload finish when it is stopped, and keeps it", async () => {
    const at = await folderOfItsOwn();
    const env = { MEDIA_ROOT: join(at, "storage"), MEDIA_DATABASE_URL: `file:${join(at, "catalogue.db")}` };
    await deploy("holdfast", join(at, "instance"));
    const instance = await boot(join(at, "instance"), env);
    const bytes = await picture();
    const upload = request(`${instance.origin}/api/v1/files?name=slow.jpg`, {
      method: "POST",
      headers: { "content-type": "image/jpeg", "content-length": bytes.byteLength },
    });
    const answered = once(upload, "response") as Promise<[{ statusCode?: number }]>;
    upload.write(bytes.subarray(0, 100));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopped = instance.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    upload.end(bytes.subarray(100));
    expect((await answered)[0].statusCode).toBe(201);
    await stopped;
    expect(instance.hasExited()).toBe(true);

    const next = await boot(join(at, "instance"), env);
    const list = (await (await fetch(`${next.origin}/api/v1/files`)).json()) as { files: { name: string; size: number }[] };
    await next.stop();
    expect(list.files).toMatchObject([{ name: "slow.jpg", size: bytes.byteLength }]);
  });

  it("is wiped whole, and what its folder links to is not", async () => {
    const at = await folderOfItsOwn();
    await deploy("holdfast", join(at, "instance"));
    await wipe(join(at, "instance"));
    expect(await readdir(at)).toEqual([]);
    const own = fileURLToPath(new URL("../../package.json", import.meta.url));
    expect((await readdir(join(own, ".."))).length).toBeGreaterThan(1);
  });

  it("says why when it ends before it listens", async () => {
    const at = await folderOfItsOwn();
    await deploy("holdfast", join(at, "instance"));
    await expect(boot(join(at, "instance"), { MEDIA_ROOT: "" })).rejects.toThrow("MEDIA_ROOT is set but empty");
  });

  it.each(["holdfast", "plain"] as const)("goes when whoever booted it is killed (%s)", async (side) => {
    const at = await folderOfItsOwn();
    await deploy(side, join(at, "instance"));
    const built = new URL("../../dist/redeploy/instance.js", import.meta.url).href;
    const env = JSON.stringify({ MEDIA_ROOT: join(at, "storage"), MEDIA_DATABASE_URL: `file:${join(at, "catalogue.db")}` });
    const script = `const { boot } = await import(${JSON.stringify(built)});
      console.log((await boot(${JSON.stringify(join(at, "instance"))}, ${env})).pid); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    expect(process.kill(pid, 0)).toBe(true);
    parent.kill("SIGKILL");
    await untilGone(pid);
  });
});
