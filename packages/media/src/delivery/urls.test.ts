import { describe, expect, it } from "vitest";
import { type FileRecord, newFileId } from "../catalogue/file.js";
import type { Key } from "../storage/key.js";
import type { Sha256 } from "../storage/driver.js";
import { parseMediaPath } from "./routes.js";
import { createSigner } from "./signing.js";
import { withUrls } from "./urls.js";

const id = newFileId();
const signer = createSigner("a key for a test");
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
const name = "Katze%20%26%20Hund%3F%20100%25.jpg";

describe("a file's URLs", () => {
  it("show a variant, never a private original", () => {
    const file = withUrls(record, "/media", signer, {});
    expect([file.url({ width: 600 }), file.url({ width: 9999 }), file.url()]).toEqual([
      `/media/${id}/w640/${name}`,
      `/media/${id}/full/${name}`,
      `/media/${id}/full/${name}`,
    ]);
  });

  it("sign a private original and leave a public one plain", () => {
    expect(withUrls(record, "/media", signer, {}).originalUrl()).toMatch(
      new RegExp(`^/media/${id}/[^?]+\\?expires=\\d+&signature=[\\w-]{43}$`),
    );
    expect(withUrls({ ...record, visibility: "public" }, "/media", signer, {}).originalUrl()).toBe(`/media/${id}/${name}`);
  });

  it("are the original's for what has no variants", () => {
    const file = withUrls({ ...record, type: "application/pdf", visibility: "public" }, "/media", signer, {});
    expect(file.url({ width: 64 })).toBe(`/media/${id}/${name}`);
  });

  it("give in JSON what the API answers, and no signature", () => {
    const json = JSON.stringify(withUrls(record, "/media", signer, {}));
    expect(JSON.parse(json)).toMatchObject({ id, url: `/media/${id}/${name}`, thumbhash: null, storedAt: "1970-01-01T00:00:00.000Z" });
    expect(json).not.toMatch(/signature|originals/);
  });

  it("are read back by the routes, whatever the name", () => {
    const file = withUrls(record, "", signer, {});
    expect(parseMediaPath(file.url({ width: 64 }))).toEqual({ kind: "variant", id, transform: "w64" });
    expect(parseMediaPath(file.toJSON().url)).toEqual({ kind: "original", id });
    expect(["", "/", `/${id}`, `/${id}/`, `/${id}/w64/`, `/${id}/a/b/c`].map(parseMediaPath)).toEqual(Array<undefined>(6).fill(undefined));
  });

  it("are the backend's own for variants where it makes them", () => {
    const variantUrl = (key: string, transform: { readonly name: string }): string => `https://cdn.example/${transform.name}/${key}`;
    const file = withUrls(record, "/media", signer, { variantUrl });
    expect(file.url({ width: 600 })).toBe(`https://cdn.example/w640/${record.key}`);
    expect(file.url()).toBe(`https://cdn.example/full/${record.key}`);
    expect(file.toJSON().url).toBe(`/media/${record.id}/${encodeURIComponent(record.name)}`);
  });
});
