import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { look, type LookOptions, type Sighting } from "./look.js";
import { parsePictureUrl } from "./picture-url.js";
import { type PictureSite, pictureSite, pngBytes } from "./picture-site.fixture.js";

let site: PictureSite;
beforeEach(async () => {
  site = await pictureSite();
});
afterEach(async () => {
  await site.close();
});

async function lookAt(url: string, options: Partial<LookOptions> = {}): Promise<Sighting> {
  const parsed = parsePictureUrl(url);
  if ("problem" in parsed) throw new Error(parsed.problem);
  const { signal } = new AbortController();
  return await look(parsed.url, { fetch, timeoutMs: 5000, signal, userAgent: "holdfast/test", ...options });
}

function reasonOf(sighting: Sighting): string {
  return sighting.kind === "unknown" ? sighting.reason : `not unknown but ${sighting.kind}`;
}

describe("look", () => {
  it("hashes the bytes and notes what the site says of them", async () => {
    const sha256 = createHash("sha256").update(pngBytes).digest("hex");
    expect(await lookAt(await site.put("cat.png", pngBytes))).toEqual({
      kind: "bytes",
      httpStatus: 200,
      sha256,
      size: pngBytes.length,
      contentType: "image/png",
      etag: `"${pngBytes.length}"`,
      isFromCache: false,
      isPicture: true,
      isWebPage: false,
    });
    expect(site.requests[0]?.headers).toMatchObject({ "cache-control": "no-cache", "user-agent": "holdfast/test" });
  });

  it.each([404, 410])("takes %i for absent, even with a picture as its body", async (status) => {
    site.answer("/cat.png", (_, response) => response.writeHead(status, { "content-type": "image/png" }).end(pngBytes));
    expect(await lookAt(`${site.origin}/cat.png`)).toEqual({ kind: "absent", httpStatus: status });
  });

  it.each([400, 401, 403, 429, 500, 502, 503])("takes %i for unknown", async (status) => {
    site.answer("/cat.png", (_, response) => response.writeHead(status).end("no"));
    expect(reasonOf(await lookAt(`${site.origin}/cat.png`))).toContain(`answered ${status}`);
  });

  it("says that a signature may have expired", async () => {
    site.answer("/cat.png", (_, response) => response.writeHead(403).end());
    expect(reasonOf(await lookAt(`${site.origin}/cat.png?X-Amz-Signature=abc`))).toContain("signature may have expired");
  });

  it("follows five redirects, and not six", async () => {
    await site.put("cat.png", pngBytes);
    for (let hop = 1; hop <= 6; hop += 1) {
      const location = hop === 1 ? "/cat.png" : `/hop${hop - 1}`;
      site.answer(`/hop${hop}`, (_, response) => response.writeHead(302, { location }).end());
    }
    expect(await lookAt(`${site.origin}/hop5`)).toMatchObject({ kind: "bytes", size: pngBytes.length });
    expect(reasonOf(await lookAt(`${site.origin}/hop6`))).toContain("redirects more than 5 times");
  });

  it("takes a redirect to the sign-in page for unknown, and one to the start page for a web page", async () => {
    const page = "<!doctype html><title>Welcome</title>";
    for (const path of ["/accounts/login/", "/"])
      site.answer(path, (_, response) => response.writeHead(200, { "content-type": "text/html" }).end(page));
    site.answer("/private.png", (_, response) => response.writeHead(302, { location: "/accounts/login/?next=/private.png" }).end());
    site.answer("/lost.png", (_, response) => response.writeHead(302, { location: "/" }).end());
    expect(reasonOf(await lookAt(`${site.origin}/private.png`))).toContain("asks to sign in");
    expect(await lookAt(`${site.origin}/lost.png`)).toMatchObject({ kind: "bytes", isWebPage: true });
  });

  it("sends a user name and password as such, and not to where it is redirected", async () => {
    const other = await pictureSite();
    try {
      await other.put("cat.png", pngBytes);
      site.answer("/cat.png", (_, response) => response.writeHead(302, { location: `${other.origin}/cat.png` }).end());
      const url = `${site.origin.replace("//", "//me:p%40ss@")}/cat.png`;
      expect(await lookAt(url)).toMatchObject({ kind: "bytes" });
      expect(site.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:p@ss").toString("base64")}`);
      expect(other.requests[0]?.headers.authorization).toBeUndefined();
    } finally {
      await other.close();
    }
  });

  it("takes a bare % in a password for itself", async () => {
    await site.put("cat.png", pngBytes);
    await lookAt(`${site.origin.replace("//", "//me:100%@")}/cat.png`);
    expect(site.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:100%").toString("base64")}`);
  });

  it("gives up a picture that is too large, said or not", async () => {
    site.answer("/said", (_, response) => response.writeHead(200, { "content-length": "5000" }).end(Buffer.alloc(5000)));
    site.answer("/unsaid", (_, response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(3000));
      response.end(Buffer.alloc(3000));
    });
    for (const path of ["/said", "/unsaid"]) {
      expect(reasonOf(await lookAt(site.origin + path, { maxBytes: 4000 }))).toContain("larger than");
    }
    expect(await lookAt(`${site.origin}/said`, { maxBytes: 5000 })).toMatchObject({ kind: "bytes", size: 5000 });
  });

  it("gives up in time when no answer comes, and when its bytes stop", async () => {
    site.answer("/silent", () => undefined);
    site.answer("/stops", (_, response) => response.writeHead(200, { "content-length": "10" }).write("half"));
    for (const path of ["/silent", "/stops"]) {
      const begun = Date.now();
      expect(reasonOf(await lookAt(site.origin + path, { timeoutMs: 200 }))).toContain("within 0.2 seconds");
      expect(Date.now() - begun).toBeLessThan(2000);
    }
  });

  it("takes a connection that ends half-way for unknown, never for other bytes", async () => {
    site.answer("/cut.png", (_, response) => {
      response.writeHead(200, { "content-length": "1000", "content-type": "image/png" });
      response.write(pngBytes, () => response.destroy());
    });
    expect(reasonOf(await lookAt(`${site.origin}/cut.png`))).toContain("ended before the whole answer");
  });

  it("says in words that nothing listens, and that a name does not exist", async () => {
    const port = await freePort();
    expect(reasonOf(await lookAt(`http://127.0.0.1:${port}/cat.png`))).toBe(`nothing listens at 127.0.0.1:${port}`);
    expect(reasonOf(await lookAt("http://127.0.0.1:1/cat.png"))).toContain("could not be fetched: bad port");
    expect(reasonOf(await lookAt("http://no-such-name.invalid/cat.png"))).toMatch(/does not exist|could not be looked up/);
  });

  it("notices that a cache answered", async () => {
    await site.put("cat.png", pngBytes);
    const caches: Record<string, string>[] = [{ age: "12" }, { "cf-cache-status": "HIT" }, { "x-cache": "Hit from cloudfront" }];
    for (const [index, headers] of caches.entries()) {
      site.answer(`/${index}.png`, (_, response) => response.writeHead(200, headers).end(pngBytes));
      expect(await lookAt(`${site.origin}/${index}.png`)).toMatchObject({ kind: "bytes", isFromCache: true });
    }
  });

  it("rejects only when it is aborted from outside", async () => {
    site.answer("/silent", () => undefined);
    const stop = new AbortController();
    const looking = lookAt(`${site.origin}/silent`, { signal: stop.signal });
    stop.abort();
    await expect(looking).rejects.toThrow(/abort/i);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === "object" ? address.port : 0;
}
