import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCounters } from "../../packages/media/dist/counters.js";
import { isHoldfastError } from "../../packages/media/dist/errors.js";
import type { DecodeCounts } from "../../packages/media/dist/images/budget.js";
import type { Decoding } from "../../packages/media/dist/images/decoding.js";
import { decodeInProcesses } from "../../packages/media/dist/images/decoding-pool.js";
import { transformOf } from "../../packages/media/dist/images/transform.js";
import { noisyPixels, randomFrom } from "./pictures-made.js";

const media = new URL("../../packages/media/dist/images/", import.meta.url);
const childModule = new URL("decoding-child.js", media);
const limits = { maxPixels: 50_000_000, maxDecodeBytes: 240_000_000 };
const random = randomFrom(Number(process.env["HOLDFAST_KILL_SEED"] ?? 1));
const killings = Number(process.env["HOLDFAST_DECODE_KILLS"] ?? 25);
const jpeg = await sharp(await noisyPixels(random, 1600, 1200, 80), { raw: { width: 1600, height: 1200, channels: 3 } })
  .jpeg({ quality: 90 })
  .toBuffer();
const w512 = transformOf({ width: 512 });

function pool(module = childModule): { readonly decoding: Decoding; readonly lines: string[]; readonly counts: DecodeCounts } {
  const lines: string[] = [];
  const counts = createCounters().decodes;
  const decoding = decodeInProcesses(module, { ...limits, counts }, { warn: (line) => void lines.push(line) });
  onTestFinished(async () => await decoding.close());
  return { decoding, lines, counts };
}

/** The decoding processes that `parent` has. */
function childrenOf(parent: number = process.pid): number[] {
  const table = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(parent)], { encoding: "utf8" });
  return table
    .split("\n")
    .filter((line) => line.includes("decoding-child.js"))
    .map((line) => Number.parseInt(line, 10));
}

const isAlive = (pid: number): boolean => {
  try {
    // What has ended and is not yet reaped by whoever adopted it decodes no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

describe("decoding in processes of its own", () => {
  it("makes what decoding inline makes, from bytes that cross to it, and tells what is wrong with the same error", async () => {
    const { decoding, counts } = pool();
    const picture = { key: "originals/a", name: "a.jpg", input: jpeg };
    const { bytes, width, height } = await decoding.render(picture, w512, "jpeg");
    expect([width, height]).toEqual([512, 384]);
    expect(Buffer.compare(bytes, await sharp(jpeg).resize({ width: 512 }).jpeg({ quality: 80 }).toBuffer())).toBe(0);
    expect(await decoding.inspect(picture)).toMatchObject({ width: 1600, height: 1200, frames: 1 });
    const cut = { ...picture, name: "cut.jpg", input: jpeg.subarray(0, 20_000) };
    const error = await decoding.inspect(cut).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "IMAGE_BROKEN", status: 422, message: expect.stringContaining("cut.jpg") as string });
    expect(counts).toMatchObject({ done: 2, failed: 1, deaths: 0, running: 0, waiting: 0 });
  });

  it(`fails nobody when processes are killed at random, ${killings} times: what one was doing is done by another`, async () => {
    const { decoding, counts } = pool();
    const failures: unknown[] = [];
    let isOver = false;
    let done = 0;
    const ask = async (): Promise<void> => {
      while (!isOver) {
        await decoding
          .render({ key: `originals/${random.next()}`, name: "a.jpg", input: jpeg }, w512, "webp")
          .then(() => (done += 1))
          .catch((error: unknown) => failures.push(error));
      }
    };
    const asking = [ask(), ask(), ask(), ask()];
    for (let kill = 0; kill < killings; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, random.between(50, 350)));
      const children = childrenOf();
      if (children.length > 0) process.kill(random.pick(children), "SIGKILL");
    }
    const before = done;
    await expect.poll(() => done, { timeout: 20_000 }).toBeGreaterThan(before + 10);
    isOver = true;
    await Promise.all(asking);
    // Whose second try was killed too is told to come again; nobody is told anything else.
    expect(failures.filter((error) => !isHoldfastError(error) || error.status !== 503)).toEqual([]);
    expect(failures.length).toBeLessThan(killings / 4);
    expect(counts).toMatchObject({ running: 0, waiting: 0 });
    expect(counts.deaths).toBeGreaterThan(0);
  });

  it("tries a picture that ends its process once more, then leaves it alone; others are made meanwhile", async () => {
    const { decoding, lines, counts } = pool(new URL("decoding-mortal.mjs", import.meta.url));
    const deadly = { key: "originals/deadly", name: "deadly.jpg", input: jpeg };
    const good = { key: "originals/good", name: "good.jpg", input: jpeg };
    const [first, other] = await Promise.allSettled([decoding.render(deadly, w512, "jpeg"), decoding.render(good, w512, "jpeg")]);
    expect(first).toMatchObject({
      status: "rejected",
      reason: { code: "IMAGE_UNDECODABLE", status: 503, details: { retryAfterSeconds: 600 } },
    });
    expect(other).toMatchObject({ status: "fulfilled", value: { width: 512 } });
    expect(lines).toEqual([
      'a decoding process died of "deadly.jpg" (originals/deadly); it is tried once more',
      'a decoding process died of "deadly.jpg" (originals/deadly), for the second time',
    ]);
    await expect(decoding.inspect(deadly)).rejects.toMatchObject({ code: "IMAGE_UNDECODABLE" });
    expect(counts).toMatchObject({ deaths: 2, running: 0, waiting: 0 });
  });

  it("leaves no process behind, though whoever started it is killed", async () => {
    const program = `
      import { decodeInProcesses } from ${JSON.stringify(new URL("decoding-pool.js", media).href)};
      const decoding = decodeInProcesses(new URL(${JSON.stringify(childModule.href)}), ${JSON.stringify(limits)}, console);
      await decoding.inspect({ key: "a", name: "a.jpg", input: ${JSON.stringify(fileURLToPath(import.meta.url))} }).catch(() => undefined);
      console.log("ready");
      setInterval(() => undefined, 1000);
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => parent.stdout.once("data", resolve));
    const children = childrenOf(parent.pid);
    expect(children).toHaveLength(1);
    parent.kill("SIGKILL");
    await expect.poll(() => children.filter(isAlive), { timeout: 5000 }).toEqual([]);
  });

  it("holds nobody up who has nothing more to do", async () => {
    const program = `
      import { decodeInProcesses } from ${JSON.stringify(new URL("decoding-pool.js", media).href)};
      const decoding = decodeInProcesses(new URL(${JSON.stringify(childModule.href)}), ${JSON.stringify(limits)}, console);
      await decoding.inspect({ key: "a", name: "a.jpg", input: "nothing-is-here.jpg" }).catch((error) => console.log(error.code));
    `;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8", timeout: 20_000 });
    expect(output).toBe("IMAGE_BROKEN\n");
  });
});
