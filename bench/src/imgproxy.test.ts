import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { get } from "./get.js";
import { findImgproxy, howToGetImgproxy, startImgproxy } from "./imgproxy.js";
import { generatePhoto } from "./photos.js";
import { randomFrom } from "./random.js";

const binary = await findImgproxy();
if (binary === undefined) console.warn(howToGetImgproxy);

describe("findImgproxy", () => {
  it("finds none where none is named", async () => {
    expect(await findImgproxy({})).toBeUndefined();
    expect(await findImgproxy({ HOLDFAST_IMGPROXY: "" })).toBeUndefined();
  });

  it("refuses what cannot be run or does not tell its version, and names it", async () => {
    const refusal = async (path: string): Promise<unknown> =>
      await findImgproxy({ HOLDFAST_IMGPROXY: path }).catch((error: unknown) => (error instanceof Error ? error.message : error));
    expect(await refusal("/nowhere/imgproxy")).toBe("HOLDFAST_IMGPROXY is /nowhere/imgproxy, which cannot be run");
    expect(await refusal("/bin/false")).toBe("HOLDFAST_IMGPROXY is /bin/false, which cannot be run");
    expect(await refusal("/bin/true")).toBe("HOLDFAST_IMGPROXY is /bin/true, which does not tell its version");
  });
});

describe.skipIf(binary === undefined)("imgproxy", () => {
  it("answers a file of the folder as a JPEG of the width asked for, whatever its name", async () => {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-imgproxy-"));
    const path = join(folder, "a photo@png, für uns.jpg");
    await writeFile(path, await generatePhoto(randomFrom(1), 640, 480, 88));
    const imgproxy = await startImgproxy(binary?.path ?? "", folder);
    try {
      const { status, headers, body } = await get(imgproxy.urlOf(path, 320), {});
      expect([status, headers["content-type"]]).toEqual([200, "image/jpeg"]);
      expect(await sharp(body).metadata()).toMatchObject({ format: "jpeg", width: 320, height: 240 });
    } finally {
      await imgproxy.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
