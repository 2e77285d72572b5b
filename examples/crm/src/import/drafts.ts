import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Database, whyNotTaken } from "@holdfast/example-site";
import type { Media, MediaFile } from "@holdfast/media";
import type { Leads } from "../leads.js";
import type { Member } from "../members.js";
import { squareOf } from "../photo-field.js";
import type { Tables } from "../tables.js";
import type { Team } from "../team.js";
import { type Archive, openArchive } from "./archive.js";
import type { FileProblem } from "./file-problem.js";
import { type DraftRow, judge, type JudgedRow, type PhotoProblem } from "./judge.js";
import { readSheet, type SheetRow } from "./sheet.js";

/** What was read from a table and an archive. */
interface Draft {
  readonly rows: readonly DraftRow[];
  /** Photos of the archive that no row names. */
  readonly unused: readonly string[];
}

/** A draft, judged by what there is now. */
export interface Preview {
  readonly id: string;
  readonly rows: readonly JudgedRow[];
  /** The photos that wait, by their ids. */
  readonly photos: ReadonlyMap<string, MediaFile>;
  readonly unused: readonly string[];
}

/** How a draft is carried out, as far as it can be. */
export type Outcome = "imported" | "importedSome" | "importChanged" | "gone";

/** Imports in two steps: first everything is read, checked and shown, then all of it is done in one transaction, or none of it. */
export interface Drafts {
  /** Read a table and its photos. Photos are stored, staged, and go by themselves unless the draft is carried out within a day. */
  read(
    member: Member,
    paths: { readonly csv: string; readonly zip: string | undefined },
  ): Promise<{ readonly id: string } | { readonly field: "csv" | "zip"; readonly problem: FileProblem }>;
  preview(member: Member, id: string): Promise<Preview | undefined>;
  /** Import the rows that are ready, if they are as many as whoever decided has seen. */
  carryOut(member: Member, id: string, seen: number): Promise<Outcome>;
  discard(member: Member, id: string): Promise<void>;
}

const draftsLastMs = 24 * 60 * 60 * 1000;
/** Stored a little longer than a draft lasts, so that none is carried out whose photos have gone. */
const photosLastMs = draftsLastMs + 60 * 60 * 1000;
const mostUnused = 50;
/** How many photos are taken out of an archive at a time. */
const atOnce = 4;

export function createDrafts(database: Database, media: Media, leads: Leads, team: Team): Drafts {
  const db = database.as<Tables>();
  const find = async (member: Member, id: string): Promise<Draft | undefined> => {
    const row = await db
      .selectFrom("imports")
      .where("id", "=", id)
      .where("user_id", "=", member.id)
      .where("created_at", ">", new Date(Date.now() - draftsLastMs).toISOString())
      .select("draft")
      .executeTakeFirst();
    return row === undefined ? undefined : (JSON.parse(row.draft) as Draft);
  };
  const judged = async (member: Member, draft: Draft): Promise<Pick<Preview, "rows" | "photos">> => {
    const photos = await media.getEach(draft.rows.map(({ photoId }) => photoId ?? "").filter((id) => id !== ""));
    const rows = draft.rows.map((row): DraftRow => {
      const isGone = row.photoId !== undefined && !photos.has(row.photoId);
      return isGone ? { ...row, photoId: undefined, photoProblem: { code: "photo", upload: "failed" } } : row;
    });
    const people = await team.list(member);
    const found = await db.selectFrom("leads").where("organisation_id", "=", member.organisationId).select("email").execute();
    const agents = new Map(people.map(({ email, id }) => [email, id]));
    return { rows: judge(rows, { agents, emails: new Set(found.map(({ email }) => email)) }), photos };
  };
  const takePhotos = async (member: Member, rows: readonly SheetRow[], archive: Archive | undefined): Promise<Draft> => {
    const names = rows.map(({ fields }) => (fields.photo === "" ? undefined : archive?.find(fields.photo)));
    const takeAt = async (at: number, row: SheetRow): Promise<DraftRow> => {
      const name = names[at];
      const isTwice = name !== undefined && names.indexOf(name) < at;
      const none = { ...row, photoId: undefined, photoProblem: undefined };
      return row.fields.photo === "" ? none : { ...none, ...(await photoOf(member, archive, name, isTwice)) };
    };
    const taken: DraftRow[] = [];
    // A few at a time: most of it is waiting for the storage.
    for (let at = 0; at < rows.length; at += atOnce) {
      taken.push(...(await Promise.all(rows.slice(at, at + atOnce).map(async (row, more) => await takeAt(at + more, row)))));
    }
    const used = new Set(names);
    return { rows: taken, unused: (archive?.names ?? []).filter((name) => !used.has(name)).slice(0, mostUnused) };
  };
  const photoOf = async (
    member: Member,
    archive: Archive | undefined,
    name: string | undefined,
    isTwice: boolean,
  ): Promise<{ readonly photoId: string } | { readonly photoProblem: PhotoProblem }> => {
    if (name === undefined) return { photoProblem: { code: "noPhoto" } };
    if (isTwice) return { photoProblem: { code: "photoTwice" } };
    const bytes = await archive?.open(name).catch(() => undefined);
    if (bytes === undefined) return { photoProblem: { code: "photo", upload: "broken" } };
    try {
      const options = { ...squareOf(null), name: name.slice(name.lastIndexOf("/") + 1), owner: member.id, expiresInMs: photosLastMs };
      return { photoId: (await media.stage(bytes, options)).id };
    } catch (error) {
      return { photoProblem: { code: "photo", upload: whyNotTaken(error) } };
    }
  };

  return {
    async read(member, { csv, zip }) {
      const sheet = readSheet(await readFile(csv));
      if ("problem" in sheet) return { field: "csv", problem: sheet.problem };
      const opened = zip === undefined ? undefined : await openArchive(zip);
      if (opened !== undefined && "problem" in opened) return { field: "zip", problem: opened.problem };
      try {
        const draft = await takePhotos(member, sheet.rows, opened?.archive);
        const id = randomUUID();
        const [now, yesterday] = [Date.now(), Date.now() - draftsLastMs].map((ms) => new Date(ms).toISOString());
        await db
          .deleteFrom("imports")
          .where((eb) => eb.or([eb("user_id", "=", member.id), eb("created_at", "<", yesterday ?? "")]))
          .execute();
        const row = { id, organisation_id: member.organisationId, user_id: member.id, draft: JSON.stringify(draft), created_at: now ?? "" };
        await db.insertInto("imports").values(row).execute();
        return { id };
      } finally {
        opened?.archive.close();
      }
    },
    async preview(member, id) {
      const draft = await find(member, id);
      return draft === undefined ? undefined : { id, ...(await judged(member, draft)), unused: draft.unused };
    },
    async carryOut(member, id, seen) {
      const draft = await find(member, id);
      if (draft === undefined) return "gone";
      const { rows } = await judged(member, draft);
      const ready = rows.filter(({ problems }) => problems.length === 0);
      if (ready.length !== seen || ready.length === 0) return "importChanged";
      const all = ready.map(({ texts, row }) => ({ texts, photo: row.photoId }));
      const isDone = await leads.createAll(member, all, async (tx) => {
        // Of two who carry it out at once, one finds it.
        const removed = await tx.deleteFrom("imports").where("id", "=", id).where("user_id", "=", member.id).executeTakeFirst();
        return Number(removed.numDeletedRows) > 0;
      });
      if (!isDone) return "importChanged";
      return ready.length === rows.length ? "imported" : "importedSome";
    },
    async discard(member, id) {
      const draft = await find(member, id);
      await db.deleteFrom("imports").where("id", "=", id).where("user_id", "=", member.id).execute();
      for (const { photoId } of draft?.rows ?? []) if (photoId !== undefined) await media.trash(photoId);
    },
  };
}
