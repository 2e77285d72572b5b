import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "@holdfast/media";
import { problemResponse } from "./problem-response.js";

/** Where the build puts the console; the same seen from `src` and from `dist`. */
const builtFolder = fileURLToPath(new URL("../dist/console/", import.meta.url));

/** Only these are served: what a build of the console consists of. */
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

const pageHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
}

/**
 * Read the console's files once. Answers a request for one of them, `undefined` for any other path: nothing is ever
 * looked up on the disk by a name that came from outside. Hashed assets are immutable, the page itself is always asked for again.
 */
export function readConsolePages(folder: string = builtFolder): (request: Request) => Response | undefined {
  const pages = new Map<string, Page>();
  for (const file of filesBelow(folder)) {
    const type = types[extname(file)];
    if (type === undefined) continue;
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    const page = readPage(file, type, path.startsWith("/assets/"));
    pages.set(path, page);
    if (path === "/index.html") pages.set("/", page);
  }
  return (request) => {
    const page = pages.get(new URL(request.url).pathname);
    if (page === undefined) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return problemResponse(fail("METHOD_NOT_ALLOWED", { method: request.method, allow: "GET, HEAD" }));
    }
    if (isMatch(request.headers.get("if-none-match"), page.etag)) {
      const headers = new Headers(page.headers);
      headers.delete("content-type");
      return new Response(null, { status: 304, headers });
    }
    const headers = { ...page.headers, "content-length": String(page.bytes.byteLength) };
    return new Response(request.method === "HEAD" ? null : page.bytes, { headers });
  };
}

function readPage(file: string, type: string, isHashed: boolean): Page {
  const bytes = new Uint8Array(readFileSync(file));
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  const cacheControl = isHashed ? "public, max-age=31536000, immutable" : "no-cache";
  return { bytes, etag, headers: { ...pageHeaders, "content-type": type, "cache-control": cacheControl, etag } };
}

/** RFC 9110, 13.1.2: a list, compared weakly, or `*`. */
function isMatch(header: string | null, etag: string): boolean {
  return header !== null && header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return []; // the API works without its console
    throw error;
  }
}
