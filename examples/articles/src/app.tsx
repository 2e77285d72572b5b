import { createPhotos, createSite, memberOnly, type Settings, type SiteEnv, type SiteServices, userOf } from "@holdfast/example-site";
import type { Context, Hono } from "hono";
import { ArticlePage } from "./article-page.js";
import { createArticles, pageSize } from "./articles.js";
import { editing } from "./editing.js";
import { ListPage } from "./list-page.js";
import { oldPictures } from "./old-pictures.js";
import { languages, type Words } from "./words.js";

/** The pictures' sizes that pages ask for by name. */
export const presets = { card: { width: 560, height: 420, fit: "cover" } } as const;

/** The market: everybody looks, whoever has an account sells. */
export function createApp(services: SiteServices, settings: Settings): Hono<SiteEnv<Words>> {
  const { database, media } = services;
  const articles = createArticles(database, createPhotos(services, "article"));
  const app = createSite<Words>({
    ...services,
    settings,
    languages,
    accent: "clay",
    signUpRole: "seller",
    beforeMedia: oldPictures(articles, media),
    navigation: ({ var: { words, visitor } }) => [
      { href: "/", label: words.allArticles },
      ...(visitor.user === undefined ? [] : [{ href: "/mine", label: words.myArticles }]),
    ],
  });

  interface Wanted {
    readonly query?: string;
    readonly sellerId?: string;
  }
  async function list(c: Context<SiteEnv<Words>>, title: string, wanted: Wanted): Promise<Response> {
    const page = Math.max(1, Math.min(1000, Number.parseInt(c.req.query("page") ?? "1", 10) || 1));
    const found = await articles.list({ ...wanted, page });
    const shown = found.slice(0, pageSize);
    const { query = "" } = wanted;
    const linkTo = (other: number): string => `${c.req.path}?${query === "" ? "" : `q=${encodeURIComponent(query)}&`}page=${other}`;
    const content = (
      <ListPage
        title={title}
        articles={shown}
        covers={await articles.photos.coversOf(shown.map(({ id }) => id))}
        query={query}
        isSearchable={wanted.sellerId === undefined}
        newer={page > 1 ? linkTo(page - 1) : undefined}
        older={found.length > pageSize ? linkTo(page + 1) : undefined}
      />
    );
    return await c.render(content, { title });
  }

  app.get("/", async (c) => await list(c, c.var.words.allArticles, { query: (c.req.query("q") ?? "").slice(0, 80).trim() }));
  app.get("/mine", memberOnly, async (c) => await list(c, c.var.words.myArticles, { sellerId: userOf(c).id }));
  app.route("/articles", editing(articles, media));
  app.get("/articles/:id", async (c) => {
    const article = await articles.get(c.req.param("id"));
    if (article === undefined) return await c.notFound();
    return await c.render(<ArticlePage article={article} photos={await articles.photos.of(article.id)} />, { title: article.title });
  });
  return app;
}
