import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { etagOf, isNotModified } from "./conditions.js";
import type { ResponseBytes } from "./respond.js";

/** What the script is called, below the base path. */
export const scriptName = "media-image.js";

/** As the build leaves it beside the compiled package; as far from this file in the sources as in what is built. */
const built = new URL(`../../dist/${scriptName}`, import.meta.url);

interface Script {
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
  readonly version: string;
  readonly builtAt: number;
}

let known: Script | undefined;

/** The script, read once. Absent where the application was bundled into one file, and the package's own are not there. */
function readScript(): Script | undefined {
  try {
    known ??= scriptOf(readFileSync(built), statSync(built).mtimeMs);
  } catch {
    return undefined;
  }
  return known;
}

function scriptOf(bytes: Buffer, builtAt: number): Script {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, gzipped: gzipSync(bytes, { level: 9 }), etag: etagOf(sha256), version: sha256.slice(0, 10), builtAt };
}

/** The URL of `media-image.js`: with its version, by which it may be kept for a year. */
export function scriptUrl(base: string): string {
  const version = readScript()?.version;
  return `${base}/${scriptName}${version === undefined ? "" : `?v=${version}`}`;
}

/**
 * Answer a GET or HEAD for the script that looks after a page's images, compressed for whoever takes that. Any site may include
 * it; `undefined` where it was not built.
 */
export function respondWithScript(request: Request): Response | undefined {
  const script = readScript();
  if (script === undefined) return undefined;
  const isVersioned = new URL(request.url).searchParams.get("v") === script.version;
  const isGzipped = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|\s|$))/i.test(request.headers.get("accept-encoding") ?? "");
  // Two encodings are two representations (RFC 9110 §8.8.3).
  const etag = isGzipped ? script.etag.replace(/"$/, '-gz"') : script.etag;
  const headers: Record<string, string> = {
    "cache-control": isVersioned ? "public, max-age=31536000, immutable" : "public, max-age=3600",
    etag,
    vary: "Accept-Encoding",
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
  };
  if (isNotModified(request.headers, { etag, storedAt: script.builtAt })) return new Response(null, { status: 304, headers });
  const bytes = isGzipped ? script.gzipped : script.bytes;
  headers["content-type"] = "text/javascript; charset=utf-8";
  headers["content-length"] = String(bytes.byteLength);
  if (isGzipped) headers["content-encoding"] = "gzip";
  return new Response(request.method === "HEAD" ? null : (new Uint8Array(bytes) satisfies ResponseBytes), { headers });
}
