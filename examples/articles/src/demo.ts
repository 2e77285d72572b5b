import { randomUUID } from "node:crypto";
import { addUser, createPhotos, openServices, searchText, type Services, settingsFrom } from "@holdfast/example-site";
import { presets } from "./app.js";
import { createArticles } from "./articles.js";
import { paint, type StillLife, type View } from "./still-life.js";
import { migrations, type Tables } from "./tables.js";

/** The demo's accounts, all with one password. */
export const demo = { camille: "camille@example.com", hugo: "hugo@example.com", password: "une vraie trouvaille" } as const;

interface Offer extends StillLife {
  readonly seller: "camille" | "hugo";
  readonly title: string;
  readonly description: string;
  readonly price: number;
  readonly place: string;
  readonly views: readonly View[];
}

const offers: readonly Offer[] = [
  {
    thing: "bicycle",
    wall: "#c9d5cf",
    table: "#8a7a68",
    colours: ["#2f6f73", "#7a4a2b"],
    seller: "camille",
    title: "Vélo de ville vert canard",
    description:
      "Révisé au printemps, selle en cuir, freins neufs. Il m’a menée tous les jours au marché pendant six ans.\n\nTaille 52, convient jusqu’à 1,75 m.",
    price: 18_000,
    place: "Nantes",
    views: ["whole", "above", "close"],
  },
  {
    thing: "vase",
    wall: "#e6d6c8",
    table: "#a98467",
    colours: ["#3d5a80", "#e07a5f"],
    seller: "hugo",
    title: "Vase bleu en grès",
    description: "Tourné par une potière de La Borne. Sans éclat. Les fleurs ne sont pas comprises, mais le jardin en donne.",
    price: 4_500,
    place: "Bourges",
    views: ["whole", "close"],
  },
  {
    thing: "lamp",
    wall: "#a9a3b8",
    table: "#54433a",
    colours: ["#f0d9a8", "#8a6d3b"],
    seller: "camille",
    title: "Lampe de chevet en laiton",
    description: "Abat-jour refait l’an dernier, fil en tissu. Une lumière douce pour lire tard.",
    price: 3_800,
    place: "Nantes",
    views: ["whole", "close"],
  },
  {
    thing: "chair",
    wall: "#d5dde3",
    table: "#b59b7c",
    colours: ["#b5543c", "#5b4030"],
    seller: "hugo",
    title: "Fauteuil retapissé terre cuite",
    description: "Années soixante, ressorts et tissu refaits par un tapissier. Confortable comme au premier jour.",
    price: 22_000,
    place: "Tours",
    views: ["whole", "above"],
  },
  {
    thing: "teapot",
    wall: "#dfe3d3",
    table: "#7f6a55",
    colours: ["#eae4d6", "#7d8f69"],
    seller: "camille",
    title: "Théière de ma grand-mère",
    description: "Un litre et demi, bec verseur impeccable. Elle a servi aux dimanches de trois générations.",
    price: 2_500,
    place: "Rennes",
    views: ["whole", "close"],
  },
  {
    thing: "guitar",
    wall: "#cbbba7",
    table: "#5d4a3d",
    colours: ["#c98b4b", "#4a2f21"],
    seller: "hugo",
    title: "Guitare folk, table en épicéa",
    description: "Cordes neuves, une rayure au dos, son chaud. Vendue avec sa housse.",
    price: 24_000,
    place: "Lyon",
    views: ["whole", "close"],
  },
  {
    thing: "books",
    wall: "#d9cfc4",
    table: "#6e5746",
    colours: ["#7a2e2e", "#2f4858"],
    seller: "camille",
    title: "Six romans reliés",
    description: "Dumas, Sand, Verne et trois autres, reliure toile. À qui saura les relire.",
    price: 3_000,
    place: "Nantes",
    views: ["whole"],
  },
  {
    thing: "oranges",
    wall: "#c4d2dc",
    table: "#94806a",
    colours: ["#ef8e2c", "#f4efe4"],
    seller: "hugo",
    title: "Compotier en faïence",
    description: "Trente centimètres, émail blanc, un éclat sous le pied. Présenté avec les oranges du marché.",
    price: 1_800,
    place: "Perpignan",
    views: ["whole", "close"],
  },
  {
    thing: "clock",
    wall: "#e3d9de",
    table: "#84695a",
    colours: ["#6b3f2a", "#caa75d"],
    seller: "camille",
    title: "Pendule de cheminée",
    description: "Elle sonne les heures et avance de deux minutes par semaine. Clé d’origine.",
    price: 9_500,
    place: "Angers",
    views: ["whole", "close"],
  },
];

/** Articles of before: their rows are here, the files of their pictures went with a deploy. */
const losses = [
  {
    seller: "camille",
    title: "Valise en carton bouilli",
    description: "Coins en laiton, serrures qui ferment. Parfaite pour ranger les lettres.",
    price: 3_500,
    place: "Nantes",
    image: "/media/articles/valise.jpeg",
  },
  {
    seller: "hugo",
    title: "Table basse en noyer",
    description: "Faite par mon père en 1974. Quelques cercles de tasses, qui racontent.",
    price: 14_000,
    place: "Lyon",
    image: "/media/articles/table-basse.jpeg",
  },
] as const;

/** Paint the pictures. It is done before media is opened: from then on this process reads no SVG any more, for it may come from anybody. */
export async function paintAll(): Promise<ReadonlyMap<string, Buffer>> {
  const pictures = new Map<string, Buffer>();
  for (const offer of offers) for (const view of offer.views) pictures.set(`${offer.thing}-${view}`, await paint(offer, view));
  return pictures;
}

/** Fill an empty database with sellers and their articles. False where there is something in it already. */
export async function seed(services: Services, pictures: ReadonlyMap<string, Buffer>): Promise<boolean> {
  const { database, media } = services;
  const db = database.as<Tables>();
  if ((await db.selectFrom("users").select("id").limit(1).executeTakeFirst()) !== undefined) return false;
  const account = { role: "seller", password: demo.password };
  const sellers = {
    camille: await addUser(db, { ...account, email: demo.camille, name: "Camille" }),
    hugo: await addUser(db, { ...account, email: demo.hugo, name: "Hugo" }),
  };
  const articles = createArticles(database, createPhotos(services, "article"));
  for (const { seller, title, description, price, place, image } of losses) {
    const texts = { title, description, place, search_text: searchText(`${title} ${description} ${place}`) };
    const row = {
      id: randomUUID(),
      seller_id: sellers[seller],
      price_cents: price,
      image,
      created_at: "2024-03-09T10:00:00.000Z",
      ...texts,
    };
    await db.insertInto("articles").values(row).execute();
  }
  for (const offer of offers.toReversed()) {
    const { seller, title, description, price, place, views } = offer;
    const files = [];
    for (const view of views) {
      const bytes = pictures.get(`${offer.thing}-${view}`) ?? new Uint8Array();
      files.push(await media.stage(bytes, { name: `${offer.thing}-${view}.jpg`, owner: sellers[seller] }));
    }
    const texts = { title, description, priceCents: price, place };
    const photos = files.map((file, at) => ({ file, description: at === 0 ? title : `${title}, vu de plus près` }));
    await articles.create(sellers[seller], texts, photos);
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
    console.log(`log in as ${demo.camille} or ${demo.hugo}, password: ${demo.password}`);
  } finally {
    await services.close();
  }
}

if (process.argv[1]?.endsWith("demo.js") === true) await seedFromEnvironment();
