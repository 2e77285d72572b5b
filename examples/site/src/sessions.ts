import { createHash, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { SiteTables } from "./site-tables.js";

/** Who is logged in. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
}

export const sessionDays = 14;

/** What a browser keeps to be known by: as good as a password while it lasts, so the database has its hash only. */
export function newSessionToken(): string {
  return randomBytes(32).toString("base64url");
}

/** What a form has to bring along, to show that it is from a page of ours: who cannot read the cookie cannot make it. */
export function csrfTokenOf(sessionToken: string): string {
  return sha256(`csrf\n${sessionToken}`);
}

/** Begin a session under a token that nobody has seen before: one from before the log-in may be known to somebody else. */
export async function beginSession(db: Kysely<SiteTables>, userId: string): Promise<string> {
  const token = newSessionToken();
  const now = Date.now();
  await db.deleteFrom("sessions").where("expires_at", "<", new Date(now).toISOString()).execute();
  const expiresAt = new Date(now + sessionDays * 24 * 60 * 60 * 1000).toISOString();
  await db
    .insertInto("sessions")
    .values({ id: sha256(token), user_id: userId, expires_at: expiresAt })
    .execute();
  return token;
}

export async function endSession(db: Kysely<SiteTables>, token: string): Promise<void> {
  await db.deleteFrom("sessions").where("id", "=", sha256(token)).execute();
}

/** End a user's sessions in all browsers but one. */
export async function endOtherSessions(db: Kysely<SiteTables>, userId: string, token: string): Promise<void> {
  await db.deleteFrom("sessions").where("user_id", "=", userId).where("id", "!=", sha256(token)).execute();
}

/** Whose session it is, if it is one and lasts. */
export async function userOfSession(db: Kysely<SiteTables>, token: string): Promise<User | undefined> {
  return await db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .where("sessions.id", "=", sha256(token))
    .where("sessions.expires_at", ">", new Date().toISOString())
    .select(["users.id", "users.email", "users.name", "users.role"])
    .executeTakeFirst();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
