import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type Authorize, fail, type HoldfastError } from "@holdfast/media";

/** How long a session lasts. */
const sessionSeconds = 12 * 60 * 60;
const cookieName = "holdfast_session";
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const loopbackNames = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const loopbackHosts = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/;
/** Names that need no second look; others may be right as well. */
const plainHosts = /^[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/;

/** Who may do what. It reads a request's URL and headers only, never its body. */
export interface Access {
  readonly needsToken: boolean;
  /**
   * Say why a request is turned away whoever sent it: without a token, a name that is not this computer's (another web
   * site may have pointed its own name here); and for whatever changes something, another web site as its origin.
   */
  refusalOf(request: Request): HoldfastError | undefined;
  /** Tell of a `Host` header whether a request under it that changes nothing is surely not turned away. */
  isWelcome(host: string | undefined): boolean;
  /** Tell whether the request came with the token or a live session. False where no token is needed. */
  isSignedIn(request: Request): boolean;
  /** Tell whether the request may use the API and read private originals. */
  isAllowed(request: Request): boolean;
  /** For `openMedia`: the same rules for what media serves itself. */
  readonly authorize: Authorize;
  /** Compare with the token in constant time. */
  isToken(candidate: string): boolean;
  /** The `Set-Cookie` that signs in, for 12 hours. It holds no secret: an expiry and its HMAC, keyed from the token. */
  sessionCookie(request: Request): string;
  /** The `Set-Cookie` that signs out. */
  expiredCookie(request: Request): string;
}

/** Make the rules for a service with this token, or for one that is open on loopback only. */
export function createAccess(token: string | undefined, now: () => number = Date.now): Access {
  // Digests have one length, so that the comparison tells nothing about the token's.
  const tokenDigest = token === undefined ? undefined : digest(token);
  const sessionKey = token === undefined ? undefined : createHmac("sha256", token).update("holdfast session 1").digest();

  function isToken(candidate: string): boolean {
    return tokenDigest !== undefined && timingSafeEqual(digest(candidate), tokenDigest);
  }

  function sign(expires: string): Buffer {
    return createHmac("sha256", sessionKey ?? "")
      .update(expires)
      .digest();
  }

  function isLiveSession(session: string | undefined): boolean {
    const [expires, signature] = session?.split(".") ?? [];
    if (sessionKey === undefined || expires === undefined || signature === undefined || !/^\d{1,12}$/.test(expires)) return false;
    const given = Buffer.from(signature, "base64url");
    const expected = sign(expires);
    return given.byteLength === expected.byteLength && timingSafeEqual(given, expected) && Number(expires) * 1000 > now();
  }

  function isSignedIn(request: Request): boolean {
    const bearer = bearerOf(request);
    return (bearer !== undefined && isToken(bearer)) || isLiveSession(cookieOf(request));
  }

  const isAllowed = (request: Request): boolean => token === undefined || isSignedIn(request);

  return {
    needsToken: token !== undefined,
    refusalOf(request) {
      if (token === undefined && !loopbackNames.test(new URL(request.url).hostname)) return notOurName(request);
      // A bearer token is sent by a program on purpose; a cookie, or nothing at all, by any page in the same browser.
      if (!safeMethods.has(request.method) && bearerOf(request) === undefined && isFromAnotherSite(request)) {
        return fail("FORBIDDEN", { reason: "This request comes from another web site, and only Holdfast's own page may send it." });
      }
      return undefined;
    },
    isWelcome: (host) => host !== undefined && (token === undefined ? loopbackHosts : plainHosts).test(host),
    isSignedIn,
    isAllowed,
    authorize: (request) => isAllowed(request),
    isToken,
    sessionCookie(request) {
      const expires = String(Math.floor(now() / 1000) + sessionSeconds);
      return cookie(`${expires}.${sign(expires).toString("base64url")}`, sessionSeconds, request);
    },
    expiredCookie: (request) => cookie("", 0, request),
  };
}

/** Tell whether only programs on this computer reach an address. */
export function isLoopbackAddress(address: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(address) || address === "::1" || /^::ffff:127\./i.test(address);
}

/** The access token a request sends, if it sends one. */
function bearerOf(request: Request): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

function notOurName(request: Request): HoldfastError {
  const reason =
    `"${new URL(request.url).host}" is not a name of this computer, and without an access token Holdfast answers to ` +
    `localhost, 127.0.0.1 and [::1] only. To reach it by another name, start it with HOLDFAST_TOKEN set.`;
  return fail("FORBIDDEN", { reason });
}

/**
 * Fetch Metadata where the browser sends it, and the Origin always: either alone can be missing. Behind a proxy that
 * names itself in `Host`, the name the visitor used is in X-Forwarded-Host, which no page can forge across origins.
 */
function isFromAnotherSite(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site === "cross-site" || site === "same-site") return true;
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  const host = URL.canParse(origin) ? new URL(origin).host : undefined;
  const forwarded = request.headers.get("x-forwarded-host")?.split(",")[0]?.trim();
  return host === undefined || host === "" || (host !== new URL(request.url).host && host !== forwarded);
}

function cookieOf(request: Request): string | undefined {
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const [name, value] = pair.trim().split("=");
    if (name === cookieName) return value;
  }
  return undefined;
}

function cookie(value: string, maxAgeSeconds: number, request: Request): string {
  const scheme = request.headers.get("x-forwarded-proto")?.split(",")[0]?.trim() ?? new URL(request.url).protocol;
  const secure = /^https:?$/i.test(scheme) ? "; Secure" : "";
  return `${cookieName}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
