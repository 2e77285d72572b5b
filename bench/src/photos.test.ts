import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { givenPhotos } from "./photos.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("givenPhotos", () => {
  it("finds the JPEGs in the folder that is named, by name, and nothing where none is named", async () => {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-photos-"));
    try {
      vi.stubEnv("HOLDFAST_PHOTOS", folder);
      await expect(givenPhotos()).rejects.toThrow(`HOLDFAST_PHOTOS is ${folder}, where there is no .jpg file`);
      for (const name of ["b.JPG", "a.jpeg", "c.png", "d.jpg.txt"]) await writeFile(join(folder, name), "");
      expect(await givenPhotos()).toEqual({
        paths: [join(folder, "a.jpeg"), join(folder, "b.JPG")],
        origin: "2 photographs (HOLDFAST_PHOTOS)",
      });
      vi.stubEnv("HOLDFAST_PHOTOS", "");
      expect(await givenPhotos()).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
