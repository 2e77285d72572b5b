import type { Media } from "@holdfast/media";
import { Hono } from "hono";
import type { Articles } from "./articles.js";

const oldFolder = "/media/articles";

/**
 * The URLs of an older version of this app, `/media/articles/chair.jpeg`, which stand in its rows and in other people's links.
 * Where the article has a picture again, it is answered; where not, a placeholder, as everywhere that media misses bytes.
 */
export function oldPictures(articles: Articles, media: Media): Hono {
  const lost = media.mount(oldFolder);
  return new Hono().get(`${oldFolder}/:name`, async (c) => {
    const article = await articles.ofImage(decodeURIComponent(c.req.path));
    const cover = article === undefined ? undefined : (await articles.photos.coversOf([article.id])).get(article.id);
    if (cover === undefined) return await lost.handler(c.req.raw);
    return c.redirect(cover.url(), 302);
  });
}
