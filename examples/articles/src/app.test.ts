import { randomUUID } from "node:crypto";
import sharp from "sharp";
import { expect, it } from "vitest";
import { addUser, searchText } from "@holdfast/example-site";
import { startTestSite, type TestSite, type TestVisitor } from "../../site/src/site.fixture.js";
import { createApp, presets } from "./app.js";
import { migrations, type Tables } from "./tables.js";

const password = "une vraie trouvaille";

interface Market extends TestSite {
  logIn(email: string): Promise<TestVisitor>;
  idOf(email: string): string;
}

/** The market with two sellers, and without articles. */
async function open(): Promise<Market> {
  const site = await startTestSite(migrations, createApp, { media: { presets } });
  const db = site.services.database.as<Tables>();
  const ids = new Map<string, string>();
  for (const email of ["camille@example.com", "hugo@example.com"]) {
    ids.set(email, await addUser(db, { email, name: email, role: "seller", password }));
  }
  return {
    ...site,
    idOf: (email) => ids.get(email) ?? "",
    async logIn(email) {
      const visitor = site.visit();
      await visitor.get("/log-in");
      expect((await visitor.post("/log-in", { email, password })).status).toBe(200);
      return visitor;
    },
  };
}

async function picture(colour: string): Promise<Blob> {
  const image = sharp({ create: { width: 400, height: 300, channels: 3, background: colour } });
  return new Blob([Uint8Array.from(await image.jpeg().toBuffer())]);
}

interface Sent {
  readonly title?: string;
  readonly photos?: readonly (readonly [name: string, bytes: Blob])[];
  readonly more?: Readonly<Record<string, string>>;
}

function form({ title = "Vélo vert", photos = [], more = {} }: Sent): FormData {
  const fields = new FormData();
  const texts = { title, description: "Il roule.", price: "12,50", place: "Nantes", ...more };
  for (const [name, value] of Object.entries(texts)) fields.append(name, value);
  for (const [name, bytes] of photos) fields.append("photos", bytes, name);
  return fields;
}

const photosOn = (text: string): string[] => [...text.matchAll(/<img src="[^"]*\/([\w-]+\.jpg)[^"]*"/g)].map(([, name = ""]) => name);

it("publishes an article with its pictures, which are on the list and on its page at once", async () => {
  const { logIn, origin } = await open();
  const visitor = await logIn("camille@example.com");
  await visitor.get("/articles/new");
  const photos = [
    ["red.jpg", await picture("#a33")],
    ["blue.jpg", await picture("#33a")],
  ] as const;
  const page = await visitor.post("/articles", form({ photos }), { "accept-language": "fr" });
  expect(page.path).toMatch(/^\/articles\/[\w-]+$/);
  expect(photosOn(page.text)).toEqual(["red.jpg", "blue.jpg"]);
  const list = await visitor.get("/", { "accept-language": "fr" });
  expect(photosOn(list.text)).toEqual(["red.jpg"]);
  expect(list.text).toContain("12,50");
  const [, src = ""] = /<img src="([^"]+)"/.exec(list.text) ?? [];
  const answer = await fetch(`${origin}${src.replaceAll("&amp;", "&")}`, { headers: { accept: "image/webp" } });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/webp"]);
});

it("keeps the good pictures of a form that has to be corrected, so that they need not be sent again", async () => {
  const visitor = await (await open()).logIn("camille@example.com");
  await visitor.get("/articles/new");
  const photos = [
    ["good.jpg", await picture("#a33")],
    ["bad.jpg", new Blob(["none"])],
  ] as const;
  const again = await visitor.post("/articles", form({ title: "", photos }));
  expect(again.status).toBe(422);
  expect(again.text).toContain("Please fill this in.");
  expect(again.text).toContain("bad.jpg is no picture that we can show.");
  const [, staged = ""] = /name="staged" value="([^"]+)"/.exec(again.text) ?? [];
  const page = await visitor.post("/articles", form({ more: { staged } }));
  expect(photosOn(page.text)).toEqual(["good.jpg"]);
});

it("puts pictures in order, describes them, adds and removes, without losing what was typed", async () => {
  const visitor = await (await open()).logIn("camille@example.com");
  await visitor.get("/articles/new");
  const photos = [
    ["one.jpg", await picture("#a33")],
    ["two.jpg", await picture("#3a3")],
    ["three.jpg", await picture("#33a")],
  ] as const;
  const { path } = await visitor.post("/articles", form({ photos }));
  const idsOf = (text: string): string[] => [...text.matchAll(/name="description-(\w+)"/g)].map(([, id = ""]) => id);
  const [one = "", , three = ""] = idsOf((await visitor.get(`${path}/edit`)).text);
  const moved = await visitor.post(path, form({ title: "Moved", more: { forward: three, [`description-${three}`]: "Blue & round" } }));
  expect(moved.path).toBe(`${path}/edit#pictures`);
  expect(photosOn(moved.text)).toEqual(["one.jpg", "three.jpg", "two.jpg"]);
  expect(photosOn((await visitor.post(path, form({ more: { back: one } }))).text)).toEqual(["three.jpg", "one.jpg", "two.jpg"]);
  const removed = await visitor.post(path, form({ more: { remove: one }, photos: [["four.jpg", await picture("#aa3")]] }));
  expect(photosOn(removed.text)).toEqual(["three.jpg", "two.jpg", "four.jpg"]);
  expect((await visitor.get(path)).text).toContain('alt="Blue &amp; round"');
});

it("lets nobody change what is another's, and takes no file before it has looked", async () => {
  const { logIn, services } = await open();
  const camille = await logIn("camille@example.com");
  await camille.get("/articles/new");
  const { path } = await camille.post("/articles", form({}));
  const hugo = await logIn("hugo@example.com");
  for (const page of [`${path}/edit`, `${path}/delete`, `${path}/picture`]) expect((await hugo.get(page)).status).toBe(403);
  const photos = [["a.jpg", await picture("#a33")]] as const;
  expect((await hugo.post(path, form({ photos }))).status).toBe(403);
  expect((await hugo.post(`${path}/delete`, {})).status).toBe(403);
  expect((await services.media.list()).files).toEqual([]);
  expect((await hugo.get(path)).text).not.toContain(`${path}/edit`);
});

it("attaches nobody else's staged pictures", async () => {
  const { logIn, services, idOf } = await open();
  const staged = await services.media.stage(await picture("#a33"), { name: "private.jpg", owner: idOf("hugo@example.com") });
  const camille = await logIn("camille@example.com");
  await camille.get("/articles/new");
  expect(photosOn((await camille.post("/articles", form({ more: { staged: staged.id } }))).text)).toEqual([]);
});

it("finds articles whatever their accents, and deletes them with their pictures", async () => {
  const { logIn, services } = await open();
  const visitor = await logIn("camille@example.com");
  await visitor.get("/articles/new");
  const { path } = await visitor.post("/articles", form({ photos: [["a.jpg", await picture("#a33")]] }));
  expect((await visitor.get("/?q=VELO+nantes")).text).toContain("Vélo vert");
  expect((await visitor.get("/?q=velo+lyon")).text).not.toContain("Vélo vert");
  expect((await visitor.get("/?q=%25")).status).toBe(200);
  expect((await visitor.post(`${path}/delete`, {})).path).toBe("/mine");
  expect((await visitor.get(path)).status).toBe(404);
  expect((await services.media.list()).files).toEqual([]);
});

it("shows a placeholder where an old picture was lost, and its seller brings it back under its old address", async () => {
  const { logIn, origin, services, idOf } = await open();
  const image = "/media/articles/valise.jpeg";
  const row = { id: randomUUID(), seller_id: idOf("camille@example.com"), title: "Valise", description: "Vieille.", price_cents: 100 };
  const rest = { place: "Nantes", image, search_text: searchText("Valise"), created_at: "2024-01-01T00:00:00.000Z" };
  await services.database
    .as<Tables>()
    .insertInto("articles")
    .values({ ...row, ...rest })
    .execute();
  const ask = async (): Promise<Response> =>
    await fetch(`${origin}${image}`, { headers: { accept: "image/webp,image/*", "sec-fetch-dest": "image" } });
  const lost = await ask();
  expect([lost.status, lost.headers.get("content-type")?.startsWith("image/")]).toEqual([404, true]);

  const stranger = await (await logIn("hugo@example.com")).get(`/articles/${row.id}`);
  expect(stranger.text).toContain(`src="${image}"`);
  expect(stranger.text).not.toContain("Upload it again");
  const seller = await logIn("camille@example.com");
  expect((await seller.get(`/articles/${row.id}`)).text).toContain("Upload it again");
  await seller.get(`/articles/${row.id}/picture`);
  expect((await seller.post(`/articles/${row.id}/picture`, new FormData())).status).toBe(422);
  const sent = new FormData();
  sent.append("picture", await picture("#853"), "valise.jpg");
  const page = await seller.post(`/articles/${row.id}/picture`, sent);
  expect(page.text).toContain("The picture is back, under its old address too.");
  const found = await ask();
  expect([found.status, found.headers.get("content-type")]).toEqual([200, "image/webp"]);
  const [kept] = await services.database.as<Tables>().selectFrom("articles").select("image").execute();
  expect(kept?.image).toBe(image);
});
