import { randomUUID } from "node:crypto";
import { addUser, type Services, setPassword } from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import type { Transaction } from "kysely";
import type { Tables } from "./tables.js";

/** What somebody may do. Editors look after lettings and addresses, administrators after people as well. */
export type Role = (typeof roles)[number];

export const roles = ["administrator", "editor", "member"] as const;

/** A person with an account, as their page shows them. */
export interface Profile {
  readonly id: string;
  readonly userId: string;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly favoriteCity: string;
  readonly portrait: MediaFile | undefined;
}

/** What the administration writes of a person. */
export interface ProfileTexts extends Omit<Profile, "id" | "userId" | "portrait"> {
  /** Absent where it stays as it is. */
  readonly password: string | undefined;
}

/** People: their account, their profile and their portrait, written together. */
export interface Profiles {
  list(): Promise<Profile[]>;
  get(id: string): Promise<Profile | undefined>;
  byUsername(username: string): Promise<Profile | undefined>;
  /** The fields whose values somebody else has already. */
  taken(texts: Pick<ProfileTexts, "email" | "username">, except?: Profile): Promise<readonly ("email" | "username")[]>;
  create(texts: ProfileTexts & { readonly password: string }, portrait: MediaFile | undefined): Promise<Profile["id"]>;
  /** Without a new portrait the old one stays. */
  change(profile: Profile, texts: ProfileTexts, portrait: MediaFile | undefined): Promise<void>;
  remove(profile: Profile): Promise<void>;
}

export function createProfiles({ database, media }: Pick<Services, "database" | "media">): Profiles {
  const db = database.as<Tables>();
  const slotOf = (id: string): readonly ["profile", string, "portrait"] => ["profile", id, "portrait"];
  const select = () =>
    db
      .selectFrom("profiles")
      .innerJoin("users", "users.id", "profiles.user_id")
      .select(["profiles.id", "user_id as userId", "username", "favorite_city as favoriteCity", "name", "email", "role"]);
  async function withPortraits(rows: Awaited<ReturnType<ReturnType<typeof select>["execute"]>>): Promise<Profile[]> {
    const ids = rows.map(({ id }) => id);
    const portraits = await media.attachedToEach("profile", ids, "portrait");
    return rows.map((row) => ({ ...row, role: roles.find((role) => role === row.role) ?? "member", portrait: portraits.get(row.id)?.[0] }));
  }
  const put = async (tx: Transaction<Tables>, id: string, portrait: MediaFile | undefined): Promise<void> => {
    if (portrait !== undefined) await media.attach(portrait, { to: slotOf(id), replace: true, tx });
  };
  return {
    list: async () => await withPortraits(await select().orderBy("name").orderBy("username").execute()),
    get: async (id) => (await withPortraits(await select().where("profiles.id", "=", id).execute()))[0],
    byUsername: async (username) => (await withPortraits(await select().where("username", "=", username).execute()))[0],
    async taken({ email, username }, except) {
      const others = await select()
        .where(({ eb, or }) => or([eb("email", "=", email), eb("username", "=", username)]))
        .execute();
      const strangers = others.filter(({ id }) => id !== except?.id);
      return [
        ...(strangers.some((other) => other.email === email) ? (["email"] as const) : []),
        ...(strangers.some((other) => other.username === username) ? (["username"] as const) : []),
      ];
    },
    async create({ name, email, role, password, username, favoriteCity }, portrait) {
      const id = randomUUID();
      await db.transaction().execute(async (tx) => {
        const userId = await addUser(tx, { name, email, role, password });
        await tx.insertInto("profiles").values({ id, user_id: userId, username, favorite_city: favoriteCity }).execute();
        await put(tx, id, portrait);
      });
      return id;
    },
    async change({ id, userId }, { name, email, role, password, username, favoriteCity }, portrait) {
      await db.transaction().execute(async (tx) => {
        await tx.updateTable("users").set({ name, email, role }).where("id", "=", userId).execute();
        await tx.updateTable("profiles").set({ username, favorite_city: favoriteCity }).where("id", "=", id).execute();
        if (password !== undefined) await setPassword(tx, userId, password);
        await put(tx, id, portrait);
      });
    },
    async remove({ id, userId }) {
      await db.transaction().execute(async (tx) => {
        await media.detach({ from: ["profile", id], tx });
        await tx.deleteFrom("profiles").where("id", "=", id).execute();
        await tx.deleteFrom("sessions").where("user_id", "=", userId).execute();
        await tx.deleteFrom("users").where("id", "=", userId).execute();
      });
    },
  };
}
