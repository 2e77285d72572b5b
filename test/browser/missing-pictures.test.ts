import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { lackOfRadosgw, startRadosgw } from "../../bench/src/servers/radosgw.js";
import { lacksChromium, launchChromium, openPage } from "./chromium.js";
import { type Service, startService } from "./service.js";

const screenshots = process.env["HOLDFAST_SCREENSHOTS"];
const lackOfBucket = lackOfRadosgw();
if (lackOfBucket !== undefined && process.env["CI"] !== undefined) throw new Error(lackOfBucket);

/** A file as the API answers it. */
interface Uploaded {
  readonly id: string;
  readonly name: string;
}

/** What an `<img>` became: its answer, and what the page shows. */
interface Shown {
  readonly status: number;
  readonly type: string | undefined;
  readonly cacheControl: string | undefined;
  readonly width: number;
  readonly height: number;
  /** The colours at the left and at the right edge, in words. */
  readonly colours: readonly [string, string];
}

/** Red on the left and blue on the right, of a shape that no placeholder has by itself. */
async function upload({ origin }: Service, name: string): Promise<Uploaded> {
  const half = (background: string): ReturnType<typeof sharp> => sharp({ create: { width: 600, height: 500, channels: 3, background } });
  const right = await half("#1e50c8").png().toBuffer();
  const bytes = await half("#c81e1e")
    .extend({ right: 600, background: "#000000" })
    .composite([{ input: right, left: 600, top: 0 }])
    .jpeg()
    .toBuffer();
  const response = await fetch(`${origin}/api/v1/files?name=${name}`, {
    method: "POST",
    headers: { "content-type": "image/jpeg" },
    body: Uint8Array.from(bytes),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as Uploaded;
}

/** Show a picture in a page of the service's own, and look at it. */
async function show(page: Page, url: string, shot: string): Promise<Shown> {
  await page.goto(`${new URL(page.url()).origin}/api/v1/openapi.json`);
  const answered = page.waitForResponse((response) => response.url().endsWith(url));
  await page.evaluate((src) => {
    document.body.innerHTML = `<main><img alt="a flag" src="${src}" style="width: 600px"></main>`;
  }, url);
  const response = await answered;
  const image = page.locator("img");
  await image.evaluate(async (element) => await (element as HTMLImageElement).decode());
  const { width = 0, height = 0 } = (await image.boundingBox()) ?? {};
  const picture = await image.screenshot();
  if (screenshots !== undefined) await sharp(picture).toFile(join(screenshots, `${shot}.png`));
  const colourAt = async (left: number): Promise<string> => {
    const place = { left, top: Math.round(height / 2) - 20, width: 40, height: 40 };
    const [red = 0, green = 0, blue = 0] = await sharp(picture).extract(place).resize(1, 1).removeAlpha().raw().toBuffer();
    return red > 2 * Math.max(green, blue) ? "red" : blue > 1.5 * Math.max(red, green) ? "blue" : "another";
  };
  const { "content-type": type, "cache-control": cacheControl } = response.headers();
  return {
    status: response.status(),
    type,
    cacheControl,
    width,
    height: Math.round(height),
    colours: [await colourAt(10), await colourAt(550)],
  };
}

const shape = { width: 600, height: 250, colours: ["red", "blue"] } as const;
const placeholder = { ...shape, status: 404, type: "image/svg+xml", cacheControl: "no-store" } as const;

describe.skipIf(lacksChromium)("a page with a picture whose bytes are gone", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
    if (screenshots !== undefined) await mkdir(screenshots, { recursive: true });
  });
  afterAll(async () => await browser.close());
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });

  it("shows a placeholder of its shape, and the picture on the next request after the bytes are back (a disk)", async () => {
    const service = await startService();
    onTestFinished(service.stop);
    const { id, name } = await upload(service, "flag.jpg");
    const folder = join(service.folder, "holdfast-data", "media", "originals");
    const paths = await readdir(folder, { recursive: true });
    const original = join(folder, paths.find((path) => path.includes(id) && path.endsWith(".jpg")) ?? "");
    await rename(original, join(service.folder, "away"));

    const { page } = await openPage(browser, service.origin);
    // The console shows the same, in its own frame.
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>(".tile media-image img")?.complete === true);
    if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, "console.png") });
    for (const url of [`/media/${id}/w640/${name}`, `/media/${id}/full/${name}`, `/media/${id}/${name}`]) {
      expect(await show(page, url, `missing-${url.split("/").length}`)).toEqual(placeholder);
    }
    await rename(join(service.folder, "away"), original);
    for (const url of [`/media/${id}/w640/${name}`, `/media/${id}/${name}`]) {
      expect(await show(page, url, "back")).toMatchObject({
        ...shape,
        status: 200,
        type: expect.stringMatching(/^image\/(?:avif|webp|jpeg)$/) as string,
      });
    }
  });

  it.skipIf(lackOfBucket !== undefined)("does so with a bucket, and answers 503 while that is away", async () => {
    const server = await startRadosgw();
    let stopping: Promise<void> | undefined;
    const stopServer = async (): Promise<void> => await (stopping ??= server.stop());
    onTestFinished(stopServer);
    const { endpoint, region, credentials } = server;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    onTestFinished(() => client.destroy());
    await client.send(new CreateBucketCommand({ Bucket: "pictures" }));
    const service = await startService({
      S3_BUCKET: "pictures",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_S3_ENDPOINT_URL: endpoint,
      AWS_S3_REGION_NAME: region,
    });
    onTestFinished(service.stop);
    const { id, name } = await upload(service, "flag.jpg");
    const Key = await keyOf(client, id);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: "pictures", Key }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    await client.send(new DeleteObjectCommand({ Bucket: "pictures", Key }));

    const { page } = await openPage(browser, service.origin);
    const url = `/media/${id}/w640/${name}`;
    expect(await show(page, url, "bucket-missing")).toEqual(placeholder);
    await client.send(new PutObjectCommand({ Bucket: "pictures", Key, Body: bytes }));
    expect(await show(page, url, "bucket-back")).toMatchObject({ ...shape, status: 200 });
    await stopServer();
    const away = await show(page, `/media/${id}/w1024/${name}`, "bucket-away");
    expect(away).toEqual({ ...placeholder, status: 503 });
  });
});

/** Where the bucket keeps a file's original. */
async function keyOf(client: S3Client, id: string): Promise<string> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: "pictures", Prefix: "originals/" }));
  const found = Contents.map(({ Key = "" }) => Key).find((key) => key.includes(id) && key.endsWith(".jpg"));
  if (found === undefined) throw new Error(`the bucket has no original of ${id}`);
  return found;
}
