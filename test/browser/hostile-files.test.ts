import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Media, openMedia } from "@holdfast/media";
import { nodeHandler } from "@holdfast/media/node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lacksChromium, launchChromium } from "./chromium.js";
import { type HostileFile, makeHostileFiles } from "./hostile-files.js";

/** Every trick once and more; .ci/full shows 500. */
const count = Number(process.env["HOLDFAST_HOSTILE_FILES"] ?? 100);
const filesAPage = 50;
const tabs = 4;
/** What a server does that believes names: as `express.static` and its like, and without a word about sniffing. */
const typesByName: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".svg": "image/svg+xml",
  ".xml": "text/xml",
  ".xhtml": "application/xhtml+xml",
  ".js": "text/javascript",
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".pdf": "application/pdf",
};

describe.skipIf(lacksChromium)(`${count} hostile files, in a page of the same origin`, () => {
  const servers: Server[] = [];
  /** The scripts that ran: told by their console message, or by the request they made. */
  const ran = new Set<number>();
  let browser: Browser;
  let folder: string;
  let media: Media;
  let files: HostileFile[];
  let ours: string;
  let careless: string;
  /** The paths at which media answers each file that it took: the original, and for pictures the full size. */
  const kept = new Map<HostileFile, string[]>();

  beforeAll(async () => {
    browser = await launchChromium();
    folder = await mkdtemp(join(tmpdir(), "holdfast-hostile-"));
    const beacon = await listen((request, response) => {
      ran.add(Number(new URL(request.url ?? "", "http://localhost").search.slice(1)));
      response.end();
    });
    files = await makeHostileFiles(count, beacon);
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    media = await openMedia({ cwd: folder, env: {}, log: quiet });
    await mkdir(join(folder, "holdfast-data/media/uploads"), { recursive: true });
    for (const file of files) {
      await writeFile(join(folder, "holdfast-data/media/uploads", file.name), file.bytes);
      const paths = await keep(media, file);
      if (paths !== undefined) kept.set(file, paths);
    }
    const mounted = nodeHandler(media.mount("/uploads"));
    const handed = nodeHandler(media);
    ours = await listen((request, response) => {
      if (request.url?.startsWith("/uploads/") === true) void mounted(request, response);
      else if (request.url?.startsWith("/media/") === true) void handed(request, response);
      else response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Pictures</title>");
    });
    const byName = new Map(files.map((file) => [`/uploads/${encodeURIComponent(file.name)}`, file]));
    careless = await listen((request, response) => {
      const file = byName.get(request.url ?? "");
      const type = file === undefined ? "text/html" : typesByName[extname(file.name)];
      response
        .writeHead(200, type === undefined ? {} : { "content-type": type })
        .end(file?.bytes ?? "<!doctype html><title>Pictures</title>");
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await media?.close();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await rm(folder, { recursive: true, force: true });
  });

  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Show every path in every way, in a browser without a past. Answers which files ran their script. */
  async function show(origin: string, paths: readonly string[], { byAddress = true } = {}): Promise<number[]> {
    ran.clear();
    const context = await browser.newContext({ acceptDownloads: false });
    context.on("console", (message) => {
      const at = /^ran (\d+)$/.exec(message.text())?.[1];
      if (at !== undefined) ran.add(Number(at));
    });
    const batches = Array.from({ length: Math.ceil(paths.length / filesAPage) }, (_, at) =>
      paths.slice(at * filesAPage, (at + 1) * filesAPage),
    );
    const work = [...batches];
    await Promise.all(
      Array.from({ length: tabs }, async () => {
        const page = await context.newPage();
        page.on("dialog", (dialog) => void dialog.dismiss());
        for (let batch = work.shift(); batch !== undefined; batch = work.shift()) {
          await page.goto(origin);
          await page.evaluate(embed, batch);
          for (const path of byAddress ? await inAddressBar(origin, batch) : []) {
            await page.goto(origin + path, { waitUntil: "load", timeout: 5000 }).catch(() => undefined);
          }
        }
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await context.close();
    return [...ran].toSorted((a, b) => a - b);
  }

  it("run their scripts from a server that believes their names, or this test would prove nothing", async () => {
    const paths = files.map(({ name }) => `/uploads/${encodeURIComponent(name)}`);
    const ranThere = await show(careless, paths, { byAddress: false });
    const tricks = new Set(ranThere.map((at) => files[at]?.trick));
    expect(ranThere.length).toBeGreaterThan(count / 20);
    expect(tricks.size).toBeGreaterThan(8);
    process.stderr.write(
      `hostile files: ${ranThere.length} of ${count} ran their script from a careless server, by ${tricks.size} tricks\n`,
    );
  }, 180_000);

  it("run none from a mounted path, whatever they are named", async () => {
    expect(
      await show(
        ours,
        files.map(({ name }) => `/uploads/${encodeURIComponent(name)}`),
      ),
    ).toEqual([]);
  }, 180_000);

  it("run none of those that could be uploaded, neither as originals nor as variants", async () => {
    const paths = [...kept.values()].flat();
    expect(kept.size).toBeGreaterThan(count / 10);
    expect(paths.length).toBeGreaterThan(kept.size);
    process.stderr.write(`hostile files: ${kept.size} of ${count} were taken as what they are, ${paths.length} paths\n`);
    expect(await show(ours, paths)).toEqual([]);
  }, 180_000);
});

/** Keep a file as its sender wants it to be taken, or as what it is. Answers where it is; what is refused is nowhere. */
async function keep(media: Media, file: HostileFile): Promise<string[] | undefined> {
  for (const declared of [{ declaredType: file.declaredType }, {}]) {
    try {
      const stored = await media.put(new Uint8Array(file.bytes), { name: file.name, visibility: "public", ...declared });
      return stored.width === undefined ? [stored.originalUrl()] : [stored.originalUrl(), stored.url({ width: 64 })];
    } catch {
      // Refused: told apart by its bytes.
    }
  }
  return undefined;
}

/**
 * Which paths are worth the address bar's time: all that a browser may show. What is sent as an attachment is a download there, and
 * refused; one in ten of those is tried all the same.
 */
async function inAddressBar(origin: string, paths: readonly string[]): Promise<string[]> {
  const isShown = await Promise.all(
    paths.map(async (path, at) => {
      const { headers, body } = await fetch(origin + path, { method: "HEAD" });
      await body?.cancel();
      return at % 10 === 0 || headers.get("content-disposition")?.startsWith("attachment") !== true;
    }),
  );
  return paths.filter((_, at) => isShown[at]);
}

/** In the page: show each path in every element that may, and wait until all have come or failed. */
async function embed(paths: readonly string[]): Promise<void> {
  const ends: Promise<unknown>[] = [];
  for (const path of paths) {
    for (const [tag, attribute] of [
      ["img", "src"],
      ["iframe", "src"],
      ["object", "data"],
      ["embed", "src"],
      ["script", "src"],
    ] as const) {
      const element = document.createElement(tag);
      ends.push(new Promise((resolve) => ["load", "error"].forEach((type) => element.addEventListener(type, resolve))));
      element.setAttribute(attribute, path);
      document.body.append(element);
    }
  }
  // A frame whose answer is a download says nothing at all.
  await Promise.race([Promise.all(ends), new Promise((resolve) => setTimeout(resolve, 1500))]);
}
