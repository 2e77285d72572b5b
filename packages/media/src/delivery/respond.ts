import { fail } from "../errors.js";
import { type Problem, toProblem } from "../problem.js";
import type { ByteRange } from "../storage/driver.js";
import { isNotModified, isPreconditionFailed, isRangeCurrent, type Validators } from "./conditions.js";
import { parseRange } from "./range.js";

/** What a response can be made of. */
export type ResponseBytes = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** What content is and how it is cached. */
export interface ContentFacts extends Validators {
  /** One of our own constants. */
  readonly type: string;
  readonly size: number;
  readonly cacheControl: string;
  /** How the URL's last part reads when it is saved. */
  readonly name: string;
  readonly isInline: boolean;
  /** Set where the answer depends on the request's Accept. */
  readonly vary?: "Accept";
}

/** Content ready to be sent: its bytes can be opened. */
export interface Content extends ContentFacts {
  open(range: ByteRange | undefined): Promise<ResponseBytes> | ResponseBytes;
}

/**
 * Answer a GET or HEAD: conditions first, in the order of RFC 9110 §13.2.2, then at most one range. Whatever a stranger uploaded comes with `nosniff` and a
 * sandbox policy, so that it never runs as a page of ours.
 *
 * @throws PRECONDITION_FAILED, RANGE_NOT_SATISFIABLE, and what opening the bytes throws
 */
export async function respond(request: Request, content: Content): Promise<Response> {
  if (isPreconditionFailed(request.headers, content)) throw fail("PRECONDITION_FAILED", { etag: content.etag });
  if (isNotModified(request.headers, content)) return new Response(null, { status: 304, headers: notModifiedHeadersOf(content) });
  // Ranges are of GET only; with any other method the header is ignored (RFC 9110 §14.2).
  const isRanged = request.method === "GET" && isRangeCurrent(request.headers, content);
  const range = isRanged ? parseRange(request.headers.get("range"), content.size) : undefined;
  const headers = headersOf(content);
  if (range !== undefined) {
    headers["content-length"] = String(range.end - range.start + 1);
    headers["content-range"] = `bytes ${range.start}-${range.end}/${content.size}`;
  }
  const body = request.method === "HEAD" ? null : await content.open(range);
  return new Response(body, { status: range === undefined ? 200 : 206, headers });
}

/** Tell whether a URL asks for its content to be saved rather than shown: `?download`. */
export function isDownload(request: Request): boolean {
  return new URL(request.url).searchParams.has("download");
}

/** The headers of a 304: those that say how the client's copy may be kept (RFC 9110 §15.4.5). */
export function notModifiedHeadersOf(content: ContentFacts): Record<string, string> {
  return {
    "cache-control": content.cacheControl,
    etag: content.etag,
    "last-modified": new Date(content.storedAt).toUTCString(),
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    ...(content.vary === undefined ? {} : { vary: content.vary }),
  };
}

/** The headers of the whole content. */
export function headersOf(content: ContentFacts): Record<string, string> {
  return {
    ...notModifiedHeadersOf(content),
    "content-type": content.type,
    // Before the length: Node copies a disposition that comes after it, at every answer.
    "content-disposition": contentDisposition(content.name, content.isInline),
    "content-length": String(content.size),
    "accept-ranges": "bytes",
  };
}

/** Answer an error as a problem document (RFC 9457), never to be stored by a cache. */
export function respondWithProblem(request: Request, error: unknown): Response {
  const problem: Problem = toProblem(error);
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  const details =
    error instanceof Error && "details" in error ? (error.details as Readonly<Record<string, unknown>> | undefined) : undefined;
  if (problem.code === "RANGE_NOT_SATISFIABLE") headers.set("content-range", `bytes */${String(details?.["size"])}`);
  if (problem.code === "METHOD_NOT_ALLOWED") headers.set("allow", String(details?.["allow"]));
  if (problem.code === "UNAUTHORIZED") headers.set("www-authenticate", "Bearer");
  const { retryAfterSeconds = 10 } = (details ?? {}) as { readonly retryAfterSeconds?: number };
  if (problem.status === 503) headers.set("retry-after", String(retryAfterSeconds));
  return new Response(request.method === "HEAD" ? null : JSON.stringify(problem), { status: problem.status, headers });
}

/** Say how content is named and whether it is shown in place (RFC 6266): an ASCII form for old clients, and the true name in UTF-8. */
export function contentDisposition(name: string, isInline: boolean): string {
  const ascii = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\x20-\x7e]/g, "_")
    .replace(/["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${isInline ? "inline" : "attachment"}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
