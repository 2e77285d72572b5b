import { randomUUID } from "node:crypto";
import { addUser, openServices, type Services, settingsFrom, type SiteTables } from "@holdfast/example-site";
import { createLeads } from "./leads.js";
import type { Member, Role } from "./members.js";
import { squareOf } from "./photo-field.js";
import { paintPortrait, type Portrait } from "./portraits.js";
import { migrations, type Stage, type Tables } from "./tables.js";

/** The demo's accounts, all with one password. */
export const demo = {
  defne: "defne@example.com",
  emre: "emre@example.com",
  zeynep: "zeynep@example.com",
  password: "defterde yerimiz var",
} as const;

const organisation = "Marmara Ticaret";
type Colleague = "defne" | "emre" | "zeynep";

const people: readonly { readonly key: Colleague; readonly name: string; readonly role: Role; readonly portrait: Portrait }[] = [
  {
    key: "defne",
    name: "Defne Aksoy",
    role: "organiser",
    portrait: { hair: "bun", hairColour: "#3b2519", skin: "#e8b996", clothes: "#23405c", wall: "#c9d6dc", hasGlasses: true },
  },
  {
    key: "emre",
    name: "Emre Yıldız",
    role: "agent",
    portrait: { hair: "short", hairColour: "#1f1713", skin: "#d9a37c", clothes: "#4b5d3a", wall: "#ddd3c2", beard: "#2a1f19" },
  },
  {
    key: "zeynep",
    name: "Zeynep Çelik",
    role: "agent",
    portrait: { hair: "scarf", hairColour: "#8d3f57", skin: "#eec3a0", clothes: "#33303a", wall: "#d3dccb" },
  },
];

interface Contact {
  readonly name: string;
  readonly company: string;
  readonly email: string;
  readonly phone: string;
  readonly stage: Stage;
  readonly note: string;
  readonly agent: Colleague | undefined;
  /** Some have no photo: their initials are shown. */
  readonly portrait?: Portrait;
}

const contacts: readonly Contact[] = [
  {
    name: "Ayşe Korkmaz",
    company: "Korkmaz Tekstil",
    email: "ayse@korkmaz.example",
    phone: "+90 532 000 00 11",
    stage: "offer",
    note: "Sonbahar koleksiyonu için 400 metre keten istiyor.\n\nNumune beğenildi, fiyat bekleniyor.",
    agent: "emre",
    portrait: { hair: "long", hairColour: "#5a3320", skin: "#efc7a6", clothes: "#b1563f", wall: "#dfe3d3" },
  },
  {
    name: "Mehmet Öztürk",
    company: "Öztürk Zeytincilik",
    email: "mehmet@ozturk.example",
    phone: "+90 533 000 00 12",
    stage: "contacted",
    note: "Ayvalık’ta buluştuk. Hasattan sonra yeniden aranacak.",
    agent: "emre",
    portrait: { hair: "short", hairColour: "#8b8580", skin: "#cf9a74", clothes: "#5a6b7d", wall: "#cdbfae", beard: "#9b958f" },
  },
  {
    name: "Işıl Demir",
    company: "Demir Mimarlık",
    email: "isil@demir.example",
    phone: "+90 535 000 00 13",
    stage: "new",
    note: "Fuarda kart bıraktı.",
    agent: "zeynep",
    portrait: { hair: "curls", hairColour: "#2b1a12", skin: "#c98f68", clothes: "#2f6f73", wall: "#e6d6c8" },
  },
  {
    name: "Can Aydın",
    company: "Aydın Yazılım",
    email: "can@aydin.example",
    phone: "",
    stage: "new",
    note: "Sitemizdeki formdan yazdı.",
    agent: "emre",
  },
  {
    name: "Hatice Şimşek",
    company: "Şimşek Fırını",
    email: "hatice@simsek.example",
    phone: "+90 536 000 00 14",
    stage: "won",
    note: "İki yıllık sözleşme imzalandı.",
    agent: "zeynep",
    portrait: { hair: "scarf", hairColour: "#3d5a80", skin: "#e3b38d", clothes: "#7a4a2b", wall: "#e3d9de" },
  },
  {
    name: "Kerem Güneş",
    company: "Güneş Enerji",
    email: "kerem@gunes.example",
    phone: "+90 537 000 00 15",
    stage: "offer",
    note: "Çatı için teklif gönderildi.",
    agent: "zeynep",
    portrait: {
      hair: "bald",
      hairColour: "#4a3427",
      skin: "#a9714b",
      clothes: "#caa24a",
      wall: "#c4d2dc",
      hasGlasses: true,
      beard: "#3a2a20",
    },
  },
  {
    name: "Selin Arslan",
    company: "Arslan Seramik",
    email: "selin@arslan.example",
    phone: "",
    stage: "lost",
    note: "Başka bir tedarikçiyle anlaştı; bahara yeniden sorulabilir.",
    agent: "emre",
    portrait: { hair: "bun", hairColour: "#a4672f", skin: "#f3d0b2", clothes: "#6d4c78", wall: "#cbbba7" },
  },
  {
    name: "Burak Yaman",
    company: "Yaman Lojistik",
    email: "burak@yaman.example",
    phone: "+90 538 000 00 16",
    stage: "new",
    note: "",
    agent: undefined,
  },
];

/** Paint the portraits. It is done before media is opened: from then on this process reads no SVG any more, for it may come from anybody. */
export async function paintAll(): Promise<ReadonlyMap<string, Buffer>> {
  const pictures = new Map<string, Buffer>();
  for (const { name, portrait } of [...people, ...contacts]) if (portrait !== undefined) pictures.set(name, await paintPortrait(portrait));
  return pictures;
}

/** Fill an empty database with an organisation, its people and their leads. False where there is something in it already. */
export async function seed({ database, media }: Services, pictures: ReadonlyMap<string, Buffer>): Promise<boolean> {
  const db = database.as<Tables>();
  if ((await db.selectFrom("users").select("id").limit(1).executeTakeFirst()) !== undefined) return false;
  const organisationId = randomUUID();
  await db.insertInto("organisations").values({ id: organisationId, name: organisation }).execute();
  const ids = new Map<Colleague, string>();
  for (const { key, name, role } of people) {
    const account = { email: demo[key], name, role, password: demo.password };
    const id = await addUser(database.as<SiteTables>(), account);
    ids.set(key, id);
    await db.insertInto("members").values({ user_id: id, organisation_id: organisationId }).execute();
    const bytes = pictures.get(name) ?? new Uint8Array();
    await media.put(bytes, { ...squareOf(null), name: `${key}.jpg`, owner: id, attachTo: ["user", id, "photo"] });
  }
  const organiser: Member = { id: ids.get("defne") ?? "", name: "Defne Aksoy", role: "organiser", organisationId, organisation };
  const leads = createLeads(database, media);
  for (const { portrait, agent, ...texts } of contacts.toReversed()) {
    const bytes = portrait === undefined ? undefined : pictures.get(texts.name);
    const name = `${texts.email.split("@", 1).join("")}.jpg`;
    const photo = bytes === undefined ? undefined : await media.stage(bytes, { ...squareOf(null), name, owner: organiser.id });
    await leads.create(organiser, { ...texts, agentId: agent === undefined ? null : (ids.get(agent) ?? null) }, photo);
  }
  return true;
}

/** As a program: seed the database that the environment names. */
export async function seedFromEnvironment(): Promise<void> {
  const { env } = await import("./env.js");
  const settings = settingsFrom({ ...env, LOG_LEVEL: "warn" });
  const pictures = await paintAll();
  const services = await openServices(settings, { migrations });
  try {
    console.log((await seed(services, pictures)) ? "demo data: written" : "demo data: there is some already");
    console.log(`log in as ${demo.defne} (organiser), ${demo.emre} or ${demo.zeynep} (agents), password: ${demo.password}`);
  } finally {
    await services.close();
  }
}

if (process.argv[1]?.endsWith("demo.js") === true) await seedFromEnvironment();
