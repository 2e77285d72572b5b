import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExampleApp, startExample } from "../system/example-process.js";
import { lacksChromium, launchChromium, openPage } from "./chromium.js";
import { fillIn, findFaultsOnPages, logIn, logOut, pictureArrives } from "./example-pages.js";
import { makePhotos } from "./pictures.js";

const email = "camille@example.com";
const password = "une vraie trouvaille";

describe.skipIf(lacksChromium)("articles", () => {
  let browser: Browser;
  let app: ExampleApp;
  beforeAll(async () => {
    [browser, app] = await Promise.all([launchChromium(), startExample("articles")]);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  it.each([true, false])("is used from log-in to log-out, with JavaScript: %s", async (javaScriptEnabled) => {
    const { page, complaints } = await openPage(browser, "about:blank", { javaScriptEnabled, locale: "fr-FR" });
    const photos = await makePhotos(app.folder, 3, 900, 600);
    const title = `Tabouret ${javaScriptEnabled ? "un" : "deux"}`;
    await logIn(page, app.origin, email, password);

    await page.click("text=Vendre un objet");
    await fillIn(page, { title, description: "Trois pieds, tous droits.", price: "12,50", place: "Nantes" });
    await page.setInputFiles("#photos", photos);
    await page.click("text=Publier");
    await page.locator("h1", { hasText: title }).waitFor();
    const article = page.url();
    expect(await page.locator(".gallery img").count()).toBe(3);
    const first = await pictureArrives(page, ".gallery img");
    await page.goto(app.origin);
    expect(await page.locator(".tile h2").first().innerText()).toBe(title);
    await pictureArrives(page, ".tile img");

    await page.goto(article);
    await page.click("text=Modifier");
    await page.click('[aria-label="Avancer la photo 2"]');
    await page.fill("#price", "15");
    await page.click('[aria-label="Retirer la photo 3"]');
    await page.click("text=Enregistrer");
    await page.locator("output.notice").waitFor();
    expect(await page.locator(".gallery img").count()).toBe(2);
    expect(await pictureArrives(page, ".gallery img")).not.toBe(first);
    expect(await page.locator(".tag.price").innerText()).toMatch(/^15,00/);

    await page.click("text=Supprimer");
    await page.click("main form button.danger");
    await page.locator("output.notice").waitFor();
    expect((await page.request.get(article)).status()).toBe(404);
    await logOut(page);
    expect(complaints.filter((complaint) => !complaint.includes("404"))).toEqual([]);
    await page.context().close();
  });

  it("has a lost picture uploaded again, in place", async () => {
    const { page } = await openPage(browser, "about:blank", { locale: "fr-FR", javaScriptEnabled: false });
    const [photo = ""] = await makePhotos(app.folder, 1, 900, 600);
    await logIn(page, app.origin, email, password);
    await page.click("text=Valise en carton bouilli");
    const old = (await page.locator(".lost img").getAttribute("src")) ?? "";
    expect((await page.request.get(`${app.origin}${old}`, { headers: { accept: "image/*" } })).status()).toBe(404);
    // The answer is a picture all the same.
    expect((await page.locator(".lost img").boundingBox())?.height).toBeGreaterThan(200);
    await page.click("text=L’envoyer à nouveau");
    await page.setInputFiles("#picture", photo);
    await page.click("main form button");
    await pictureArrives(page, ".gallery img");
    expect((await page.request.get(`${app.origin}${old}`, { headers: { accept: "image/*" } })).status()).toBe(200);
    await page.context().close();
  });

  it("has no fault that axe finds, on any page, in either language, in light and dark", { timeout: 240_000 }, async () => {
    const { page } = await openPage(browser, `${app.origin}/`);
    const article = (await page.locator(".tile h2 a").first().getAttribute("href")) ?? "";
    const lost = (await page.locator(".tile h2 a", { hasText: "Table basse" }).getAttribute("href")) ?? "";
    await page.context().close();
    const open = ["/", "/?q=rien", article, lost, "/log-in", "/sign-up", "/nowhere"];
    expect(await findFaultsOnPages(browser, app, open, async () => undefined)).toEqual([]);
    const own = ["/mine", "/articles/new", `${article}/edit`, `${article}/delete`, `${article}/picture`];
    expect(await findFaultsOnPages(browser, app, own, async (one) => await logIn(one, app.origin, email, password))).toEqual([]);
  });
});
