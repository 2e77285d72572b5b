import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { rgbaToThumbHash } from "thumbhash";

/** The strictest policy a page can have and still show pictures: no inline script, no style attribute, no `data:` URL. */
export const strictPolicy = "default-src 'self'";

/** A server of pages and of pictures with tempers: `/good/…`, `/slow/…`, `/missing/…`, `/lost/…`, `/cut/…`, `/flaky/…`. */
export interface PictureServer {
  readonly origin: string;
  /** The thumbhash of the good picture, base64. */
  readonly thumbhash: string;
  /** Serve a page at a path. Its policy is the strict one unless another is given. */
  page(path: string, html: string, headers?: Readonly<Record<string, string>>): string;
  /** Let the slow pictures go, and have the flaky ones answered. */
  release(): void;
  /** Hold the slow ones back again, and have the flaky ones fail. */
  hold(): void;
  /** The pictures that were asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Start it on a free loopback port. It serves the built script at `/media-image.js`. */
export async function startPictureServer(): Promise<PictureServer> {
  const script = await readFile(fileURLToPath(new URL("../../packages/media/dist/media-image.js", import.meta.url)));
  const { bytes, thumbhash } = await makeScene();
  const pages = new Map<string, { readonly html: string; readonly headers: Readonly<Record<string, string>> }>();
  const asked: string[] = [];
  const held = new Set<ServerResponse>();
  let isReleased = false;
  const show = (response: ServerResponse, status = 200): void => {
    response.writeHead(status, { "content-type": "image/png", "cache-control": "no-store" }).end(bytes);
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const page = pages.get(path);
    if (page !== undefined) {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": strictPolicy, ...page.headers });
      response.end(page.html);
      return;
    }
    if (path === "/media-image.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script);
      return;
    }
    if (path === "/gallery.css") {
      response.writeHead(200, { "content-type": "text/css" }).end(gallery);
      return;
    }
    asked.push(path);
    const temper = path.split("/")[1];
    if (temper === "good") show(response);
    else if (temper === "lost") show(response, isReleased ? 200 : 404);
    else if (temper === "cut") request.socket.destroy();
    else if (temper === "flaky" && isReleased) show(response);
    else if (temper === "slow" && isReleased) show(response);
    else if (temper === "slow") held.add(response);
    else response.writeHead(404, { "content-type": "text/html" }).end("<h1>Not here</h1>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    thumbhash,
    asked,
    page(path, html, headers = {}) {
      pages.set(path, { html, headers });
      return `${origin}${path}`;
    },
    release() {
      isReleased = true;
      for (const response of held) show(response);
      held.clear();
    },
    hold() {
      isReleased = false;
      asked.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** How the pages of the screenshots look: as apps do, by classes of their own. */
const gallery = `
  :root { color-scheme: light dark; font: 16px system-ui, sans-serif; }
  body { margin: 2rem auto; padding: 0 1rem; max-width: 60rem; }
  .photos { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; }
  figure { margin: 0; }
  .photo { border-radius: 12px; }
  .photo, .photo img { display: block; width: 100%; height: auto; }
  figcaption { margin-top: .4rem; }
  ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 1.5rem; }
  li { display: flex; align-items: center; gap: .6rem; }
  .avatar { border-radius: 50%; object-fit: cover; }`;

/** A picture of an evening by the sea, 300 × 200, and its thumbhash. */
async function makeScene(): Promise<{ readonly bytes: Buffer; readonly thumbhash: string }> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#274060"/><stop offset="1" stop-color="#f6ae6b"/></linearGradient></defs>
    <rect width="300" height="200" fill="url(#sky)"/><circle cx="210" cy="105" r="34" fill="#ffe3a3"/>
    <path d="M0 130h300v70H0z" fill="#1d4e6b"/><path d="M0 200l90-110 70 110z" fill="#22362b"/></svg>`;
  const image = sharp(Buffer.from(svg));
  const { data, info } = await image.clone().resize(100, 100, { fit: "inside" }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    bytes: await image.removeAlpha().png().toBuffer(),
    thumbhash: Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64"),
  };
}
