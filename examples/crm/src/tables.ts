import type { Migration, SiteTables } from "@holdfast/example-site";
import { type Kysely, sql } from "kysely";

export interface Tables extends SiteTables {
  organisations: { id: string; name: string };
  /** Which organisation a user is of. What they may do there is the user's role: organiser or agent. */
  members: { user_id: string; organisation_id: string };
  leads: {
    id: string;
    organisation_id: string;
    /** Whose lead it is; null while it is nobody's. */
    agent_id: string | null;
    name: string;
    company: string;
    /** Empty where none is known; an organisation has one lead for each address. */
    email: string;
    phone: string;
    stage: Stage;
    note: string;
    /** Name, company and address without accents, in lower case. */
    search_text: string;
    created_at: string;
  };
  /** Leads that were read from files and wait for somebody to say that they are to be taken. */
  imports: {
    id: string;
    organisation_id: string;
    user_id: string;
    /** The rows as JSON, each with what is wrong with it. */
    draft: string;
    created_at: string;
  };
}

/** How far things have come with a lead. */
export const stages = ["new", "contacted", "offer", "won", "lost"] as const;
export type Stage = (typeof stages)[number];

export const migrations: readonly Migration[] = [
  {
    name: "crm-001-organisations-members-leads-imports",
    async up(tx: Kysely<unknown>) {
      await sql`CREATE TABLE organisations (id TEXT PRIMARY KEY, name TEXT NOT NULL)`.execute(tx);
      await sql`CREATE TABLE members (
        user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
        organisation_id TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE
      )`.execute(tx);
      await sql`CREATE INDEX members_by_organisation ON members (organisation_id)`.execute(tx);
      await sql`CREATE TABLE leads (
        id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
        agent_id TEXT REFERENCES users (id) ON DELETE SET NULL,
        name TEXT NOT NULL, company TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL,
        stage TEXT NOT NULL, note TEXT NOT NULL, search_text TEXT NOT NULL, created_at TEXT NOT NULL
      )`.execute(tx);
      await sql`CREATE INDEX leads_by_age ON leads (organisation_id, created_at, id)`.execute(tx);
      await sql`CREATE INDEX leads_by_agent ON leads (agent_id)`.execute(tx);
      await sql`CREATE INDEX leads_by_email ON leads (organisation_id, email)`.execute(tx);
      await sql`CREATE TABLE imports (
        id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, draft TEXT NOT NULL, created_at TEXT NOT NULL
      )`.execute(tx);
    },
  },
  {
    name: "crm-002-one-lead-for-each-address",
    async up(tx: Kysely<unknown>) {
      // Where there are several, the oldest keeps it, and the others have it in their notes, so that nothing of them is lost.
      await sql`UPDATE leads SET note = TRIM(note || ' ' || email), email = '' WHERE email <> '' AND EXISTS (
        SELECT 1 FROM leads AS other WHERE other.organisation_id = leads.organisation_id AND other.email = leads.email
        AND (other.created_at < leads.created_at OR (other.created_at = leads.created_at AND other.id < leads.id))
      )`.execute(tx);
      await sql`DROP INDEX leads_by_email`.execute(tx);
      await sql`CREATE UNIQUE INDEX leads_by_email ON leads (organisation_id, email) WHERE email <> ''`.execute(tx);
    },
  },
];
