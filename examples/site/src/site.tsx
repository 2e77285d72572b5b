import type { Media } from "@holdfast/media";
import { honoMedia } from "@holdfast/media/hono";
import type { StaticFiles } from "@holdfast/media/static";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { sql } from "kysely";
import { accounts, type OnSignUp, pathWithin } from "./accounts.js";
import type { Database } from "./database.js";
import { layout, type LayoutOptions } from "./layout.js";
import type { Log } from "./log.js";
import { type OnFailure, respondFailed, respondNotFound } from "./problem-pages.js";
import { readForm } from "./read-form.js";
import { logRequests } from "./request-log.js";
import { sameOriginOnly } from "./same-origin.js";
import type { Settings } from "./settings.js";
import type { Language, SiteEnv } from "./site-env.js";
import type { SiteTables } from "./site-tables.js";
import { cookieJar, keepLanguage, knowVisitor } from "./visitor.js";
import type { SiteWords } from "./words.js";

/** What a site is made of. */
export interface SiteOptions<Words extends SiteWords> extends Pick<
  LayoutOptions<Words>,
  "languages" | "accent" | "navigation" | "profilePath"
> {
  readonly settings: Settings;
  readonly database: Database;
  readonly media: Media;
  readonly log: Log;
  readonly assets: StaticFiles;
  /** @defaultValue the first page */
  readonly afterLogIn?: string;
  /** The role of whoever signs up. @defaultValue nobody can */
  readonly signUpRole?: string;
  /** What is written for who signs up, together with the account. */
  readonly onSignUp?: OnSignUp;
  /** Told of every failure that is ours, beside the log. */
  readonly onFailure?: OnFailure;
  /** Serves pictures in an app's own way, before the usual one has its turn. */
  readonly beforeMedia?: Hono;
}

/**
 * Make a site: an app of Hono in which every page has its layout, its visitor and its words, every form is checked, every failure
 * has its page. What an app adds to it are its own routes.
 */
export function createSite<Words extends SiteWords>(options: SiteOptions<Words>): Hono<SiteEnv<Words>> {
  const { settings, database, media, log, assets, languages, accent, navigation, profilePath } = options;
  const cookies = cookieJar(settings.isProduction);
  const db = database.as<SiteTables>();
  const app = new Hono<SiteEnv<Words>>();
  const site = app as unknown as Hono<SiteEnv>;

  site.get("/healthz", async (c) => {
    await sql`SELECT 1`.execute(db);
    return c.json({ ok: true }, 200, { "cache-control": "no-store" });
  });
  site.use(logRequests(log));
  site.use(async (c, next) => (await assets.handler(c.req.raw)) ?? (await next()));
  if (options.beforeMedia !== undefined) site.route("/", options.beforeMedia);
  site.use(honoMedia(media));
  site.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        // A picture's own colours are its element's background until it arrives.
        styleSrcAttr: ["'unsafe-inline'"],
        // Where a CDN serves media, its script comes from there.
        scriptSrc: ["'self'", ...(media.scriptUrl.startsWith("/") ? [] : [new URL(media.scriptUrl).origin])],
        imgSrc: ["'self'", "data:", "https:"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      referrerPolicy: "same-origin",
      strictTransportSecurity: settings.isProduction,
    }),
  );
  app.use(knowVisitor({ db, languages, cookies }));
  site.use(async (c, next) => {
    c.set("asset", assets.url);
    c.set("media", media);
    await next();
  });
  site.use(layout({ languages, assets, cookies, accent, mayLogIn: true, navigation, scriptUrl: media.scriptUrl, profilePath }));
  site.use(sameOriginOnly(settings.origin));
  site.notFound(respondNotFound);
  site.onError(
    async (error, c) =>
      await respondFailed(error, c, (err, about) => {
        log.error({ ...about, err }, "failed");
        options.onFailure?.(err, about);
      }),
  );

  site.post("/language", async (c) => {
    const { fields } = await readForm(c);
    const language = fields.get("language") ?? "";
    if (Object.hasOwn(languages, language)) keepLanguage(c, cookies, language as Language);
    return c.redirect(pathWithin(fields.get("back")) ?? "/", 303);
  });
  const { afterLogIn = "/", signUpRole, onSignUp } = options;
  site.route("/", accounts({ db, cookies, proxies: settings.proxies, afterLogIn, signUpRole, onSignUp }));
  return app;
}
