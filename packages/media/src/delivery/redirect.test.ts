import { describe, expect, it } from "vitest";
import { eventually, openTestMedia, picture } from "../media.fixture.js";
import type { Media, MediaOptions } from "../media.js";
import type { SignReadOptions } from "../storage/driver.js";
import { memoryDriver } from "../storage/drivers/memory.js";
import { openStorage, type Storage } from "../storage/storage.js";

/** A storage in memory that has URLs, which say what was signed. Real ones are in test/storage/delivery.test.ts. */
function storageWithUrls(hasPublicUrl = false): Storage {
  const driver = memoryDriver();
  const signRead = async (
    key: string,
    { expiresInMs, method = "GET", contentDisposition = "", contentType = "", cacheControl = "" }: SignReadOptions,
  ): Promise<string> => {
    const told = { key, seconds: String(expiresInMs / 1000), method, type: contentType, as: contentDisposition, kept: cacheControl };
    return `https://signed.example/?${new URLSearchParams(told).toString()}`;
  };
  return openStorage(
    { ...driver, signing: { signRead }, ...(hasPublicUrl ? { publicUrl: (key: string) => `https://public.example/${key}` } : {}) },
    { description: "memory", chosenBy: "test", durability: "disk" },
  );
}

async function ask(media: Media, url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  return await media.handler(new Request(`http://localhost${url}`, { method, headers }));
}

/** Where a response leads, and for how long. */
function wayOf({ status, headers }: Response): Record<string, unknown> {
  const location = new URL(headers.get("location") ?? "http://nowhere");
  return { status, cache: headers.get("cache-control"), host: location.host, ...Object.fromEntries(location.searchParams) };
}

async function open(options: MediaOptions = {}): ReturnType<typeof openTestMedia> {
  return await openTestMedia({ storage: storageWithUrls(), delivery: "redirect", authorize: () => true, ...options });
}

describe("with redirects", () => {
  it("an original is read from the storage, as what and how we say, kept for half as long as the way there is good for", async () => {
    const media = await open();
    const file = await media.put(await picture("jpeg"), { name: "my cat.jpg", visibility: "public" });
    expect(wayOf(await ask(media, `/media/${file.id}/cat.jpg`))).toMatchObject({
      status: 302,
      cache: "public, max-age=1800",
      host: "signed.example",
      key: file.key,
      seconds: "3600",
      method: "GET",
      type: "image/jpeg",
      as: expect.stringMatching(/^inline; filename="my cat\.jpg"/) as string,
    });
    const head = await ask(media, `/media/${file.id}/cat.jpg?download`, {}, "HEAD");
    expect(wayOf(head)).toMatchObject({ method: "HEAD", as: expect.stringMatching(/^attachment/) as string });
  });

  it("what is not for everybody stays out of shared caches, and is good no longer than what let the reader in", async () => {
    const media = await open();
    const file = await media.put(await picture("jpeg"), { name: "cat.jpg" });
    const authorized = wayOf(await ask(media, `/media/${file.id}/cat.jpg`));
    expect(authorized).toMatchObject({ status: 302, cache: "private, max-age=150", seconds: "300", kept: "private, max-age=300" });
    const signed = wayOf(await ask(media, file.originalUrl({ expiresInMs: 60_000 })));
    expect(signed["cache"]).toMatch(/^private, max-age=/);
    expect(Number(signed["seconds"])).toBeLessThanOrEqual(600);
    const secret = await media.put(await picture("jpeg", 200, 100), { name: "id.jpg", visibility: "confidential" });
    const variant = secret.url({ width: 64, expiresInMs: 60_000 });
    await eventually(async () => (await ask(media, variant, { accept: "image/webp" })).status === 302);
    const { kept, seconds } = wayOf(await ask(media, variant, { accept: "image/webp" }));
    expect(kept).toMatch(/^private, max-age=\d+$/);
    expect(Number(String(kept).split("=")[1])).toBeLessThanOrEqual(Number(seconds));
    const stranger = await open({ authorize: () => false });
    const other = await stranger.put(await picture("jpeg"), { name: "cat.jpg" });
    expect((await ask(stranger, `/media/${other.id}/cat.jpg`)).status).toBe(401);
  });

  it("a variant is made and answered here, and read from the storage once it is there", async () => {
    const media = await open();
    const file = await media.put(await picture("jpeg", 200, 100), { name: "cat.jpg" });
    const url = file.url({ width: 64 });
    const made = await ask(media, url, { accept: "image/webp" });
    expect([made.status, made.headers.get("content-type")]).toEqual([200, "image/webp"]);
    await eventually(async () => (await ask(media, url, { accept: "image/webp" })).status === 302);
    const stored = await ask(media, url, { accept: "image/webp" });
    expect([wayOf(stored)["type"], wayOf(stored)["cache"], stored.headers.get("vary")]).toEqual([
      "image/webp",
      "public, max-age=1800",
      "Accept",
    ]);
    // Another format is another variant.
    expect((await ask(media, url, { accept: "image/jpeg" })).status).toBe(200);
  });

  it("the storage's public URL is for what everybody may read and see in place", async () => {
    const media = await open({ storage: storageWithUrls(true) });
    const visibility = "public";
    const shown = await media.put(await picture("jpeg"), { name: "cat.jpg", visibility });
    const drawing = await media.put(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), { name: "a.svg", visibility });
    const kept = await media.put(await picture("jpeg"), { name: "cat.jpg" });
    const hosts = await Promise.all([shown, drawing, kept].map(async ({ id }) => wayOf(await ask(media, `/media/${id}/x`))["host"]));
    expect(hosts).toEqual(["public.example", "signed.example", "signed.example"]);
  });

  it("what the storage lacks is answered here: from a mirror, or with a placeholder", async () => {
    const [one, two] = [storageWithUrls(), storageWithUrls()];
    const media = await open({ storage: [one, two], jobs: { concurrency: 1 } });
    const file = await media.put(await picture("jpeg"), { name: "cat.jpg" });
    await eventually(async () => (await media.replicas(file.id)).length === 2);
    await one.delete(file.key);
    expect((await ask(media, file.originalUrl())).status).toBe(200);
    await eventually(async () => (await one.stat(file.key)) !== undefined);
    await two.delete(file.key);
    await one.delete(file.key);
    const missing = await ask(media, file.originalUrl(), { "sec-fetch-dest": "image" });
    expect([missing.status, missing.headers.get("cache-control")]).toEqual([404, "no-store"]);
  });
});

describe("a storage without URLs", () => {
  it("is proxied, and that is said once", async () => {
    const media = await openTestMedia({ delivery: "redirect" });
    const file = await media.put(await picture("jpeg"), { name: "cat.jpg" });
    const proxied = await ask(media, file.originalUrl());
    expect([proxied.status, (await proxied.arrayBuffer()).byteLength]).toEqual([200, file.size]);
    expect(media.lines.filter((line) => line.includes("has no URLs to send readers to"))).toHaveLength(1);
  });
});

describe("the mode", () => {
  it("is read from the environment, and a word that is none is refused", async () => {
    const media = await openTestMedia({ storage: storageWithUrls(), env: { MEDIA_DELIVERY: "redirect" } });
    const file = await media.put(await picture("jpeg"), { name: "cat.jpg" });
    expect((await ask(media, file.originalUrl())).status).toBe(302);
    await expect(openTestMedia({ env: { MEDIA_DELIVERY: "cdn" } })).rejects.toThrow(/MEDIA_DELIVERY is "cdn"; write proxy, or redirect/);
  });
});
