import { describe, expect, it } from "vitest";
import { type FileRecord, newFileId } from "../catalogue/file.js";
import { avatarSvg } from "../images/avatar.js";
import { createKnownTransforms } from "../images/known-transforms.js";
import type { Sha256 } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import { avatar, picture } from "./markup.js";
import type { MediaFile } from "./media-file.js";
import { createSigner } from "./signing.js";
import { withUrls } from "./urls.js";

const id = newFileId();
const signer = createSigner(() => ["a key for a test"]);
const thumbhash = "X5qGNQw7oElslqhGWfSE+Q6oJ1h2iHB2Rw==";
const record: FileRecord = {
  id,
  state: "stored",
  name: `it's "a" <cat>, 2.jpg`,
  type: "image/jpeg",
  size: 5,
  sha256: "ab" as Sha256,
  width: 1500,
  height: 1000,
  hasAlpha: false,
  frames: 1,
  thumbhash,
  visibility: "private",
  owner: undefined,
  key: "originals/a" as Key,
  storedAt: 0,
  expiresAt: undefined,
};
const transforms = createKnownTransforms({ card: { width: 400, height: 300, fit: "cover" } });
const fileOf = (given: Partial<FileRecord> = {}, cdn?: string): MediaFile =>
  withUrls({ ...record, ...given }, { basePath: "/media", cdn, signer, driver: {}, transforms });

describe("a picture", () => {
  it("is offered in the widths that there are, in its own shape, and over its blur", () => {
    const { attributes } = picture(fileOf({ name: "cat.jpg" }), { alt: "A cat" });
    expect(attributes).toEqual({
      src: `/media/${id}/w1024/cat.jpg`,
      srcset: [`w320/cat.jpg 320w`, `w640/cat.jpg 640w`, `w1024/cat.jpg 1024w`, `w1600/cat.jpg 1500w`]
        .map((each) => `/media/${id}/${each}`)
        .join(", "),
      sizes: "auto, 100vw",
      width: 1500,
      height: 1000,
      alt: "A cat",
      loading: "lazy",
      decoding: "async",
      "data-fallback": "",
      "data-thumbhash": thumbhash,
      style: expect.stringMatching(
        /^display:inline-block;color:#fff;text-shadow:0 0 4px #000;background-image:url\("data:image\/png;base64,[\w+/=]{80,600}"\);background-position:center;background-size:cover$/,
      ),
    });
  });

  it.each([
    [{ width: 300 }, 300, 200, "1x"],
    [{ width: 200, height: 200, fit: "cover" }, 200, 200, "1x"],
    [{ height: 100 }, 150, 100, "1x"],
    [{ preset: "card" }, 400, 300, "1x"],
    [{ width: 4000 }, 1500, 1000, "1x"],
    [{ widths: [200, 400, 800] }, 1500, 1000, "256w"],
  ] as const)("asked for as %j has a place of %i × %i", (asked, width, height, first) => {
    const { attributes } = picture(fileOf(), { alt: "", ...asked });
    expect(attributes).toMatchObject({ width, height });
    expect(String(attributes["srcset"]).split(", ")[0]).toMatch(new RegExp(` ${first}$`));
    expect("sizes" in attributes).toBe(first.endsWith("w"));
  });

  it("has no blur behind what is transparent, and none without a thumbhash", () => {
    for (const file of [fileOf({ hasAlpha: true }), fileOf({ thumbhash: undefined }), fileOf({ thumbhash: "no" })]) {
      expect(picture(file, { alt: "" }).attributes["style"]).toBe("display:inline-block");
    }
  });

  it("is written without style and data: for a strict policy", () => {
    const html = String(picture(fileOf(), { alt: "A cat", placeholder: "data" }));
    expect(html).toContain(`data-thumbhash="${thumbhash}"`);
    expect(html).not.toMatch(/style=|data:image/);
  });

  it("escapes all that comes from people", () => {
    const evil = `"><img src=x onerror='alert(1)'>&`;
    const html = String(picture(fileOf({ name: evil, thumbhash: evil }), { alt: evil, class: evil, id: evil, sizes: evil }));
    expect(html.match(/[<>]/g)).toEqual(["<", ">"]);
    expect(html.match(/ [\w-]+="[^"]*"/g)?.join("").length).toBe(html.length - "<img>".length);
  });

  it("is written for JSX in its own names", () => {
    const { props } = picture(fileOf(), { alt: "A cat", class: "photo", loading: "eager" });
    expect(props).toMatchObject({
      className: "photo",
      sizes: "100vw",
      loading: "eager",
      style: { display: "inline-block", backgroundSize: "cover" },
    });
    expect(JSON.stringify(props["srcSet"])).toContain("320w");
    expect(Object.keys(props)).not.toEqual(expect.arrayContaining(["class"]));
  });

  it("is refused of what is no image", () => {
    expect(() => picture(fileOf({ type: "application/pdf" }), { alt: "" })).toThrow(/image/);
    expect(() => avatar({ name: "Ada", file: fileOf({ type: "application/pdf" }) })).toThrow(/image/);
  });
});

describe("an avatar", () => {
  it("is the picture over the initials, which we answer too where we have lost it", () => {
    const { attributes } = avatar({ name: "Ada & Eve", file: fileOf({ name: "a.jpg" }), size: 40, locale: "tr" });
    expect(attributes).toMatchObject({ width: 40, height: 40, alt: "Ada & Eve", "data-initials": "Ada & Eve" });
    expect(attributes["src"]).toMatch(/\/w40_h40_cover_attention\/a\.jpg\?signature=[\w-]{43}&initials=Ada%20%26%20Eve&lang=tr$/);
    expect(String(attributes["srcset"]).match(/&initials=Ada%20%26%20Eve&lang=tr [123]x/g)).toHaveLength(3);
    const drawn = /svg\+xml;base64,([^"]+)"/.exec(String(attributes["style"]))?.[1] ?? "";
    expect(Buffer.from(drawn, "base64").toString()).toBe(avatarSvg("Ada & Eve", { width: 40, locale: "tr" }));
  });

  it("asks a CDN for no initials: it would keep one picture under many addresses", () => {
    const { attributes } = avatar({ name: "Ada", file: fileOf({}, "https://cdn.example") });
    expect(`${attributes["src"]} ${attributes["srcset"]}`).not.toContain("initials");
  });

  it("is the initials alone where there is no picture, by a URL of ours for a strict policy", () => {
    expect(avatar({ name: "Ada" }).attributes["src"]).toMatch(/^data:image\/svg\+xml;base64,/);
    expect(avatar({ name: "Ada Ö.", placeholder: "data", locale: "tr" }).attributes).toEqual({
      src: "/media/initials/Ada%20%C3%96..svg?lang=tr",
      width: 48,
      height: 48,
      alt: "Ada Ö.",
      loading: "lazy",
      decoding: "async",
      "data-fallback": "",
      "data-initials": "Ada Ö.",
    });
  });

  it("says nothing to a screen reader where the name is beside it", () => {
    expect(String(avatar({ name: "Ada", alt: "" }))).toContain(' alt=""');
  });
});
