import { stat } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { connect } from "node:net";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import express4 from "express4";
import { fastify } from "fastify";
import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually, filesBelow, openTestMedia, picture } from "../media.fixture.js";
import type { Media } from "../media.js";
import { sourceFromBytes } from "../storage/source.js";
import { expressMedia } from "./express.js";
import { fastifyMedia } from "./fastify.js";
import { honoMedia } from "./hono.js";
import { listening } from "./listening.fixture.js";
import { nodeHandler } from "./node.js";

/** How an app made with each framework serves media; `/own` is the app's own page. */
const frameworks: Readonly<Record<string, (media: Media) => Promise<string>>> = {
  "node:http": async (media) => {
    const handle = nodeHandler(media);
    return await listening(
      createServer((request, response) => (request.url === "/own" ? response.end("own") : void handle(request, response))),
    );
  },
  "Express 5": async (media) => {
    const app = express();
    app.use(expressMedia(media));
    app.get("/own", (_request, response) => void response.send("own"));
    return await listening(createServer(app));
  },
  "Express 4": async (media) => {
    const app = express4();
    app.use(expressMedia(media));
    app.get("/own", (_request, response) => void response.send("own"));
    return await listening(createServer(app));
  },
  "Fastify 5": async (media) => {
    const app = fastify({ forceCloseConnections: true });
    await app.register(fastifyMedia(media));
    app.get("/own", async () => "own");
    onTestFinished(async () => await app.close());
    return await app.listen({ port: 0, host: "127.0.0.1" });
  },
  Hono: async (media) => {
    const app = new Hono().use(honoMedia(media)).get("/own", (context) => context.text("own"));
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    return await listening(createServer((request, response) => void listener(request, response)));
  },
};

async function post(url: string, bytes: Uint8Array, type = "image/jpeg"): Promise<Response> {
  return await fetch(url, { method: "POST", headers: { "content-type": type }, body: Uint8Array.from(bytes) });
}

describe.each(Object.keys(frameworks))("media in an app of %s", (framework) => {
  const serve = async (media: Media): Promise<string> => {
    const start = frameworks[framework];
    if (start === undefined) throw new Error(`There is no framework ${framework}.`);
    return await start(media);
  };

  it("takes an upload, serves original, variant, range and HEAD, and leaves the app its own pages", async () => {
    const media = await openTestMedia({ authorize: (_request, action) => action.kind === "upload" });
    const origin = await serve(media);
    const bytes = await picture("jpeg", 300, 200);

    const form = new FormData();
    form.set("file", new File([Uint8Array.from(bytes)], "cat.jpg", { type: "image/jpeg" }));
    const created = await fetch(`${origin}/media`, { method: "POST", body: form });
    expect(created.status).toBe(201);
    const { id, url } = (await created.json()) as { id: string; url: string };
    expect(created.headers.get("location")).toBe(url);

    expect((await fetch(origin + url)).status).toBe(401);
    const file = await media.get(id);
    const original = await fetch(origin + (file?.originalUrl() ?? ""));
    expect(original.status).toBe(200);
    expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);

    const range = await fetch(origin + (file?.originalUrl() ?? ""), { headers: { range: "bytes=10-19" } });
    expect([range.status, range.headers.get("content-range")]).toEqual([206, `bytes 10-19/${bytes.byteLength}`]);
    expect(Buffer.from(await range.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);

    // Twice: made, and at hand.
    for (let time = 0; time < 2; time += 1) {
      const variant = await fetch(origin + (file?.url({ width: 128 }) ?? ""), { headers: { accept: "image/webp" } });
      expect([variant.status, variant.headers.get("content-type")]).toEqual([200, "image/webp"]);
      const length = (await variant.arrayBuffer()).byteLength;
      const head = await fetch(origin + (file?.url({ width: 128 }) ?? ""), { method: "HEAD", headers: { accept: "image/webp" } });
      expect([head.status, head.headers.get("content-length"), (await head.arrayBuffer()).byteLength]).toEqual([200, String(length), 0]);
    }

    expect(await (await fetch(`${origin}/own`)).text()).toBe("own");
    const missing = await fetch(`${origin}/media/nothing/x.jpg`);
    expect([missing.status, missing.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
  });

  it("serves below another base path", async () => {
    const media = await openTestMedia({ basePath: "/files/pictures", authorize: () => true });
    const origin = await serve(media);
    const created = await post(`${origin}/files/pictures?name=cat.jpg`, await picture());
    expect(created.status).toBe(201);
    const { url } = (await created.json()) as { url: string };
    expect(url).toMatch(/^\/files\/pictures\//);
    expect((await fetch(origin + url)).status).toBe(200);
    expect((await fetch(`${origin}/media/x/y`)).status).toBe(404);
  });

  it("serves adopted objects at their old URLs, and a placeholder where one is gone", async () => {
    const media = await openTestMedia();
    const origin = await serve({ ...media, ...media.mount("/uploads/pictures", { prefix: "old" }) });
    const bytes = await picture("jpeg", 30, 20);
    await media.storage.put("old/2019/my cat.jpg", sourceFromBytes(bytes), { contentType: "image/jpeg" });
    const found = await fetch(`${origin}/uploads/pictures/2019/my%20cat.jpg`);
    expect([found.status, found.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    expect(Buffer.from(await found.arrayBuffer()).equals(bytes)).toBe(true);
    const missing = await fetch(`${origin}/uploads/pictures/dog.jpg`, { headers: { accept: "image/svg+xml,image/*;q=0.8" } });
    expect([missing.status, missing.headers.get("content-type")]).toEqual([404, "image/svg+xml"]);
    for (const path of ["..%2f..%2fsecret", "%2e%2e/secret", "a%5cb", "%ff"]) {
      expect([path, [400, 404].includes((await fetch(`${origin}/uploads/pictures/${path}`)).status)]).toEqual([path, true]);
    }
    expect(await (await fetch(`${origin}/own`)).text()).toBe("own");
  });

  it("streams a large upload instead of holding it in memory", async () => {
    const media = await openTestMedia({ authorize: () => true });
    const origin = await serve(media);
    const [blocks, blockBytes] = [120, 250_000];
    const header = Buffer.from("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n", "latin1");
    let sent = 0;
    let storedWhileSending = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(sent === 0 ? header : new Uint8Array(blockBytes));
        sent += 1;
        if (sent === blocks / 2) await eventually(async () => (storedWhileSending = await partBytes(media.folder)) > 5_000_000);
        if (sent === blocks) controller.close();
      },
    });
    const created = await fetch(`${origin}/media?name=large.pdf`, {
      method: "POST",
      headers: { "content-type": "application/pdf" },
      body,
      duplex: "half",
    });
    expect({ status: created.status, body: await created.json() }).toMatchObject({
      status: 201,
      body: { size: header.byteLength + (blocks - 1) * blockBytes },
    });
    expect(storedWhileSending).toBeGreaterThan(5_000_000);
  });

  it("leaves nothing of a client that goes away, and goes on serving", async () => {
    const media = await openTestMedia({ authorize: () => true });
    const origin = await serve(media);
    const bytes = await picture("png", 800, 600);
    const socket = connect(Number(new URL(origin).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(
      `POST /media?name=cat.png HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: ${bytes.byteLength}\r\n\r\n`,
    );
    socket.write(bytes.subarray(0, bytes.byteLength / 2));
    await eventually(async () => (await partBytes(media.folder)) > 0);
    socket.resetAndDestroy();
    await eventually(async () => (await mediaFiles(media.folder)).length === 0);
    expect((await media.list()).files).toEqual([]);
    expect((await post(`${origin}/media?name=cat.png`, bytes, "image/png")).status).toBe(201);
  });
});

describe("media behind a body parser of Express", () => {
  it.each([
    ["Express 5", express],
    ["Express 4", express4],
  ] as const)("still takes uploads that express.json() does not touch (%s)", async (_, make) => {
    const media = await openTestMedia({ authorize: () => true });
    const app = make() as RequestListener & { use(...handlers: readonly unknown[]): unknown };
    app.use(make.json());
    app.use(expressMedia(media));
    const origin = await listening(createServer(app));
    expect((await post(`${origin}/media?name=cat.jpg`, await picture())).status).toBe(201);
    const refused = await post(`${origin}/media?name=cat.jpg`, Buffer.from("{}"), "application/json");
    expect([refused.status, await refused.json()]).toEqual([415, expect.objectContaining({ code: "UPLOAD_CONTENT_TYPE" })]);
  });

  it("is reached below a mount point too", async () => {
    const media = await openTestMedia({ authorize: () => true });
    const app = express();
    app.use("/media", expressMedia(media));
    const origin = await listening(createServer(app));
    expect((await post(`${origin}/media?name=cat.jpg`, await picture())).status).toBe(201);
  });
});

/** Everything below the storage: objects, and parts of puts under way. */
async function mediaFiles(folder: string): Promise<string[]> {
  return (await filesBelow(folder)).filter((path) => path.startsWith("holdfast-data/media/"));
}

async function partBytes(folder: string): Promise<number> {
  const parts = (await mediaFiles(folder)).filter((path) => path.includes("/parts/"));
  const sizes = await Promise.all(
    parts.map(
      async (path) =>
        await stat(`${folder}/${path}`).then(
          ({ size }) => size,
          () => 0,
        ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
