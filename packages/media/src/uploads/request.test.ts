import { describe, expect, it } from "vitest";
import { inBlocks } from "../media.fixture.js";
import { stalled } from "./form-parts.fixture.js";
import { readLimits } from "./limits.js";
import { openRequest } from "./request.js";

const limits = readLimits({ maxBytes: 1000, stallTimeoutMs: 60 }, {});
const coded = (code: string): object => expect.objectContaining({ code });
const post = (
  query: string,
  headers: Record<string, string>,
  body: string | ReadableStream<Uint8Array> = "bytes",
  signal?: AbortSignal,
): Request =>
  new Request(`http://127.0.0.1/media${query}`, {
    method: "POST",
    headers,
    body,
    duplex: "half",
    ...(signal === undefined ? {} : { signal }),
  });
const form = { "content-type": "multipart/form-data; boundary=b" };
const opening = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n';

describe("openRequest", () => {
  it("takes a raw body under its name, with its own type or none", async () => {
    expect(await openRequest(post("?name=a.jpg", { "content-type": "image/jpeg" }), limits)).toMatchObject({
      name: "a.jpg",
      declaredType: "image/jpeg",
    });
    const unclaimed = await openRequest(post("?name=a%20b.jpg", { "content-type": "application/octet-stream" }), limits);
    expect(unclaimed).toMatchObject({ name: "a b.jpg" });
    expect(unclaimed.declaredType).toBeUndefined();
  });

  it("refuses by the declared length before it reads anything", async () => {
    let isRead = false;
    const body = new ReadableStream<Uint8Array>({ pull: () => void (isRead = true) }, { highWaterMark: 0 });
    const request = post("?name=a.jpg", { "content-type": "image/jpeg", "content-length": "1001" }, body);
    await expect(openRequest(request, limits)).rejects.toThrow(coded("UPLOAD_TOO_LARGE"));
    expect(isRead).toBe(false);
  });

  it("says which content types are uploads, and that a raw body needs a name", async () => {
    await expect(openRequest(post("?name=a", { "content-type": "application/json" }), limits)).rejects.toThrow(
      coded("UPLOAD_CONTENT_TYPE"),
    );
    await expect(openRequest(post("?name=a", { "content-type": "multipart/form-data-not" }), limits)).rejects.toThrow(
      coded("UPLOAD_CONTENT_TYPE"),
    );
    await expect(openRequest(post("", { "content-type": "image/jpeg" }), limits)).rejects.toThrow(coded("PARAMETER_INVALID"));
  });

  it("ends a form that stalls before its file begins, and lets go of the connection", async () => {
    const sender = stalled(Buffer.from("--b\r\n"));
    await expect(openRequest(post("", form, sender.body), limits)).rejects.toThrow(coded("UPLOAD_STALLED"));
    await expect.poll(() => sender.isCancelled).toBe(true);
  });

  it("ends a form that stalls after its file ended", async () => {
    const sender = stalled(Buffer.from(`${opening}bytes\r\n--b\r\n`));
    const incoming = await openRequest(post("", form, sender.body), limits);
    for await (const block of incoming.bytes) expect(block.byteLength).toBe(5);
    await expect(incoming.ended).rejects.toThrow(coded("UPLOAD_STALLED"));
  });

  it("ends a form whose sender went away before the file began", async () => {
    const controller = new AbortController();
    const opened = openRequest(post("", form, stalled(Buffer.from("--b\r\n")).body, controller.signal), {
      ...limits,
      stallTimeoutMs: 60_000,
    });
    controller.abort();
    await expect(opened).rejects.toThrow(coded("UPLOAD_INCOMPLETE"));
  });

  it("reads no form without end, though nothing of it is the file", async () => {
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n');
      for (;;) yield* inBlocks(Buffer.alloc(100_000, 97), 100_000);
    };
    const body = ReadableStream.from<Uint8Array>(endless());
    await expect(openRequest(post("", form, body), limits)).rejects.toThrow(coded("UPLOAD_TOO_LARGE"));
  });
});
