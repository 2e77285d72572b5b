import { createHash } from "node:crypto";
import { type Content, headBytes, judgeContent } from "./content.js";
import { maskUrl, type PictureUrl } from "./picture-url.js";

/** What a URL answered. Only `absent` means that nothing is there; `unknown` says nothing about the bytes. */
export type Sighting =
  | ({ readonly kind: "bytes" } & SeenBytes)
  | { readonly kind: "absent"; readonly httpStatus: number }
  | { readonly kind: "unknown"; readonly httpStatus: number | undefined; readonly reason: string };

/** Bytes that were read to their end. */
export interface SeenBytes extends Content {
  readonly httpStatus: number;
  readonly sha256: string;
  readonly size: number;
  readonly contentType: string | undefined;
  readonly etag: string | undefined;
  /** A cache between here and the app says that it answered; the app itself was not asked. */
  readonly isFromCache: boolean;
}

/** How a URL is looked at. */
export interface LookOptions {
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly userAgent: string;
  /** @defaultValue 200 MB */
  readonly maxBytes?: number;
}

const maxRedirects = 5;
/** Where a site sends those who must sign in: what is behind it was not seen. */
const signInPath = /\/(log-?in|sign-?in|sign_in|auth|oauth2?|sso|session\/new)(\/|\.|$)/i;

/**
 * Fetch a URL and hash its bytes as they stream by; nothing is kept. Never rejects for what the network or the site did,
 * only when `signal` aborts.
 */
export async function look(url: PictureUrl, options: LookOptions): Promise<Sighting> {
  const { timeoutMs, signal } = options;
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const timer = setTimeout(end, timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  try {
    signal.throwIfAborted();
    return await follow(url, options, ending.signal);
  } catch (error) {
    signal.throwIfAborted();
    const reason = ending.signal.aborted ? slowReason(timeoutMs) : networkReason(error, url);
    return { kind: "unknown", httpStatus: undefined, reason };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    ending.abort(); // lets go of a body that was not read to its end
  }
}

async function follow(start: PictureUrl, options: LookOptions, signal: AbortSignal): Promise<Sighting> {
  const first = new URL(start);
  const authorization = basicAuthorization(first);
  let at = withoutUser(first);
  for (let redirects = 0; ; redirects += 1) {
    const response = await options.fetch(at.href, {
      redirect: "manual",
      signal,
      headers: {
        accept: "*/*",
        // Asks the caches on the way to look at the app itself; not all of them do.
        "cache-control": "no-cache",
        "user-agent": options.userAgent,
        ...(authorization !== undefined && at.origin === first.origin ? { authorization } : {}),
      },
    });
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
      return await readAnswer(response, at, redirects > 0, options.maxBytes ?? 200_000_000);
    }
    const target = URL.canParse(location, at.href) ? new URL(location, at) : undefined;
    const unknown = (reason: string): Sighting => ({ kind: "unknown", httpStatus: response.status, reason });
    if (redirects === maxRedirects) return unknown(`it redirects more than ${maxRedirects} times`);
    if (target === undefined || !/^https?:$/.test(target.protocol)) return unknown("it redirects to what is not a web address");
    at = withoutUser(target);
  }
}

async function readAnswer(response: Response, at: URL, isRedirected: boolean, maxBytes: number): Promise<Sighting> {
  const httpStatus = response.status;
  if (httpStatus === 404 || httpStatus === 410) return { kind: "absent", httpStatus };
  if (httpStatus !== 200) return { kind: "unknown", httpStatus, reason: statusReason(httpStatus, at, response.headers) };
  const tooLarge: Sighting = { kind: "unknown", httpStatus, reason: `it is larger than ${maxBytes / 1_000_000} MB` };
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) return tooLarge;

  const hash = createHash("sha256");
  const head = new Uint8Array(headBytes);
  let size = 0;
  for await (const block of response.body ?? []) {
    if (size < headBytes) head.set(block.subarray(0, headBytes - size), size);
    hash.update(block);
    size += block.byteLength;
    if (size > maxBytes) return tooLarge;
  }
  const contentType = response.headers.get("content-type") ?? undefined;
  const content = judgeContent(head.subarray(0, Math.min(size, headBytes)), contentType);
  if (isRedirected && content.isWebPage && signInPath.test(at.pathname)) {
    return { kind: "unknown", httpStatus, reason: `the site asks to sign in (at ${at.origin}${at.pathname})` };
  }
  const etag = response.headers.get("etag") ?? undefined;
  return {
    kind: "bytes",
    httpStatus,
    sha256: hash.digest("hex"),
    size,
    contentType,
    etag,
    isFromCache: isFromCache(response.headers),
    ...content,
  };
}

/** Cloudflare, Fastly, CloudFront and Varnish say it in a header of their own; RFC 9111 §5.1 has `Age`. */
function isFromCache(headers: Headers): boolean {
  if (/^hit/i.test(headers.get("cf-cache-status") ?? "")) return true;
  if (/\bhit\b/i.test(headers.get("x-cache") ?? "")) return true;
  return Number(headers.get("age") ?? 0) > 0;
}

function statusReason(status: number, at: URL, headers: Headers): string {
  const answered = `the site answered ${status}`;
  if (headers.get("cf-mitigated") === "challenge") return `${answered}: Cloudflare wants to see a browser`;
  if (status === 401 || status === 403) {
    const isSigned = /[?&](x-amz-signature|signature|sig|token|expires)=/i.test(at.search);
    if (isSigned) return `${answered}: access is denied, and the URL's signature may have expired`;
    return `${answered}: access is denied (some buckets say so of what is absent, too)`;
  }
  if (status === 429) return `${answered}: too many requests`;
  if (status >= 500) return `${answered}: it is not well, or not up yet`;
  return answered;
}

function slowReason(timeoutMs: number): string {
  const seconds = timeoutMs / 1000;
  return `no whole answer within ${seconds} ${seconds === 1 ? "second" : "seconds"} (a sleeping free instance can take a minute; see --timeout)`;
}

function networkReason(error: unknown, url: PictureUrl): string {
  const { hostname, host } = new URL(url);
  const code = causeCode(error);
  switch (code) {
    case "ENOTFOUND":
      return `the name ${hostname} does not exist (is it spelled right?)`;
    case "EAI_AGAIN":
      return `the name ${hostname} could not be looked up (is there a network?)`;
    case "ECONNREFUSED":
      return `nothing listens at ${host}`;
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return "the connection ended before the whole answer was there";
    case "CERT_HAS_EXPIRED":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `the certificate of ${hostname} is not trusted (${code})`;
    case undefined:
      return `${maskUrl(url)} could not be fetched: ${innermostMessage(error)}`;
    default:
      return `${host} could not be reached (${code})`;
  }
}

/** fetch wraps what happened in a TypeError, and several attempts in an AggregateError. */
function causeCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string" && at.code !== "") return at.code;
    if (at instanceof AggregateError && at.errors.length > 0) return causeCode(at.errors[0]);
  }
  return undefined;
}

function innermostMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? innermostMessage(error.cause) : error.message;
}

/** fetch refuses a user name and a password in a URL; they mean this header. */
function basicAuthorization(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const pair = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** A password may hold a bare `%`; then it means itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  bare.hash = "";
  return bare;
}
