import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type Kysely, sql } from "kysely";
import { expect, it } from "vitest";
import { type ArchiveFiles, formOf, namesOf, openCrm, photograph, picturesOn, sendImport } from "../crm.fixture.js";
import type { Page } from "../../../site/src/site.fixture.js";
import { migrations } from "../tables.js";

const readyOn = ({ text }: Page): string => /name="ready" value="(\d+)"/.exec(text)?.[1] ?? "";

it("shows what it would do, with the photos, and does nothing before it is told to; then all of it at once", async () => {
  const crm = await openCrm();
  const visitor = await crm.logIn("defne");
  const csv = "ad;e-posta;aşama;temsilci;fotoğraf\nElif Şahin;elif@a.example;Teklif verildi;emre@example.com;elif.jpg\nOzan Işık;;;;\n";
  const page = await sendImport(visitor, csv, { "photos/Elif.jpg": await photograph(), "photos/nobody.jpg": await photograph() });
  expect(page.path).toMatch(/^\/import\/[\w-]+$/);
  expect(page.text).toContain("2 leads are ready.");
  expect(page.text).toContain("photos/nobody.jpg");
  expect(picturesOn(page.text)).toHaveLength(1);
  expect(await namesOf(crm)).toEqual([]);
  const done = await visitor.post(page.path, { ready: readyOn(page) });
  expect([done.path, done.text.includes("The leads are imported.")]).toEqual(["/leads", true]);
  expect(await namesOf(crm)).toEqual(["Elif Şahin", "Ozan Işık"]);
  const emre = await crm.logIn("emre");
  const list = await emre.get("/leads");
  expect([list.text.includes("Elif Şahin"), list.text.includes("Ozan Işık"), picturesOn(list.text).length]).toEqual([true, false, 1]);
  const { files } = await crm.services.media.list();
  expect(files.map(({ width, height, visibility, expiresAt }) => [width, height, visibility, expiresAt])).toEqual([
    [300, 300, "confidential", undefined],
  ]);
  // It is done once, however often it is asked for.
  for (const again of [await visitor.get(page.path), await visitor.post(page.path, { ready: "2" })]) {
    expect([again.path, again.text.includes("This import is over")]).toEqual(["/import", true]);
  }
  expect(await namesOf(crm)).toHaveLength(2);
});

it("tells what is wrong with each row, in the visitor's language, and leaves out no row without having said so", async () => {
  const crm = await openCrm();
  const visitor = await crm.logIn("defne");
  await sendImport(visitor, "name,email\nAyşe,ayse@a.example\n").then(async (page) => await visitor.post(page.path, { ready: "1" }));
  const csv = [
    "name,email,stage,agent,photo,note",
    "Good,good@a.example,won,,,",
    ",x,perhaps,nobody@example.com,missing.jpg,",
    "Known,AYSE@a.example,,,,",
    "Twice,good@a.example,,,,",
    "Broken,,,,broken.jpg,",
    "Cut,,,,cut.jpg,",
    "Again,,,,one.jpg,",
    "Same,,,,one.jpg,",
    "Wide,,,,,a,b",
    `${"x".repeat(81)},,,,,`,
    "Foreign,,,kaan@example.com,,",
  ].join("\n");
  const whole = await photograph();
  const photos = { "broken.jpg": Buffer.from("no picture"), "cut.jpg": whole.subarray(0, whole.length / 2), "one.jpg": whole };
  const page = await sendImport(visitor, csv, photos);
  const told = [...page.text.matchAll(/<li><a href="#line-(\d+)">[^<]*<\/a>: ([^<]*)<\/li>/g)].map(([, line, text = ""]) => [
    Number(line),
    text.replaceAll(/&[^;]*;|“[^”]*”: /g, ""),
  ]);
  expect(told).toEqual([
    [
      3,
      "The name is missing. This is not an e-mail address. There is no such stage. Nobody in the team has this e-mail address. This photo is not in the archive.",
    ],
    [4, "There is a lead with this e-mail address already."],
    [5, "This e-mail address stands in an earlier row as well."],
    [6, "This photo is no picture that we can show. Send a JPEG, PNG, WebP, AVIF or GIF."],
    [7, "This photo is damaged or incomplete."],
    [9, "An earlier row has this photo already."],
    [10, "This row has more fields than there are columns."],
    [11, "A field is too long."],
    [12, "Nobody in the team has this e-mail address."],
  ]);
  expect(page.text).toContain("Import 2 leads, leave out 9");
  expect((await visitor.get(page.path, { "accept-language": "tr" })).text).toContain("Ad eksik.");
  expect((await visitor.post(page.path, { ready: readyOn(page) })).text).toContain("the other rows were left out");
  expect(await namesOf(crm)).toEqual(["Again", "Ayşe", "Good"]);
});

it("imports nothing when something has changed since it was looked at", async () => {
  const crm = await openCrm();
  const visitor = await crm.logIn("defne");
  const page = await sendImport(visitor, "name,agent,email\nAda,emre@example.com,ada@a.example\nBo,,bo@a.example\n");
  await visitor.get("/team");
  await visitor.post(`/team/${crm.idOf("emre")}/delete`, {});
  const again = await visitor.post(page.path, { ready: "2" });
  expect([again.path, again.text.includes("nothing was imported")]).toEqual([page.path, true]);
  expect(await namesOf(crm)).toEqual([]);
  expect(again.text).toContain("One lead is ready.");
});

it("imports nothing at all when one photo is no longer there", async () => {
  const crm = await openCrm();
  const visitor = await crm.logIn("defne");
  const page = await sendImport(visitor, "name,photo\nAda,\nBo,bo.jpg\n", { "bo.jpg": await photograph() });
  const [staged] = (await crm.services.media.list()).files;
  await crm.services.media.trash(staged?.id ?? "");
  const again = await visitor.post(page.path, { ready: "2" });
  expect([again.path, again.text.includes("One lead is ready.")]).toEqual([page.path, true]);
  expect(await namesOf(crm)).toEqual([]);
});

it("finds one lead with each address in a database of before, and nothing of the others lost", async () => {
  const crm = await openCrm();
  const { organisation_id: organisation } = await crm.db.selectFrom("members").select("organisation_id").executeTakeFirstOrThrow();
  await sql`DROP INDEX leads_by_email`.execute(crm.db);
  await sql`CREATE INDEX leads_by_email ON leads (organisation_id, email)`.execute(crm.db);
  const lead = { organisation_id: organisation, agent_id: null, company: "", phone: "", stage: "new", search_text: "" } as const;
  const leads = [
    { id: "b", name: "Second", email: "a@a.example", note: "Met at the fair.", created_at: "2026-01-02" },
    { id: "a", name: "First", email: "a@a.example", note: "", created_at: "2026-01-01" },
    { id: "c", name: "Third", email: "a@a.example", note: "", created_at: "2026-01-02" },
    { id: "d", name: "Other", email: "", note: "x", created_at: "2026-01-02" },
    { id: "e", name: "Without", email: "", note: "", created_at: "2026-01-02" },
  ];
  await crm.db
    .insertInto("leads")
    .values(leads.map((own) => ({ ...lead, ...own })))
    .execute();
  await migrations.at(-1)?.up(crm.db as Kysely<unknown>);
  expect(await crm.db.selectFrom("leads").select(["name", "email", "note"]).orderBy("id").execute()).toEqual([
    { name: "First", email: "a@a.example", note: "" },
    { name: "Second", email: "", note: "Met at the fair. a@a.example" },
    { name: "Third", email: "", note: "a@a.example" },
    { name: "Other", email: "", note: "x" },
    { name: "Without", email: "", note: "" },
  ]);
});

it("is its own organiser's, is discarded with its photos, and leaves nothing on the disk", async () => {
  const crm = await openCrm();
  const before = (await readdir(tmpdir())).filter((name) => name.startsWith("defter-import-"));
  const visitor = await crm.logIn("defne");
  const page = await sendImport(visitor, "name,photo\nAda,a.jpg\n", { "a.jpg": await photograph() });
  const kaan = await crm.logIn("kaan");
  expect((await kaan.get(page.path)).path).toBe("/import");
  expect((await kaan.post(page.path, { ready: "1" })).path).toBe("/import");
  expect(await namesOf(crm)).toEqual([]);
  await kaan.post(`${page.path}/discard`, {});
  expect((await visitor.get(page.path)).status).toBe(200);
  expect((await crm.services.media.list()).files).toHaveLength(1);
  expect((await visitor.post(`${page.path}/discard`, {})).path).toBe("/import");
  expect((await crm.services.media.list()).files).toEqual([]);
  expect((await readdir(tmpdir())).filter((name) => name.startsWith("defter-import-"))).toEqual(before);
});

it("takes no files that are too large, hostile or not what they should be, and says so beside their fields", async () => {
  const crm = await openCrm();
  const visitor = await crm.logIn("defne");
  const told = async (csv: string, zip?: Uint8Array | ArchiveFiles): Promise<string[]> => {
    const page = await sendImport(visitor, csv, zip);
    expect(page.status).toBe(422);
    return [...page.text.matchAll(/<p class="problem" id="(\w+)-problem">([^<]*)<\/p>/g)].map(([, field, text]) => `${field}: ${text}`);
  };
  const good = "name,photo\nAda,a.jpg\n";
  expect(await told(`name\n${"x".repeat(1_000_000)}`)).toEqual(["csv: leads.csv is too large."]);
  expect(await told("nmae\nAda\n")).toEqual(["csv: There is no column “nmae”."]);
  expect(await told(good, Buffer.from("no archive"))).toEqual(["zip: This is no ZIP archive, or it is damaged."]);
  expect(await told(good, { "../../a.jpg": await photograph() })).toEqual([
    "zip: The archive names files outside itself. Nothing was taken from it.",
  ]);
  expect(await told(good, { "a.jpg": Buffer.alloc(30_000_000) })).toEqual([
    "zip: The archive would unpack to far more than it should. Nothing was taken from it.",
  ]);
  expect((await visitor.post("/import", formOf({}))).text).toContain("Please fill this in.");
  expect((await crm.services.media.list()).files).toEqual([]);
  expect(await crm.db.selectFrom("imports").select("id").execute()).toEqual([]);
});
