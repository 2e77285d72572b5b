import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { fail } from "../errors.js";
import { etagOf } from "./conditions.js";
import { type Content, respond, respondWithProblem } from "./respond.js";

const bytes = new Uint8Array(Buffer.from("0123456789"));
const request = (method: string, headers: Record<string, string> = {}): Request =>
  new Request("http://127.0.0.1/media/x/a.jpg", { method, headers });

function content(more: Partial<Content> = {}): Content {
  return {
    type: "image/jpeg",
    size: bytes.byteLength,
    etag: etagOf("ab".repeat(32)),
    storedAt: Date.UTC(2026, 10, 21),
    cacheControl: "public, max-age=31536000, immutable",
    name: "cat.jpg",
    isInline: true,
    open: (range) => (range === undefined ? bytes : bytes.slice(range.start, range.end + 1)),
    ...more,
  };
}

describe("respond", () => {
  it("never lets what a stranger uploaded run as a page of ours", async () => {
    for (const headers of [{}, { range: "bytes=0-1" }, { "if-none-match": "*" }]) {
      const response = await respond(request("GET", headers), content());
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    }
    expect((await respond(request("GET"), content({ isInline: false }))).headers.get("content-disposition")).toMatch(/^attachment/);
  });

  it("answers one range, and the whole when the content has changed since", async () => {
    const part = await respond(request("GET", { range: "bytes=2-4" }), content());
    expect([part.status, part.headers.get("content-range"), part.headers.get("content-length"), await part.text()]).toEqual([
      206,
      "bytes 2-4/10",
      "3",
      "234",
    ]);
    const whole = await respond(request("GET", { range: "bytes=2-4", "if-range": '"older"' }), content());
    expect([whole.status, await whole.text()]).toEqual([200, "0123456789"]);
  });

  it("asks the conditions before the range", async () => {
    const response = await respond(request("GET", { range: "bytes=99-", "if-none-match": "*" }), content());
    expect([response.status, await response.text()]).toEqual([304, ""]);
  });

  it("answers HEAD as it answers GET, without opening anything, and ignores a range there (RFC 9110 §14.2)", async () => {
    const open = vi.fn<Content["open"]>(() => bytes);
    const [head, get] = [await respond(request("HEAD"), content({ open })), await respond(request("GET"), content())];
    expect([head.status, [...head.headers]]).toEqual([get.status, [...get.headers]]);
    const ranged = await respond(request("HEAD", { range: "bytes=99-" }), content({ open }));
    expect([ranged.status, ranged.headers.get("content-length")]).toEqual([200, "10"]);
    expect(open).not.toHaveBeenCalled();
  });

  it("carries any name a file may have, without a header of the sender's own", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .filter((text) => text.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f]/.test(text));
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const value = (await respond(request("GET"), content({ name: text }))).headers.get("content-disposition") ?? "";
        const match = /^inline; filename="([^"\\%]*)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*)$/.exec(value);
        expect(decodeURIComponent(match?.[2] ?? "")).toBe(text);
      }),
      { examples: [['a"; filename=evil.exe'], ["e\u0301'*()%.jpg"]] },
    );
  });
});

describe("respondWithProblem", () => {
  it("answers in the catalogue's words, for no cache to keep", async () => {
    const response = respondWithProblem(request("GET"), fail("FILE_NOT_FOUND", { id: "x" }));
    expect([response.status, response.headers.get("content-type"), response.headers.get("cache-control")]).toEqual([
      404,
      "application/problem+json",
      "no-store",
    ]);
    expect(await response.json()).toMatchObject({
      type: "urn:holdfast:error:FILE_NOT_FOUND",
      code: "FILE_NOT_FOUND",
      status: 404,
      detail: "There is no file x here.",
    });
  });

  it("tells nothing of an error of our own", async () => {
    const text = await respondWithProblem(request("GET"), new Error("password hunter2 at /home/app")).text();
    expect(text).toContain("UNEXPECTED");
    expect(text).not.toMatch(/hunter2|home/);
  });

  it("says what a client needs to go on", () => {
    const header = (error: unknown, name: string): string | null => respondWithProblem(request("GET"), error).headers.get(name);
    expect(header(fail("RANGE_NOT_SATISFIABLE", { range: "bytes=9-", size: 5 }), "content-range")).toBe("bytes */5");
    expect(header(fail("METHOD_NOT_ALLOWED", { method: "PUT", allow: "GET, HEAD" }), "allow")).toBe("GET, HEAD");
    expect(header(fail("OVERLOADED", { what: "Image decoding", retryAfterSeconds: 5 }), "retry-after")).toBe("5");
    expect(header(fail("STORAGE_UNREACHABLE", { storage: "s", action: "a", reason: "r" }), "retry-after")).toBe("10");
    expect(header(fail("UNAUTHORIZED", { action: "read" }), "www-authenticate")).toBe("Bearer");
  });

  it("has no body for HEAD", async () => {
    expect(await respondWithProblem(request("HEAD"), fail("FILE_NOT_FOUND", { id: "x" })).text()).toBe("");
  });
});
