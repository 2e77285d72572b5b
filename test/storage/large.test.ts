import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, inject, it } from "vitest";
import { makeBucket, present } from "./bucket.js";
import { run } from "../../bench/src/servers/daemons.js";

const { radosgw } = inject("servers");
const bytes = Number(process.env["HOLDFAST_LARGE_BYTES"] ?? 100_000_000);
/** What may be held above what is held anyway, however large the object is. */
const allowance = 100_000_000;
const folder = await mkdtemp(join(tmpdir(), "holdfast-large-"));
afterAll(async () => await rm(folder, { recursive: true, force: true }));

interface Figures {
  readonly idle: number;
  readonly isEqual: boolean;
  readonly put: { readonly peak: number; readonly seconds: number };
  readonly open: { readonly peak: number; readonly seconds: number };
}

async function measure(name: string, order: { readonly root: string } | { readonly bucket: object }): Promise<Figures> {
  const child = fileURLToPath(new URL("large-child.mjs", import.meta.url));
  const figures = JSON.parse(await run(process.execPath, [child, JSON.stringify({ bytes, ...order })], {}, 540_000)) as Figures;
  const mb = (value: number): string => `${Math.round(value / 1e6)} MB`;
  const told = (["put", "open"] as const).map((what) => {
    const { peak, seconds } = figures[what];
    return `${what} ${mb(peak - figures.idle)} above idle, ${mb(bytes / seconds)}/s`;
  });
  process.stdout.write(`${mb(bytes)} through ${name}: idle ${mb(figures.idle)}, ${told.join(", ")}\n`);
  return figures;
}

function expectBounded({ idle, isEqual, put, open }: Figures): void {
  expect(isEqual).toBe(true);
  expect(put.peak - idle).toBeLessThan(allowance);
  expect(open.peak - idle).toBeLessThan(allowance);
}

describe("a large object is never held in memory", { timeout: 600_000 }, () => {
  it("on a disk", async () => {
    expectBounded(await measure("fs", { root: folder }));
  });

  it.skipIf(radosgw === undefined)("in a bucket", async () => {
    expectBounded(await measure("s3", { bucket: await makeBucket(present(radosgw)) }));
  });
});
