import { createServer, get as httpGet, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeHandler } from "../http/node.js";
import { shortWayOf } from "../http/short-way.js";
import { openTestMedia } from "../media.fixture.js";
import type { Media, MediaFile } from "../media.js";
import { readAll } from "../storage/object-body.js";
import { sourceFromBytes } from "../storage/source.js";

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let media: Media;
let photo: MediaFile;
let path: string;
let server: Server;

beforeEach(async () => {
  media = await openTestMedia();
  const bytes = await sharp({ create: { width: 600, height: 400, channels: 3, background: "#2a6f97" } })
    .jpeg()
    .toBuffer();
  photo = await media.put(bytes, { name: "häuser am see.jpg" });
  path = photo.url({ width: 320 });
  server = createServer((request, response) => void nodeHandler(media)(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const accept = "image/webp,*/*";
const quick = (url: string, headers: Record<string, string> = { accept }, method = "GET") =>
  shortWayOf(media.handler)?.atHand({ method, url, headers });

async function ask(url: string, headers: Record<string, string> = { accept }): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return await new Promise((resolve, reject) => {
    httpGet({ host: "127.0.0.1", port, path: url, headers }, (response) => {
      const blocks: Buffer[] = [];
      response.on("data", (block: Buffer) => blocks.push(block));
      response.once("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(blocks) }));
    }).once("error", reject);
  });
}

/** What the handler itself answers, as a Node client would see it. */
async function fromHandler(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  const response = await media.handler(new Request(`http://localhost${url}`, { headers }));
  return { status: response.status, headers: Object.fromEntries(response.headers), body: Buffer.from(await response.arrayBuffer()) };
}

function withoutNodesOwn({
  date: _date,
  connection: _connection,
  "keep-alive": _keepAlive,
  ...headers
}: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers;
}

describe("what is at hand", () => {
  it("is what the handler answers, in status, headers and bytes", async () => {
    await ask(path);
    const { etag } = (await ask(path)).headers;
    for (const headers of [{ accept }, { accept, "if-none-match": etag ?? "" }]) {
      expect(quick(path, headers)).toBeDefined();
      const [sent, expected] = [await ask(path, headers), await fromHandler(path, headers)];
      expect({ ...sent, headers: withoutNodesOwn(sent.headers) }).toEqual(expected);
    }
  });

  it("has no body for HEAD and the same headers", async () => {
    await ask(path);
    const head = quick(path, { accept }, "HEAD");
    expect(head).toEqual({ ...quick(path), body: undefined });
    expect(head?.headers).toContain("content-length");
  });

  it("is chosen by Accept, as the handler chooses", async () => {
    await ask(path);
    expect(quick(path, { accept: "image/jpeg" })).toBeUndefined();
    await ask(path, { accept: "image/jpeg" });
    expect(quick(path, { accept: "image/jpeg" })?.headers).toContain("image/jpeg");
    expect(quick(path)?.headers).toContain("image/webp");
  });

  it("leaves to the handler what only the handler understands", async () => {
    await ask(path);
    const { etag } = (await ask(path)).headers;
    for (const headers of [
      { range: "bytes=0-9" },
      { "if-modified-since": new Date().toUTCString() },
      { "if-none-match": `W/${etag}, "other"` },
    ]) {
      expect(quick(path, { accept, ...headers })).toBeUndefined();
    }
    expect((await ask(path, { accept, range: "bytes=0-9" })).body.byteLength).toBe(10);
    expect((await ask(path, { accept, "if-none-match": `W/${etag}, "other"` })).status).toBe(304);
    expect(quick(path, { accept }, "POST")).toBeUndefined();
    expect(quick(photo.originalUrl())).toBeUndefined();
    for (const odd of ["/..", "/%2e%2E", "/.", "\\.."]) {
      expect(quick(`/media/${photo.id}/w320${odd}`)).toBeUndefined();
      expect((await ask(`/media/${photo.id}/w320${odd}`)).status).toBeGreaterThanOrEqual(400);
    }
  });

  it("is kept with its URL and Accept, and no other's", async () => {
    await ask(path);
    expect(quick(path)).toEqual(quick(path));
    // The name is for people; another one is another URL with the same bytes.
    expect(quick(path.replace(/[^/]*$/, "other.jpg"))).toEqual(quick(path));
    expect(quick(`${path}?v=2`)).toEqual(quick(path));
    expect(quick(`${path}?download`)).toBeUndefined();
    expect(quick(path, { accept: "image/jpeg" })).toBeUndefined();
    expect(quick(path, {})).toBeUndefined();
    expect(quick(path, { accept, range: "bytes=0-9" })).toBeUndefined();
  });

  it("sends the disposition before the length, which Node is quicker with", async () => {
    await ask(path);
    const { headers = [] } = quick(path) ?? {};
    expect(headers.indexOf("content-disposition")).toBeLessThan(headers.indexOf("content-length"));
  });

  it("is counted as found in memory each time", async () => {
    await ask(path);
    const before = media.stats().variants.memory;
    for (let n = 0; n < 5; n += 1) quick(path);
    expect(media.stats().variants.memory).toBe(before + 5);
  });

  it("is gone the moment the file is trashed, and back when it is restored", async () => {
    await ask(path);
    expect(quick(path)?.status).toBe(200);
    await media.trash(photo.id);
    expect(quick(path)).toBeUndefined();
    expect((await ask(path)).status).toBe(404);
    await media.restore(photo.id);
    expect((await ask(path)).status).toBe(200);
    expect(quick(path)?.status).toBe(200);
  });

  it("is not what was read of a file while it was being trashed", async () => {
    const [answers] = await Promise.all([Promise.all(Array.from({ length: 20 }, () => ask(path))), media.trash(photo.id)]);
    for (const { status } of answers) expect([200, 404]).toContain(status);
    expect(quick(path)).toBeUndefined();
    expect((await ask(path)).status).toBe(404);
  });

  it("is asked of the catalogue again after a second", async () => {
    await ask(path);
    expect(quick(path)).toBeDefined();
    await expect.poll(() => quick(path), { timeout: 3000, interval: 100 }).toBeUndefined();
    expect((await ask(path)).status).toBe(200);
    expect(quick(path)).toBeDefined();
  });

  it("is nothing once media is closed", async () => {
    await ask(path);
    await media.close();
    expect(quick(path)).toBeUndefined();
    expect((await ask(path)).status).toBe(503);
  });

  it("is not sent past a handler that somebody has put around ours", async () => {
    await ask(path);
    const guarded: Media["handler"] = async () => new Response("not for you", { status: 403 });
    expect(shortWayOf(guarded)).toBeUndefined();
  });
});

describe("what is not at hand yet", () => {
  const soon = async (url: string, headers: Record<string, string> = { accept }, method = "GET") =>
    await shortWayOf(media.handler)?.making?.soon({ method, url, headers });

  it("is found or made once, and answered as the handler answers", async () => {
    const { made } = media.stats().variants;
    const [sent, again] = await Promise.all([ask(path), ask(path)]);
    expect(again).toMatchObject({ status: 200, body: sent.body });
    expect(media.stats().variants.made).toBe(made + 1);
    expect({ ...sent, headers: withoutNodesOwn(sent.headers) }).toEqual(await fromHandler(path, { accept }));
    expect(await soon(path, { accept, "if-none-match": sent.headers.etag ?? "" })).toMatchObject({ status: 304, body: undefined });
    expect(await soon(path, { accept }, "HEAD")).toMatchObject({ status: 200, body: undefined });
  });

  it("is the handler's where it asks for more than a picture for everybody", async () => {
    const secret = await media.put(
      await sharp({ create: { width: 40, height: 40, channels: 3, background: "red" } })
        .png()
        .toBuffer(),
      {
        name: "secret.png",
        visibility: "confidential",
      },
    );
    const drawing = await media.put(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), { name: "drawing.svg" });
    for (const url of [`/media/${secret.id}/w320/secret.png`, `/media/${drawing.id}/w320/drawing.svg`]) {
      expect(await soon(url)).toBeUndefined();
      expect((await ask(url)).status).toBeGreaterThanOrEqual(400);
    }
    for (const url of [`${path}?download`, `${path}?signature=x`, photo.originalUrl(), `/media/${photo.id}/w321/x.jpg`, "/elsewhere"]) {
      expect(await soon(url)).toBeUndefined();
    }
    expect(await soon(path, { accept, range: "bytes=0-9" })).toBeUndefined();
    expect(await soon(path, { accept }, "POST")).toBeUndefined();
  });

  it("is not sent where somebody else has answered meanwhile", async () => {
    server.removeAllListeners("request");
    const handled: Promise<void>[] = [];
    server.on("request", (request, response) => {
      handled.push(nodeHandler(media)(request, response));
      response.writeHead(503).end("too late");
    });
    expect(await ask(path)).toMatchObject({ status: 503, body: Buffer.from("too late") });
    await expect(Promise.all(handled)).resolves.toEqual([undefined]);
    expect(media.stats().variants.made).toBe(1);
  });

  it("fails as the handler fails: unknown, or lost with a placeholder, and comes back", async () => {
    const unknown = path.replace(photo.id, "01k3v9q0w8y6r2m4x7c5b1n0pz");
    const expected = await fromHandler(unknown, { accept });
    expect(expected.status).toBe(404);
    const answered = await ask(unknown);
    expect(answered).toMatchObject({ status: 404, body: expected.body });
    expect(answered.headers).toMatchObject(expected.headers);

    const { key } = photo;
    const bytes = await readAll(await media.storage.open(key));
    await media.storage.delete(key);
    const { missing } = media.stats();
    const lost = await ask(path, { accept: "image/*" });
    expect(lost).toMatchObject({ status: 404 });
    expect(lost.headers).toMatchObject({ "cache-control": "no-store", "content-type": expect.stringMatching(/^image\//) as unknown });
    expect(media.stats().missing).toBe(missing + 1);
    await media.storage.put(key, sourceFromBytes(bytes), { contentType: "image/jpeg" });
    expect((await ask(path)).status).toBe(200);
  });
});
