import type { Browser, Page } from "playwright-core";
import type { ExampleApp } from "../system/example-process.js";
import { findAccessibilityFaults, openPage } from "./chromium.js";

/** Log in through the form of the site. */
export async function logIn(page: Page, origin: string, email: string, password: string): Promise<void> {
  await page.goto(`${origin}/log-in`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.click("main form button");
  await page.locator("output.notice").waitFor();
}

/** Log out through the button that every page has. */
export async function logOut(page: Page): Promise<void> {
  await page.click('form[action="/log-out"] button');
  await page.locator('a[href="/log-in"]').first().waitFor();
}

/** Fill fields by their ids, as a person would by their labels. */
export async function fillIn(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value);
}

/** Wait until the one picture that matches has arrived and been decoded; answers where it is. Works without scripts of the page. */
export async function pictureArrives(page: Page, selector: string): Promise<string> {
  const picture = page.locator(selector).first();
  await picture.scrollIntoViewIfNeeded();
  const src = (await picture.getAttribute("src")) ?? "";
  const answer = await page.request.get(new URL(src, page.url()).href, { headers: { accept: "image/webp,image/*" } });
  if (answer.status() !== 200) throw new Error(`The picture ${src} is answered ${answer.status()}`);
  const box = await picture.boundingBox();
  if (box === null || box.height < 20) throw new Error(`The picture ${src} takes no place on the page`);
  return src;
}

/** Judge pages by axe, in every language of the switch, in light and dark. Answers each fault with the page it is on. */
export async function findFaultsOnPages(
  browser: Browser,
  app: ExampleApp,
  paths: readonly string[],
  enter: (page: Page) => Promise<void>,
): Promise<string[]> {
  const faults: string[] = [];
  const { page } = await openPage(browser, `${app.origin}/`);
  await enter(page);
  const languages = await page
    .locator('.languages button[name="language"]')
    .evaluateAll((all) => all.map((one) => one.getAttribute("value")));
  for (const language of languages) {
    await page.click(`.languages button[value="${language}"]`);
    for (const path of paths) {
      await page.goto(`${app.origin}${path}`);
      faults.push(...(await findAccessibilityFaults(page)).map((fault) => `${language} ${path}: ${fault}`));
    }
  }
  await page.context().close();
  return faults;
}
