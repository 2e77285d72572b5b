import { drizzle } from "drizzle-orm/node-postgres";
import { pgTable, text } from "drizzle-orm/pg-core";
import { CamelCasePlugin, Kysely, PostgresDialect } from "kysely";
import type { Pool } from "pg";
import type { DatabaseTransaction } from "@holdfast/media";
import { type ArticleDelegate, openPrisma } from "./prisma-client.js";

/** Longer than Prisma's five seconds, for machines that have much else to do. */
const patience = { maxWait: 50_000, timeout: 50_000 };

/** The table of an application, which each client writes in its own way. */
export const articlesTable = "CREATE TABLE IF NOT EXISTS client_articles (id TEXT PRIMARY KEY, title TEXT NOT NULL)";

/** What an application does in its transaction. */
export interface ArticleTransaction {
  readonly tx: DatabaseTransaction;
  insert(id: string): Promise<unknown>;
}

/** A client of PostgreSQL, as an application uses it. */
export interface ArticlesClient {
  readonly name: string;
  /** Run work in a transaction of this client's; what the work throws rolls it back. */
  transaction(work: (articles: ArticleTransaction) => Promise<void>): Promise<void>;
  /** What somebody might pass by mistake. */
  readonly withoutTransaction: DatabaseTransaction;
  close(): Promise<void>;
}

/** How each client is opened over a pool. */
export const openClients: Readonly<Record<string, (pool: Pool) => ArticlesClient>> = {
  pg: (pool) => ({
    name: "pg",
    async transaction(work) {
      const tx = await pool.connect();
      try {
        await tx.query("BEGIN");
        const insert = async (id: string): Promise<unknown> => await tx.query("INSERT INTO client_articles VALUES ($1, $2)", [id, "title"]);
        await work({ tx, insert });
        await tx.query("COMMIT");
      } catch (error) {
        await tx.query("ROLLBACK");
        throw error;
      } finally {
        tx.release();
      }
    },
    withoutTransaction: pool,
    close: async () => undefined,
  }),
  "Kysely with the plugins of an application": (pool) => {
    const plain = new Kysely<{ readonly clientArticles: { id: string; title: string } }>({
      dialect: new PostgresDialect({ pool }),
      plugins: [new CamelCasePlugin()],
    });
    return {
      name: "Kysely",
      async transaction(work) {
        await plain.transaction().execute(async (tx) => {
          await work({ tx, insert: async (id) => await tx.insertInto("clientArticles").values({ id, title: "title" }).execute() });
        });
      },
      withoutTransaction: plain,
      close: async () => undefined,
    };
  },
  Drizzle: (pool) => {
    const articles = pgTable("client_articles", { id: text().primaryKey(), title: text().notNull() });
    const db = drizzle({ client: pool });
    const untyped: unknown = db;
    return {
      name: "Drizzle",
      async transaction(work) {
        await db.transaction(async (tx) => {
          await work({ tx, insert: async (id) => await tx.insert(articles).values({ id, title: "title" }) });
        });
      },
      // Types tell already; a program without them learns it here.
      withoutTransaction: untyped as DatabaseTransaction,
      close: async () => undefined,
    };
  },
  Prisma: (pool) => {
    const prisma = openPrisma(pool);
    type Transaction = typeof prisma & { readonly article: ArticleDelegate };
    return {
      name: "Prisma",
      async transaction(work) {
        await prisma.$transaction(async (tx: Transaction) => {
          await work({ tx, insert: async (id) => await tx.article.create({ data: { id, title: "title" } }) });
        }, patience);
      },
      withoutTransaction: prisma,
      close: async () => await prisma.$disconnect(),
    };
  },
};
