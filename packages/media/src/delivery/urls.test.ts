import { describe, expect, it } from "vitest";
import { type FileRecord, newFileId } from "../catalogue/file.js";
import { createKnownTransforms } from "../images/known-transforms.js";
import type { Key } from "../storage/key.js";
import type { Sha256 } from "../storage/driver.js";
import { parseMediaPath } from "./routes.js";
import { createSigner } from "./signing.js";
import { type UrlContext, withUrls } from "./urls.js";

const id = newFileId();
const signer = createSigner(() => ["a key for a test"]);
const record: FileRecord = {
  id,
  state: "stored",
  name: "Katze & Hund? 100%.jpg",
  type: "image/jpeg",
  size: 5,
  sha256: "ab" as Sha256,
  width: 4000,
  height: 3000,
  hasAlpha: false,
  frames: 1,
  thumbhash: undefined,
  visibility: "private",
  owner: undefined,
  key: "originals/a" as Key,
  storedAt: 0,
  expiresAt: undefined,
};
const context = (given: Partial<UrlContext> = {}): UrlContext => ({
  basePath: "/media",
  cdn: undefined,
  signer,
  driver: {},
  transforms: createKnownTransforms({ card: { width: 400, height: 300, fit: "cover" } }),
  ...given,
});
const name = "Katze%20%26%20Hund%3F%20100%25.jpg";

describe("a file's URLs", () => {
  it("show a variant, never a private original", () => {
    const file = withUrls(record, context());
    expect([file.url({ width: 600 }), file.url({ width: 9999 }), file.url()]).toEqual([
      `/media/${id}/w640/${name}`,
      `/media/${id}/full/${name}`,
      `/media/${id}/full/${name}`,
    ]);
  });

  it("sign a private original and leave a public one plain", () => {
    expect(withUrls(record, context()).originalUrl()).toMatch(new RegExp(`^/media/${id}/[^?]+\\?expires=\\d+&signature=[\\w-]{43}$`));
    expect(withUrls({ ...record, visibility: "public" }, context()).originalUrl()).toBe(`/media/${id}/${name}`);
  });

  it("are the original's for what has no variants", () => {
    const file = withUrls({ ...record, type: "application/pdf", visibility: "public" }, context());
    expect(file.url({ width: 64 })).toBe(`/media/${id}/${name}`);
  });

  it("give in JSON what the API answers, and no signature", () => {
    const json = JSON.stringify(withUrls(record, context()));
    expect(JSON.parse(json)).toMatchObject({ id, url: `/media/${id}/${name}`, thumbhash: null, storedAt: "1970-01-01T00:00:00.000Z" });
    expect(json).not.toMatch(/signature|originals/);
  });

  it("give templates what an <img> is written with, and nothing of what is confidential", () => {
    const thumbhash = "X5qGNQw7oElslqhGWfSE+Q6oJ1h2iHB2Rw==";
    const { picture } = withUrls({ ...record, thumbhash }, context()).toJSON();
    expect(picture?.src).toBe(`/media/${id}/full/${name}`);
    expect(picture?.srcset.split(", ")[0]).toBe(`/media/${id}/w320/${name} 320w`);
    expect(picture?.background).toMatch(/^url\("data:image\/png;base64,[\w+/=]+"\)$/);
    expect(withUrls({ ...record, thumbhash, hasAlpha: true }, context()).toJSON().picture?.background).toBeNull();
    expect(withUrls({ ...record, visibility: "confidential" }, context()).toJSON().picture).toBeNull();
    expect(withUrls({ ...record, type: "application/pdf" }, context()).toJSON().picture).toBeNull();
  });

  it("are read back by the routes, whatever the name", () => {
    const file = withUrls(record, context({ basePath: "" }));
    expect(parseMediaPath(file.url({ width: 64 }))).toEqual({ kind: "variant", id, transform: "w64" });
    expect(parseMediaPath(file.toJSON().url)).toEqual({ kind: "original", id });
    expect(["", "/", `/${id}`, `/${id}/`, `/${id}/w64/`, `/${id}/a/b/c`].map(parseMediaPath)).toEqual(Array<undefined>(6).fill(undefined));
  });

  it("are the backend's own for variants where it makes them", () => {
    const variantUrl = (key: string, transform: { readonly name: string }): string => `https://cdn.example/${transform.name}/${key}`;
    const file = withUrls(record, context({ driver: { variantUrl } }));
    expect(file.url({ width: 600 })).toBe(`https://cdn.example/w640/${record.key}`);
    expect(file.url()).toBe(`https://cdn.example/full/${record.key}`);
    expect(file.toJSON().url).toBe(`/media/${record.id}/${encodeURIComponent(record.name)}`);
  });

  it("ask for a variant of nothing but a width by the ladder, and for anything else by a signature", () => {
    const file = withUrls(record, context());
    const signed = new RegExp(`^/media/${id}/w600_h400_cover_webp/[^?]+\\?signature=[\\w-]{43}$`);
    expect(file.url({ width: 600, height: 400, fit: "cover", format: "webp" })).toMatch(signed);
    expect(file.url({ width: 300, height: 200, fit: "cover", format: "webp", dpr: 2 })).toMatch(signed);
    expect(file.url({ width: 300, dpr: 2 })).toBe(`/media/${id}/w640/${name}`);
    expect(file.url({ width: 640, expiresInMs: 60_000 })).toMatch(new RegExp(`^/media/${id}/w640/[^?]+\\?expires=\\d+&signature=`));
  });

  it("name a preset with what it means", () => {
    const file = withUrls(record, context());
    expect(file.url({ preset: "card" })).toMatch(new RegExp(`^/media/${id}/card\\.[0-9a-f]{6}/[^?]+$`));
    expect(file.url({ preset: "card", dpr: 2 })).toContain("/card_2x.");
  });

  it.each<[Parameters<ReturnType<typeof withUrls>["url"]>[0], string]>([
    [{ preset: "crd" }, 'preset=crd is not valid: there is no such preset; did you mean "card"?'],
    [{ preset: "card", width: 5 }, 'width=5 is not valid: the preset "card" says what is done; leave it out'],
    [{ width: 300, dpr: 9 }, "dpr=9 is not valid: it has to be a number from 0.5 to 5"],
    [{ width: -1 }, "width=-1 is not valid"],
    [{ width: 300, height: Number.NaN }, "height=NaN is not valid"],
    [{ widht: 300 } as object, 'widht=300 is not valid: there is no such parameter; did you mean "width"?'],
  ])("are refused for %j", (options, words) => {
    expect(() => withUrls(record, context()).url(options)).toThrow(words);
  });

  it("begin with the CDN where shared caches may keep what they show, and only there", () => {
    const cdn = "https://img.example.com";
    const file = withUrls(record, context({ cdn }));
    expect([file.url({ width: 64 }), file.url({ preset: "card" })].every((url) => url.startsWith(`${cdn}/media/`))).toBe(true);
    expect(file.originalUrl()).toMatch(/^\/media\//);
    expect(withUrls({ ...record, visibility: "public" }, context({ cdn })).originalUrl()).toBe(`${cdn}/media/${id}/${name}`);
  });

  it("are the bucket's own for a public original that has one", () => {
    const driver = { publicUrl: (key: string): string => `https://files.example/${key}` };
    expect(withUrls({ ...record, visibility: "public" }, context({ driver })).url()).toBe(`https://files.example/${record.key}`);
    expect(withUrls(record, context({ driver })).originalUrl()).toMatch(/^\/media\//);
  });

  it("are ours for what the backend would make otherwise", () => {
    const file = withUrls(record, context({ driver: { variantUrl: () => undefined } }));
    expect(file.url({ width: 64 })).toBe(`/media/${id}/w64/${name}`);
  });
});

describe("a file's srcset", () => {
  const file = withUrls(record, context());
  const descriptors = (srcset: string): string[] => srcset.split(", ").map((entry) => `${entry.split("/")[3]} ${entry.split(" ")[1]}`);

  it("offers widths, the last of them the picture's own", () => {
    expect(descriptors(file.srcset())).toEqual(["w320 320w", "w640 640w", "w1024 1024w", "w1600 1600w", "w2560 2560w"]);
    const small = withUrls({ ...record, width: 700, height: 500 }, context());
    expect(descriptors(small.srcset())).toEqual(["w320 320w", "w640 640w", "w1024 700w"]);
    expect(descriptors(file.srcset({ widths: [600, 100, 640] }))).toEqual(["w128 128w", "w640 640w"]);
  });

  it("offers densities of a picture of one size, and none that it does not have", () => {
    expect(descriptors(file.srcset({ width: 200 }))).toEqual(["w256 1x", "w512 2x", "w640 2.5x"]);
    const [one, two, three] = descriptors(file.srcset({ preset: "card" }));
    expect([one, two, three].map((entry) => entry?.replace(/\.[0-9a-f]{6}/, ""))).toEqual(["card 1x", "card_2x 2x", "card_3x 3x"]);
    const small = withUrls({ ...record, width: 600, height: 450 }, context());
    expect(descriptors(small.srcset({ preset: "card" })).map((entry) => entry.split(" ")[1])).toEqual(["1x", "1.5x"]);
  });

  it("keeps the shape at each width", () => {
    const srcset = file.srcset({ width: 400, height: 300, fit: "cover", widths: [400, 800] });
    expect(descriptors(srcset).map((entry) => entry.split(/[ ?]/)[0])).toEqual(["w400_h300_cover", "w800_h600_cover"]);
  });

  it("is empty for what is not an image", () => {
    expect(withUrls({ ...record, type: "application/pdf" }, context()).srcset()).toBe("");
  });

  it("fits the dimensions that are told", () => {
    expect([file.dimensions(), file.dimensions({ width: 300 }), file.dimensions({ preset: "card", dpr: 2 })]).toEqual([
      { width: 4000, height: 3000 },
      { width: 320, height: 240 },
      { width: 800, height: 600 },
    ]);
    expect(withUrls({ ...record, width: undefined, height: undefined }, context()).dimensions()).toBeUndefined();
  });
});
