import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Browser, Page, Response as PageResponse } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCuttingRelay } from "../system/cutting-relay.js";
import { greyAt, makeWav, makeWebm } from "../system/made-media.js";
import { lacksChromium, launchChromium, openPage } from "./chromium.js";
import { type Service, startService } from "./service.js";

const seconds = 60;
let browser: Browser;
let service: Service;

async function keep(bytes: Buffer, name: string, type: string): Promise<string> {
  const response = await fetch(`${service.origin}/api/v1/files?name=${name}`, {
    method: "POST",
    headers: { "content-type": type },
    body: Uint8Array.from(bytes),
  });
  if (response.status !== 201) throw new Error(await response.text());
  return ((await response.json()) as { url: string }).url;
}

describe.skipIf(lacksChromium)("in Chromium", () => {
  beforeAll(async () => {
    [browser, service] = await Promise.all([launchChromium(), startService()]);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  /** Open a page of the service with a player in it; answers the page and what the player was answered. */
  async function player(tag: "audio" | "video", path: string): Promise<{ page: Page; answers: PageResponse[] }> {
    const { page } = await openPage(browser, service.origin);
    const answers: PageResponse[] = [];
    page.on("response", (response) => {
      if (response.url().endsWith(path)) answers.push(response);
    });
    await page.evaluate(
      async ([name, source]) => {
        const media = document.createElement(name as "audio" | "video");
        media.id = "player";
        media.muted = true;
        media.src = source ?? "";
        document.body.replaceChildren(media);
        await new Promise((resolve, reject) => {
          media.addEventListener("loadedmetadata", resolve, { once: true });
          media.addEventListener("error", () => reject(new Error(media.error?.message)), { once: true });
        });
      },
      [tag, path],
    );
    return { page, answers };
  }

  /** Seek, wait until it is there, and answer where that is and how bright the picture in the middle. */
  async function seek(page: Page, to: number): Promise<{ at: number; duration: number; seekableTo: number; grey: number }> {
    return await page.evaluate(async (time) => {
      const media = document.querySelector<HTMLVideoElement>("#player");
      if (media === null) throw new Error("there is no player");
      const seeked = new Promise((resolve) => media.addEventListener("seeked", resolve, { once: true }));
      media.currentTime = time;
      await seeked;
      let grey = 0;
      if (media.videoWidth > 0) {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 8;
        const context = canvas.getContext("2d");
        context?.drawImage(media, 0, 0, 8, 8);
        const pixels = context?.getImageData(0, 0, 8, 8).data ?? new Uint8ClampedArray();
        grey = pixels.filter((_, i) => i % 4 === 0).reduce((sum, value) => sum + value, 0) / 64;
      }
      return { at: media.currentTime, duration: media.duration, seekableTo: media.seekable.end(0), grey };
    }, to);
  }

  it("a recording is sought in: any second of it, by range", async () => {
    const path = await keep(makeWav(44 + seconds * 8000), "tone.wav", "audio/wav");
    const { page, answers } = await player("audio", path);
    for (const to of [50, 5, 58.5]) {
      const found = await seek(page, to);
      expect(found).toMatchObject({ at: to, duration: seconds, seekableTo: seconds });
    }
    expect(answers.map((answer) => answer.status())).toContain(206);
    await page.context().close();
  });

  it("a video is sought in: the frame of that second is shown, and what lies between is not fetched", async () => {
    const video = await makeWebm(seconds);
    const path = await keep(video, "film.webm", "video/webm");
    const { page, answers } = await player("video", path);
    for (const to of [50, 3, 40]) {
      const found = await seek(page, to + 0.5);
      expect(found).toMatchObject({ duration: seconds, seekableTo: seconds });
      expect(Math.abs(found.grey - greyAt(to, seconds))).toBeLessThan(12);
    }
    const ranges = answers.map((answer) => [answer.status(), answer.headers()["content-range"]]);
    expect(ranges[0]).toEqual([206, `bytes 0-${video.byteLength - 1}/${video.byteLength}`]);
    // Further in than the first answer had come.
    expect(ranges.slice(1).some(([status, range]) => status === 206 && !String(range).startsWith("bytes 0-"))).toBe(true);
    await page.context().close();
  });

  it("a download that was cut is resumed where it was, under its ETag", async () => {
    const recording = makeWav(6_000_000);
    const path = await keep(recording, "concert.wav", "audio/wav");
    const relay = await startCuttingRelay(Number(new URL(service.origin).port), [2_000_000]);
    // A browser of its own: one whose contexts have come and gone tells of no download any more.
    const fresh = await launchChromium();
    try {
      const page = await (await fresh.newContext({ acceptDownloads: true })).newPage();
      const downloading = page.waitForEvent("download");
      await page.goto(`${relay.origin}${path}?download`).catch(() => undefined); // a navigation that becomes a download
      const download = await downloading;
      expect(download.suggestedFilename()).toBe("concert.wav");
      const saved = await readFile(await download.path());
      expect(createHash("sha256").update(saved).digest("hex")).toBe(createHash("sha256").update(recording).digest("hex"));
      const resumed = relay.requests.at(-1) ?? "";
      expect(resumed).toMatch(/^Range: bytes=\d{6,}-\r$/im);
      expect(resumed).toMatch(/^If-Range: "[0-9a-f]{32}"\r$/im);
    } finally {
      await fresh.close();
      await relay.stop();
    }
  });
});
