import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { request as httpRequest } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTestMedia, picture, temporaryFolder } from "../media.fixture.js";
import type { Media } from "../media.js";
import type { MediaEvent } from "../delivery/fallback/media-event.js";
import { fsDriver } from "../storage/drivers/fs.js";
import { sourceFromBytes } from "../storage/source.js";
import { openStorage, type Storage } from "../storage/storage.js";
import { nodeHandler } from "./node.js";

const img = { accept: "image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8", "sec-fetch-dest": "image" };

async function get(handler: Media["handler"], path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  return await handler(new Request(`http://localhost${path}`, { method, headers }));
}

/** Only its status, its body let go. */
async function statusOf(handler: Media["handler"], path: string, headers: Record<string, string> = {}, method = "GET"): Promise<number> {
  const { status, body } = await get(handler, path, headers, method);
  await body?.cancel();
  return status;
}

/** A folder as an app had it before: nothing in it is of Holdfast. */
async function oldFolder(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

function storageAt(root: string): Storage {
  return openStorage(fsDriver({ root }), { description: `old (${root})`, chosenBy: "test", durability: "disk" });
}

describe("a mounted path", () => {
  it("serves an object at its old URL, with ranges, conditions and our own type", async () => {
    const media = await openTestMedia();
    const bytes = await picture("jpeg", 100, 80);
    await media.storage.put("uploads/2019/my cat é.jpg", sourceFromBytes(bytes), { contentType: "text/html" });
    const { handler } = media.mount("/uploads");
    const url = "/uploads/2019/my%20cat%20%C3%A9.jpg";
    const whole = await get(handler, url);
    expect([whole.status, whole.headers.get("content-type"), whole.headers.get("cache-control")]).toEqual([
      200,
      "image/jpeg",
      "public, max-age=300",
    ]);
    expect(whole.headers.get("x-content-type-options")).toBe("nosniff");
    expect(whole.headers.get("content-security-policy")).toMatch(/^sandbox/);
    expect(whole.headers.get("content-disposition")).toMatch(/^inline/);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const etag = whole.headers.get("etag") ?? "";
    const modified = whole.headers.get("last-modified") ?? "";

    const part = await get(handler, url, { range: "bytes=10-19", "if-range": etag });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 10-19/${bytes.byteLength}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    expect(await statusOf(handler, url, { "if-none-match": etag })).toBe(304);
    expect(await statusOf(handler, url, { "if-modified-since": modified })).toBe(304);
    expect(await statusOf(handler, url, { range: "bytes=9999999-" })).toBe(416);
    const head = await get(handler, url, {}, "HEAD");
    expect([head.status, head.headers.get("content-length"), head.headers.get("etag")]).toEqual([200, String(bytes.byteLength), etag]);

    // Replaced under its name, as old apps do.
    const other = await picture("png", 50, 40);
    await media.storage.put("uploads/2019/my cat é.jpg", sourceFromBytes(other), { contentType: "x" });
    const replaced = await get(handler, url, { "if-none-match": etag });
    await replaced.body?.cancel();
    expect([replaced.status, replaced.headers.get("content-type")]).toEqual([200, "image/png"]);
  });

  it("reads an old folder where the storage lacks an object, and the storage once it is there", async () => {
    const [kept, old] = [await picture("jpeg", 30, 20), await picture("jpeg", 20, 30)];
    const folder = await oldFolder({ "articles/cat.jpeg": old, "articles/page.html": "<script>alert(1)</script>", ".env": "SECRET=1" });
    const media = await openTestMedia();
    const { handler } = media.mount("/media/articles", { prefix: "articles", storage: [media.storage, storageAt(folder)] });
    const body = async (): Promise<Buffer> => Buffer.from(await (await get(handler, "/media/articles/cat.jpeg")).arrayBuffer());
    expect((await body()).equals(old)).toBe(true);
    await media.storage.put("articles/cat.jpeg", sourceFromBytes(kept), { contentType: "image/jpeg" });
    expect((await body()).equals(kept)).toBe(true);
    expect(await statusOf(handler, "/media/articles/none.jpeg")).toBe(404);
    const page = await get(handler, "/media/articles/page.html");
    await page.body?.cancel();
    expect([page.headers.get("content-type"), page.headers.get("content-disposition")?.slice(0, 10)]).toEqual([
      "application/octet-stream",
      "attachment",
    ]);
  });

  it("at the base path leaves files of the catalogue, initials and uploads to media", async () => {
    const media = await openTestMedia({ authorize: () => true });
    const bytes = await picture("jpeg", 30, 20);
    await media.storage.put("articles/cat.jpeg", sourceFromBytes(bytes), { contentType: "image/jpeg" });
    const { handler } = media.mount("/media", { prefix: "" });
    expect(await statusOf(handler, "/media/articles/cat.jpeg")).toBe(200);
    const file = await media.put(bytes, { name: "cat.jpg" });
    expect(await statusOf(handler, file.url({ width: 64 }))).toBe(200);
    expect(await statusOf(handler, "/media/initials/Ada.svg")).toBe(200);
    expect(await statusOf(handler, "/media/media-image.js")).toBe(200);
    const created = await handler(
      new Request("http://localhost/media?name=a.jpg", {
        method: "POST",
        headers: { "content-type": "image/jpeg" },
        body: Uint8Array.from(bytes),
      }),
    );
    expect(created.status).toBe(201);
    for (const path of [file.key, `${file.key}.json`, ".holdfast/identity"]) {
      expect([path, await statusOf(handler, `/media/${path}`)]).toEqual([path, 404]);
    }
  });

  it("answers 404 with a picture for what is absent, and tells of it", async () => {
    const events: MediaEvent[] = [];
    const media = await openTestMedia({ onEvent: (event) => events.push(event) });
    const { handler } = media.mount("/uploads", {
      fallback: (key) => (key.includes("people") ? { initials: "Ada Lovelace" } : undefined),
    });
    for (let time = 0; time < 2; time += 1) {
      const missing = await get(handler, "/uploads/cat.jpg", img);
      expect([missing.status, missing.headers.get("content-type"), missing.headers.get("cache-control")]).toEqual([
        404,
        "image/svg+xml",
        "no-store",
      ]);
    }
    expect(await (await get(handler, "/uploads/people/ada.jpg", img)).text()).toContain(">AL<");
    const told = await get(handler, "/uploads/cat.jpg");
    expect([told.status, await told.json()]).toEqual([404, expect.objectContaining({ code: "OBJECT_NOT_FOUND" })]);
    expect(events).toEqual([
      { kind: "object-missing", mount: "/uploads", key: "uploads/cat.jpg" },
      { kind: "object-missing", mount: "/uploads", key: "uploads/people/ada.jpg" },
    ]);
    expect((await get(handler, "/uploads/../secret", img)).headers.get("holdfast-error")).toBe("ROUTE_NOT_FOUND");
    expect(await statusOf(handler, "/uploads/cat.jpg", {}, "DELETE")).toBe(405);
  });

  it("asks who may read before it looks, and keeps that out of shared caches", async () => {
    const bytes = await picture("jpeg", 30, 20);
    const media = await openTestMedia();
    const { handler } = media.mount("/uploads", {
      storage: storageAt(await oldFolder({ "uploads/a.jpg": bytes })),
      authorize: (request, key) => request.headers.get("x-user") === "ada" && key === "uploads/a.jpg",
    });
    expect(await statusOf(handler, "/uploads/a.jpg")).toBe(401);
    expect(await statusOf(handler, "/uploads/b.jpg", { "x-user": "ada" })).toBe(401);
    const allowed = await get(handler, "/uploads/a.jpg", { "x-user": "ada" });
    await allowed.body?.cancel();
    expect([allowed.status, allowed.headers.get("cache-control")]).toEqual([200, "private, max-age=300"]);
  });

  it("never leaves its folder, whatever a client writes on the line", async () => {
    const folder = await oldFolder({ "uploads/cat.jpg": await picture(), "secret.txt": "secret", "uploads/.env": "secret" });
    const media = await openTestMedia();
    const server = createServer(
      (request, response) => void nodeHandler(media.mount("/uploads", { storage: storageAt(folder) }))(request, response),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => await new Promise<void>((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const raw = async (path: string): Promise<[number, string]> =>
      await new Promise((resolve, reject) => {
        const sent = httpRequest({ port, host: "127.0.0.1", path, agent: false }, (response) => {
          let text = "";
          response.setEncoding("latin1").on("data", (block: string) => (text += block));
          response.on("end", () => resolve([response.statusCode ?? 0, text]));
        });
        sent.on("error", reject);
        sent.end();
      });
    expect((await raw("/uploads/cat.jpg"))[0]).toBe(200);
    for (const path of [
      "/uploads/../secret.txt",
      "/uploads/%2e%2e/secret.txt",
      "/uploads/..%2fsecret.txt",
      "/uploads/%2e%2e%2fsecret.txt",
      "/uploads/%252e%252e%252fsecret.txt",
      "/uploads/..%5csecret.txt",
      "/uploads/..\\secret.txt",
      "/uploads/%c0%ae%c0%ae/secret.txt",
      "/uploads/x/..%2f..%2fsecret.txt",
      "/uploads/cat.jpg%00.txt",
      "/uploads/.env",
      "/uploads//secret.txt",
      "/uploads",
      "/uploads/",
    ]) {
      const [status, text] = await raw(path);
      // A backslash on the line is refused before anybody looks at it.
      expect([path, [400, 404].includes(status), text === "secret"]).toEqual([path, true, false]);
    }
  });

  it("sends what it knows by bytes, then by name, and everything else as an attachment that never runs", async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const media = await openTestMedia();
    const { handler } = media.mount("/uploads", {
      prefix: "",
      storage: storageAt(
        await oldFolder({
          "a.jpg": await picture("png"),
          "b.html": "<script>alert(1)</script>",
          "c.svg": svg,
          "d.png": svg,
          "e.jpg": "<html>",
          "f.pdf": Buffer.from("%PDF-1.7\n%\u00e2\u00e3\n", "latin1"),
          g: "no extension",
          "h.jpeg": "",
        }),
      ),
    });
    const sent = async (path: string): Promise<string> => {
      const { headers, body } = await get(handler, `/uploads/${path}`);
      await body?.cancel();
      return `${headers.get("content-type")} ${headers.get("content-disposition")?.split(";", 1)[0]}`;
    };
    expect(await Promise.all(["a.jpg", "b.html", "c.svg", "d.png", "e.jpg", "f.pdf", "g", "h.jpeg"].map(sent))).toEqual([
      "image/png inline",
      "application/octet-stream attachment",
      "image/svg+xml attachment",
      "image/svg+xml attachment",
      "image/jpeg inline",
      "application/pdf inline",
      "application/octet-stream attachment",
      "application/octet-stream attachment",
    ]);
  });

  it("is refused where it could not work", async () => {
    const media = await openTestMedia();
    for (const path of ["uploads", "/uploads/", "/a b", "/a/../b"]) expect(() => media.mount(path)).toThrow(/the path of mount\(\)/);
    expect(() => media.mount("/uploads", { prefix: "/x" })).toThrow(/prefix "\/x"/);
  });
});
