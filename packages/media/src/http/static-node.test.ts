import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import express4 from "express4";
import { fastify } from "fastify";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { memoryDriver } from "../storage/drivers/memory.js";
import { openStorage } from "../storage/storage.js";
import { shortWayOf } from "./short-way.js";
import { openStaticFiles, type StaticFiles } from "./static-files.js";
import { prepareFolder } from "./static-folder.fixture.js";
import { nodeStaticHandler } from "./static-node.js";
import { publishStaticFiles } from "./static-publishing.js";

const style = `body { color: teal } /* ${"x".repeat(2000)} */`;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-static-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
});

async function listening(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serving(files: Pick<StaticFiles, "basePath" | "handler">): Promise<string> {
  const serve = nodeStaticHandler(files);
  return await listening((request, response) => serve(request, response, () => response.writeHead(404, { "x-by": "the app" }).end()));
}

type Headers = Readonly<Record<string, string>>;

/** Every byte that a server sends, but for the time. */
async function sent(origin: string, method: string, target: string, headers: Headers): Promise<string> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return await new Promise((resolve, reject) => {
    const blocks: Buffer[] = [];
    const socket = connect(Number(new URL(origin).port), "127.0.0.1");
    socket.on("data", (block: Buffer) => blocks.push(block));
    socket.once("end", () =>
      resolve(
        Buffer.concat(blocks)
          .toString("latin1")
          .replace(/^Date: .*\r\n/m, ""),
      ),
    );
    socket.once("error", reject);
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n${lines.join("")}\r\n`);
  });
}

describe("a static file on a Node server", () => {
  const accepts = [undefined, "gzip", "gzip, deflate, br", "br;q=0.2, gzip;q=0.8", "br;q=0, *", "identity", "identity;q=0", "zstd"];
  /** What is asked beside the file, from the ETag of the answer, and whether it is answered from memory. */
  const questions: readonly (readonly [string, (etag: string) => Headers, boolean])[] = [
    ["nothing", () => ({}), true],
    ["its ETag", (etag) => ({ "if-none-match": etag }), true],
    ["a list of ETags", (etag) => ({ "if-none-match": `"x", ${etag}` }), false],
    ["a weak ETag", (etag) => ({ "if-none-match": `W/${etag}` }), false],
    ["any ETag", () => ({ "if-none-match": "*" }), false],
    ["another ETag", () => ({ "if-none-match": '"x"' }), false],
    ["a date", () => ({ "if-modified-since": "Sat, 28 Nov 2026 00:00:00 GMT" }), false],
    ["only if it is this", (etag) => ({ "if-match": etag }), false],
    ["only if it is another", () => ({ "if-match": '"x"' }), false],
    ["only if it is old", () => ({ "if-unmodified-since": "Sat, 28 Nov 2026 00:00:00 GMT" }), false],
    ["a range", () => ({ range: "bytes=5-9" }), false],
    ["a range of this", (etag) => ({ range: "bytes=5-9", "if-range": etag }), false],
    ["a range of another", () => ({ range: "bytes=5-9", "if-range": '"x"' }), false],
    ["a range beyond", () => ({ range: "bytes=9000000-" }), false],
  ];

  it("is answered from memory byte for byte as the handler answers it, whatever is asked", async () => {
    const names = ["css/app.css", "pixel.png", "grüße an alle.txt", "empty.txt"];
    await prepareFolder({ "css/app.css": style, "pixel.png": Buffer.alloc(300, 7), "grüße an alle.txt": "Grüße", "empty.txt": "" }, folder);
    const files = await openStaticFiles({ folder });
    // A function around the handler has no short way.
    const [quick, slow] = [await serving(files), await serving({ ...files, handler: async (request) => await files.handler(request) })];
    const atHand = shortWayOf(files.handler)?.atHand;
    for (const url of [...names.map((name) => files.url(name)), "/static/css/app.css"]) {
      // What is there in one form only is the same for all.
      for (const accept of url.endsWith(".css") ? accepts : accepts.slice(1, 3)) {
        const accepted: Headers = accept === undefined ? {} : { "accept-encoding": accept };
        const etag = /^etag: (.*)\r$/m.exec(await sent(slow, "GET", url, accepted))?.[1] ?? "";
        expect(etag).toMatch(/^"[0-9a-f]{12}(-br|-gzip)?"$/);
        for (const [what, headersFor, isAtHand] of questions) {
          for (const method of ["GET", "HEAD"]) {
            const headers = { ...accepted, ...headersFor(etag) };
            const where = [method, url, accept, what];
            expect([...where, atHand?.({ method, url, headers }) !== undefined]).toEqual([...where, isAtHand]);
            expect([...where, await sent(quick, method, url, headers)]).toEqual([...where, await sent(slow, method, url, headers)]);
          }
        }
      }
    }
  });

  it("goes the long way by another name, by another method, and where it is large or not in memory", async () => {
    await prepareFolder({ "app.css": style, "film.mp4": Buffer.alloc(600_000, 7) }, folder);
    const files = await openStaticFiles({ folder });
    const [quick, slow] = [await serving(files), await serving({ ...files, handler: async (request) => await files.handler(request) })];
    const atHand = shortWayOf(files.handler)?.atHand;
    const url = files.url("app.css");
    expect(atHand?.({ method: "GET", url, headers: {} })).toBeUndefined();
    await sent(quick, "GET", url, {});
    expect(atHand?.({ method: "GET", url: `${url}?v=2`, headers: {} })?.status).toBe(200);
    const targets = [
      `${url}?v=2`,
      url.replace("app", "%61pp"),
      url.replace("/static/", "/static/./"),
      url.replace("/static/", "/static/%2e%2e/static/"),
      url.replace("/static/", "/static//"),
      `http://app.example${url}`,
      `${url}#x`,
      `${url}.br`,
      `${url}/`,
      "/static/manifest.json",
      "/static/%zz",
      "/static/",
      "/static",
      "/statically",
      "/",
      files.url("film.mp4"),
    ];
    for (const target of targets) {
      if (target !== targets[0]) expect([target, atHand?.({ method: "GET", url: target, headers: {} })]).toEqual([target, undefined]);
      for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
        const [mine, theirs] = [await sent(quick, method, target, {}), await sent(slow, method, target, {})];
        expect([method, target, mine]).toEqual([method, target, theirs]);
      }
    }
    expect(await sent(quick, "GET", `${url}?v=2`, {})).toContain(style);
    expect(await sent(quick, "POST", url, {})).toContain("HTTP/1.1 405 ");
    expect(await sent(quick, "GET", "/statically", {})).toContain("x-by: the app");
  });

  it("has the headers that the app has set before, either way", async () => {
    await prepareFolder({ "a.txt": "a" }, folder);
    const files = await openStaticFiles({ folder });
    const serve = nodeStaticHandler(files);
    const origin = await listening((request, response) => {
      response.setHeader("x-by", "the app").setHeader("cache-control", "no-store");
      serve(request, response, () => response.end());
    });
    for (let time = 0; time < 2; time += 1) {
      const { headers } = await fetch(origin + files.url("a.txt"));
      expect([headers.get("x-by"), headers.get("cache-control")]).toEqual(["the app", "public, max-age=31536000, immutable"]);
    }
  });

  it("of which no more is kept than may be goes the long way, and the one asked for last does not", async () => {
    await prepareFolder({ "a.txt": "a".repeat(600), "b.txt": "b".repeat(600) }, folder);
    const files = await openStaticFiles({ folder, maxMemoryBytes: 1000 });
    const origin = await serving(files);
    const isAtHand = (name: string): boolean =>
      shortWayOf(files.handler)?.atHand({ method: "GET", url: files.url(name), headers: {} }) !== undefined;
    for (const [asked, other] of [
      ["a.txt", "b.txt"],
      ["b.txt", "a.txt"],
    ] as const) {
      expect(await (await fetch(origin + files.url(asked))).text()).toBe((asked[0] ?? "").repeat(600));
      expect([isAtHand(asked), isAtHand(other)]).toEqual([true, false]);
    }
  });
});

/** How an app made with each framework serves static files; `/own` is the app's own page, and takes a body. */
const frameworks: Readonly<Record<string, (files: StaticFiles) => Promise<string>>> = {
  "node:http": async (files) => {
    const serve = nodeStaticHandler(files);
    return await listening((request, response) => serve(request, response, () => void request.pipe(response)));
  },
  "Express 5": async (files) => {
    const app = express();
    app.use(nodeStaticHandler(files));
    app.post("/own", (request, response) => void request.pipe(response));
    return await listening(app);
  },
  "Express 4, below a mount point": async (files) => {
    const app = express4();
    app.use(files.basePath, nodeStaticHandler(files));
    app.post("/own", (request, response) => void request.pipe(response));
    return await listening(app);
  },
  "Fastify 5": async (files) => {
    const serve = nodeStaticHandler(files);
    const app = fastify({ forceCloseConnections: true });
    app.addHook("onRequest", (request, reply, done) => serve(request.raw, reply.raw, done));
    app.post("/own", async (request) => request.body);
    onTestFinished(async () => await app.close());
    return await app.listen({ port: 0, host: "127.0.0.1" });
  },
};

describe.each(Object.entries(frameworks))("static files in an app of %s", (_, start) => {
  it.each(["/static", "/"])(
    "are served below %s, one of another release too, and the app keeps its own pages with what is sent to them",
    async (basePath) => {
      const storage = openStorage(memoryDriver(), { description: "memory", chosenBy: "test", durability: "object-store" });
      const [now, before] = [join(folder, "now"), join(folder, "before")];
      await prepareFolder({ "app.css": style }, now);
      await prepareFolder({ "app.css": `${style} p {}` }, before);
      await publishStaticFiles({ folder: before, storage });
      const files = await openStaticFiles({ folder: now, basePath, storage });
      const older = await openStaticFiles({ folder: before, basePath });
      const origin = await start(files);
      // Twice: read, and at hand.
      for (let time = 0; time < 2; time += 1) {
        const answer = await fetch(origin + files.url("app.css"));
        expect([answer.status, answer.headers.get("content-encoding"), await answer.text()]).toEqual([200, "gzip", style]);
      }
      const etag = (await fetch(origin + files.url("app.css"))).headers.get("etag") ?? "";
      expect((await fetch(origin + files.url("app.css"), { headers: { "if-none-match": etag } })).status).toBe(304);
      expect(await (await fetch(origin + older.url("app.css"))).text()).toBe(`${style} p {}`);
      const body = JSON.stringify({ text: "x".repeat(100_000) });
      const own = await fetch(`${origin}/own`, { method: "POST", body, headers: { "content-type": "application/json" } });
      expect([own.status, await own.text()]).toEqual([200, body]);
    },
  );
});
