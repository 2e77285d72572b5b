import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { MiddlewareHandler } from "hono";

/** The files that never change: style sheets, scripts, icons. Each has its hash in its URL, so browsers keep it for a year. */
export interface Assets {
  /** Where a file is: `/assets/style.1f0c….css`. */
  url(name: string): string;
  readonly handler: MiddlewareHandler;
}

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly bodies: Readonly<Record<"br" | "gzip" | "identity", Uint8Array<ArrayBuffer>>>;
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

const prefix = "/assets/";
const siteFolder = fileURLToPath(new URL("../assets", import.meta.url));

/** Read the site's own files and those of the given folders, and compress them once, as well as can be. */
export function readAssets(folders: readonly string[] = []): Assets {
  const urls = new Map<string, string>();
  const assets = new Map<string, Asset>();
  for (const folder of [siteFolder, ...folders]) {
    for (const name of readdirSync(folder)) {
      const extension = extname(name);
      const type = types[extension];
      if (type === undefined) continue;
      const bytes = Uint8Array.from(readFileSync(join(folder, name)));
      const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
      const url = `${prefix}${name.slice(0, -extension.length)}.${hash}${extension}`;
      urls.set(name, url);
      assets.set(url, { type, etag: `"${hash}"`, bodies: { identity: bytes, ...compress(bytes) } });
    }
  }
  return {
    url(name) {
      const url = urls.get(name);
      if (url === undefined) throw new Error(`There is no asset "${name}".`);
      return url;
    },
    handler: async (c, next) => {
      const asset = assets.get(c.req.path);
      if (asset === undefined) return await next();
      const coding = codingOf(c.req.header("accept-encoding") ?? "");
      const headers = {
        "content-type": asset.type,
        "cache-control": "public, max-age=31536000, immutable",
        etag: asset.etag,
        vary: "Accept-Encoding",
        ...(coding === "identity" ? {} : { "content-encoding": coding }),
      };
      if (c.req.header("if-none-match") === asset.etag) return c.body(null, 304, headers);
      return c.body(asset.bodies[coding], 200, headers);
    },
  };
}

function compress(bytes: Uint8Array): Pick<Asset["bodies"], "br" | "gzip"> {
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  return { br: Uint8Array.from(brotliCompressSync(bytes, best)), gzip: Uint8Array.from(gzipSync(bytes, { level: 9 })) };
}

function codingOf(accepted: string): keyof Asset["bodies"] {
  const isWished = (coding: string): boolean =>
    new RegExp(`(?:^|,)\\s*${coding}\\s*(?:;\\s*q=(?!0(?:\\.0*)?\\s*(?:,|$))[\\d.]+\\s*)?(?:,|$)`, "i").test(accepted);
  if (isWished("br")) return "br";
  return isWished("gzip") ? "gzip" : "identity";
}
