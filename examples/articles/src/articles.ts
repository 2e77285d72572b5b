import { randomUUID } from "node:crypto";
import type { Database } from "@holdfast/example-site";
import type { Media, MediaFile } from "@holdfast/media";
import type { Kysely, Selectable, Transaction } from "kysely";
import type { Tables } from "./tables.js";

/** An article as it is listed. */
export type Article = Omit<Selectable<Tables["articles"]>, "search_text"> & { readonly seller: string };

/** A picture of an article, and what it shows. */
export interface Photo {
  readonly file: MediaFile;
  readonly description: string;
}

/** What a seller writes. */
export interface ArticleTexts {
  readonly title: string;
  readonly description: string;
  readonly priceCents: number;
  readonly place: string;
}

export const pageSize = 24;
const slot = "photos";

/** The articles and their pictures: written together, in one transaction, or not at all. */
export interface Articles {
  /** Newest first; of a seller, or of a search. One more than a page tells whether there is a next one. */
  list(wanted: { readonly query?: string; readonly sellerId?: string; readonly page: number }): Promise<Article[]>;
  get(id: string): Promise<Article | undefined>;
  /** The article whose one picture was here, in an older version of the app. */
  ofImage(path: string): Promise<Article | undefined>;
  photos(articleId: string): Promise<Photo[]>;
  /** The first picture of each, where it has one. */
  covers(articles: readonly Article[]): Promise<ReadonlyMap<string, MediaFile>>;
  create(sellerId: string, texts: ArticleTexts, files: readonly MediaFile[]): Promise<string>;
  /** Change texts, descriptions and order, add pictures and take some away. Pictures come in the order of `photos`. */
  change(id: string, texts: ArticleTexts, photos: readonly Photo[]): Promise<void>;
  /** Give an article whose picture was lost another one. Its old URL is as it was, and works again. */
  repair(article: Article, file: MediaFile): Promise<void>;
  remove(id: string): Promise<void>;
}

export function createArticles(database: Database, media: Media): Articles {
  const db = database.as<Tables>();
  const selected = (from: Kysely<Tables>) =>
    from
      .selectFrom("articles")
      .innerJoin("users", "users.id", "articles.seller_id")
      .select(["articles.id", "seller_id", "title", "description", "price_cents", "place", "image", "articles.created_at"])
      .select("users.name as seller");

  const describe = async (tx: Transaction<Tables>, articleId: string, photos: readonly Photo[]): Promise<void> => {
    await tx.deleteFrom("photo_descriptions").where("article_id", "=", articleId).execute();
    const rows = photos.map(({ file, description }) => ({ article_id: articleId, file_id: file.id, description }));
    if (rows.length > 0) await tx.insertInto("photo_descriptions").values(rows).execute();
  };

  return {
    async list({ query = "", sellerId, page }) {
      let found = selected(db);
      if (sellerId !== undefined) found = found.where("seller_id", "=", sellerId);
      for (const word of searchText(query).split(" ")) {
        if (word !== "") found = found.where((eb) => eb("search_text", "like", `%${word.replaceAll(/[\\%_]/g, "")}%`));
      }
      return await found
        .orderBy("articles.created_at", "desc")
        .orderBy("articles.id")
        .limit(pageSize + 1)
        .offset((page - 1) * pageSize)
        .execute();
    },
    get: async (id) => await selected(db).where("articles.id", "=", id).executeTakeFirst(),
    ofImage: async (path) => await selected(db).where("image", "=", path).executeTakeFirst(),
    async photos(articleId) {
      const files = await media.attached("article", articleId, slot);
      const rows = await db.selectFrom("photo_descriptions").selectAll().where("article_id", "=", articleId).execute();
      const descriptions = new Map(rows.map((row) => [row.file_id, row.description]));
      return files.map((file) => ({ file, description: descriptions.get(file.id) ?? "" }));
    },
    async covers(articles) {
      const ids = articles.map(({ id }) => id);
      const covers = new Map<string, MediaFile>();
      for (const [id, [cover]] of await media.attachedToEach("article", ids, slot)) if (cover !== undefined) covers.set(id, cover);
      return covers;
    },
    async create(sellerId, texts, files) {
      const id = randomUUID();
      await db.transaction().execute(async (tx) => {
        const row = { id, seller_id: sellerId, image: null, created_at: new Date().toISOString(), ...rowOf(texts) };
        await tx.insertInto("articles").values(row).execute();
        await media.attach(files, { to: ["article", id, slot], tx });
      });
      return id;
    },
    async change(id, texts, photos) {
      await db.transaction().execute(async (tx) => {
        await tx.updateTable("articles").set(rowOf(texts)).where("id", "=", id).execute();
        await describe(tx, id, photos);
        const files = photos.map(({ file }) => file);
        if (files.length === 0) await media.detach({ from: ["article", id, slot], tx });
        else await media.attach(files, { to: ["article", id, slot], replace: true, tx });
      });
    },
    async repair({ id, title }, file) {
      await db.transaction().execute(async (tx) => {
        await media.attach(file, { to: ["article", id, slot], replace: true, tx });
        await describe(tx, id, [{ file, description: title }]);
      });
    },
    async remove(id) {
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom("articles").where("id", "=", id).execute();
        await media.detach({ from: ["article", id], tx });
      });
    },
  };
}

/** Text as it is looked for: without accents, in lower case. */
export function searchText(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/\p{Mark}/gu, "")
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .trim();
}

function rowOf({ title, description, priceCents, place }: ArticleTexts) {
  return { title, description, price_cents: priceCents, place, search_text: searchText(`${title} ${description} ${place}`) };
}
