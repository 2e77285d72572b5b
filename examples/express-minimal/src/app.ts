import { randomUUID } from "node:crypto";
import { isHoldfastError, type Media, type MediaOptions, openMedia, toProblem } from "@holdfast/media";
import { expressMedia } from "@holdfast/media/express";
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { pgTable, text } from "drizzle-orm/pg-core";
import express, { type ErrorRequestHandler, type Express } from "express";
import type { Pool } from "pg";

const articles = pgTable("articles", { id: text().primaryKey(), title: text().notNull() });
type NewArticle = { readonly title: string; readonly cover: string; readonly photos: readonly string[] };

/** POST /media takes a picture in and answers its id; POST /articles makes an article of such pictures, wholly or not at all. */
export async function createApp(pool: Pool, options: MediaOptions = {}): Promise<{ readonly app: Express; readonly media: Media }> {
  const db = drizzle({ client: pool });
  await db.execute(sql`CREATE TABLE IF NOT EXISTS ${articles} (id TEXT PRIMARY KEY, title TEXT NOT NULL)`);
  const media = await openMedia({ database: pool, authorize: () => true, uploadsExpireInMs: 24 * 60 * 60 * 1000, ...options });
  await media.migrate();
  const app = express().use(expressMedia(media), express.json());
  app.post<object, { readonly id: string }, NewArticle>("/articles", async ({ body: { title, cover, photos } }, response) => {
    const id = randomUUID();
    await db.transaction(async (tx) => {
      await tx.insert(articles).values({ id, title });
      await media.attach(cover, { to: ["article", id, "cover"], tx });
      await media.attach(photos, { to: ["article", id, "photos"], tx });
    });
    response.status(201).json({ id });
  });
  app.get("/articles/:id", async ({ params: { id } }, response) => {
    const [article] = await db.select().from(articles).where(eq(articles.id, id));
    const [[cover], photos] = [await media.attached("article", id, "cover"), await media.attached("article", id, "photos")];
    const urls = { cover: cover?.url({ width: 1280 }), photos: photos.map((photo) => photo.url({ width: 640 })) };
    response.status(article === undefined ? 404 : 200).json({ ...article, ...urls });
  });
  const onError: ErrorRequestHandler = (error, _request, response, next) => {
    if (isHoldfastError(error)) response.status(error.status).json({ detail: toProblem(error).detail });
    else next(error); // Express knows what a malformed body is, and logs the rest.
  };
  return { app: app.use(onError), media };
}
