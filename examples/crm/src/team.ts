import { addUser, type Database, type SiteTables } from "@holdfast/example-site";
import type { Media, MediaFile } from "@holdfast/media";
import type { Kysely } from "kysely";
import type { Member, Role } from "./members.js";
import type { PhotoChange } from "./photo-field.js";
import type { Tables } from "./tables.js";

/** Somebody of an organisation. */
export interface Colleague {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly leads: number;
}

const slot = "photo";

/** The people of an organisation, and their photos. */
export interface Team {
  list(member: Member): Promise<Colleague[]>;
  get(member: Member, id: string): Promise<Colleague | undefined>;
  /** The photo of each that has one. */
  photos(ids: readonly string[]): Promise<ReadonlyMap<string, MediaFile>>;
  isTaken(email: string): Promise<boolean>;
  add(
    member: Member,
    account: { readonly name: string; readonly email: string; readonly role: Role; readonly password: string },
    photo: PhotoChange,
  ): Promise<string>;
  change(member: Member, id: string, texts: { readonly name: string; readonly role: Role }, photo: PhotoChange): Promise<void>;
  /** Take somebody out. Their leads are nobody's then, until an organiser gives them to somebody else. */
  remove(member: Member, id: string): Promise<void>;
  rename(member: Member, organisation: string): Promise<void>;
}

export function createTeam(database: Database, media: Media): Team {
  const db = database.as<Tables>();
  const selected = (from: Kysely<Tables>, member: Member) =>
    from
      .selectFrom("users")
      .innerJoin("members", "members.user_id", "users.id")
      .where("organisation_id", "=", member.organisationId)
      .select((eb) => [
        "users.id",
        "users.name",
        "users.email",
        "users.role",
        eb
          .selectFrom("leads")
          .whereRef("leads.agent_id", "=", "users.id")
          .select(({ fn }) => fn.countAll().as("count"))
          .as("leads"),
      ]);
  const colleague = ({ role, leads, ...rest }: { id: string; name: string; email: string; role: string; leads: unknown }): Colleague => ({
    ...rest,
    role: role === "organiser" ? "organiser" : "agent",
    leads: Number(leads),
  });
  const isOfOrganisation = async (of: Kysely<Tables>, member: Member, id: string): Promise<boolean> =>
    (await of
      .selectFrom("members")
      .where("user_id", "=", id)
      .where("organisation_id", "=", member.organisationId)
      .select("user_id")
      .executeTakeFirst()) !== undefined;

  return {
    list: async (member) => (await selected(db, member).orderBy("users.role", "desc").orderBy("users.name").execute()).map(colleague),
    async get(member, id) {
      const found = await selected(db, member).where("users.id", "=", id).executeTakeFirst();
      return found === undefined ? undefined : colleague(found);
    },
    async photos(ids) {
      const photos = new Map<string, MediaFile>();
      for (const [id, [photo]] of await media.attachedToEach("user", ids, slot)) if (photo !== undefined) photos.set(id, photo);
      return photos;
    },
    isTaken: async (email) => (await db.selectFrom("users").where("email", "=", email).select("id").executeTakeFirst()) !== undefined,
    async add(member, account, photo) {
      return await db.transaction().execute(async (tx) => {
        const id = await addUser(tx as unknown as Kysely<SiteTables>, account);
        await tx.insertInto("members").values({ user_id: id, organisation_id: member.organisationId }).execute();
        await photo(media, tx, ["user", id, slot]);
        return id;
      });
    },
    async change(member, id, texts, photo) {
      await db.transaction().execute(async (tx) => {
        if (!(await isOfOrganisation(tx, member, id))) return;
        await tx.updateTable("users").set(texts).where("id", "=", id).execute();
        await photo(media, tx, ["user", id, slot]);
      });
    },
    async remove(member, id) {
      await db.transaction().execute(async (tx) => {
        if (!(await isOfOrganisation(tx, member, id))) return;
        await tx.updateTable("leads").set({ agent_id: null }).where("agent_id", "=", id).execute();
        for (const table of ["sessions", "members", "imports"] as const) await tx.deleteFrom(table).where("user_id", "=", id).execute();
        await tx.deleteFrom("users").where("id", "=", id).execute();
        await media.detach({ from: ["user", id], tx });
      });
    },
    async rename(member, organisation) {
      await db.updateTable("organisations").set({ name: organisation }).where("id", "=", member.organisationId).execute();
    },
  };
}
