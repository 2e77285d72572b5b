import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { respondWithScript, scriptUrl } from "./media-image-script.js";

const built = readFileSync(new URL("../../dist/media-image.js", import.meta.url));
const url = `https://app.example${scriptUrl("/media")}`;
const ask = (at: string, headers: Record<string, string> = {}, method = "GET"): Response => {
  const response = respondWithScript(new Request(at, { headers, method }));
  if (response === undefined) throw new Error("The script is not built: npm run build");
  return response;
};

describe("media-image.js", () => {
  it("is under 3 KB on the wire, and under 6 KB before", () => {
    expect(gzipSync(built, { level: 9 }).byteLength).toBeLessThan(3 * 1024);
    expect(built.byteLength).toBeLessThan(6 * 1024);
  });

  it("is kept for a year under its version's URL, and for an hour under any other", () => {
    expect(scriptUrl("/media")).toMatch(/^\/media\/media-image\.js\?v=[0-9a-f]{10}$/);
    expect(ask(url).headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    for (const other of ["https://app.example/media/media-image.js", "https://app.example/media/media-image.js?v=0123456789"]) {
      expect(ask(other).headers.get("cache-control")).toBe("public, max-age=3600");
    }
  });

  it("comes compressed to whoever takes that, as another representation", async () => {
    const plain = ask(url);
    expect(Buffer.from(await plain.arrayBuffer()).equals(built)).toBe(true);
    const gzipped = ask(url, { "accept-encoding": "br, gzip" });
    expect(gzipped.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(Buffer.from(await gzipped.arrayBuffer())).equals(built)).toBe(true);
    expect(gzipped.headers.get("etag")).not.toBe(plain.headers.get("etag"));
    expect(gzipped.headers.get("vary")).toBe("Accept-Encoding");
    expect(ask(url, { "accept-encoding": "gzip;q=0, br" }).headers.has("content-encoding")).toBe(false);
  });

  it("is answered 304 to whoever has it, and without a body to HEAD", async () => {
    const etag = ask(url).headers.get("etag") ?? "";
    const unchanged = ask(url, { "if-none-match": `"other", W/${etag}` });
    expect([unchanged.status, await unchanged.text()]).toEqual([304, ""]);
    const head = ask(url, {}, "HEAD");
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, String(built.byteLength), ""]);
  });
});
