import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isHoldfastError } from "../errors.js";
import { memoryDriver } from "../storage/drivers/memory.js";
import { openStorage, type Storage } from "../storage/storage.js";
import { codingsOf } from "./static-asset.js";
import { openStaticFiles, type StaticFiles } from "./static-files.js";
import { prepareFolder } from "./static-folder.fixture.js";
import { publishStaticFiles } from "./static-publishing.js";

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "holdfast-static-"));
  folder = join(root, "static");
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

const style = `body { color: teal } /* ${"x".repeat(2000)} */`;

async function prepare(files: Readonly<Record<string, string | Buffer>>, to = folder): Promise<Record<string, string>> {
  return await prepareFolder(files, to);
}

async function get(files: StaticFiles, path: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Response> {
  const response = await files.handler(new Request(`http://app.example${path}`, { method, headers }));
  if (response === undefined) throw new Error(`${path} was left to others`);
  return response;
}

const bucket = (): Storage => openStorage(memoryDriver(), { description: "memory", chosenBy: "test", durability: "object-store" });

describe("a hashed file", () => {
  it("is kept for a year, in the best form that the client takes, each with an ETag of its own", async () => {
    await prepare({ "css/app.css": style });
    const files = await openStaticFiles({ folder });
    const url = files.url("css/app.css");
    expect(url).toMatch(/^\/static\/css\/app\.[0-9a-f]{12}\.css$/);
    const etags = new Set<string | null>();
    for (const [accept, coding, unpack] of [
      ["gzip, deflate, br", "br", brotliDecompressSync],
      ["gzip", "gzip", gunzipSync],
      ["identity", null, (bytes: Buffer) => bytes],
    ] as const) {
      const response = await get(files, url, { "accept-encoding": accept });
      expect([response.status, response.headers.get("content-encoding")]).toEqual([200, coding]);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("vary")).toBe("Accept-Encoding");
      expect(response.headers.get("content-type")).toBe("text/css; charset=utf-8");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(response.headers.get("content-length")).toBe(String(bytes.byteLength));
      expect(unpack(bytes).toString()).toBe(style);
      const etag = response.headers.get("etag") ?? "";
      etags.add(etag);
      const again = await get(files, url, { "accept-encoding": accept, "if-none-match": `W/${etag}, "x"` });
      expect([again.status, again.headers.get("vary"), again.headers.get("etag")]).toEqual([304, "Accept-Encoding", etag]);
      const head = await get(files, url, { "accept-encoding": accept }, "HEAD");
      expect([...head.headers]).toEqual([...response.headers]);
      expect(await head.text()).toBe("");
    }
    expect(etags.size).toBe(3);
  });

  it("is answered in ranges, of the form that is sent", async () => {
    await prepare({ "app.css": style, "film.mp4": Buffer.alloc(1_000_000, 7) });
    const files = await openStaticFiles({ folder });
    const part = await get(files, files.url("app.css"), { range: "bytes=5-9" });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
      206,
      `bytes 5-9/${style.length}`,
      style.slice(5, 10),
    ]);
    const [packed, whole] = [{ "accept-encoding": "gzip" }, gzipSync(style)];
    const tail = await get(files, files.url("app.css"), { ...packed, range: "bytes=-4" });
    expect(Buffer.from(await tail.arrayBuffer())).toEqual(whole.subarray(-4));
    // A download in another form is not gone on with.
    const etag = part.headers.get("etag") ?? "";
    expect((await get(files, files.url("app.css"), { ...packed, range: "bytes=5-", "if-range": etag })).status).toBe(200);
    const large = await get(files, files.url("film.mp4"), { range: "bytes=999990-" });
    expect([large.status, large.headers.get("vary"), (await large.arrayBuffer()).byteLength]).toEqual([206, null, 10]);
    const beyond = await get(files, files.url("film.mp4"), { range: "bytes=1000000-" });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */1000000"]);
  });
});

it("a file asked for by its own name is asked for anew each time", async () => {
  await prepare({ "robots.txt": "User-agent: *\n" });
  const files = await openStaticFiles({ folder, basePath: "/" });
  const response = await get(files, "/robots.txt");
  expect([response.status, response.headers.get("cache-control"), await response.text()]).toEqual([200, "no-cache", "User-agent: *\n"]);
  expect((await get(files, "/robots.txt", { "if-none-match": response.headers.get("etag") ?? "" })).status).toBe(304);
});

it("nothing but the manifest's files is served, whatever is asked for", async () => {
  const { "app.css": served = "" } = await prepare({ "app.css": style });
  await writeFile(join(root, "secret.txt"), "secret");
  await writeFile(join(folder, "unlisted.txt"), "secret");
  const files = await openStaticFiles({ folder, storage: bucket() });
  const paths = [
    "/static/../secret.txt",
    "/static/%2e%2e/secret.txt",
    "/static/..%2fsecret.txt",
    "/static/%2e%2e%5csecret.txt",
    "/static//etc/passwd",
    "/static/unlisted.txt",
    "/static/manifest.json",
    `/static/${served}.br`,
    "/static/",
    "/static/x.0123456789ab.css",
    "/static/../../x.0123456789ab.css",
    `/static/${"a".repeat(3000)}.0123456789ab.css`,
    "/static/%00.0123456789ab.css",
  ];
  for (const path of paths) {
    // As a server hands it on: without a URL's own tidying up.
    const response = await files.handler({ method: "GET", url: `http://app.example${path}`, headers: new Headers() } as Request);
    expect([path, response?.status, response?.headers.get("cache-control")]).toEqual([path, 404, "no-store"]);
  }
  expect((await get(files, "/static/%zz")).status).toBe(400);
  expect((await get(files, files.url("app.css"), {}, "POST")).status).toBe(405);
  expect(await files.handler(new Request("http://app.example/statically"))).toBeUndefined();
});

it("links are not followed, neither in the folder nor put there later", async () => {
  const { "a.txt": a = "", "b.txt": b = "", "sub/c.txt": c = "" } = await prepare({ "a.txt": "a", "b.txt": "bb", "sub/c.txt": "c" });
  await writeFile(join(root, "secret.txt"), "no");
  const files = await openStaticFiles({ folder });
  await rm(join(folder, b));
  await symlink(join(root, "secret.txt"), join(folder, b));
  const response = await get(files, `/static/${b}`);
  expect([response.status, await response.text()]).not.toContain("no");
  expect(response.status).toBe(500);
  expect((await get(files, `/static/${a}`)).status).toBe(200);
  await expect(openStaticFiles({ folder })).rejects.toSatisfy((error) => isHoldfastError(error, "CONFIG_INVALID"));
  await prepare({ "b.txt": "bb" }, join(root, "elsewhere"));
  await rm(join(folder, "sub"), { recursive: true });
  await symlink(join(root, "elsewhere"), join(folder, "sub"));
  expect(c).toContain("sub/");
  await expect(openStaticFiles({ folder })).rejects.toSatisfy((error) => isHoldfastError(error, "CONFIG_INVALID"));
});

describe("two releases", () => {
  it("find each other's files in the storage, and tell absent from unreachable", async () => {
    const storage = bucket();
    const [older, newer] = [join(root, "older"), join(root, "newer")];
    await prepare({ "app.css": style, "same.js": "1;" }, older);
    await prepare({ "app.css": `${style} p {}`, "same.js": "1;", "big.bin": Buffer.alloc(600_000, 1) }, newer);
    const first = await publishStaticFiles({ folder: older, storage });
    expect([first.files, first.stored]).toEqual([2, 6]);
    const second = await publishStaticFiles({ folder: newer, storage });
    expect([second.files, second.stored]).toEqual([3, 4]);
    const [old, now] = [await openStaticFiles({ folder: older, storage }), await openStaticFiles({ folder: newer, storage })];
    for (const accept of ["br", "gzip", "identity"]) {
      for (const [asked, other, name] of [
        [old, now, "app.css"],
        [now, old, "app.css"],
        [old, now, "big.bin"],
      ] as const) {
        const [here, there] = await Promise.all(
          [asked, other].map(async (files) => await get(files, other.url(name), { "accept-encoding": accept })),
        );
        expect([...(here?.headers ?? [])].filter(([header]) => name === "app.css" || header !== "vary")).toEqual([
          ...(there?.headers ?? []),
        ]);
        const [mine, theirs] = [await (here as Response).arrayBuffer(), await (there as Response).arrayBuffer()];
        expect(Buffer.from(mine).equals(Buffer.from(theirs))).toBe(true);
      }
    }
    const away: Storage = {
      ...storage,
      stat: async () => {
        throw new Error("the line is cut");
      },
    };
    const alone = await openStaticFiles({ folder: older, storage: away });
    expect((await get(alone, now.url("app.css"))).status).toBe(500);
    expect((await get(alone, alone.url("app.css"))).status).toBe(200);
  });

  it("that are long gone leave nothing behind, and those that may still be live lose nothing", async () => {
    const storage = bucket();
    const day = 86_400_000;
    const begin = Date.now() + 1000;
    const urls: string[] = [];
    for (let release = 0; release < 8; release += 1) {
      const to = join(root, String(release));
      await prepare({ "app.css": `${style}${release}`, "same.js": "1;" }, to);
      const { files, removed } = await publishStaticFiles({ folder: to, storage, keepReleases: 3, now: () => begin + release * 20 * day });
      expect([release, files, removed]).toEqual([release, 2, release < 3 ? 0 : 3]);
      urls.push((await openStaticFiles({ folder: to })).url("app.css"));
    }
    const last = await openStaticFiles({ folder: join(root, "7"), storage });
    const statuses = await Promise.all(urls.map(async (url) => (await get(last, url)).status));
    expect(statuses).toEqual([404, 404, 404, 404, 404, 200, 200, 200]);
    expect((await get(last, last.url("same.js"))).status).toBe(200);
  });
});

it.each([
  ["gzip, deflate, br, zstd", ["br", "gzip", "identity"]],
  ["br;q=0.5, gzip;q=0.8", ["gzip", "br", "identity"]],
  ["*", ["br", "gzip", "identity"]],
  ["gzip;q=0, *", ["br", "identity"]],
  ["identity;q=1, br;q=0.5", ["identity", "br"]],
  ["identity;q=0", ["identity"]],
  ["x-gzip", ["gzip", "identity"]],
  ["", ["identity"]],
  ["brotli", ["identity"]],
  [null, ["identity"]],
] as const)("who accepts %j gets the first there is of %j", (header, order) => expect(codingsOf(header)).toEqual(order));
