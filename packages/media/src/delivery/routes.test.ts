import { describe, expect, it } from "vitest";
import { openTestMedia, picture } from "../media.fixture.js";

const presets = { card: { width: 40, height: 30, fit: "cover" } } as const;
const webp = { accept: "image/webp" };

async function open(options: Parameters<typeof openTestMedia>[0] = {}): Promise<{
  readonly file: Awaited<ReturnType<Awaited<ReturnType<typeof openTestMedia>>["put"]>>;
  get(url: string, headers?: Record<string, string>): Promise<Response>;
  code(url: string): Promise<string>;
}> {
  const media = await openTestMedia({ presets, ...options });
  const get = async (url: string, headers: Record<string, string> = webp): Promise<Response> =>
    await media.handler(new Request(`http://app.example${url}`, { headers }));
  return {
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
