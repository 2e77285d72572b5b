import { randomUUID } from "node:crypto";
import { type Database, likePatterns, searchText } from "@holdfast/example-site";
import type { Media, MediaFile } from "@holdfast/media";
import type { ExpressionBuilder, Kysely, Selectable, Transaction } from "kysely";
import type { Member } from "./members.js";
import type { PhotoChange } from "./photo-field.js";
import type { Stage, Tables } from "./tables.js";

/** A lead as it is shown. */
export type Lead = Omit<Selectable<Tables["leads"]>, "search_text" | "organisation_id"> & { readonly agent: string | null };

/** What is written about a lead. */
export interface LeadTexts {
  readonly name: string;
  readonly company: string;
  readonly email: string;
  readonly phone: string;
  readonly stage: Stage;
  readonly note: string;
  /** Whose it is; null for nobody's. */
  readonly agentId: string | null;
}

export interface LeadsWanted {
  readonly query: string;
  readonly stage: Stage | undefined;
  /** The agent's id, or `nobody`. */
  readonly agentId: string | undefined;
  readonly page: number;
}

export const pageSize = 25;
const slot = "photo";

/**
 * The leads and their photos: written together, in one transaction, or not at all. Everything is asked for by a member, and finds
 * and changes only what that member may see: what is another's is as if it were not there.
 */
export interface Leads {
  /** Newest first. One more than a page tells whether there is a next one. */
  list(member: Member, wanted: LeadsWanted): Promise<Lead[]>;
  countByStage(member: Member): Promise<ReadonlyMap<Stage, number>>;
  get(member: Member, id: string): Promise<Lead | undefined>;
  /** The photo of each that has one. */
  photos(ids: readonly string[]): Promise<ReadonlyMap<string, MediaFile>>;
  create(member: Member, texts: LeadTexts, photo: MediaFile | undefined): Promise<string>;
  /**
   * All of them, with their photos, or none, and false: where `before`, which runs first in the same transaction, says so, or where
   * another lead has the address of one of them by now.
   */
  createAll(
    member: Member,
    all: readonly { readonly texts: LeadTexts; readonly photo: string | undefined }[],
    before: (tx: Transaction<Tables>) => Promise<boolean>,
  ): Promise<boolean>;
  /** False where there is nothing that the member may change. */
  change(member: Member, id: string, texts: LeadTexts, photo: PhotoChange): Promise<boolean>;
  remove(member: Member, id: string): Promise<boolean>;
}

export function createLeads(database: Database, media: Media): Leads {
  const db = database.as<Tables>();
  /** What a member may see. Every query goes through it. */
  const visibleTo = (member: Member) => (eb: ExpressionBuilder<Tables, "leads">) => {
    const ofOrganisation = eb("leads.organisation_id", "=", member.organisationId);
    return member.role === "organiser" ? ofOrganisation : eb.and([ofOrganisation, eb("leads.agent_id", "=", member.id)]);
  };
  const selected = (from: Kysely<Tables>, member: Member) =>
    from
      .selectFrom("leads")
      .leftJoin("users", "users.id", "leads.agent_id")
      .where((eb) => visibleTo(member)(eb as unknown as ExpressionBuilder<Tables, "leads">))
      .select(["leads.id", "agent_id", "leads.name", "company", "leads.email", "phone", "stage", "note", "leads.created_at"])
      .select("users.name as agent");
  const newRow = (member: Member, texts: LeadTexts) => {
    return { id: randomUUID(), organisation_id: member.organisationId, created_at: new Date().toISOString(), ...rowOf(texts) };
  };
  const attach = async (tx: Transaction<Tables>, id: string, photo: MediaFile | string | undefined): Promise<void> => {
    if (photo !== undefined) await media.attach(photo, { to: ["lead", id, slot], tx });
  };

  return {
    async list(member, { query, stage, agentId, page }) {
      let found = selected(db, member);
      if (stage !== undefined) found = found.where("stage", "=", stage);
      if (agentId === "nobody") found = found.where("agent_id", "is", null);
      else if (agentId !== undefined) found = found.where("agent_id", "=", agentId);
      for (const pattern of likePatterns(query)) found = found.where("search_text", "like", pattern);
      return await found
        .orderBy("leads.created_at", "desc")
        .orderBy("leads.id")
        .limit(pageSize + 1)
        .offset((page - 1) * pageSize)
        .execute();
    },
    async countByStage(member) {
      const rows = await db
        .selectFrom("leads")
        .where(visibleTo(member))
        .groupBy("stage")
        .select(["stage", (eb) => eb.fn.countAll().as("count")])
        .execute();
      return new Map(rows.map(({ stage, count }) => [stage, Number(count)]));
    },
    get: async (member, id) => await selected(db, member).where("leads.id", "=", id).executeTakeFirst(),
    async photos(ids) {
      const photos = new Map<string, MediaFile>();
      for (const [id, [photo]] of await media.attachedToEach("lead", ids, slot)) if (photo !== undefined) photos.set(id, photo);
      return photos;
    },
    async create(member, texts, photo) {
      const row = newRow(member, texts);
      await db.transaction().execute(async (tx) => {
        await tx.insertInto("leads").values(row).execute();
        await attach(tx, row.id, photo);
      });
      return row.id;
    },
    async createAll(member, all, before) {
      const rows = all.map(({ texts, photo }) => ({ row: newRow(member, texts), photo }));
      // In one order by all, so that of two who write the same addresses neither waits for the other.
      rows.sort((one, other) => Number(one.row.email > other.row.email) - Number(one.row.email < other.row.email));
      const written = db.transaction().execute(async (tx) => {
        if (!(await before(tx))) throw new Undone();
        for (const { row, photo } of rows) {
          // It waits for whoever writes the same address at this moment, and then writes nothing.
          const { numInsertedOrUpdatedRows } = await tx
            .insertInto("leads")
            .values(row)
            .onConflict((on) => on.doNothing())
            .executeTakeFirst();
          if (Number(numInsertedOrUpdatedRows) === 0) throw new Undone();
          await attach(tx, row.id, photo);
        }
        return true;
      });
      return await written.catch((error: unknown) => {
        if (error instanceof Undone) return false;
        throw error;
      });
    },
    async change(member, id, texts, photo) {
      return await db.transaction().execute(async (tx) => {
        const changed = await tx
          .updateTable("leads")
          .set(rowOf(texts))
          .where("id", "=", id)
          .where((eb) => visibleTo(member)(eb))
          .executeTakeFirst();
        if (Number(changed.numUpdatedRows) === 0) return false;
        await photo(media, tx, ["lead", id, slot]);
        return true;
      });
    },
    async remove(member, id) {
      return await db.transaction().execute(async (tx) => {
        const removed = await tx
          .deleteFrom("leads")
          .where("id", "=", id)
          .where((eb) => visibleTo(member)(eb))
          .executeTakeFirst();
        if (Number(removed.numDeletedRows) === 0) return false;
        await media.detach({ from: ["lead", id], tx });
        return true;
      });
    },
  };
}

/** Ends a transaction in which nothing is to have been written. */
class Undone extends Error {}

function rowOf({ agentId, ...texts }: LeadTexts) {
  const { name, company, email } = texts;
  return { ...texts, agent_id: agentId, search_text: searchText(`${name} ${company} ${email}`) };
}
