import { createReadStream } from "node:fs";
import { constants, open } from "node:fs/promises";
import { extname } from "node:path";
import { Readable } from "node:stream";
import { isNotModified, isPreconditionFailed, isRangeCurrent } from "../delivery/conditions.js";
import { parseRange } from "../delivery/range.js";
import type { ResponseBytes } from "../delivery/respond.js";
import { fail } from "../errors.js";
import type { ByteRange } from "../storage/driver.js";
import type { ByteBudget } from "./byte-budget.js";

/** How bytes are packed on their way. */
export type Coding = "br" | "gzip" | "identity";

/** One form of a file: its size, and how its bytes are had. */
export interface Form {
  readonly size: number;
  /** Where it is small: whole, and kept in memory. */
  readonly whole?: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly open: (range: ByteRange | undefined) => Promise<ResponseBytes> | ResponseBytes;
}

/** A file as it is served. */
export interface Asset {
  readonly type: string;
  /** Of its bytes as they are unpacked. */
  readonly hash: string;
  readonly forms: Readonly<Partial<Record<Coding, Form>>> & { readonly identity: Form };
}

/** What is read whole and kept; larger files go out as they are read. */
export const maxWholeBytes: number = 512 * 1024;
const streamBlock = 256 * 1024;

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".webmanifest": "application/manifest+json",
  ".html": "text/html; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".xml": "application/xml",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
  ".otf": "font/otf",
  ".wasm": "application/wasm",
  ".pdf": "application/pdf",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".webm": "video/webm",
};

/** The type of a file of the app's own, by its name. What is not known is saved, not shown. */
export function typeOf(name: string): string {
  return types[extname(name).toLowerCase()] ?? "application/octet-stream";
}

/** A form that is a file, which must still be what it was when it was looked at: a file, of that size, and no link. */
export function fileForm(path: string, size: number): Form {
  async function handleOf(): Promise<Awaited<ReturnType<typeof open>>> {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const now = await handle.stat();
    if (now.isFile() && now.size === size) return handle;
    await handle.close();
    throw new Error(`${path} is not what it was when the app started`);
  }
  const ranged = async (range: ByteRange | undefined): Promise<ResponseBytes> => {
    const stream = createReadStream(path, { ...range, fd: await handleOf(), highWaterMark: streamBlock });
    return Readable.toWeb(stream) as ReadableStream<Uint8Array>;
  };
  if (size > maxWholeBytes) return { size, open: ranged };
  const whole = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const handle = await handleOf();
    try {
      const bytes = new Uint8Array(size);
      const { bytesRead } = await handle.read(bytes, 0, size, 0);
      if (bytesRead !== size) throw new Error(`${path} is shorter than it was when the app started`);
      return bytes;
    } finally {
      await handle.close();
    }
  };
  return { size, whole, open: ranged };
}

/** A form that is in memory already. */
export function memoryForm(bytes: Uint8Array<ArrayBuffer>): Form {
  return { size: bytes.byteLength, open: (range) => (range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)) };
}

const preferred: readonly Coding[] = ["br", "gzip", "identity"];
const orders = new Map<string, readonly Coding[]>();

/** The codings that a client takes, the best first (RFC 9110 §12.5.3). Who takes none of them is sent the bytes as they are. */
export function codingsOf(header: string | null): readonly Coding[] {
  if (header === null) return ["identity"];
  const known = orders.get(header);
  if (known !== undefined) return known;
  const weights = new Map<string, number>();
  for (const part of header.slice(0, 1000).toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim());
    const weight = parameters.map((parameter) => /^q\s*=\s*([\d.]+)$/.exec(parameter)?.[1]).find((q) => q !== undefined);
    if (name !== "") weights.set(name === "x-gzip" ? "gzip" : name, weight === undefined ? 1 : Number(weight));
  }
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get("*") ?? (coding === "identity" ? 0.001 : 0);
  const order = preferred.filter((coding) => weightOf(coding) > 0).toSorted((a, b) => weightOf(b) - weightOf(a));
  if (!order.includes("identity")) order.push("identity");
  // As many as there are browsers, however many headers strangers think up.
  if (orders.size >= 200) orders.clear();
  orders.set(header, order);
  return order;
}

/** What is said of a form of a file, the same each time: names in the order in which a `Response` has them. */
export interface FormHeaders {
  /** A form has one of its own, for it is a representation of its own (RFC 9110 §8.8.3). */
  readonly etag: string;
  readonly withBytes: Readonly<Record<string, string>>;
  readonly notModified: Readonly<Record<string, string>>;
}

/** Choose the form of a file that the client likes best. */
export function codingFor({ forms }: Asset, acceptEncoding: string | null): Coding {
  if (!isCoded(forms)) return "identity";
  return codingsOf(acceptEncoding).find((coding) => forms[coding] !== undefined) ?? "identity";
}

/** Work out what is said of a form, with its bytes and without. */
export function headersOfForm(asset: Asset, coding: Coding, isImmutable: boolean): FormHeaders {
  const etag = `"${asset.hash}${coding === "identity" ? "" : `-${coding}`}"`;
  const cacheControl = { "cache-control": isImmutable ? "public, max-age=31536000, immutable" : "no-cache" };
  const validator = { etag, ...(isCoded(asset.forms) ? { vary: "Accept-Encoding" } : {}) };
  const withBytes = {
    "accept-ranges": "bytes",
    ...cacheControl,
    ...(coding === "identity" ? {} : { "content-encoding": coding }),
    "content-length": String((asset.forms[coding] ?? asset.forms.identity).size),
    "content-type": asset.type,
    ...validator,
    "x-content-type-options": "nosniff",
  };
  return { etag, withBytes, notModified: { ...cacheControl, ...validator } };
}

/** What the bytes of a form are called in memory. */
export function nameInMemory({ hash, type }: Asset, coding: Coding): string {
  return `${hash}-${type}-${coding}`;
}

/**
 * Answer a GET or HEAD for a file: the best form that the client takes, conditions, one range.
 *
 * @throws PRECONDITION_FAILED, RANGE_NOT_SATISFIABLE, METHOD_NOT_ALLOWED, and what opening the bytes throws
 */
export async function respondWithAsset(request: Request, asset: Asset, isImmutable: boolean, memory: ByteBudget): Promise<Response> {
  const { method, headers } = request;
  if (method !== "GET" && method !== "HEAD") throw fail("METHOD_NOT_ALLOWED", { method, allow: "GET, HEAD" });
  const coding = codingFor(asset, headers.get("accept-encoding"));
  const form = asset.forms[coding] ?? asset.forms.identity;
  const { etag, withBytes, notModified } = headersOfForm(asset, coding, isImmutable);
  // The same bytes have the same name: that they are older than a date says nothing.
  const validators = { etag, storedAt: Number.NaN };
  if (isPreconditionFailed(headers, validators)) throw fail("PRECONDITION_FAILED", { etag });
  if (isNotModified(headers, validators)) return new Response(null, { status: 304, headers: notModified });
  const asked = method === "GET" ? headers.get("range") : null;
  const range = asked !== null && isRangeCurrent(headers, validators) ? parseRange(asked, form.size) : undefined;
  if (method === "HEAD") return new Response(null, { status: 200, headers: withBytes });
  const bytes = await bytesOf(asset, coding, form, range, memory);
  if (range === undefined) return new Response(bytes, { status: 200, headers: withBytes });
  const ofRange = {
    "content-length": String(range.end - range.start + 1),
    "content-range": `bytes ${range.start}-${range.end}/${form.size}`,
  };
  return new Response(bytes, { status: 206, headers: { ...withBytes, ...ofRange } });
}

function isCoded({ br, gzip }: Asset["forms"]): boolean {
  return br !== undefined || gzip !== undefined;
}

async function bytesOf(asset: Asset, coding: Coding, form: Form, range: ByteRange | undefined, memory: ByteBudget): Promise<ResponseBytes> {
  if (form.whole === undefined) return await form.open(range);
  const bytes = await memory.get(nameInMemory(asset, coding), form.whole);
  return range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
}
