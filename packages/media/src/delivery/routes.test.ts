import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import { parseManifest, readManifestWanted } from "../catalogue/manifest.js";
import { nodeHandler } from "../http/node.js";
import { openTestMedia, picture } from "../media.fixture.js";
import type { Media, MediaFile } from "../media.js";

const presets = { card: { width: 40, height: 30, fit: "cover" } } as const;
const webp = { accept: "image/webp" };

async function serve(media: Pick<Media, "handler">): Promise<string> {
  const handle = nodeHandler(media);
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function open(options: Parameters<typeof openTestMedia>[0] = {}): Promise<{
  readonly media: Awaited<ReturnType<typeof openTestMedia>>;
  readonly file: MediaFile;
  get(url: string, headers?: Record<string, string>): Promise<Response>;
  code(url: string): Promise<string>;
}> {
  const media = await openTestMedia({ presets, ...options });
  const get = async (url: string, headers: Record<string, string> = webp): Promise<Response> =>
    await media.handler(new Request(`http://app.example${url}`, { headers }));
  return {
    media,
    file: await media.put(await picture("jpeg", 300, 200), { name: "cat.jpg" }),
    get,
    async code(url) {
      const answer = await get(url);
      return `${answer.status} ${((await answer.json()) as { code?: string }).code}`;
    },
  };
}

describe("a variant's URL", () => {
  it("is answered where everybody may ask for it: by the ladder, in full, as a preset", async () => {
    const { file, get } = await open();
    for (const url of [file.url({ width: 64 }), file.url(), file.url({ preset: "card" }), `/media/${file.id}/card/x`]) {
      const answer = await get(url);
      expect([answer.status, answer.headers.get("vary"), answer.headers.get("content-type")]).toEqual([200, "Accept", "image/webp"]);
    }
  });

  it("is kept for ever, but a preset by its bare name for an hour, for it may be defined anew", async () => {
    const { file, get } = await open();
    const control = async (url: string): Promise<string | null> => (await get(url)).headers.get("cache-control");
    // Twice each: made, and at hand.
    for (let time = 0; time < 2; time += 1) {
      expect(await control(file.url({ preset: "card" }))).toBe("public, max-age=31536000, immutable");
      expect(await control(`/media/${file.id}/card/x`)).toBe("public, max-age=3600");
      expect(await control(`/media/${file.id}/card.000000/x`)).toBe("public, max-age=3600");
    }
  });

  it("needs a signature for anything else, of this file and this transform", async () => {
    const { file, get, code } = await open();
    const url = file.url({ width: 50, height: 50, fit: "cover", format: "png" });
    const answer = await get(url);
    expect([answer.status, answer.headers.get("vary"), answer.headers.get("content-type")]).toEqual([200, null, "image/png"]);
    const refused = "403 TRANSFORM_NOT_SIGNED";
    expect(await code(url.replace(/\?.*/, ""))).toBe(refused);
    expect(await code(url.replace("w50_", "w51_"))).toBe(refused);
    expect(await code(url.replace(file.id, "0123456789abcdefghjkmnpqrs"))).toBe(refused);
    expect(await code(`/media/${file.id}/w65/x`)).toBe(refused);
  });

  it("is cached no longer than its signature lasts", async () => {
    const { file, get } = await open();
    const answer = await get(file.url({ width: 50, height: 50, expiresInMs: 60_000 }));
    const [, seconds] = /^public, max-age=(\d+)$/.exec(answer.headers.get("cache-control") ?? "") ?? [];
    expect(Number(seconds)).toBeGreaterThan(50);
    expect(Number(seconds)).toBeLessThanOrEqual(360);
  });

  it("is refused with the parameter that is wrong, before anything is looked up", async () => {
    const { file, code } = await open();
    expect(await code(`/media/${file.id}/w99999/x`)).toBe("400 PARAMETER_INVALID");
    expect(await code(`/media/${file.id}/thumb/x`)).toBe("404 TRANSFORM_UNKNOWN");
    expect(await code("/media/0123456789abcdefghjkmnpqrs/w99999/x")).toBe("400 PARAMETER_INVALID");
  });
});

describe("a confidential file", () => {
  const confidential = { visibility: "confidential" } as const;

  it("shows nothing to nobody in particular: neither original nor any variant, not even one at hand", async () => {
    const { media, get, code } = await open();
    const file = await media.put(await picture("jpeg", 300, 200), { name: "contract.jpg", ...confidential });
    // Made and in memory, by a signed URL.
    expect((await get(file.url({ width: 64 }))).status).toBe(200);
    const origin = await serve(media);
    for (const part of ["", "w64/", "full/", "card/", "w64_h64_cover/"]) {
      const url = `/media/${file.id}/${part}contract.jpg`;
      const refused = part.includes("_") ? "403 TRANSFORM_NOT_SIGNED" : "401 UNAUTHORIZED";
      expect(await code(url)).toBe(refused);
      expect((await fetch(origin + url, { headers: webp })).status).toBe(Number(refused.slice(0, 3)));
    }
  });

  it("is shown by signed URLs that expire, and that no shared cache keeps", async () => {
    const { media, get } = await open({ cdn: "https://img.example.com" });
    const file = await media.put(await picture("jpeg", 300, 200), { name: "contract.jpg", ...confidential });
    const custom = file.url({ width: 60, height: 60, fit: "cover" });
    for (const url of [file.url(), file.url({ width: 64 }), file.url({ preset: "card" }), custom, file.originalUrl()]) {
      expect(url).toMatch(/^\/media\/.*\?expires=\d+&signature=/);
      const answer = await get(url);
      expect(answer.status).toBe(200);
      const [, seconds] = /^private, max-age=(\d+)$/.exec(answer.headers.get("cache-control") ?? "") ?? [];
      expect(Number(seconds) > 3000 && Number(seconds) <= 3600 + 900).toBe(true);
    }
  });

  it("admits by a signature to that size alone", async () => {
    const { media, code } = await open();
    const file = await media.put(await picture("jpeg", 300, 200), { name: "contract.jpg", ...confidential });
    const url = file.url({ width: 64 });
    expect(await code(url.replace("/w64/", "/w128/"))).toBe("401 UNAUTHORIZED");
    expect(await code(url.replace("/w64/", "/full/"))).toBe("401 UNAUTHORIZED");
    expect(await code(url.replace("/w64/", "/"))).toBe("401 UNAUTHORIZED");
    expect(await code(url.replace(/expires=\d+/, "expires=9999999999"))).toBe("401 UNAUTHORIZED");
  });

  it("is shown to whom authorize lets in, who is asked each time", async () => {
    let mayRead = true;
    const { media, get } = await open({ authorize: (_request, { kind }) => kind === "read" && mayRead });
    const file = await media.put(await picture("jpeg", 300, 200), { name: "contract.jpg", ...confidential });
    const url = `/media/${file.id}/w64/contract.jpg`;
    const answer = await get(url);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
    mayRead = false;
    expect((await get(url)).status).toBe(401);
    expect((await get(url, { ...webp, "if-none-match": answer.headers.get("etag") ?? "" })).status).toBe(401);
  });

  it("stays confidential when its row is read again and when the catalogue is lost", async () => {
    const { media } = await open();
    const { id } = await media.put(await picture("jpeg", 300, 200), { name: "contract.jpg", ...confidential });
    expect((await media.get(id))?.visibility).toBe("confidential");
    const catalogue = await openTestCatalogue(media.folder);
    const wanted = await readManifestWanted(catalogue, id);
    if (wanted?.isWanted !== true) throw new Error("there is no manifest to be written");
    expect(parseManifest(JSON.stringify(wanted.manifest))?.visibility).toBe("confidential");
  });

  it("is refused under a name that there is none of", async () => {
    const { media } = await open();
    const put = media.put(await picture(), { name: "cat.jpg", visibility: "confidentail" as "confidential" });
    await expect(put).rejects.toThrow("visibility=confidentail is not valid: it is one of public, private, confidential");
  });
});

describe("a private file's original", () => {
  it("is kept by one browser, and no longer than its signature lasts", async () => {
    const { file, get } = await open();
    const answer = await get(file.originalUrl({ expiresInMs: 60_000 }));
    const [, seconds] = /^private, max-age=(\d+)$/.exec(answer.headers.get("cache-control") ?? "") ?? [];
    expect(Number(seconds) > 50 && Number(seconds) <= 360).toBe(true);
  });
});
