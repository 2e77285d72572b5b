import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { dragFiles, findAccessibilityFaults, lacksChromium, launchChromium, limitUploads, openPage } from "./chromium.js";
import { makePhoto, makePhotos } from "./pictures.js";
import { type Service, startService } from "./service.js";

const thumbnails = ".tile img";
const keptPictures = 'section[aria-label="With Holdfast"] img';
const lostPictures = 'section[aria-label="A plain uploads/ folder"] .lost';

/** Wait until `count` pictures have really arrived and been decoded, and no more are there. */
async function picturesArrive(page: Page, selector: string, count: number): Promise<void> {
  await page.waitForFunction(
    ([images, wanted]) => {
      const found = [...document.querySelectorAll<HTMLImageElement>(images)];
      for (const image of found) image.scrollIntoView();
      return found.length === wanted && found.every((image) => image.complete && image.naturalWidth > 0);
    },
    [selector, count] as const,
  );
}

/** Where an element is on the page, however far that is scrolled. */
async function placeOnPage(page: Page, selector: string): Promise<object> {
  return await page.locator(selector).evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x: x + scrollX, y: y + scrollY, width, height };
  });
}

const namesInGrid = async (page: Page): Promise<string[]> => await page.locator(".tile-name").allInnerTexts();

/** Put files into the service without the page. */
async function upload(service: Service, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const body = await readFile(path);
    const response = await fetch(`${service.origin}/api/v1/files?name=${basename(path)}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/octet-stream" },
    });
    expect(response.status).toBe(201);
  }
}

/** How the plain app of the demonstration stands. */
async function readPlain({ origin }: Service): Promise<{ readonly pid: number | null; readonly total: number }> {
  const { plain } = (await (await fetch(`${origin}/api/v1/redeploy`)).json()) as { plain: { pid: number | null; total: number } };
  return plain;
}

/** Leave the service as a new one: empty. */
async function deleteAll({ origin }: Service): Promise<void> {
  const { files } = (await (await fetch(`${origin}/api/v1/files?limit=200`)).json()) as { files: { id: string }[] };
  for (const { id } of files) await fetch(`${origin}/api/v1/files/${id}`, { method: "DELETE" });
}

describe.skipIf(lacksChromium)("the console", () => {
  let browser: Browser;
  let service: Service;
  beforeAll(async () => {
    browser = await launchChromium();
    service = await startService();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await deleteAll(service);
  });

  it("takes three dropped photos, shows their progress and their thumbnails, and has them after a reload", async () => {
    const photos = await makePhotos(service.folder, 3);
    const { page, complaints } = await openPage(browser, service.origin);
    await page.getByText("Nothing here yet.").waitFor();
    const hurry = await limitUploads(page, 400_000);
    await dragFiles(page, "drop", photos, async () => {
      await page.getByText("Drop to add 3 files").waitFor();
    });
    await expect.poll(async () => await page.locator(".upload").count()).toBe(3);
    expect(await page.locator(".drop-veil").count()).toBe(0);
    await page.getByRole("progressbar", { name: "photo-2.jpg" }).waitFor();
    // Somewhere between the first byte and the last, in words and on the bar.
    await page.waitForFunction(() => {
      const [part] = document.querySelectorAll<HTMLProgressElement>(".upload progress[value]");
      return part !== undefined && part.position > 0.05 && part.position < 1;
    });
    await page
      .getByText(/^[1-9]\d? % · \d+ kB of \d+ kB$/)
      .first()
      .waitFor();
    await hurry();
    await picturesArrive(page, thumbnails, 3);
    await page.getByText("3 files stored.").waitFor({ state: "attached" });
    const order = await namesInGrid(page);
    expect([...order].sort()).toEqual(["photo-1.jpg", "photo-2.jpg", "photo-3.jpg"]);

    await page.reload();
    await picturesArrive(page, thumbnails, 3);
    expect(await namesInGrid(page)).toEqual(order);
    expect(complaints).toEqual([]);
  });

  it("shows a photo's blur and keeps its place until the thumbnail arrives, and links to the original", async () => {
    const photo = await makePhoto(service.folder, "turned.jpg", 300, 500);
    await upload(service, [photo]);
    const { page, complaints } = await openPage(browser, "about:blank");
    let letThrough: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letThrough = resolve));
    await page.route("**/media/*/w*/*", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(service.origin);
    const image = page.locator(thumbnails);
    await image.waitFor({ state: "attached" });
    expect(await image.getAttribute("width")).toBe("300");
    expect(await image.getAttribute("height")).toBe("500");
    expect(await placeOnPage(page, ".frame canvas")).toEqual(await placeOnPage(page, ".frame"));
    const before = await placeOnPage(page, ".frame");
    letThrough();
    await picturesArrive(page, thumbnails, 1);
    expect(await placeOnPage(page, ".frame")).toEqual(before);
    expect(await page.locator(".frame canvas").count()).toBe(0);

    const original = await page.request.get(new URL((await page.locator(".tile a").getAttribute("href")) ?? "", service.origin).href);
    expect(Buffer.compare(await original.body(), await readFile(photo))).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("says what is wrong with a text file named .jpg, in the service's words, and takes the mended one", async () => {
    const path = join(service.folder, "notes.jpg");
    await writeFile(path, "These are notes and no picture.\n");
    const { page, complaints } = await openPage(browser, service.origin);
    await page.setInputFiles("input[type=file]", path);
    await page.getByRole("alert").filter({ hasText: '"notes.jpg" is text; accepted are' }).waitFor();
    await page.getByRole("heading", { name: "1 file not added" }).waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([expect.stringContaining("415")]);

    await page.getByRole("button", { name: "Dismiss notes.jpg" }).click();
    await makePhoto(service.folder, "notes.jpg");
    await page.setInputFiles("input[type=file]", path);
    await picturesArrive(page, thumbnails, 1);
  });

  it("tries again once the service answers again", async () => {
    const [photo = ""] = await makePhotos(service.folder, 1);
    const { page } = await openPage(browser, service.origin);
    await page.route("**/api/v1/files", async (route) => await route.abort("connectionreset"));
    await page.setInputFiles("input[type=file]", photo);
    await page.getByText('The connection ended before "photo-1.jpg" was acknowledged.').waitFor();
    await page.unroute("**/api/v1/files");
    await page.getByRole("button", { name: "Try again with photo-1.jpg" }).click();
    await picturesArrive(page, thumbnails, 1);
    expect(await namesInGrid(page)).toEqual(["photo-1.jpg"]);
  });

  it("cancels one upload and stores the others", async () => {
    const photos = await makePhotos(service.folder, 3);
    const { page, complaints } = await openPage(browser, service.origin);
    const hurry = await limitUploads(page, 100_000);
    await page.setInputFiles("input[type=file]", photos);
    await page.getByRole("button", { name: "Cancel photo-2.jpg" }).click();
    await hurry();
    await picturesArrive(page, thumbnails, 2);
    expect((await namesInGrid(page)).sort()).toEqual(["photo-1.jpg", "photo-3.jpg"]);
    const { files } = (await (await fetch(`${service.origin}/api/v1/files`)).json()) as { files: unknown[] };
    expect(files).toHaveLength(2);
    expect(complaints).toEqual([]);
  });

  it("takes a dropped folder's photos, and nothing from a drag that is called off", async () => {
    const album = join(service.folder, "album");
    await mkdir(join(album, "inner"), { recursive: true });
    await makePhoto(album, "outer.jpg");
    await makePhoto(join(album, "inner"), "inner.jpg");
    const { page, complaints } = await openPage(browser, service.origin);
    await page.getByText("Nothing here yet.").waitFor();
    const veil = page.locator(".drop-veil");
    await dragFiles(page, "dragCancel", [album], async () => await veil.waitFor());
    await veil.waitFor({ state: "detached" });
    expect(await page.locator(".upload").count()).toBe(0);
    await dragFiles(page, "drop", [album]);
    await picturesArrive(page, thumbnails, 2);
    expect((await namesInGrid(page)).sort()).toEqual(["inner.jpg", "outer.jpg"]);
    expect(complaints).toEqual([]);
  });

  it("takes a pasted photo", async () => {
    const { page, complaints } = await openPage(browser, service.origin);
    await page.getByText("Nothing here yet.").waitFor();
    await page.evaluate(async () => {
      const canvas = document.createElement("canvas");
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([blob ?? ""], "image.png", { type: "image/png" }));
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    });
    await picturesArrive(page, thumbnails, 1);
    expect(complaints).toEqual([]);
  });

  it("shows what is no image as a tile of its type", async () => {
    const path = join(service.folder, "terms.pdf");
    await writeFile(path, "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
    await upload(service, [path]);
    const { page, complaints } = await openPage(browser, service.origin);
    expect(await page.locator(".type-tile").innerText()).toBe("PDF");
    expect(await page.locator(thumbnails).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("reads further pages of the list when asked, and none twice", async () => {
    const photos = await makePhotos(service.folder, 14, 20, 20);
    await upload(service, photos);
    const newestFirst = photos.map((path) => basename(path)).reverse();
    const { page, complaints } = await openPage(browser, service.origin);
    await expect.poll(async () => await namesInGrid(page)).toEqual(newestFirst.slice(0, 12));
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(async () => await namesInGrid(page)).toEqual(newestFirst);
    expect(await page.getByRole("button", { name: "Show more" }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("deletes a photo with the keyboard alone, and only after a question", async () => {
    await upload(service, await makePhotos(service.folder, 2, 40, 40));
    const { page, complaints } = await openPage(browser, service.origin);
    await picturesArrive(page, thumbnails, 2);
    await page.getByRole("button", { name: "Delete photo-2.jpg" }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Delete photo-2.jpg?" });
    await dialog.waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await namesInGrid(page)).toEqual(["photo-2.jpg", "photo-1.jpg"]);

    await page.getByRole("button", { name: "Delete photo-2.jpg" }).press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(async () => await namesInGrid(page)).toEqual(["photo-1.jpg"]);
    await page.reload();
    await expect.poll(async () => await namesInGrid(page)).toEqual(["photo-1.jpg"]);
    expect(complaints).toEqual([]);
  });

  it("opens the file picker from the keyboard", async () => {
    const { page } = await openPage(browser, service.origin);
    // Listened for from the start: the browser takes a moment before it tells of pickers instead of opening them.
    const picked: boolean[] = [];
    page.on("filechooser", (picker) => picked.push(picker.isMultiple()));
    await page.getByRole("button", { name: "Choose photos" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    expect(await focused.innerText()).toBe("Choose photos");
    expect(await focused.evaluate((button) => getComputedStyle(button).outlineStyle)).toBe("solid");
    await page.keyboard.press("Enter");
    await expect.poll(() => picked).toEqual([true]);
  });

  it("redeploys two real apps: with Holdfast every picture still answers, in the plain folder none", async () => {
    await upload(service, await makePhotos(service.folder, 3));
    const { page, complaints } = await openPage(browser, service.origin);
    await page.getByRole("button", { name: "Redeploy" }).click();
    // Before it, both have them: what is lost later was there.
    await picturesArrive(page, ".side img", 6);
    await page.getByText("To see which of the two your own app is").waitFor({ timeout: 60_000 });
    const words = async (side: string): Promise<string> =>
      await page.getByRole("region", { name: side }).locator(".side-count").innerText();
    expect(await words("With Holdfast")).toMatch(/^3 of 3\s+pictures still answer$/);
    expect(await words("A plain uploads/ folder")).toMatch(/^0 of 3\s+pictures still answer$/);
    await picturesArrive(page, keptPictures, 3);
    expect(await page.locator(lostPictures).allInnerTexts()).toEqual(Array(3).fill(expect.stringContaining("404")));
    expect(await page.getByText("npx holdfast verify https://your-app.example/uploads/picture.jpg").count()).toBe(1);
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);

    // A second round: the kept stay kept, the lost stay lost.
    await page.getByRole("button", { name: "Redeploy again" }).click();
    await page.getByText("To see which of the two your own app is").waitFor({ state: "detached" });
    await page.getByText("To see which of the two your own app is").waitFor({ timeout: 60_000 });
    expect(await words("With Holdfast")).toMatch(/^3 of 3/);
    await picturesArrive(page, keptPictures, 3);
    expect(await page.locator(lostPictures).count()).toBe(3);
    expect(complaints).toEqual([]);
  });

  it("says why a redeploy failed, on a phone's width too, and begins anew", async () => {
    await upload(service, await makePhotos(service.folder, 24, 60, 40));
    const { page, complaints } = await openPage(browser, service.origin, { viewport: { width: 390, height: 800 } });
    const before = await readPlain(service);
    await page.getByRole("button", { name: /^Redeploy/ }).click();
    // The plain app dies while pictures are uploaded to it.
    const plain = await vi.waitUntil(
      async () => {
        const now = await readPlain(service);
        return now.total > before.total ? now : undefined;
      },
      { timeout: 30_000, interval: 5 },
    );
    process.kill(plain.pid ?? Number.NaN, "SIGKILL");
    await page.getByRole("alert").filter({ hasText: "It failed, and starts anew next time" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.getByRole("button", { name: "Redeploy again" }).click();
    await page.getByText("To see which of the two your own app is").waitFor({ timeout: 60_000 });
    await picturesArrive(page, keptPictures, 24);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(complaints.filter((complaint) => !complaint.includes("503"))).toEqual([]);
  });

  for (const width of [1280, 390]) {
    it(`has no accessibility fault and no sideways scrolling ${width} pixels wide, empty and with photos`, async () => {
      const { page } = await openPage(browser, service.origin, { viewport: { width, height: 800 } });
      await page.getByText("Nothing here yet.").waitFor();
      expect(await findAccessibilityFaults(page)).toEqual([]);
      await page.setInputFiles("input[type=file]", await makePhotos(service.folder, 2));
      await picturesArrive(page, thumbnails, 2);
      expect(await findAccessibilityFaults(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  }
});

describe.skipIf(lacksChromium)("the console of a service with a token", () => {
  const token = "a-token-of-the-browser-test-0123456789";
  let browser: Browser;
  let service: Service;
  beforeAll(async () => {
    browser = await launchChromium();
    service = await startService({ HOLDFAST_TOKEN: token });
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  it("asks for it, refuses a wrong one in words, lets the right one in, and out again", async () => {
    const photo = await makePhoto(service.folder, "private.jpg");
    const { page, complaints } = await openPage(browser, service.origin);
    const field = page.getByLabel("Access token");
    await field.fill("something else entirely");
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect.poll(async () => await page.getByRole("alert").innerText()).toContain("token");
    await field.fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.setInputFiles("input[type=file]", photo);
    await picturesArrive(page, thumbnails, 1);
    expect(
      (await page.request.get(new URL((await page.locator(".tile a").getAttribute("href")) ?? "", service.origin).href)).status(),
    ).toBe(200);
    expect(await findAccessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await field.waitFor();
    expect(await page.locator(thumbnails).count()).toBe(0);
  });
});
