import type { Migration, SiteTables } from "@holdfast/example-site";
import { type Kysely, sql } from "kysely";

export interface Tables extends SiteTables {
  addresses: {
    id: string;
    number: number;
    street: string;
    city: string;
    /** Two letters: `CA`. */
    state: string;
    zip_code: string;
  };
  lettings: {
    id: string;
    title: string;
    description: string;
    rent_cents: number;
    bedrooms: number;
    /** An address is let once. */
    address_id: string;
    created_at: string;
  };
  profiles: {
    id: string;
    user_id: string;
    /** What its page is called by: `/profiles/elodie`. */
    username: string;
    favorite_city: string;
  };
}

export const migrations: readonly Migration[] = [
  {
    name: "lettings-001-addresses-lettings-profiles",
    async up(tx: Kysely<unknown>) {
      await sql`CREATE TABLE addresses (
        id TEXT PRIMARY KEY, number INTEGER NOT NULL, street TEXT NOT NULL, city TEXT NOT NULL, state TEXT NOT NULL, zip_code TEXT NOT NULL
      )`.execute(tx);
      await sql`CREATE TABLE lettings (
        id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL, rent_cents INTEGER NOT NULL, bedrooms INTEGER NOT NULL,
        address_id TEXT NOT NULL UNIQUE REFERENCES addresses (id), created_at TEXT NOT NULL
      )`.execute(tx);
      await sql`CREATE INDEX lettings_by_age ON lettings (created_at, id)`.execute(tx);
      await sql`CREATE TABLE profiles (
        id TEXT PRIMARY KEY, user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
        username TEXT NOT NULL UNIQUE, favorite_city TEXT NOT NULL
      )`.execute(tx);
    },
  },
];
