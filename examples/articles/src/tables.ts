import type { Migration, SiteTables } from "@holdfast/example-site";
import { type Kysely, sql } from "kysely";

export interface Tables extends SiteTables {
  articles: {
    id: string;
    seller_id: string;
    title: string;
    description: string;
    price_cents: number;
    place: string;
    /** The one picture that an article had before it had several: its URL, as older versions of the app wrote it. */
    image: string | null;
    /** Title and description without accents, in lower case. */
    search_text: string;
    created_at: string;
  };
}

export const migrations: readonly Migration[] = [
  {
    name: "articles-001-articles",
    async up(tx: Kysely<unknown>) {
      await sql`CREATE TABLE articles (
        id TEXT PRIMARY KEY, seller_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        title TEXT NOT NULL, description TEXT NOT NULL, price_cents INTEGER NOT NULL, place TEXT NOT NULL,
        image TEXT, search_text TEXT NOT NULL, created_at TEXT NOT NULL
      )`.execute(tx);
      await sql`CREATE INDEX articles_by_age ON articles (created_at, id)`.execute(tx);
      await sql`CREATE INDEX articles_by_seller ON articles (seller_id)`.execute(tx);
      await sql`CREATE INDEX articles_by_image ON articles (image)`.execute(tx);
    },
  },
];
