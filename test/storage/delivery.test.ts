import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteBucketPolicyCommand, DeleteObjectCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Media, type MediaEvent, type MediaOptions, openMedia, s3Storage, sourceFromBytes } from "@holdfast/media";
import sharp from "sharp";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { type Bucket, clientOf, makeBucket, present } from "./bucket.js";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.js";

const { radosgw } = inject("servers");
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const img = { accept: "image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8", "sec-fetch-dest": "image" };

let bucket: Bucket;
let proxy: FaultProxy;

/** Open media on a bucket of its own, with a line to it that can be cut. */
async function open(options: MediaOptions = {}): Promise<Media> {
  bucket = await makeBucket(present(radosgw));
  proxy = await startFaultProxy(bucket.endpoint);
  const folder = await mkdtemp(join(tmpdir(), "holdfast-delivery-"));
  const storage = await s3Storage({ ...bucket, endpoint: proxy.endpoint });
  const media = await openMedia({ storage, cwd: folder, env: {}, log: silent, settleEveryMs: 0, ...options });
  onTestFinished(async () => {
    await media.close();
    await proxy.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return media;
}

async function ask(media: Media, url: string, headers: Record<string, string> = img): Promise<Response> {
  return await media.handler(new Request(`http://localhost${url}`, { headers }));
}

async function photo(width: number, height: number): Promise<Buffer> {
  return await sharp({ create: { width, height, channels: 3, background: "#3a7d44" } })
    .jpeg()
    .toBuffer();
}

const drawn = ({ status, headers }: Response): unknown[] => [status, headers.get("content-type"), headers.get("cache-control")];

describe.runIf(radosgw !== undefined)("a picture in a bucket", () => {
  it("is a placeholder while it is gone, denied or out of reach, and a picture when it is back", async () => {
    const events: MediaEvent[] = [];
    const media = await open({ onEvent: (event) => events.push(event) });
    const bytes = await photo(600, 400);
    const file = await media.put(bytes, { name: "cat.jpg" });
    const client = clientOf(bucket);
    onTestFinished(() => client.destroy());

    await client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: file.key }));
    for (const url of [file.url({ width: 320 }), file.originalUrl()])
      expect(drawn(await ask(media, url))).toEqual([404, "image/svg+xml", "no-store"]);
    await client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: file.key, Body: bytes }));
    expect((await ask(media, file.url({ width: 320 }))).status).toBe(200);
    expect(events.map(({ kind }) => kind)).toEqual(["missing", "returned"]);

    const statement = { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket.bucket}/*` };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket.bucket, Policy }));
    const denied = await ask(media, file.originalUrl());
    expect([...drawn(denied), denied.headers.get("holdfast-error"), denied.headers.has("retry-after")]).toEqual([
      503,
      "image/svg+xml",
      "no-store",
      "STORAGE_DENIED",
      true,
    ]);
    await client.send(new DeleteBucketPolicyCommand({ Bucket: bucket.bucket }));

    proxy.follow(() => ({ on: "request", afterBytes: 0, act: "reset" }));
    const away = await ask(media, file.url({ width: 640 }));
    expect([...drawn(away), away.headers.get("holdfast-error")]).toEqual([503, "image/svg+xml", "no-store", "STORAGE_UNREACHABLE"]);
    proxy.follow(() => undefined);
    expect((await ask(media, file.url({ width: 640 }))).status).toBe(200);
    expect(events.map(({ kind }) => kind)).toEqual(["missing", "returned", "unreachable"]);
  });

  it("is read from the bucket by who is sent there, as what and how we say, in parts as well", async () => {
    const media = await open({ delivery: "redirect" });
    const bytes = await photo(300, 200);
    const file = await media.put(bytes, { name: "my cat é.jpg" });
    const sent = await ask(media, file.originalUrl());
    expect([sent.status, sent.headers.get("cache-control")?.split(",", 1)[0]]).toEqual([302, "private"]);
    const location = sent.headers.get("location") ?? "";
    const whole = await fetch(location);
    expect([whole.status, whole.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    expect(whole.headers.get("cache-control")).toBe("private, max-age=3600");
    expect(whole.headers.get("content-disposition")).toMatch(
      /^inline; filename="my cat e_?\.jpg"; filename\*=UTF-8''my%20cat%20%C3%A9\.jpg/,
    );
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const part = await fetch(location, { headers: { range: "bytes=5-9" } });
    expect([part.status, Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(5, 10))]).toEqual([206, true]);
    const head = await media.handler(new Request(`http://localhost${file.originalUrl()}`, { method: "HEAD" }));
    expect((await fetch(head.headers.get("location") ?? "", { method: "HEAD" })).status).toBe(200);
    // A signature is for one object.
    const other = await media.put(bytes, { name: "other.jpg" });
    expect((await fetch(location.replace(encodeURI(file.key), encodeURI(other.key)))).status).toBe(403);

    const url = file.url({ width: 128 });
    expect((await ask(media, url, { accept: "image/webp" })).status).toBe(200);
    await expect.poll(async () => (await ask(media, url, { accept: "image/webp" })).status).toBe(302);
    const variant = await fetch((await ask(media, url, { accept: "image/webp" })).headers.get("location") ?? "");
    expect([variant.status, variant.headers.get("content-type")]).toEqual([200, "image/webp"]);
  });

  it("that an app kept before is served at its old URL", async () => {
    const media = await open();
    const bytes = await photo(30, 20);
    await media.storage.put("uploads/2019/mon été à 100%+.jpg", sourceFromBytes(bytes), { contentType: "text/html" });
    const { handler } = media.mount("/uploads");
    const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      await handler(new Request(`http://localhost/uploads/${path}`, { headers }));
    const found = await get(`2019/${encodeURIComponent("mon été à 100%+.jpg")}`);
    expect([found.status, found.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    expect(Buffer.from(await found.arrayBuffer()).equals(bytes)).toBe(true);
    const tag = found.headers.get("etag") ?? "";
    expect((await get(`2019/${encodeURIComponent("mon été à 100%+.jpg")}`, { "if-none-match": tag })).status).toBe(304);
    expect(drawn(await get("2019/none.jpg", img))).toEqual([404, "image/svg+xml", "no-store"]);
    expect((await get("..%2f.holdfast%2fidentity")).status).toBe(404);
  });
});
