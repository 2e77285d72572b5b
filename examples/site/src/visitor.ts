import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Kysely } from "kysely";
import { csrfTokenOf, newSessionToken, sessionDays, userOfSession } from "./sessions.js";
import type { Language, Languages, SiteEnv } from "./site-env.js";
import type { SiteTables } from "./site-tables.js";
import type { SiteWords } from "./words.js";

const sessionCookie = "session";
const languageCookie = "language";
const noticeCookie = "notice";

/** How cookies are kept: from scripts always; in production over TLS only, and so that no other host can set them (`__Host-`). */
export interface CookieJar {
  read(c: Context, name: string): string | undefined;
  write(c: Context, name: string, value: string, maxAgeSeconds: number): void;
}

export function cookieJar(isProduction: boolean): CookieJar {
  return {
    read: (c, name) => getCookie(c, isProduction ? `__Host-${name}` : name),
    write(c, name, value, maxAge) {
      const options = { path: "/", httpOnly: true, sameSite: "Lax", maxAge } as const;
      setCookie(c, name, value, isProduction ? { ...options, secure: true, prefix: "host" } : options);
    },
  };
}

/** Find out who asks, and in which language. Whoever is not known yet gets a cookie to be known by, for forms need one. */
export function knowVisitor<Words extends SiteWords>(options: {
  readonly db: Kysely<SiteTables>;
  readonly languages: Languages<Words>;
  readonly cookies: CookieJar;
}): MiddlewareHandler<SiteEnv<Words>> {
  const { db, languages, cookies } = options;
  return async (c, next) => {
    const known = cookies.read(c, sessionCookie);
    const isToken = known !== undefined && /^[\w-]{43}$/.test(known);
    const sessionToken = isToken ? known : newSessionToken();
    if (!isToken) cookies.write(c, sessionCookie, sessionToken, sessionDays * 24 * 60 * 60);
    const user = isToken ? await userOfSession(db, sessionToken) : undefined;
    const language = languageOf(cookies.read(c, languageCookie), c.req.header("accept-language"), languages);
    c.set("visitor", { user, language, sessionToken, csrfToken: csrfTokenOf(sessionToken) });
    c.set("words", languages[language] ?? languages.en);
    // By its key: what stands in a cookie is nothing to print.
    c.set("tell", (key) => cookies.write(c, noticeCookie, key, 60));
    return await next();
  };
}

/** Have the browser be known by another token: at log-in and log-out. */
export function keepSession(c: Context, cookies: CookieJar, token: string): void {
  cookies.write(c, sessionCookie, token, sessionDays * 24 * 60 * 60);
}

export function keepLanguage(c: Context, cookies: CookieJar, language: Language): void {
  cookies.write(c, languageCookie, language, 365 * 24 * 60 * 60);
}

/** What is to be said on this page, once. */
export function takeNotice(c: Context<SiteEnv>, cookies: CookieJar): string | undefined {
  const key = cookies.read(c, noticeCookie);
  if (key === undefined) return undefined;
  cookies.write(c, noticeCookie, "", 0);
  const { notices } = c.var.words;
  return Object.hasOwn(notices, key) ? notices[key] : undefined;
}

function languageOf<Words>(chosen: string | undefined, accepted: string | undefined, languages: Languages<Words>): Language {
  const wishes = (accepted ?? "")
    .split(",")
    .map((part) => ({ tag: part.trim().slice(0, 2).toLowerCase(), weight: Number(/;q=([\d.]+)/.exec(part)?.[1] ?? 1) }))
    .toSorted((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag);
  const isSpoken = (tag: string | undefined): tag is Language => tag !== undefined && Object.hasOwn(languages, tag);
  return [chosen, ...wishes].find(isSpoken) ?? "en";
}
