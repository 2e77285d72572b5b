import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { avatar, type Media, type MediaFile, openMedia, picture } from "@holdfast/media";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findAccessibilityFaults, lacksChromium, launchChromium, openPage } from "./chromium.js";
import { type PictureServer, startPictureServer } from "./picture-server.js";

const screenshots = process.env["HOLDFAST_SCREENSHOTS"];
/** What backgrounds in style attributes need. */
const policy = { "content-security-policy": "default-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:" };

describe.skipIf(lacksChromium)("picture() and avatar(), in a page without JavaScript whose pictures are all gone", () => {
  let browser: Browser;
  let server: PictureServer;
  let folder: string;
  let media: Media;
  let photo: MediaFile;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "holdfast-markup-"));
    [browser, server] = await Promise.all([launchChromium(), startPictureServer()]);
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    media = await openMedia({ cwd: folder, env: {}, log: quiet });
    photo = await media.put(new Uint8Array(await (await fetch(`${server.origin}/good/a.png`)).arrayBuffer()), { name: "evening.png" });
    if (screenshots !== undefined) await mkdir(screenshots, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await media?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The colour of an element at its left edge, below the sign of a broken image and beside where letters are. */
  async function colourOf(page: Page, selector: string): Promise<readonly number[]> {
    const { data } = await sharp(await page.locator(selector).screenshot())
      .extract({ left: 6, top: 20, width: 1, height: 1 })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return [...data];
  }

  it.each([
    ["desktop", 1280, 900],
    ["phone", 390, 844],
  ] as const)("shows blurs and initials in their shapes, on a %s", async (screen, width, height) => {
    const person = (name: string, file?: MediaFile): string =>
      `<li>${String(avatar({ name, size: 48, alt: "", class: "avatar", file }))}<span>${name}</span></li>`;
    const html = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Pictures</title>
      <link rel="stylesheet" href="/gallery.css"><main><h1>Pictures</h1><div class="photos">
      <figure>${String(picture(photo, { alt: "An evening by the sea", class: "photo", display: "block", id: "blur" }))}<figcaption>Gone, with its blur</figcaption></figure>
      <figure>${String(picture(photo, { alt: "An evening by the sea", width: 150, id: "small" }))}<figcaption>150 wide</figcaption></figure></div>
      <ul>${person("Ada Lovelace", photo)}${person("Mehmet Yılmaz", photo)}${person("Grace Hopper")}</ul>
      <p>${String(avatar({ name: "Alan Turing", file: photo, size: 64, id: "alan" }))}</p></main></html>`;
    const { page } = await openPage(browser, "about:blank", { viewport: { width, height }, javaScriptEnabled: false });
    await page.goto(server.page("/plain", html, policy), { waitUntil: "networkidle" });
    // Every picture was asked for, and none came.
    expect(server.asked.filter((path) => path.startsWith("/media/")).length).toBeGreaterThan(3);
    if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `markup-${screen}.png`), fullPage: true });
    expect(await page.locator("#small").boundingBox()).toMatchObject({ width: 150, height: 100 });
    expect(await page.locator("#alan").boundingBox()).toMatchObject({ width: 64, height: 64 });
    const box = (await page.locator("#blur").boundingBox()) ?? { width: 0, height: 1 };
    expect(box.width / box.height).toBeCloseTo(1.5, 1);
    // The blue of the evening's sky, and the colour of a name.
    const [red = 255, , blue = 0] = await colourOf(page, "#blur");
    expect(blue).toBeGreaterThan(red);
    expect(await colourOf(page, "#alan")).not.toEqual([255, 255, 255]);
    expect(await page.getByRole("img", { name: "Alan Turing" }).count()).toBe(1);
    await page.context().close();
    const { page: same } = await openPage(browser, `${server.origin}/plain`);
    expect(await findAccessibilityFaults(same)).toEqual([]);
  });
});
