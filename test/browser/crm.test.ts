import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zipOf } from "../../examples/crm/src/import/zip.fixture.js";
import { type ExampleApp, startExample } from "../system/example-process.js";
import { lacksChromium, launchChromium, openPage } from "./chromium.js";
import { fillIn, findFaultsOnPages, logIn, logOut, pictureArrives } from "./example-pages.js";

const organiser = "defne@example.com";
const password = "defterde yerimiz var";

describe.skipIf(lacksChromium)("crm", () => {
  let browser: Browser;
  let app: ExampleApp;
  let photo: string;
  let lead: string;
  let preview: string;
  beforeAll(async () => {
    [browser, app] = await Promise.all([launchChromium(), startExample("crm")]);
    photo = join(app.folder, "two-halves.jpg");
    await writeFile(photo, await twoHalves());
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  it.each([true, false])("is used from log-in to log-out, with JavaScript: %s", async (javaScriptEnabled) => {
    const { page, complaints } = await openPage(browser, "about:blank", { javaScriptEnabled, locale: "tr-TR" });
    const name = `İpek ${javaScriptEnabled ? "Bir" : "İki"}`;
    await logIn(page, app.origin, organiser, password);

    await page.click("text=Aday ekle");
    await fillIn(page, { name, company: "İpek Yolu", note: "Fuarda tanıştık." });
    await page.setInputFiles("#photo", photo);
    if (javaScriptEnabled) {
      // The square is moved to the right with the keys, by who does not drag.
      await page.locator("[data-crop] canvas").waitFor();
      expect(await page.locator("#focus").isVisible()).toBe(false);
      await page.getByLabel("Sola ve sağa").press("End");
    } else await page.selectOption("#focus", "right");
    await page.click("main form.card > .actions button");
    await page.locator("h1", { hasText: name }).waitFor();
    const address = page.url();
    expect(await dominantOf(page, await pictureArrives(page, "article .avatar"))).toMatchObject({ r: 8, g: 8, b: 248 });
    await page.goto(`${app.origin}/leads`);
    const row = page.locator("tr", { hasText: name });
    await pictureArrives(page, `tr:has-text("${name}") img`);
    expect(await row.innerText()).toContain("İpek Yolu");

    await row.locator("a").click();
    await page.click("text=Düzenle");
    await fillIn(page, { name: `${name} Yeni` });
    await page.selectOption("#stage", "won");
    await page.check('input[name="removePhoto"]');
    await page.click("text=Kaydet");
    await page.locator("h1", { hasText: `${name} Yeni` }).waitFor();
    expect(await page.locator("article .avatar").getAttribute("src")).toMatch(/^data:image\/svg/);
    expect(await page.locator(".tag").innerText()).toBe("Kazanıldı");

    await page.click("a.button.danger");
    await page.click("main form button.danger");
    await page.locator("output.notice").waitFor();
    expect((await page.request.get(address)).status()).toBe(404);
    await logOut(page);
    await page.goto(address);
    expect(new URL(page.url()).pathname).toBe("/log-in");
    expect(complaints.filter((complaint) => !complaint.includes("404"))).toEqual([]);
    await page.context().close();
  });

  it("imports a table with its photos, having shown what it will do; where a photo does not arrive there are initials", async () => {
    const { page } = await openPage(browser, "about:blank", { javaScriptEnabled: false, locale: "tr-TR" });
    await logIn(page, app.origin, organiser, password);
    const [csv, zip] = [join(app.folder, "leads.csv"), join(app.folder, "photos.zip")];
    await writeFile(csv, "ad;temsilci;fotoğraf\nElif Şahin;emre@example.com;elif.jpg\nYanlış;kimse@example.com;yok.jpg\n");
    await writeFile(zip, zipOf([{ name: "fotoğraflar/Elif.jpg", bytes: await twoHalves() }]));
    const look = async (): Promise<void> => {
      await page.goto(`${app.origin}/import`);
      await page.setInputFiles("#csv", csv);
      await page.setInputFiles("#zip", zip);
      await page.click("main form.card button");
      await page.locator("table.preview").waitFor();
    };
    await look();
    await pictureArrives(page, "table.preview img");
    expect(await page.locator(".problems li").innerText()).toContain("Ekipte bu e-posta adresiyle kimse yok.");
    await page.click("text=1 adayı içe aktar, 1 satırı dışarıda bırak");
    await page.locator("output.notice").waitFor();
    await pictureArrives(page, 'tr:has-text("Elif Şahin") img');
    expect(await page.locator("tr", { hasText: "Yanlış" }).count()).toBe(0);

    await page.route("**/media/**", async (route) => await route.abort());
    await page.goto(`${app.origin}/leads`);
    const row = page.locator("tr", { hasText: "Ayşe Korkmaz" });
    const drawn = /base64,([\w+/=]+)/.exec((await row.locator("img").getAttribute("style")) ?? "")?.[1] ?? "";
    expect(Buffer.from(drawn, "base64").toString()).toContain(">AK</text>");
    // For axe, which looks at these pages as well.
    lead = (await row.locator("a").getAttribute("href")) ?? "";
    await look();
    preview = new URL(page.url()).pathname;
    await page.context().close();
  });

  // The pages that only the shared room makes are looked at with articles.
  it("has no fault that axe finds, on any page, in either language, in light and dark", { timeout: 240_000 }, async () => {
    expect(await findFaultsOnPages(browser, app, ["/"], async () => undefined)).toEqual([]);
    const inside = ["/leads", lead, `${lead}/edit`, "/team", "/profile", "/import", preview];
    expect(await findFaultsOnPages(browser, app, inside, async (one) => await logIn(one, app.origin, organiser, password))).toEqual([]);
  });
});

/** A photograph that is wider than high: red at the left, blue at the right. */
async function twoHalves(): Promise<Buffer> {
  const right = await sharp({ create: { width: 400, height: 400, channels: 3, background: "#00f" } })
    .png()
    .toBuffer();
  return await sharp({ create: { width: 800, height: 400, channels: 3, background: "#f00" } })
    .composite([{ input: right, left: 400, top: 0 }])
    .jpeg()
    .toBuffer();
}

/** The colour that a picture is mostly of. */
async function dominantOf(page: Page, src: string): Promise<unknown> {
  const answer = await page.request.get(new URL(src, page.url()).href);
  return (await sharp(await answer.body()).stats()).dominant;
}
