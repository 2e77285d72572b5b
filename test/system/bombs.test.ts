import { readdirSync, readFileSync } from "node:fs";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";

const maxResidentBytes = 512e6;
const concurrency = Number(process.env["HOLDFAST_BOMBS"] ?? 2);

/** A small file that holds a huge picture of one colour. */
interface Bomb {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

let folder: ServiceFolder;
let service: ServiceProcess;

beforeAll(async () => {
  folder = await makeServiceFolder();
  service = await startService(folder);
});

afterAll(async () => {
  await service.stop();
  await folder.remove();
});

const flat = (width: number, height: number, channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { width, height, channels, background: { r: 60, g: 90, b: 120, alpha: 0.5 } }, limitInputPixels: false });

async function bomb(name: string, image: Sharp): Promise<Bomb> {
  return { name, bytes: Uint8Array.from(await image.toBuffer()) };
}

/** A tiny AVIF whose header says that it is huge (ISO/IEC 23008-12 §6.5.3, `ispe`): refused before anything is decoded. */
async function claimed(width: number, height: number): Promise<Bomb> {
  const { bytes } = await bomb("", flat(64, 64).avif({ effort: 0 }));
  const at = Buffer.from(bytes.buffer).indexOf("ispe") + 8;
  const view = new DataView(bytes.buffer);
  view.setUint32(at, width);
  view.setUint32(at + 4, height);
  return { name: `claimed-${(width * height) / 1e6}.avif`, bytes };
}

const avif = async (width: number, height: number): Promise<Bomb> =>
  await bomb(`${(width * height) / 1e6}.avif`, flat(width, height).avif({ effort: 0, quality: 30 }));

interface Memory {
  /** What processes share, such as the code of Node, is counted once (proc(5), Pss): what is taken of the machine. */
  readonly pss: number;
  /** What they share is counted for each. */
  readonly rss: number;
}

/** The memory of the service and of all its children. */
function memoryNow(): Memory {
  let pss = 0;
  let rss = 0;
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${entry}/status`, "utf8");
      const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
      const parent = field("PPid");
      if (Number(entry) !== service.pid && parent !== service.pid) continue;
      const share = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/smaps_rollup`, "utf8"))?.[1];
      pss += Number(share) * 1024;
      rss += field("VmRSS") * 1024;
    } catch {
      // It has ended meanwhile.
    }
  }
  return { pss, rss };
}

async function upload({ name, bytes }: Bomb): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${service.origin}/api/v1/files?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: bytes,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Do something, and tell the most memory that it took. */
async function peakOf(work: () => Promise<void>): Promise<Memory> {
  let peak: Memory = { pss: 0, rss: 0 };
  const timer = setInterval(() => {
    const { pss, rss } = memoryNow();
    peak = { pss: Math.max(peak.pss, pss), rss: Math.max(peak.rss, rss) };
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return peak;
}

function tell(where: string, { pss, rss }: Memory, outcome: string): void {
  const inMb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  console.info(`bombs just ${where}: ${inMb(pss)} at most, shared memory counted once (${inMb(rss)} as RSS summed); ${outcome}`);
}

describe("bombs", () => {
  it(`just inside the limits, ${concurrency} of each kind at once, are kept or put off, and take no more than ${maxResidentBytes / 1e6} MB`, async () => {
    const bombs = [
      await avif(3400, 3300),
      await bomb("interlaced.png", flat(7000, 6900).png({ progressive: true })),
      await bomb("deep.png", flat(4300, 4200, 4).toColourspace("rgb16").png({ progressive: true })),
      await bomb("progressive.jpg", flat(7100, 7000).jpeg({ progressive: true, quality: 30 })),
    ];
    const kept: { readonly id: string; readonly name: string }[] = [];
    const { body: small } = await upload(await bomb("small.jpg", flat(640, 480).jpeg()));
    let answered = 0;
    const peak = await peakOf(async () => {
      const asked = bombs.flatMap((each) =>
        Array.from({ length: concurrency }, async () => {
          const answer = await upload(each);
          answered += 1;
          return { each, answer };
        }),
      );
      // A small picture waits for none of them: it is made beside them.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const shownSmall = await fetch(`${service.origin}/media/${String(small["id"])}/w256/small.jpg`);
      expect([shownSmall.status, answered]).toEqual([200, expect.toSatisfy((count: number) => count <= asked.length / 2)]);
      for (const { each, answer } of await Promise.all(asked)) {
        expect([201, 503], `${each.name}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
        if (answer.status === 201) kept.push(answer.body as unknown as { id: string; name: string });
      }
      expect(kept.length).toBeGreaterThan(0);
      // Each variant is a decode of its own, and of its own file.
      const shown = kept.map(async ({ id, name }) => await fetch(`${service.origin}/media/${id}/w512/${name}`));
      for (const { status, headers } of await Promise.all(shown)) {
        expect([200, 503]).toContain(status);
        if (status === 503) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      }
    });
    tell("inside", peak, `${kept.length} of ${bombs.length * concurrency} kept`);
    expect(peak.pss).toBeLessThan(maxResidentBytes);
    expect(peak.pss).toBeGreaterThan(100e6);
  }, 300_000);

  it("just outside the limits are refused by their header, with the limit for their kind named", async () => {
    const bombs: readonly (readonly [Bomb, RegExp])[] = [
      [await avif(3600, 3500), /AVIF images like it there is memory to decode 11\.\d \(MEDIA_DECODE_MEMORY\)/],
      [await claimed(7000, 7100), /AVIF images like it there is memory to decode 11\.\d/],
      [await claimed(8000, 8000), /the limit is 50 \(MEDIA_MAX_PIXELS\)/],
      [
        await bomb("deep.png", flat(4500, 4400, 4).toColourspace("rgb16").png({ progressive: true })),
        /deep-coloured interlaced PNG images/,
      ],
      [await bomb("progressive.jpg", flat(7200, 7100).jpeg({ progressive: true, quality: 30 })), /the limit is 50 \(MEDIA_MAX_PIXELS\)/],
      [await bomb("interlaced.png", flat(7300, 7000).png({ progressive: true })), /the limit is 50 \(MEDIA_MAX_PIXELS\)/],
    ];
    const peak = await peakOf(async () => {
      const asked = bombs.flatMap(([each, sentence]) =>
        Array.from({ length: concurrency }, async () => ({ sentence, answer: await upload(each) })),
      );
      for (const { sentence, answer } of await Promise.all(asked)) {
        expect(answer).toMatchObject({ status: 422, body: { detail: expect.stringMatching(sentence) as string } });
      }
    });
    tell("outside", peak, "all refused");
    expect(peak.pss).toBeLessThan(maxResidentBytes);
  }, 300_000);

  it("in an SVG is kept and never drawn", async () => {
    const filter = `<filter id="f"><feGaussianBlur stdDeviation="900"/></filter><rect width="9999" height="9999" filter="url(#f)"/>`;
    const svg = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9999" height="9999">${filter.repeat(200)}</svg>`;
    const { status, body } = await upload({ name: "slow.svg", bytes: Uint8Array.from(Buffer.from(svg)) });
    expect(status).toBe(201);
    const startedAt = performance.now();
    expect((await fetch(`${service.origin}/media/${String(body["id"])}/w512/slow.svg`)).status).toBe(404);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it("leave the service as it was: the next picture is kept and shown", async () => {
    const small = await bomb("small.jpg", flat(300, 200).jpeg());
    const { status, body } = await upload(small);
    expect(status).toBe(201);
    expect((await fetch(`${service.origin}/media/${String(body["id"])}/w128/small.jpg`)).status).toBe(200);
    expect(service.complaints()).not.toMatch(/died|heap|ENOMEM/);
  });
});
