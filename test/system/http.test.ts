import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange, head } from "./exchange.js";
import { makePictures, randomFrom } from "./pictures-made.js";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";

let folder: ServiceFolder;
let service: ServiceProcess;
let bytes: Uint8Array<ArrayBuffer>;
let original: string;
let variant: string;
let etag: string;
let lastModified: string;

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
  lastModified = first.headers.get("last-modified") ?? "";
});

afterAll(async () => {
  await service.stop();
  await folder.remove();
});

/** GET without a client's own ideas: fetch adds headers and takes encodings apart. */
async function get(path: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Response> {
  return await fetch(service.origin + path, { method, headers: { "accept-encoding": "identity", ...headers } });
}

describe("a range of an original", () => {
  const size = (): number => bytes.byteLength;
  const ranges: readonly (readonly [what: string, range: () => string, start: () => number, end: () => number])[] = [
    ["the first byte", () => "bytes=0-0", () => 0, () => 0],
    ["the first hundred", () => "bytes=0-99", () => 0, () => 99],
    ["some in the middle", () => "bytes=5000-5999", () => 5000, () => 5999],
    ["all from a place on", () => "bytes=7000-", () => 7000, () => size() - 1],
    ["the last hundred", () => "bytes=-100", () => size() - 100, () => size() - 1],
    ["the last byte", () => `bytes=${size() - 1}-${size() - 1}`, () => size() - 1, () => size() - 1],
    ["an end beyond the end", () => `bytes=10-${size() * 2}`, () => 10, () => size() - 1],
    ["more last bytes than there are", () => `bytes=-${size() * 2}`, () => 0, () => size() - 1],
  ];

  it.each(ranges)("is %s: 206 with exactly those bytes", async (_, range, start, end) => {
    const response = await get(original, { range: range() });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${start()}-${end()}/${size()}`);
    expect(response.headers.get("content-length")).toBe(String(end() - start() + 1));
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), Buffer.from(bytes.subarray(start(), end() + 1)))).toBe(0);
  });

  it.each(["bytes=9000000-", "bytes=9000000-9000001", "bytes=-0"])(
    "beyond the end (%s) is 416 and says how much there is",
    async (range) => {
      const response = await get(original, { range });
      expect(response.status).toBe(416);
      expect(response.headers.get("content-range")).toBe(`bytes */${size()}`);
      expect(await response.json()).toMatchObject({ code: "RANGE_NOT_SATISFIABLE" });
    },
  );

  it.each([
    "bytes=0-1,5-6",
    "bytes=5-2",
    "bytes=",
    "bytes=a-b",
    "items=0-1",
    "bytes 0-1",
    "bytes=0x1-2",
    "bytes=1-2-3",
    "bytes=99999999999999999999-",
  ])("that is several, malformed or of another unit (%s) is the whole", async (range) => {
    const response = await get(original, { range });
    expect([200, 416]).toContain(response.status);
    // Twenty digits are no number we count with: the whole, or beyond the end, but never a wrong part.
    if (response.status === 200) expect((await response.arrayBuffer()).byteLength).toBe(size());
  });

  it("holds under If-Range for the same tag or date, and is the whole under any other", async () => {
    const range = "bytes=0-9";
    const statusWith = async (condition: string): Promise<number> => (await get(original, { range, "if-range": condition })).status;
    expect(await statusWith(etag)).toBe(206);
    expect(await statusWith(lastModified)).toBe(206);
    expect(await statusWith('"another"')).toBe(200);
    // RFC 9110 §13.1.5: a weak tag never matches here.
    expect(await statusWith(`W/${etag}`)).toBe(200);
    expect(await statusWith(new Date(Date.parse(lastModified) - 60_000).toUTCString())).toBe(200);
    expect(await statusWith("yesterday")).toBe(200);
  });

  it("is answered for a variant too", async () => {
    const whole = Buffer.from(await (await get(variant)).arrayBuffer());
    const response = await get(variant, { range: "bytes=3-9" });
    expect(response.status).toBe(206);
    expect(Buffer.from(await response.arrayBuffer()).equals(whole.subarray(3, 10))).toBe(true);
  });
});

describe("a condition", () => {
  const tagged: readonly (readonly [what: string, headers: () => Record<string, string>, status: number])[] = [
    ["the same tag", () => ({ "if-none-match": etag }), 304],
    ["the same tag, weak", () => ({ "if-none-match": `W/${etag}` }), 304],
    ["a list with the same tag", () => ({ "if-none-match": `"a", ${etag} , W/"b"` }), 304],
    ["any tag", () => ({ "if-none-match": "*" }), 304],
    ["another tag", () => ({ "if-none-match": '"another"' }), 200],
    ["a tag with a comma in it", () => ({ "if-none-match": `"a,b", ${etag}` }), 304],
    ["the same date", () => ({ "if-modified-since": lastModified }), 304],
    ["a later date", () => ({ "if-modified-since": new Date(Date.now() + 60_000).toUTCString() }), 304],
    ["an earlier date", () => ({ "if-modified-since": new Date(0).toUTCString() }), 200],
    ["no date at all", () => ({ "if-modified-since": "soon" }), 200],
    ["another tag and the same date: the tag counts", () => ({ "if-none-match": '"another"', "if-modified-since": lastModified }), 200],
    ["the same tag and a range", () => ({ "if-none-match": etag, range: "bytes=0-9" }), 304],
  ];

  it.each(tagged)("of %s is answered as RFC 9110 says", async (_, headers, status) => {
    const response = await get(original, headers());
    expect(response.status).toBe(status);
    expect((await response.arrayBuffer()).byteLength).toBe(status === 304 ? 0 : bytes.byteLength);
  });

  it("that holds is answered with what a cache needs, and nothing of a body", async () => {
    for (const path of [original, variant]) {
      const whole = await get(path, { accept: "image/webp" });
      await whole.arrayBuffer();
      const response = await get(path, { accept: "image/webp", "if-none-match": whole.headers.get("etag") ?? "" });
      expect(response.status).toBe(304);
      for (const name of ["etag", "cache-control", "vary", "last-modified"])
        expect([name, response.headers.get(name)]).toEqual([name, whole.headers.get(name)]);
      expect(response.headers.has("content-length") && response.headers.get("content-length") !== "0").toBe(false);
      expect(response.headers.has("content-type")).toBe(false);
    }
  });
});

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
            ([name]) => !["date", "connection", "keep-alive", "content-length", "transfer-encoding"].includes(name),
          ),
        ];
        expect(relevant(bare)).toEqual(relevant(whole));
        if (whole.ok) expect(bare.headers.get("content-length")).toBe(whole.headers.get("content-length"));
        await whole.arrayBuffer();
        expect((await bare.arrayBuffer()).byteLength).toBe(0);
      }
    }
  });

  it("to HEAD knows no ranges (RFC 9110 §14.2)", async () => {
    const response = await get(original, { range: "bytes=0-9" }, "HEAD");
    expect([response.status, response.headers.get("content-length")]).toEqual([200, String(bytes.byteLength)]);
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

  it("varies by Accept where it depends on it, and only there", async () => {
    expect((await get(original)).headers.get("vary")).toBeNull();
    const [webp, jpeg] = [await get(variant, { accept: "image/avif,image/webp,*/*" }), await get(variant, { accept: "image/*" })];
    expect([webp.headers.get("vary"), jpeg.headers.get("vary")]).toEqual(["Accept", "Accept"]);
    expect([webp.headers.get("content-type"), jpeg.headers.get("content-type")]).toEqual(["image/webp", "image/jpeg"]);
    expect(webp.headers.get("etag")).not.toBe(jpeg.headers.get("etag"));
    expect((await get(variant, { accept: "image/webp;q=0, */*" })).headers.get("content-type")).toBe("image/jpeg");
  });

  it("to another method is 405 and says which there are", async () => {
    for (const method of ["PUT", "DELETE", "PATCH", "POST"]) {
      const response = await get(original, {}, method);
      expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "GET, HEAD"]);
      expect(await response.json()).toMatchObject({ code: "METHOD_NOT_ALLOWED" });
    }
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
