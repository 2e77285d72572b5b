import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMedia } from "@holdfast/media";
import { openStaticFiles, prepareStaticFiles, publishStaticFiles } from "@holdfast/media/static";
import sharp from "sharp";
import { expect, it } from "vitest";
import { openCloudinaryStorage } from "../../packages/media/src/storage/cloudinary-storage.js";
import { startCloudinaryDouble } from "../doubles/cloudinary.js";

it("media on (a double of) Cloudinary keeps a photograph, gives its users the URLs they expect, and deletes it again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-cloudinary-"));
  const double = await startCloudinaryDouble();
  const storage = await openCloudinaryStorage(double.account, "CLOUDINARY_URL", { uploadPrefix: double.origin });
  const said: string[] = [];
  const log = {
    info: (line: string) => void said.push(line),
    warn: (line: string) => void said.push(line),
    error: (line: string) => void said.push(line),
  };
  const media = await openMedia({ storage, database: `file:${join(folder, "catalogue.db")}`, log, settleEveryMs: 0, retentionMs: 0 });
  try {
    const bytes = await sharp({ create: { width: 900, height: 600, channels: 3, background: "#a04020" } })
      .jpeg()
      .toBuffer();
    const photo = await media.put(new File([new Uint8Array(bytes)], "A cat & a dog.jpg", { type: "image/jpeg" }));
    expect(said).toContain('media storage: cloudinary (cloud "double"), chosen by CLOUDINARY_URL, durability object-store');
    expect(photo.url({ width: 640 })).toMatch(
      /^https:\/\/res\.cloudinary\.com\/double\/image\/authenticated\/s--.{8}--\/c_limit,cs_srgb,w_640\/f_auto\/q_auto\/v1\/holdfast\/originals\//,
    );
    const variant = await fetch(photo.url({ width: 640 }).replace("https://res.cloudinary.com", `${double.origin}/res`));
    expect(await sharp(Buffer.from(await variant.arrayBuffer())).metadata()).toMatchObject({ width: 640 });
    const original = await media.handler(new Request(`http://localhost${photo.originalUrl()}`));
    expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);
    const originals = (): string[] => double.assets.all().flatMap(({ publicId }) => (publicId.includes("originals") ? [publicId] : []));
    await expect.poll(async () => await media.jobs.list(), { timeout: 10_000 }).toEqual([]);
    expect(originals()).toHaveLength(2);
    await media.trash(photo.id);
    await expect.poll(async () => await media.jobs.list(), { timeout: 10_000 }).toEqual([]);
    await media.settle();
    expect(originals()).toEqual([]);
  } finally {
    await media.close();
    await double.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

it("static files of two releases find each other on (a double of) Cloudinary, in every form", async () => {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-cloudinary-"));
  const double = await startCloudinaryDouble();
  const storage = await openCloudinaryStorage(double.account, "CLOUDINARY_URL", { uploadPrefix: double.origin });
  const style = (name: string): string => `body { color: teal } /* ${name} ${"x".repeat(2000)} */`;
  const scripts = { "app.js": "1;", "dot.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>", "font.woff2": "wOF2" };
  async function release(name: string): Promise<string> {
    const [from, to] = [join(folder, name), join(folder, `${name}-static`)];
    await mkdir(from);
    for (const [file, text] of Object.entries({ ...scripts, "app.css": style(name) })) await writeFile(join(from, file), `${text} `);
    await prepareStaticFiles({ from, to });
    await publishStaticFiles({ folder: to, storage });
    return to;
  }
  try {
    const before = await openStaticFiles({ folder: await release("before"), storage });
    const now = await openStaticFiles({ folder: await release("now"), storage });
    for (const coding of ["br", "gzip", "identity"]) {
      const request = new Request(`http://localhost${before.url("app.css")}`, { headers: { "accept-encoding": coding } });
      const [own, theirs] = [await before.handler(request), await now.handler(request)];
      expect([theirs?.status, [...(theirs?.headers ?? [])]]).toEqual([200, [...(own?.headers ?? [])]]);
      expect(await theirs?.arrayBuffer()).toEqual(await own?.arrayBuffer());
    }
  } finally {
    await storage.close();
    await double.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
