import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExampleApp, startExample } from "../system/example-process.js";
import { lacksChromium, launchChromium, openPage } from "./chromium.js";
import { fillIn, findFaultsOnPages, logIn, logOut, pictureArrives } from "./example-pages.js";
import { makePhotos } from "./pictures.js";

const administrator = "elodie@example.com";
const password = "un toit en Californie";

describe.skipIf(lacksChromium)("lettings", () => {
  let browser: Browser;
  let app: ExampleApp;
  beforeAll(async () => {
    [browser, app] = await Promise.all([launchChromium(), startExample("lettings")]);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  it.each([true, false])("is used from log-in to log-out, with JavaScript: %s", async (javaScriptEnabled) => {
    const { page, complaints } = await openPage(browser, "about:blank", { javaScriptEnabled, locale: "fr-FR" });
    const photos = await makePhotos(app.folder, 2, 900, 600);
    const title = `Maison ${javaScriptEnabled ? "une" : "deux"}`;
    await logIn(page, app.origin, administrator, password);

    await page.click("text=Administration");
    await page.click("text=Adresses");
    await page.click("text=Ajouter une adresse");
    await fillIn(page, { number: "7", street: title, city: "Irvine", zip: "92602" });
    await page.click("text=Enregistrer");
    await page.locator("tr", { hasText: title }).locator("a", { hasText: "Ajouter une location" }).click();
    await fillIn(page, { title, description: "Quatre murs et un toit.", rent: "2 100", bedrooms: "2" });
    await page.setInputFiles("#photos", photos);
    await page.click("text=Enregistrer");
    await page.locator("h1", { hasText: title }).waitFor();
    const letting = page.url();
    expect(await page.locator(".gallery img").count()).toBe(2);
    const first = await pictureArrives(page, ".gallery img");
    expect(await page.locator("address").innerText()).toBe(`7 ${title}\nIrvine, CA 92602`);
    await page.goto(`${app.origin}/lettings`);
    expect(await page.locator(".tile h2").first().innerText()).toBe(title);
    await pictureArrives(page, ".tile img");

    await page.goto(letting);
    await page.click("article >> text=Modifier");
    await page.click('[aria-label="Avancer la photo 2"]');
    await page.fill("#rent", "2200");
    await page.click("text=Enregistrer");
    await page.locator("output.notice").waitFor();
    expect(await pictureArrives(page, ".gallery img")).not.toBe(first);
    expect(await page.locator(".tag.price").innerText()).toMatch(/^2\s200\s\$US par mois$/);

    await page.goto(`${app.origin}/admin/lettings`);
    await page.click(`[aria-label="Supprimer ${title}"]`);
    await page.click("main form button.danger");
    await page.locator("output.notice").waitFor();
    expect((await page.request.get(letting)).status()).toBe(404);
    await logOut(page);
    expect(complaints.filter((complaint) => !complaint.includes("404"))).toEqual([]);
    await page.context().close();
  });

  it("has no fault that axe finds, on any page, in either language, in light and dark", { timeout: 240_000 }, async () => {
    const { page } = await openPage(browser, `${app.origin}/lettings`);
    const letting = (await page.locator(".tile h2 a").first().getAttribute("href")) ?? "";
    const bare = (await page.locator(".tile h2 a").last().getAttribute("href")) ?? "";
    await page.context().close();
    const open = ["/", "/lettings", letting, bare, "/profiles", "/profiles/elodie", "/log-in", "/nowhere", "/sentry-debug/"];
    expect(await findFaultsOnPages(browser, app, open, async () => undefined)).toEqual([]);
    const own = ["/admin/lettings", "/admin/addresses", "/admin/profiles", `/admin${letting}`, `/admin${letting}/delete`];
    const more = ["/admin/addresses/new", "/admin/profiles/new"];
    expect(
      await findFaultsOnPages(browser, app, [...own, ...more], async (one) => await logIn(one, app.origin, administrator, password)),
    ).toEqual([]);
  });
});
