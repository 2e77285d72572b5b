import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import type { MediaStats } from "../../packages/media/dist/counters.js";
import { type Cloud, makeCloud } from "./cloud-home.js";
import { noisyPixels, randomFrom } from "../system/pictures-made.js";

const lab = inject("lab");
const misses = 1000;
const leaseMs = 1500;

interface Instance {
  readonly child: ChildProcess;
  call<T>(name: string, argument?: unknown): Promise<T>;
}

let folder: string;
let prefix: string;
let cloud: Cloud | undefined;
const instances: Instance[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-misses-"));
  prefix = `misses_${randomBytes(4).toString("hex")}_`;
});

afterEach(async () => {
  for (const { child } of instances.splice(0)) child.kill("SIGKILL");
  await cloud?.remove();
  cloud = undefined;
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function start(): Promise<Instance> {
  const path = fileURLToPath(new URL("misses-child.mjs", import.meta.url));
  const child = fork(path, [JSON.stringify({ url: lab?.postgres, prefix, folder, env: cloud?.env, leaseMs })], {
    serialization: "advanced",
    env: { PATH: process.env["PATH"] ?? "" },
  });
  const waiting = new Map<number, (reply: { readonly answer?: unknown; readonly error?: string }) => void>();
  child.on("message", (reply: { readonly id: number; readonly answer?: unknown; readonly error?: string }) =>
    waiting.get(reply.id)?.(reply),
  );
  child.once("exit", () => waiting.forEach((settle) => settle({ error: "the instance ended" })));
  let calls = 0;
  const instance: Instance = {
    child,
    call: async <T>(name: string, argument?: unknown) => {
      const id = (calls += 1);
      return await new Promise<T>((resolve, reject) => {
        waiting.set(id, ({ answer, error }) => (error === undefined ? resolve(answer as T) : reject(new Error(error))));
        child.send({ id, name, argument });
      });
    },
  };
  await new Promise<void>((resolve, reject) => {
    waiting.set(0, ({ error }) => (error === undefined ? resolve() : reject(new Error(error))));
  });
  instances.push(instance);
  return instance;
}

async function photograph(width: number, height: number): Promise<Buffer> {
  return await sharp(await noisyPixels(randomFrom(1), width, height, 60), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88 })
    .toBuffer();
}

const done = async (instance: Instance): Promise<MediaStats> => await instance.call<MediaStats>("stats");

describe.runIf(lab !== undefined)(`${misses} simultaneous misses on one variant, over two processes`, () => {
  it.each(["a disk", "a bucket"])(
    "cost one decode and one reading of the original on %s, and everybody is answered the same",
    async (where) => {
      if (lab !== undefined && where === "a bucket") cloud = await makeCloud(lab);
      const one = await start();
      const two = await start();
      const id = await one.call<string>("put", { name: "cat.jpg", bytes: await photograph(2000, 1500) });
      const order = { path: `${id}/w512/cat.jpg`, count: misses / 2, accept: "image/webp" };
      const answers = (await Promise.all([one.call<string[]>("ask", order), two.call<string[]>("ask", order)])).flat();
      expect(answers).toHaveLength(misses);
      expect(new Set(answers).size, [...new Set(answers)].join()).toBe(1);
      expect(answers[0]).toMatch(/^200 "[0-9a-f]{32}"$/);
      const [first, second] = [await done(one), await done(two)];
      expect({
        made: first.variants.made + second.variants.made,
        originals: first.variants.originals + second.variants.originals,
        // One more looked at the upload.
        decodes: first.decodes.done + second.decodes.done,
      }).toEqual({ made: 1, originals: 1, decodes: 2 });
      console.info(`${misses} misses over two processes on ${where}: 1 decode, 1 reading of the original`);
    },
  );

  it("are answered though the one that makes it is killed in the middle: another takes over, with one more decode", async () => {
    const one = await start();
    const two = await start();
    // Large enough that making it takes a while.
    const id = await one.call<string>("put", { name: "cat.jpg", bytes: await photograph(5000, 3800) });
    const order = { path: `${id}/w3840/cat.jpg`, count: misses / 2, accept: "image/webp" };
    const lost = one.call<string[]>("ask", order).catch((error: unknown) => String(error));
    await expect.poll(async () => (await done(one)).decodes.running, { timeout: 20_000, interval: 5 }).toBe(1);
    const waiting = two.call<string[]>("ask", order);
    await new Promise((resolve) => setTimeout(resolve, 50));
    one.child.kill("SIGKILL");
    expect(await lost).toContain("the instance ended");
    const answers = await waiting;
    expect([...new Set(answers)]).toEqual([expect.stringMatching(/^200 "/)]);
    // One reading for the variant, and behind the answers one for the mezzanine that an original of this size is given.
    await expect.poll(async () => (await done(two)).variants.originals, { timeout: 20_000 }).toBeGreaterThan(1);
    expect((await done(two)).variants).toMatchObject({ made: 1, originals: 2 });
  });
});
