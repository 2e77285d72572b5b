import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findAccessibilityFaults, lacksChromium, launchChromium, openPage } from "./chromium.js";
import { type PictureServer, startPictureServer } from "./picture-server.js";

const screenshots = process.env["HOLDFAST_SCREENSHOTS"];

interface Heard {
  readonly type: string;
  readonly path: string;
  readonly status: number | undefined;
  readonly retries: number;
}

describe.skipIf(lacksChromium)("media-image.js in a page", () => {
  let browser: Browser;
  let server: PictureServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launchChromium(), startPictureServer()]);
    if (screenshots !== undefined) await mkdir(screenshots, { recursive: true });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });
  beforeEach(() => server.hold());
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });

  /** Serve a body with the script at the end of its head, and what it says to `media-load` and `media-error`; open it. */
  async function open(
    body: string,
    { script = "<script src='/media-image.js' defer></script>", clock = false, ...options }: OpenOptions = {},
  ): Promise<{ page: Page; complaints: string[]; heard: () => Promise<Heard[]> }> {
    const html = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Pictures</title>${script}<main><h1>Pictures</h1>${body}</main>`;
    const url = server.page("/page", html, options.policy === undefined ? {} : { "content-security-policy": options.policy });
    const { page, complaints } = await openPage(
      browser,
      "about:blank",
      options.viewport === undefined ? {} : { viewport: options.viewport },
    );
    if (clock) await page.clock.install();
    await page.addInitScript(() => {
      const all: unknown[] = [];
      Reflect.set(globalThis, "heard", all);
      for (const type of ["media-load", "media-error"]) {
        addEventListener(type, ({ detail }: CustomEventInit<{ src: string; status: number | undefined; retries: number }>) => {
          if (detail !== undefined) all.push({ type, path: new URL(detail.src).pathname, status: detail.status, retries: detail.retries });
        });
      }
    });
    await page.goto(url, { waitUntil: "domcontentloaded" });
    return { page, complaints, heard: async () => await page.evaluate(() => Reflect.get(globalThis, "heard") as Heard[]) };
  }

  it("shows the blur under a strict policy while the picture loads, without moving the page, and the picture when it is here", async () => {
    const { page, complaints, heard } = await open(
      `<media-image><img src="/slow/a.png" width="300" height="200" alt="The sea" data-thumbhash="${server.thumbhash}"></media-image><p id="after">After</p>`,
    );
    const canvas = page.locator("media-image canvas");
    await canvas.waitFor();
    const [top, bottom] = await canvas.evaluate((element: HTMLCanvasElement) => {
      const pixels = element.getContext("2d", { willReadFrequently: true });
      const at = (y: number): number[] => [...(pixels?.getImageData(10, y, 1, 1).data ?? [])];
      return [at(1), at(18)];
    });
    // The blue of the evening above, the dark of the sea below, and nothing of it transparent.
    expect(top?.[2]).toBeGreaterThan(top?.[0] ?? 255);
    expect([top?.[3], bottom?.[3]]).toEqual([255, 255]);
    const before = await page.locator("#after").boundingBox();
    expect(await canvas.boundingBox()).toMatchObject({ width: 300, height: 200 });
    server.release();
    await expect.poll(heard).toEqual([{ type: "media-load", path: "/slow/a.png", status: 200, retries: 0 }]);
    expect(await canvas.count()).toBe(0);
    expect(await page.locator("#after").boundingBox()).toEqual(before);
    expect(complaints.filter(isUnexpected)).toEqual([]);
  });

  it("keeps the blur, the box and the alternative text when the picture fails", async () => {
    const { page, heard } = await open(
      `<media-image><img src="/missing/a.png" width="300" height="200" alt="The sea" data-thumbhash="${server.thumbhash}"></media-image>`,
    );
    await expect.poll(heard).toEqual([{ type: "media-error", path: "/missing/a.png", status: 404, retries: 0 }]);
    expect(await page.locator("media-image canvas").boundingBox()).toMatchObject({ width: 300, height: 200 });
    expect(await page.locator("media-image img").evaluate((image) => getComputedStyle(image).opacity)).toBe("0");
    expect(await page.getByRole("img", { name: "The sea" }).count()).toBe(1);
  });

  it("shows the picture that comes with a 404, and tells the page what it is", async () => {
    const { page, heard } = await open(`<p id="place"></p>`);
    await page.locator("#place").evaluate((place) => {
      place.innerHTML = `<img data-fallback src="/lost/a.png" width="300" height="200" alt="The sea">`;
    });
    await expect.poll(heard).toEqual([{ type: "media-error", path: "/lost/a.png", status: 404, retries: 0 }]);
    expect(await page.locator("media-image").count()).toBe(0);
  });

  it("puts initials in the place of a person's picture, in its shape, and leaves the image to screen readers", async () => {
    const { page, complaints } = await open(
      `<a href="/ada">
       <img class="avatar" data-fallback data-initials="Ada Lovelace" src="/cut/a.png" alt="Ada Lovelace" width="64" height="64"></a>`,
      {
        policy: "default-src 'self'; style-src 'unsafe-inline' 'self'",
        script: `<style>.avatar { border-radius: 50%; margin: 3px; width: 50%; height: auto; max-width: 80px }</style><script src="/media-image.js" defer></script>`,
      },
    );
    const text = page.locator("media-image text");
    await text.waitFor();
    expect(await text.textContent()).toBe("AL");
    const { width, height } = (await page.locator("media-image").boundingBox()) ?? {};
    expect({ width, height }).toEqual({ width: 80, height: 80 });
    const style = await page.locator("media-image").evaluate((element) => {
      const { borderRadius, marginTop } = getComputedStyle(element);
      return { borderRadius, marginTop, width: element.style.width };
    });
    expect(style).toEqual({ borderRadius: "50%", marginTop: "3px", width: "50%" });
    expect(await page.getByRole("img").count()).toBe(1);
    expect(await page.getByRole("img", { name: "Ada Lovelace" }).count()).toBe(1);
    expect(complaints.filter(isUnexpected)).toEqual([]);
  });

  it("sees images that failed before the script ran, and those that are inserted later, broken or not", async () => {
    const { page, heard } = await open(`<img data-fallback src="/missing/early.png" alt="Early">`, { script: "" });
    await page.waitForFunction(() => document.querySelector("img")?.complete);
    await page.addScriptTag({ url: "/media-image.js" });
    await expect.poll(async () => (await heard()).map(({ path }) => path)).toEqual(["/missing/early.png"]);
    await page.evaluate(async () => {
      const broken = Object.assign(new Image(), { src: "/missing/broken.png", alt: "Broken" });
      broken.dataset["fallback"] = "";
      await new Promise((resolve) => broken.addEventListener("error", resolve));
      document.body.append(broken);
      const list = document.createElement("ul");
      list.innerHTML = `<li><img data-fallback src="/missing/listed.png" alt="Listed"></li>`;
      document.body.append(list);
    });
    await expect
      .poll(async () => (await heard()).map(({ path }) => path).sort())
      .toEqual(["/missing/broken.png", "/missing/early.png", "/missing/listed.png"]);
    expect(await page.locator("media-image svg").count()).toBe(3);
  });

  it("leaves other images alone, unless all are asked for", async () => {
    const body = `<img src="/missing/plain.png" alt="Plain"><img data-fallback="off" src="/missing/off.png" alt="Off"><img alt="No source yet">`;
    const few = await open(body);
    await expect.poll(() => server.asked.length).toBe(2);
    await few.page.waitForLoadState("load");
    expect(await few.page.locator("media-image").count()).toBe(0);
    const all = await open(body, { script: `<script src="/media-image.js" data-all defer></script>` });
    await expect.poll(async () => (await all.heard()).map(({ path }) => path)).toEqual(["/missing/plain.png"]);
    await all.page.waitForLoadState("load");
    expect(await all.page.locator("media-image").count()).toBe(1);
  });

  it("tries again after 2, 8 and 32 seconds and then no more, and again when the network is back", async () => {
    const { page, heard } = await open(`<img data-fallback src="/flaky/a.png" alt="The sea" style="">`, { clock: true });
    for (const [seconds, asked] of [
      [2, 2],
      [8, 3],
      [32, 4],
      [600, 4],
    ] as const) {
      await expect.poll(async () => (await heard()).length).toBe(server.asked.length);
      await page.clock.fastForward(seconds * 1000);
      await expect.poll(() => server.asked.length).toBe(asked);
    }
    expect((await heard()).map(({ retries }) => retries)).toEqual([0, 1, 2, 3]);
    server.release();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await expect.poll(async () => (await heard()).at(-1)?.type).toBe("media-load");
    expect(await page.locator("media-image").count()).toBe(0);
    expect(await page.locator("img").evaluate((image) => image.getAttribute("style"))).toBe("");
  });

  it("follows an image that the page moves, changes or takes away", async () => {
    const { page } = await open(`<p id="one"><img data-fallback src="/missing/a.png" alt="The sea"></p><p id="two"></p>`);
    await page.locator("#one media-image").waitFor();
    await page.evaluate(() => document.querySelector("#two")?.append(document.querySelector("img") ?? ""));
    await page.locator("#two img + media-image").waitFor();
    expect(await page.locator("media-image").count()).toBe(1);
    await page.evaluate(() => document.querySelector("img")?.setAttribute("src", "/good/a.png"));
    await page.locator("media-image").waitFor({ state: "detached" });
    expect(await page.locator("img").boundingBox()).toMatchObject({ width: 300, height: 200 });
    await page.evaluate(() => document.querySelector("img")?.setAttribute("src", "/missing/b.png"));
    await page.locator("#two media-image").waitFor();
    await page.evaluate(() => document.querySelector("img")?.remove());
    await page.locator("media-image").waitFor({ state: "detached" });
  });

  it("takes over what the server rendered, and what a framework puts in afterwards", async () => {
    const { page, complaints } = await open(`<media-image><img src="/missing/a.png" alt="One" width="30" height="20"></media-image>`, {
      script: "",
    });
    await page.waitForLoadState("load");
    expect(await page.getByRole("img", { name: "One" }).count()).toBe(1);
    await page.addScriptTag({ url: "/media-image.js" });
    await page.locator("media-image svg").waitFor();
    await page.evaluate(() => {
      const frame = document.createElement("media-image");
      frame.id = "late";
      document.body.append(frame);
      setTimeout(() => {
        frame.dataset["initials"] = "Grace Hopper";
        frame.append(Object.assign(new Image(64, 64), { src: "/slow/b.png", alt: "Grace Hopper" }));
      });
    });
    await expect.poll(async () => await page.locator("#late text").textContent()).toBe("GH");
    server.release();
    await page.locator("#late text").waitFor({ state: "detached" });
    expect(complaints.filter(isUnexpected)).toEqual([]);
  });

  it("works inside a shadow root, with sources of a <picture>, and where the picture comes from", async () => {
    const { page, heard } = await open(`<div id="host"></div>`);
    await page.evaluate(() => {
      const root = document.querySelector("#host")?.attachShadow({ mode: "open" });
      if (root)
        root.innerHTML = `<media-image><picture><source srcset="/good/b.png 2x, /missing/a.png 1x"><img src="/good/c.png" alt="The sea" width="30" height="20"></picture></media-image>`;
    });
    await page.locator("media-image svg").waitFor();
    // Events of a shadow tree stay there, as the images' own do.
    expect(await heard()).toEqual([]);
  });

  it("runs nothing that a name, an alternative text or a hash may contain", async () => {
    const evil = `&quot;&gt;&lt;img src=x onerror=alert(1)&gt;`;
    const { page, complaints } = await open(
      `<img data-fallback data-initials="${evil}" src="/missing/a.png" alt="${evil}"><img data-fallback data-thumbhash="${evil}" src="/missing/b.png" alt="${evil}">
       <img data-fallback data-initials="&lt; &gt;" data-thumbhash="AA" src="/missing/c.png" alt="">`,
    );
    let dialogs = 0;
    page.on("dialog", (dialog) => void (dialogs++, dialog.dismiss()));
    await expect.poll(async () => await page.locator("media-image").count()).toBe(3);
    expect(await page.locator("img").count()).toBe(3);
    expect(dialogs).toBe(0);
    expect(complaints.filter(isUnexpected)).toEqual([]);
  });

  it.each([
    ["desktop", 1280, 900],
    ["phone", 390, 844],
  ] as const)("has no fault that axe finds, on a %s, with pictures that load, are here and have failed", async (screen, width, height) => {
    const blurred = (label: string, src: string): string =>
      `<figure><media-image class="photo"><img src="${src}" width="300" height="200" alt="${label}" data-thumbhash="${server.thumbhash}"></media-image><figcaption>${label}</figcaption></figure>`;
    const person = (role: string, name: string): string =>
      `<li><img class="avatar" data-fallback data-initials="${name}" src="/missing/${role}.jpg" width="48" height="48" alt="${name}"><span>${role}</span></li>`;
    const { page, complaints } = await open(
      `<div class="photos">${blurred("Loading", "/slow/a.png")}${blurred("Here", "/good/a.png")}${blurred("Failed", "/missing/a.png")}
       <figure><img class="photo" data-fallback src="/missing/b.png" width="300" height="200" alt="No preview"><figcaption>Failed, no preview</figcaption></figure></div>
       <ul>${person("Organiser", "Ada Lovelace")}${person("Agent", "Mehmet Yılmaz")}${person("Lead", "Grace Brewster Hopper")}${person("Nobody", "")}</ul>`,
      { script: `<link rel="stylesheet" href="/gallery.css"><script src="/media-image.js" defer></script>`, viewport: { width, height } },
    );
    await expect.poll(async () => await page.locator("media-image :is(canvas, svg)").count()).toBe(7);
    if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `media-image-${screen}.png`), fullPage: true });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(complaints.filter(isUnexpected)).toEqual([]);
  });
});

/** That a picture failed is what these tests are about, and that canvases are read in them is theirs alone. */
function isUnexpected(complaint: string): boolean {
  return !/^Failed to load resource|^Canvas2D/.test(complaint);
}

interface OpenOptions {
  readonly script?: string;
  readonly policy?: string;
  readonly clock?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
}
