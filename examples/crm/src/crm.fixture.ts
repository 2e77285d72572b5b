import { randomUUID } from "node:crypto";
import type { SiteTables } from "@holdfast/example-site";
import type { Kysely } from "kysely";
import sharp from "sharp";
import { expect } from "vitest";
import { hashPassword } from "../../site/src/passwords.js";
import { beginSession } from "../../site/src/sessions.js";
import { newVisitor, type Page, startTestSite, type TestSite, type TestVisitor } from "../../site/src/site.fixture.js";
import { assetFolders, createApp } from "./app.js";
import { zipOf } from "./import/zip.fixture.js";
import { migrations, type Tables } from "./tables.js";

export const password = "defterde yerimiz var";
/** One for all: it is made to take long. */
const hash = hashPassword(password);

/** The CRM with two organisations: at Ege work Defne, who organises, and the agents Emre and Zeynep; at Toros Kaan, who organises. */
export interface Crm extends TestSite {
  readonly db: Kysely<Tables>;
  /** A browser of somebody who has logged in. */
  logIn(name: "defne" | "emre" | "zeynep" | "kaan"): Promise<TestVisitor>;
  idOf(name: string): string;
}

export async function openCrm(): Promise<Crm> {
  const site = await startTestSite(migrations, createApp, { assetFolders });
  const db = site.services.database.as<Tables>();
  const ids = new Map<string, string>();
  for (const [organisation, people] of [
    ["Ege", ["defne", "emre", "zeynep"]],
    ["Toros", ["kaan"]],
  ] as const) {
    const organisationId = randomUUID();
    await db.insertInto("organisations").values({ id: organisationId, name: organisation }).execute();
    for (const name of people) {
      const role = ["defne", "kaan"].includes(name) ? "organiser" : "agent";
      const id = randomUUID();
      const account = { id, email: `${name}@example.com`, name, role, password_hash: await hash, created_at: new Date().toISOString() };
      await db.insertInto("users").values(account).execute();
      await db.insertInto("members").values({ user_id: id, organisation_id: organisationId }).execute();
      ids.set(name, id);
    }
  }
  return {
    ...site,
    db,
    idOf: (name) => ids.get(name) ?? "",
    async logIn(name) {
      const token = await beginSession(site.services.database.as<SiteTables>(), ids.get(name) ?? "");
      const visitor = newVisitor(site.origin, new Map([["session", token]]));
      expect((await visitor.get("/leads")).path).toBe("/leads");
      return visitor;
    },
  };
}

/** A photograph that is wider than high: red at the left, blue at the right. */
export async function photograph(width = 600, height = 300): Promise<Buffer> {
  const half = { width: Math.ceil(width / 2), height, channels: 3, background: "#00f" } as const;
  const right = await sharp({ create: half }).png().toBuffer();
  const whole = sharp({ create: { width, height, channels: 3, background: "#f00" } }).composite([
    { input: right, left: width / 2, top: 0 },
  ]);
  return await sharp(await whole.png().toBuffer())
    .withExif({ IFD3: { GPSLatitudeRef: "N", GPSLatitude: "41/1 0/1 29/1" } })
    .jpeg()
    .toBuffer();
}

export function formOf(
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, readonly [string, Uint8Array]>> = {},
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [field, [name, bytes]] of Object.entries(files)) form.append(field, new Blob([Uint8Array.from(bytes)]), name);
  return form;
}

/** Where the pictures on a page are, those that are no drawings in the page itself. */
export function picturesOn(text: string): string[] {
  return [...text.matchAll(/<img src="(\/media\/[^"]+)"/g)].map(([, src = ""]) => src.replaceAll("&amp;", "&"));
}

/** The photos of an archive, by their names. */
export type ArchiveFiles = Readonly<Record<string, Uint8Array>>;

/** Send a table, and an archive where there are photos, to be looked at. */
export async function sendImport(visitor: TestVisitor, csv: string, photos?: ArchiveFiles | Uint8Array): Promise<Page> {
  await visitor.get("/import");
  const entries = photos instanceof Uint8Array ? [] : Object.entries(photos ?? {}).map(([name, bytes]) => ({ name, bytes }));
  const zip = photos instanceof Uint8Array ? photos : zipOf(entries);
  const table: readonly [string, Uint8Array] = ["leads.csv", Buffer.from(csv)];
  return await visitor.post("/import", formOf({}, photos === undefined ? { csv: table } : { csv: table, zip: ["photos.zip", zip] }));
}

/** The names of all leads. */
export const namesOf = async ({ db }: Crm): Promise<string[]> =>
  (await db.selectFrom("leads").select("name").orderBy("name").execute()).map(({ name }) => name);
