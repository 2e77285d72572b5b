import { randomUUID } from "node:crypto";
import { type Database, likePatterns, type Photo, type Photos, searchText } from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import type { Kysely, Selectable } from "kysely";
import type { Tables } from "./tables.js";

/** An article as it is listed. */
export type Article = Omit<Selectable<Tables["articles"]>, "search_text"> & { readonly seller: string };

/** What a seller writes. */
export interface ArticleTexts {
  readonly title: string;
  readonly description: string;
  readonly priceCents: number;
  readonly place: string;
}

export const pageSize = 24;

/** The articles and their pictures: written together, in one transaction, or not at all. */
export interface Articles {
  /** Newest first; of a seller, or of a search. One more than a page tells whether there is a next one. */
  list(wanted: { readonly query?: string; readonly sellerId?: string; readonly page: number }): Promise<Article[]>;
  get(id: string): Promise<Article | undefined>;
  /** The article whose one picture was here, in an older version of the app. */
  ofImage(path: string): Promise<Article | undefined>;
  readonly photos: Photos;
  create(sellerId: string, texts: ArticleTexts, photos: readonly Photo[]): Promise<string>;
  /** Change the texts, and have these pictures in this order. */
  change(id: string, texts: ArticleTexts, photos: readonly Photo[]): Promise<void>;
  /** Give an article whose picture was lost another one. Its old URL is as it was, and works again. */
  repair(article: Article, file: MediaFile): Promise<void>;
  remove(id: string): Promise<void>;
}

export function createArticles(database: Database, photos: Photos): Articles {
  const db = database.as<Tables>();
  const selected = (from: Kysely<Tables>) =>
    from
      .selectFrom("articles")
      .innerJoin("users", "users.id", "articles.seller_id")
      .select(["articles.id", "seller_id", "title", "description", "price_cents", "place", "image", "articles.created_at"])
      .select("users.name as seller");

  return {
    async list({ query = "", sellerId, page }) {
      let found = selected(db);
      if (sellerId !== undefined) found = found.where("seller_id", "=", sellerId);
      for (const pattern of likePatterns(query)) found = found.where("search_text", "like", pattern);
      return await found
        .orderBy("articles.created_at", "desc")
        .orderBy("articles.id")
        .limit(pageSize + 1)
        .offset((page - 1) * pageSize)
        .execute();
    },
    get: async (id) => await selected(db).where("articles.id", "=", id).executeTakeFirst(),
    ofImage: async (path) => await selected(db).where("image", "=", path).executeTakeFirst(),
    photos,
    async create(sellerId, texts, pictures) {
      const id = randomUUID();
      await db.transaction().execute(async (tx) => {
        const row = { id, seller_id: sellerId, image: null, created_at: new Date().toISOString(), ...rowOf(texts) };
        await tx.insertInto("articles").values(row).execute();
        await photos.put(id, pictures, tx);
      });
      return id;
    },
    async change(id, texts, pictures) {
      await db.transaction().execute(async (tx) => {
        await tx.updateTable("articles").set(rowOf(texts)).where("id", "=", id).execute();
        await photos.put(id, pictures, tx);
      });
    },
    async repair({ id, title }, file) {
      await db.transaction().execute(async (tx) => await photos.put(id, [{ file, description: title }], tx));
    },
    async remove(id) {
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom("articles").where("id", "=", id).execute();
        await photos.remove(id, tx);
      });
    },
  };
}

function rowOf({ title, description, priceCents, place }: ArticleTexts) {
  return { title, description, price_cents: priceCents, place, search_text: searchText(`${title} ${description} ${place}`) };
}
