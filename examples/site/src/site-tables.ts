import { type Kysely, sql } from "kysely";
import type { Migration } from "./migrations.js";

/** The tables that every site has. Times are in ISO 8601, which sorts as text on both databases. */
export interface SiteTables {
  users: {
    id: string;
    email: string;
    name: string;
    /** What the user may do, in the app's own words. */
    role: string;
    password_hash: string;
    created_at: string;
  };
  sessions: { id: string; user_id: string; expires_at: string };
  attempts: { key: string; count: number; ends_at: string };
  /** What each picture of a record shows, for who cannot see it. Which pictures there are, and in which order, media knows. */
  picture_descriptions: { record_id: string; file_id: string; description: string };
}

export const siteMigrations: readonly Migration[] = [
  {
    name: "site-001-users-sessions-attempts",
    async up(tx: Kysely<unknown>) {
      await sql`CREATE TABLE users (
        id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL,
        password_hash TEXT NOT NULL, created_at TEXT NOT NULL
      )`.execute(tx);
      await sql`CREATE TABLE sessions (
        id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, expires_at TEXT NOT NULL
      )`.execute(tx);
      await sql`CREATE INDEX sessions_by_end ON sessions (expires_at)`.execute(tx);
      await sql`CREATE TABLE attempts (key TEXT PRIMARY KEY, count INTEGER NOT NULL, ends_at TEXT NOT NULL)`.execute(tx);
    },
  },
  {
    name: "site-002-picture-descriptions",
    async up(tx: Kysely<unknown>) {
      await sql`CREATE TABLE picture_descriptions (
        record_id TEXT NOT NULL, file_id TEXT NOT NULL, description TEXT NOT NULL, PRIMARY KEY (record_id, file_id)
      )`.execute(tx);
    },
  },
];
