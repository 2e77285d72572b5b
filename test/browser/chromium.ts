import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const executablePath = "/usr/bin/chromium";

/** Whether to leave the browser tests out: Chromium is missing, and this is not CI, where that is a failure. */
export const lacksChromium: boolean = !existsSync(executablePath) && process.env["CI"] === undefined;
if (lacksChromium) process.stderr.write("The browser tests are left out: there is no /usr/bin/chromium (apt-get install chromium).\n");

/** Start the system's Chromium with a new profile. It asks nobody anything but the pages it is sent to. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page, and all that it complained of: errors and warnings of the console, uncaught errors, violations of its policy. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: string[];
}

/** Open a page in a profile of its own. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.exposeFunction("reportViolation", (violation: string) => complaints.push(violation));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const report: unknown = Reflect.get(globalThis, "reportViolation");
      if (typeof report === "function") report(`${event.violatedDirective} forbids ${event.blockedURI}`);
    });
  });
  await page.goto(url);
  return { page, complaints };
}

/** Drag files from outside over the page and let them go, or call it off, as the system's file manager does. */
export async function dragFiles(
  page: Page,
  end: "drop" | "dragCancel",
  files: readonly string[],
  onHover?: () => Promise<void>,
): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver"] as const) await devtools.send("Input.dispatchDragEvent", { type, x: 640, y: 600, data });
  await onHover?.();
  await devtools.send("Input.dispatchDragEvent", { type: end, x: 640, y: 600, data });
  await devtools.detach();
}

/** Let the page send only so many bytes a second, until the answered function is called. */
export async function limitUploads(page: Page, bytesPerSecond: number): Promise<() => Promise<void>> {
  // The same session lifts the limit: another one's word leaves that of the first in force.
  const devtools = await page.context().newCDPSession(page);
  const limit = async (uploadThroughput: number): Promise<void> => {
    const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
    await devtools.send("Network.emulateNetworkConditions", conditions);
  };
  await limit(bytesPerSecond);
  return async () => await limit(-1);
}

/** Judge the page by axe, all of its rules, in light and in dark. Answers the violations with the elements they are about. */
export async function findAccessibilityFaults(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<axe.AxeResults>("axe.run(document)");
    for (const { id, nodes } of violations) faults.push(...nodes.map(({ html }) => `${colorScheme}: ${id}: ${html}`));
  }
  return faults;
}
