import { randomUUID } from "node:crypto";
import type { Database, Photo, Photos } from "@holdfast/example-site";
import type { Kysely, Selectable } from "kysely";
import type { Tables } from "./tables.js";

/** A letting as it is shown, with where it is. */
export interface Letting extends Omit<Selectable<Tables["lettings"]>, "address_id"> {
  readonly address: Address;
}

export type Address = Selectable<Tables["addresses"]>;

/** An address, and the letting there, where there is one. */
export type AddressWithLetting = Address & { readonly letting_id: string | null; readonly letting_title: string | null };

/** What the administration writes of a letting. */
export interface LettingTexts {
  readonly title: string;
  readonly description: string;
  readonly rentCents: number;
  readonly bedrooms: number;
  readonly addressId: string;
}

/** The lettings, their pictures and their addresses. A letting and its pictures are written together, or not at all. */
export interface Lettings {
  readonly photos: Photos;
  /** Newest first. */
  list(most?: number): Promise<Letting[]>;
  get(id: string): Promise<Letting | undefined>;
  create(texts: LettingTexts, photos: readonly Photo[]): Promise<string>;
  change(id: string, texts: LettingTexts, photos: readonly Photo[]): Promise<void>;
  remove(id: string): Promise<void>;
  readonly addresses: Addresses;
}

export interface Addresses {
  list(): Promise<AddressWithLetting[]>;
  get(id: string): Promise<AddressWithLetting | undefined>;
  create(address: Omit<Address, "id">): Promise<string>;
  change(id: string, address: Omit<Address, "id">): Promise<void>;
  /** Remove an address where nothing is let; false where something is. */
  remove(id: string): Promise<boolean>;
}

export function createLettings(database: Database, photos: Photos): Lettings {
  const db = database.as<Tables>();
  const select = () =>
    db
      .selectFrom("lettings")
      .innerJoin("addresses", "addresses.id", "lettings.address_id")
      .select(["lettings.id", "title", "description", "rent_cents", "bedrooms", "created_at"])
      .select(["addresses.id as address_id", "number", "street", "city", "state", "zip_code"]);
  return {
    photos,
    async list(most = 200) {
      const rows = await select().orderBy("created_at", "desc").orderBy("lettings.id").limit(most).execute();
      return rows.map(lettingOf);
    },
    async get(id) {
      const row = await select().where("lettings.id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : lettingOf(row);
    },
    async create(texts, pictures) {
      const id = randomUUID();
      await db.transaction().execute(async (tx) => {
        await tx
          .insertInto("lettings")
          .values({ id, created_at: new Date().toISOString(), ...rowOf(texts) })
          .execute();
        await photos.put(id, pictures, tx);
      });
      return id;
    },
    async change(id, texts, pictures) {
      await db.transaction().execute(async (tx) => {
        await tx.updateTable("lettings").set(rowOf(texts)).where("id", "=", id).execute();
        await photos.put(id, pictures, tx);
      });
    },
    async remove(id) {
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom("lettings").where("id", "=", id).execute();
        await photos.remove(id, tx);
      });
    },
    addresses: createAddresses(db),
  };
}

function createAddresses(db: Kysely<Tables>): Addresses {
  const select = () =>
    db
      .selectFrom("addresses")
      .leftJoin("lettings", "lettings.address_id", "addresses.id")
      .selectAll("addresses")
      .select(["lettings.id as letting_id", "lettings.title as letting_title"]);
  return {
    list: async () => await select().orderBy("city").orderBy("street").orderBy("number").execute(),
    get: async (id) => await select().where("addresses.id", "=", id).executeTakeFirst(),
    async create(address) {
      const id = randomUUID();
      await db
        .insertInto("addresses")
        .values({ id, ...address })
        .execute();
      return id;
    },
    change: async (id, address) => void (await db.updateTable("addresses").set(address).where("id", "=", id).execute()),
    async remove(id) {
      const { numDeletedRows } = await db
        .deleteFrom("addresses")
        .where("id", "=", id)
        .where(({ not, exists, selectFrom }) => not(exists(selectFrom("lettings").select("id").where("address_id", "=", id))))
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

/** The two lines of an address as they are written there. */
export function linesOf({ number, street, city, state, zip_code: zip }: Address): readonly [string, string] {
  return [`${number} ${street}`, `${city}, ${state} ${zip}`];
}

type Row = Omit<Letting, "address"> & Omit<Address, "id"> & { readonly address_id: string };

function lettingOf({ address_id: id, number, street, city, state, zip_code, ...letting }: Row): Letting {
  return { ...letting, address: { id, number, street, city, state, zip_code } };
}

function rowOf({ title, description, rentCents, bedrooms, addressId }: LettingTexts) {
  return { title, description, rent_cents: rentCents, bedrooms, address_id: addressId };
}
