import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parsePictureUrl } from "./picture-url.js";
import { readRemembered, type RememberedPicture, updateRemembered } from "./remembered.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-state-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function picture(text: string): RememberedPicture {
  const parsed = parsePictureUrl(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return {
    url: parsed.url,
    rememberedAt: "2026-01-01T00:00:00.000Z",
    httpStatus: 200,
    sha256: "a".repeat(64),
    size: 3,
    contentType: "image/png",
    etag: undefined,
    isPicture: true,
  };
}

describe("what is remembered", () => {
  it("is nothing where there is no file", async () => {
    expect(await readRemembered(join(folder, "verify.json"))).toEqual([]);
  });

  it("is read back as it was written, secrets included", async () => {
    const path = join(folder, ".holdfast", "verify.json");
    const pictures = [picture("https://example.com/a.png?sig=abc"), picture("https://example.com/b.png")];
    await updateRemembered(path, () => pictures);
    expect(await readRemembered(path)).toEqual(pictures);
  });

  it.skipIf(process.platform === "win32")("can be read by its owner alone, and is not published by git", async () => {
    const path = join(folder, ".holdfast", "verify.json");
    await updateRemembered(path, () => [picture("https://example.com/a.png")]);
    await updateRemembered(path, (before) => before);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, ".holdfast", ".gitignore"), "utf8")).toBe("*\n");
    expect((await readdir(join(folder, ".holdfast"))).toSorted()).toEqual([".gitignore", "verify.json"]);
  });

  it("writes no .gitignore into a folder of the person's own", async () => {
    await updateRemembered(join(folder, "ours", "pictures.json"), () => []);
    expect(await readdir(join(folder, "ours"))).toEqual(["pictures.json"]);
  });

  it.each([
    ["{", "it is not JSON"],
    ["[]", "it is not a file that Holdfast wrote"],
    ['{"version":2,"pictures":[]}', "a newer Holdfast wrote it"],
    ['{"version":1,"pictures":[{"url":"https://example.com/"}]}', 'entry 1 of "pictures" is not whole'],
  ])("refuses %j and leaves the file as it is", async (text, reason) => {
    const path = join(folder, "verify.json");
    await writeFile(path, text);
    await expect(readRemembered(path)).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      details: { reason: expect.stringContaining(reason) },
    });
    await expect(updateRemembered(path, () => [])).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("says why a file cannot be written, and leaves nothing beside it", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(updateRemembered(join(folder, "file", "verify.json"), () => [])).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
    await mkdir(join(folder, "verify.json"));
    await expect(updateRemembered(join(folder, "verify.json"), () => [])).rejects.toMatchObject({ details: { reason: "it is a folder" } });
    expect((await readdir(folder)).toSorted()).toEqual(["file", "verify.json"]);
  });
});
