import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange, head } from "./exchange.js";
import { makePictures, randomFrom } from "./pictures-made.js";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";

// The rules of HTTP, one by one, are in http-cases.ts. Here is what holds for every answer of the service.
let folder: ServiceFolder;
let service: ServiceProcess;
let bytes: Uint8Array<ArrayBuffer>;
let original: string;
let variant: string;
let etag: string;

beforeAll(async () => {
  folder = await makeServiceFolder();
  service = await startService(folder);
  const picture = (await makePictures(randomFrom(11))).find(({ type }) => type === "image/jpeg");
  if (picture === undefined) throw new Error("There is no JPEG among the pictures.");
  bytes = picture.bytes;
  const response = await fetch(`${service.origin}/api/v1/files?name=photo.jpg`, {
    method: "POST",
    headers: { "content-type": "image/jpeg" },
    body: bytes,
  });
  const file = (await response.json()) as { id: string; url: string };
  original = file.url;
  variant = `/media/${file.id}/w128/photo.jpg`;
  const first = await fetch(service.origin + original);
  await first.arrayBuffer();
  etag = first.headers.get("etag") ?? "";
});

afterAll(async () => {
  await service.stop();
  await folder.remove();
});

/** GET without a client's own ideas: fetch adds headers and takes encodings apart. */
async function get(path: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Response> {
  return await fetch(service.origin + path, { method, headers: { "accept-encoding": "identity", ...headers } });
}

describe("every answer of media", () => {
  const paths = (): readonly string[] => [
    original,
    variant,
    variant.replace("w128", "full"),
    `${original}x`,
    "/media/nothing/x.jpg",
    variant.replace("w128", "w129"),
    "/media",
    "/media/",
  ];

  it("to HEAD has the status and the headers of GET, and no body", async () => {
    for (const path of paths()) {
      for (const headers of [{}, { "if-none-match": etag }]) {
        const [whole, bare] = [await get(path, headers), await get(path, headers, "HEAD")];
        const relevant = (response: Response): unknown => [
          path,
          response.status,
          ...[...response.headers].filter(
            ([name]) => !["date", "connection", "keep-alive", "content-length", "transfer-encoding", "x-request-id"].includes(name),
          ),
        ];
        expect(relevant(bare)).toEqual(relevant(whole));
        if (whole.ok) expect(bare.headers.get("content-length")).toBe(whole.headers.get("content-length"));
        await whole.arrayBuffer();
        expect((await bare.arrayBuffer()).byteLength).toBe(0);
      }
    }
  });

  it("with a stranger's bytes can neither be sniffed nor run as a page", async () => {
    for (const path of [original, variant]) {
      for (const headers of [{}, { range: "bytes=0-9" }]) {
        const response = await get(path, headers);
        await response.arrayBuffer();
        expect(response.headers.get("x-content-type-options")).toBe("nosniff");
        expect(response.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
      }
    }
  });

  it("is cached by what it is: originals privately, variants by everybody, failures never", async () => {
    const cacheOf = async (path: string, method = "GET"): Promise<string | null> =>
      (await get(path, {}, method)).headers.get("cache-control");
    expect(await cacheOf(original)).toBe("private, max-age=31536000, immutable");
    expect(await cacheOf(variant)).toBe("public, max-age=31536000, immutable");
    for (const path of ["/media/nothing/x.jpg", variant.replace("w128", "w129"), "/media/a/b/c/d"])
      expect(await cacheOf(path)).toBe("no-store");
    expect(await cacheOf(original, "DELETE")).toBe("no-store");
  });

  it("to a malformed path is an answer, not a failure", async () => {
    for (const path of ["/media/%zz/x", "/media/%00/x", "/media//x", "/media/../../etc/passwd", `/media/${"x".repeat(5_000)}/y`]) {
      const { status } = await exchange(service.origin, head("GET", path, { connection: "close" }));
      expect([path.slice(0, 30), status >= 400 && status < 500]).toEqual([path.slice(0, 30), true]);
    }
  });
});

describe("a tag", () => {
  it("is the same after another boot, and in another process that has the same bytes", async () => {
    const tagOf = async (origin: string, path: string): Promise<string | null> => {
      const response = await fetch(origin + path, { headers: { accept: "image/webp" } });
      await response.arrayBuffer();
      return response.headers.get("etag");
    };
    const before = [await tagOf(service.origin, original), await tagOf(service.origin, variant)];
    await service.stop();
    service = await startService(folder);
    expect([await tagOf(service.origin, original), await tagOf(service.origin, variant)]).toEqual(before);

    const otherFolder = await makeServiceFolder();
    const other = await startService(otherFolder);
    try {
      const response = await fetch(`${other.origin}/api/v1/files?name=other.jpg`, {
        method: "POST",
        headers: { "content-type": "image/jpeg" },
        body: bytes,
      });
      const { id, url } = (await response.json()) as { id: string; url: string };
      expect([await tagOf(other.origin, url), await tagOf(other.origin, `/media/${id}/w128/x`)]).toEqual(before);
    } finally {
      await other.stop();
      await otherFolder.remove();
    }
  });
});
