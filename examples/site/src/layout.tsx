import type { StaticFiles } from "@holdfast/media/static";
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { Html } from "./html.js";
import { jsxRenderer, useRequestContext } from "hono/jsx-renderer";
import type { MiddlewareHandler } from "hono";
import { Form } from "./form-fields.js";
import type { Language, Languages, SiteEnv, Visitor } from "./site-env.js";
import { type CookieJar, takeNotice } from "./visitor.js";
import type { SiteWords } from "./words.js";

declare module "hono" {
  interface ContextRenderer {
    // As Hono declares it: what renders a page, and what it is told beside its content.
    (content: string | Promise<string>, props: { readonly title: string }): Response | Promise<Response>;
  }
}

/** A link of the page's head. */
export interface NavigationLink {
  readonly href: string;
  readonly label: string;
}

/** How an app's pages look around their content. */
export interface LayoutOptions<Words extends SiteWords> {
  readonly languages: Languages<Words>;
  readonly assets: Pick<StaticFiles, "url">;
  readonly cookies: CookieJar;
  /** The colour of links and buttons: a class of the style sheet, with its contrast looked after in light and dark. */
  readonly accent: "clay" | "grove" | "sea";
  readonly mayLogIn: boolean;
  /** Media's script, which shows a placeholder where a picture does not arrive; without scripts there is a background. */
  readonly scriptUrl: string;
  /** Where a user's own page is; their name leads there. */
  readonly profilePath?: string | undefined;
  navigation(c: Context<SiteEnv<Words>>): readonly NavigationLink[];
}

/** The words of the page that is being rendered, in the language of who asked for it. */
export function useWords<Words extends SiteWords>(): Words {
  return useRequestContext<SiteEnv<Words>>().var.words;
}

/** Who asked for the page that is being rendered. */
export function useVisitor(): Visitor {
  return useRequestContext<SiteEnv>().var.visitor;
}

/** The URL of one of the app's own files for browsers. */
export function useAsset(name: string): string {
  return useRequestContext<SiteEnv>().var.asset(name);
}

/** Put the page around what `c.render(content, { title })` is given. */
export function layout<Words extends SiteWords>(options: LayoutOptions<Words>): MiddlewareHandler {
  return jsxRenderer(
    ({ children, title }, c) => {
      // Whoever is logged in, or has something in a form, does not want it in a cache.
      c.header("Cache-Control", "private, no-store");
      c.header("Vary", "Cookie, Accept-Language");
      return <Page {...options} c={c as Context<SiteEnv<Words>>} title={title} content={children} />;
    },
    { docType: true },
  );
}

interface PageProps<Words extends SiteWords> extends LayoutOptions<Words> {
  readonly c: Context<SiteEnv<Words>>;
  readonly title: string;
  readonly content: Child;
}

function Page<Words extends SiteWords>({ c, title, content, ...site }: PageProps<Words>): Html {
  const { words, visitor } = c.var;
  const notice = takeNotice(c as unknown as Context<SiteEnv>, site.cookies);
  return (
    <html lang={visitor.language} class={site.accent}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title === words.siteName ? title : `${title} · ${words.siteName}`}</title>
        <link rel="stylesheet" href={site.assets.url("style.css")} />
        <link rel="icon" href={site.assets.url("icon.svg")} type="image/svg+xml" />
        <script type="module" src={site.scriptUrl} />
      </head>
      <body>
        <a class="skip" href="#content">
          {words.skipToContent}
        </a>
        <header class="site-header">
          <div class="bar">
            <a class="site-name" href="/">
              {words.siteName}
            </a>
            <nav aria-label={words.navigation}>
              {site.navigation(c).map(({ href, label }) => (
                <a href={href} aria-current={c.req.path === href ? "page" : undefined}>
                  {label}
                </a>
              ))}
            </nav>
            {site.mayLogIn ? <Account c={c} words={words} profilePath={site.profilePath} /> : undefined}
          </div>
        </header>
        <main id="content" tabindex={-1}>
          {notice === undefined ? undefined : <output class="notice">{notice}</output>}
          {content}
        </main>
        <footer class="site-footer">
          <LanguageSwitch languages={site.languages} current={visitor.language} label={words.switchLanguage} />
        </footer>
      </body>
    </html>
  );
}

interface AccountProps<Words extends SiteWords> extends Pick<LayoutOptions<Words>, "profilePath"> {
  readonly c: Context<SiteEnv<Words>>;
  readonly words: Words;
}

function Account<Words extends SiteWords>({ c, words, profilePath }: AccountProps<Words>): Html {
  const { user } = c.var.visitor;
  if (user === undefined) {
    return (
      <div class="account">
        <a class="button quiet" href="/log-in">
          {words.logIn}
        </a>
      </div>
    );
  }
  return (
    <div class="account">
      {profilePath === undefined ? (
        <span class="who">{user.name}</span>
      ) : (
        <a class="who" href={profilePath}>
          {user.name}
        </a>
      )}
      <Form action="/log-out">
        <button class="quiet">{words.logOut}</button>
      </Form>
    </div>
  );
}

interface LanguageSwitchProps {
  readonly languages: Languages<SiteWords>;
  readonly current: Language;
  readonly label: string;
}

/** The one switch between the languages: a form, for it changes what the next pages say. */
function LanguageSwitch({ languages, current, label }: LanguageSwitchProps): Html {
  const back = useRequestContext().req.path;
  return (
    <Form action="/language" class="languages" label={label}>
      <input type="hidden" name="back" value={back} />
      {Object.entries(languages).map(([language, words]) => (
        <button class="quiet" name="language" value={language} lang={language} aria-pressed={language === current ? "true" : "false"}>
          {words.thisLanguage}
        </button>
      ))}
    </Form>
  );
}
