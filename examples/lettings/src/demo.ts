import { createPhotos, openServices, type Photo, type Services, settingsFrom } from "@holdfast/example-site";
import { presets } from "./app.js";
import { type House, paint, type View } from "./house.js";
import { createLettings } from "./lettings.js";
import { createProfiles, type Role } from "./profiles.js";
import { migrations, type Tables } from "./tables.js";

/** The demo's accounts, all with one password: somebody of each role. */
export const demo = {
  administrator: "elodie@example.com",
  editor: "marc@example.com",
  member: "ines@example.com",
  password: "un toit en Californie",
} as const;

interface Offer {
  readonly title: string;
  readonly description: string;
  readonly rent: number;
  readonly bedrooms: number;
  readonly address: readonly [number: number, street: string, city: string, zip: string];
  readonly house: House;
  /** None yet for one that was let only this morning. */
  readonly views: readonly View[];
}

const offers: readonly Offer[] = [
  {
    title: "Bungalow à deux rues de la plage",
    description:
      "Une véranda pour les petits déjeuners, trois chambres claires et un jardin où mûrissent les oranges.\n\nLes vélos se garent derrière.",
    rent: 4_250,
    bedrooms: 3,
    address: [418, "Jasmine Street", "Laguna Beach", "92651"],
    house: { kind: "bungalow", wall: "#e9dcc3", roof: "#8a4f35", door: "#2f6f73", cloth: "#c96f4a" },
    views: ["front", "living", "garden"],
  },
  {
    title: "Maison de style mission",
    description: "Murs épais, arcades fraîches à midi, carreaux de terre cuite. La mission de San Juan est à dix minutes à pied.",
    rent: 5_100,
    bedrooms: 4,
    address: [31, "El Camino Real", "San Juan Capistrano", "92675"],
    house: { kind: "mission", wall: "#f6efe1", roof: "#b5532f", door: "#6b3f2a", cloth: "#2f6f73" },
    views: ["front", "garden"],
  },
  {
    title: "Villa de verre au-dessus du port",
    description: "Deux étages de baies vitrées, une terrasse tournée vers Catalina. Le soir, on compte les voiles qui rentrent.",
    rent: 8_900,
    bedrooms: 4,
    address: [2207, "Ocean Boulevard", "Newport Beach", "92661"],
    house: { kind: "modern", wall: "#d8d3c8", roof: "#5a666b", door: "#c27a3d", cloth: "#e6c65c" },
    views: ["front", "living", "garden"],
  },
  {
    title: "Deux-pièces au dernier étage",
    description: "Petit immeuble calme, balcon à l’ouest, laverie au rez-de-chaussée. Le train pour Los Angeles passe à un quart d’heure.",
    rent: 2_150,
    bedrooms: 1,
    address: [905, "North Broadway", "Santa Ana", "92701"],
    house: { kind: "flats", wall: "#e2b58f", roof: "#7b3f2a", door: "#37505a", cloth: "#8d9f6b" },
    views: ["front", "living"],
  },
  {
    title: "Cottage bleu près de la jetée",
    description: "Bardeaux repeints au printemps, deux chambres sous les toits, une douche dehors pour le retour de la plage.",
    rent: 3_400,
    bedrooms: 2,
    address: [112, "Main Street", "Huntington Beach", "92648"],
    house: { kind: "cottage", wall: "#8fb4c4", roof: "#46535c", door: "#d9534a", cloth: "#d9534a" },
    views: ["front", "living"],
  },
  {
    title: "Studio sous les orangers",
    description: "Au fond d’un jardin, entrée séparée, kitchenette neuve. Pour une personne qui aime le silence et les colibris.",
    rent: 1_450,
    bedrooms: 0,
    address: [64, "Orange Grove Avenue", "Orange", "92866"],
    house: { kind: "cottage", wall: "#f1e3c0", roof: "#a8643a", door: "#4c7a45", cloth: "#e39a3b" },
    views: ["garden", "living"],
  },
  {
    title: "Maison de plain-pied pour une famille",
    description: "Quartier d’écoles, garage pour deux voitures, cuisine ouverte sur la cour. Animaux bienvenus.",
    rent: 3_950,
    bedrooms: 4,
    address: [1540, "West Lincoln Avenue", "Anaheim", "92801"],
    house: { kind: "bungalow", wall: "#cdd8c4", roof: "#50605a", door: "#8a4f35", cloth: "#5c7fa3" },
    views: ["front", "living"],
  },
  {
    title: "Loft dans l’ancienne conserverie",
    description: "Briques, poutres et six mètres sous plafond. Loué depuis ce matin seulement, les photos arrivent.",
    rent: 2_800,
    bedrooms: 1,
    address: [77, "Cannery Row", "Fullerton", "92832"],
    house: { kind: "flats", wall: "#b5654a", roof: "#5a3a2c", door: "#2b2f33", cloth: "#8d9f6b" },
    views: [],
  },
];

/** Addresses where nothing is let yet. */
const free = [
  { number: 250, street: "Marguerite Parkway", city: "Mission Viejo", state: "CA", zip_code: "92691" },
  { number: 19, street: "Del Mar", city: "San Clemente", state: "CA", zip_code: "92672" },
] as const;

interface Person {
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly role: Role;
  readonly city: string;
}

const people: readonly Person[] = [
  { name: "Élodie Marchand", username: "elodie", email: demo.administrator, role: "administrator", city: "Laguna Beach" },
  { name: "Marc Delacroix", username: "marc", email: demo.editor, role: "editor", city: "San Clemente" },
  { name: "Inès Benali", username: "ines", email: demo.member, role: "member", city: "Dana Point" },
  { name: "Jonas Whitfield", username: "jonas-w", email: "jonas@example.com", role: "member", city: "Huntington Beach" },
];

const nameOf = (house: House, view: View): string => `${house.kind}-${house.wall.slice(1)}-${view}`;

/** Paint the photographs, before media is opened. */
export async function paintAll(): Promise<ReadonlyMap<string, Buffer>> {
  const pictures = new Map<string, Buffer>();
  for (const { house, views } of offers) for (const view of views) pictures.set(nameOf(house, view), await paint(house, view));
  return pictures;
}

const captions: Readonly<Record<View, (title: string) => string>> = {
  front: (title) => title,
  living: (title) => `${title}, le salon`,
  garden: (title) => `${title}, le jardin et la piscine`,
};

/** Fill an empty database with people, addresses and lettings. False where there is something in it already. */
export async function seed(services: Services, pictures: ReadonlyMap<string, Buffer>): Promise<boolean> {
  const db = services.database.as<Tables>();
  if ((await db.selectFrom("users").select("id").limit(1).executeTakeFirst()) !== undefined) return false;
  const profiles = createProfiles(services);
  for (const { city, ...person } of people) {
    await profiles.create({ ...person, favoriteCity: city, password: demo.password }, undefined);
  }
  const lettings = createLettings(services.database, createPhotos(services, "letting"));
  for (const address of free) await lettings.addresses.create(address);
  for (const { title, description, rent, bedrooms, address, house, views } of offers.toReversed()) {
    const [number, street, city, zip] = address;
    const addressId = await lettings.addresses.create({ number, street, city, state: "CA", zip_code: zip });
    const photos: Photo[] = [];
    for (const view of views) {
      const bytes = pictures.get(nameOf(house, view)) ?? new Uint8Array();
      const file = await services.media.stage(bytes, { name: `${house.kind}-${view}.jpg`, visibility: "public" });
      photos.push({ file, description: captions[view](title) });
    }
    await lettings.create({ title, description, rentCents: rent * 100, bedrooms, addressId }, photos);
  }
  return true;
}

/** As a program: seed the database that the environment names. */
export async function seedFromEnvironment(): Promise<void> {
  const { env } = await import("./env.js");
  const settings = settingsFrom({ ...env, LOG_LEVEL: "warn" });
  const pictures = await paintAll();
  const services = await openServices(settings, { migrations, media: { presets } });
  try {
    console.log((await seed(services, pictures)) ? "demo data: written" : "demo data: there is some already");
    console.log(`log in as ${demo.administrator}, ${demo.editor} or ${demo.member}, password: ${demo.password}`);
  } finally {
    await services.close();
  }
}

if (process.argv[1]?.endsWith("demo.js") === true) await seedFromEnvironment();
