import { randomUUID } from "node:crypto";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { TestVisitor } from "../../site/src/site.fixture.js";
import { type Crm, formOf, openCrm, photograph, picturesOn } from "./crm.fixture.js";

/** Add a lead through the form; answers its page's path. */
async function addLead(visitor: TestVisitor, more: Readonly<Record<string, string>> = {}, photo?: Uint8Array): Promise<string> {
  await visitor.get("/leads/new");
  const fields = {
    name: "Işıl Güneş",
    company: "Ege Zeytin",
    email: `${randomUUID()}@ege.example`,
    stage: "new",
    agent: "nobody",
    ...more,
  };
  const { path, text } = await visitor.post("/leads", formOf(fields, photo === undefined ? {} : { photo: ["portrait.jpg", photo] }));
  expect([path, text.includes(fields.name)]).toEqual([expect.stringMatching(/^\/leads\/[\w-]+$/), true]);
  return path;
}

const fetchPicture = async ({ origin }: Crm, src: string): Promise<Response> =>
  await fetch(`${origin}${src}`, { headers: { accept: "image/webp", "sec-fetch-dest": "image" } });

describe("a photo", () => {
  it("is kept as a square without metadata, cropped as the form says, and nothing else of it is kept", async () => {
    const crm = await openCrm();
    const visitor = await crm.logIn("defne");
    const left = await addLead(visitor, { focus: "left" }, await photograph());
    const right = await addLead(visitor, { focus: "right", email: "" }, await photograph());
    const { files } = await crm.services.media.list();
    expect(files.map(({ width, height, visibility, type }) => [width, height, visibility, type])).toEqual(
      [1, 2].map(() => [300, 300, "confidential", "image/jpeg"]),
    );
    for (const [path, colour] of [
      [left, { r: 248, b: 8 }],
      [right, { r: 8, b: 248 }],
    ] as const) {
      const [src = ""] = picturesOn((await visitor.get(path)).text);
      const answer = await fetchPicture(crm, src);
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, expect.stringMatching(/^private/)]);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect((await sharp(bytes).metadata()).exif).toBeUndefined();
      expect((await sharp(bytes).stats()).dominant).toMatchObject(colour);
    }
  });

  it("is replaced, and taken away for initials; a form that has to be corrected keeps it", async () => {
    const crm = await openCrm();
    const visitor = await crm.logIn("emre");
    const path = await addLead(visitor, {}, await photograph());
    const [first = ""] = picturesOn((await visitor.get(path)).text);
    await visitor.get(`${path}/edit`);
    const again = await visitor.post(path, formOf({ name: "", stage: "new" }, { photo: ["other.jpg", await photograph(400, 400)] }));
    expect([again.status, again.text.includes("Please fill this in.")]).toEqual([422, true]);
    const [, staged = ""] = /name="staged" value="([^"]+)"/.exec(again.text) ?? [];
    const changed = await visitor.post(path, formOf({ name: "Işıl", stage: "won", staged }));
    const [second = ""] = picturesOn(changed.text);
    expect([second === first, second.includes(staged)]).toEqual([false, true]);
    const gone = await visitor.post(path, formOf({ name: "Işıl", stage: "won", removePhoto: "yes" }));
    expect(picturesOn(gone.text)).toEqual([]);
    expect(gone.text).toMatch(/<img src="data:image\/svg\+xml/);
    expect((await crm.services.media.list()).files).toEqual([]);
  });

  it("that is none is refused with its reason, and nothing is kept", async () => {
    const crm = await openCrm();
    const visitor = await crm.logIn("defne");
    await visitor.get("/leads/new");
    const fields = { name: "Can", stage: "new", agent: "nobody" };
    const page = await visitor.post("/leads", formOf(fields, { photo: ["virus.jpg", Buffer.from("MZ")] }), { "accept-language": "tr" });
    expect(page.status).toBe(422);
    expect(page.text).toContain("virus.jpg gösterebileceğimiz bir resim değil");
    expect(await crm.db.selectFrom("leads").select("id").execute()).toEqual([]);
  });
});

describe("an agent", () => {
  it("sees their own leads only: another's are not there, whatever is asked of them", async () => {
    const crm = await openCrm();
    const emre = await crm.logIn("emre");
    const path = await addLead(emre, { name: "Emre’nin adayı" }, await photograph());
    const zeynep = await crm.logIn("zeynep");
    const own = await addLead(zeynep, { name: "Zeynep’in adayı", agent: crm.idOf("emre") });
    const list = await zeynep.get("/leads");
    expect([list.text.includes("Zeynep’in adayı"), list.text.includes("Emre’nin adayı"), picturesOn(list.text)]).toEqual([true, false, []]);
    expect((await zeynep.get(`/leads?agent=${crm.idOf("emre")}`)).text).not.toContain("Emre’nin adayı");
    for (const page of [path, `${path}/edit`, `${path}/delete`]) expect([page, (await zeynep.get(page)).status]).toEqual([page, 404]);
    await zeynep.get(own);
    const photo = { photo: ["mine.jpg", await photograph()] } as const;
    expect((await zeynep.post(path, formOf({ name: "Taken", stage: "lost" }, photo))).status).toBe(404);
    expect((await zeynep.post(`${path}/delete`, {})).status).toBe(404);
    const rows = await crm.db.selectFrom("leads").select(["name", "agent_id"]).orderBy("name").execute();
    // A lead that an agent adds is the agent's own, whatever the form says.
    expect(rows).toEqual([
      { name: "Emre’nin adayı", agent_id: crm.idOf("emre") },
      { name: "Zeynep’in adayı", agent_id: crm.idOf("zeynep") },
    ]);
    expect((await crm.services.media.list()).files).toHaveLength(1);
  });

  it("is shown photos by signed addresses; without the signature, with another's or for another picture they are refused", async () => {
    const crm = await openCrm();
    const emre = await crm.logIn("emre");
    const [theirs = ""] = picturesOn((await emre.get(await addLead(emre, {}, await photograph()))).text);
    const zeynep = await crm.logIn("zeynep");
    const [own = ""] = picturesOn((await zeynep.get(await addLead(zeynep, {}, await photograph()))).text);
    expect((await fetchPicture(crm, theirs)).status).toBe(200);
    const [path = "", query = ""] = theirs.split("?");
    const [ownPath = "", ownQuery = ""] = own.split("?");
    const [, id = ""] = path.split("/media/")[1]?.match(/^(\w+)/) ?? [];
    const cookie = [...zeynep.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const refused = [
      path,
      `${path}?${ownQuery}`,
      `/media/${id}/portrait.jpg`,
      `/media/${id}/full/portrait.jpg`,
      `/media/${id}/w640/portrait.jpg`,
    ];
    for (const src of [...refused, theirs.replace(/_h\d+/, "_h32"), `${ownPath}?${query}`]) {
      const answer = await fetch(`${crm.origin}${src}`, { headers: { accept: "image/webp", cookie } });
      expect([src, answer.status]).toEqual([src, expect.toSatisfy((status) => status === 401 || status === 403)]);
    }
  });

  it("attaches nobody else's staged photo, manages no team and imports nothing", async () => {
    const crm = await openCrm();
    const staged = await crm.services.media.stage(await photograph(), { name: "private.jpg", owner: crm.idOf("zeynep") });
    const emre = await crm.logIn("emre");
    expect(picturesOn((await emre.get(await addLead(emre, { staged: staged.id }))).text)).toEqual([]);
    for (const path of ["/team", "/team/new", `/team/${crm.idOf("zeynep")}`, "/import", "/import/example.csv"]) {
      expect([path, (await emre.get(path)).status]).toEqual([path, 403]);
    }
    await emre.get("/leads");
    const account = { name: "X", email: "x@example.com", role: "organiser", password: "a long password" };
    expect((await emre.post("/team", formOf(account))).status).toBe(403);
    expect((await emre.post("/import", formOf({}, { csv: ["a.csv", Buffer.from("name\nX\n")] }))).status).toBe(403);
    expect((await emre.get("/leads")).text).not.toContain("/team");
  });
});

describe("an organiser", () => {
  it("sees everything of their organisation, gives leads to its people, and sees nothing of another", async () => {
    const crm = await openCrm();
    const path = await addLead(await crm.logIn("emre"), { name: "Emre’nin adayı" }, await photograph());
    const defne = await crm.logIn("defne");
    expect((await defne.get("/leads")).text).toContain("Emre’nin adayı");
    expect(picturesOn((await defne.get(path)).text)).toHaveLength(1);
    await defne.get(`${path}/edit`);
    const given = await defne.post(path, formOf({ name: "Devredildi", stage: "offer", agent: crm.idOf("zeynep") }));
    expect(given.path).toBe(path);
    expect((await defne.post(path, formOf({ name: "Dışarı", stage: "offer", agent: crm.idOf("kaan") }))).status).toBe(422);
    expect((await (await crm.logIn("zeynep")).get("/leads")).text).toContain("Devredildi");
    const kaan = await crm.logIn("kaan");
    const list = await kaan.get("/leads");
    expect(list.text).not.toContain("Devredildi");
    expect([(await kaan.get(path)).status, (await kaan.get(`/team/${crm.idOf("emre")}`)).status]).toEqual([404, 404]);
    expect((await kaan.post(`/team/${crm.idOf("emre")}/delete`, {})).status).toBe(404);
  });

  it("adds people, who log in, and takes them out, whose leads are nobody's then", async () => {
    const crm = await openCrm();
    const defne = await crm.logIn("defne");
    await defne.get("/team/new");
    const account = { name: "Ozan", email: "ozan@example.com", role: "agent", password: "zeytin ağacının altında" };
    expect((await defne.post("/team", formOf({ ...account, email: "emre@example.com" }))).status).toBe(422);
    const team = await defne.post("/team", formOf(account, { photo: ["ozan.jpg", await photograph()] }));
    expect([team.path, team.text.includes("ozan@example.com"), picturesOn(team.text).length]).toEqual(["/team", true, 1]);
    const ozan = crm.visit();
    await ozan.get("/log-in");
    expect((await ozan.post("/log-in", account)).path).toBe("/leads");
    await addLead(ozan, { name: "Ozan’ın adayı" });
    const { id } = await crm.db.selectFrom("users").where("name", "=", "Ozan").select("id").executeTakeFirstOrThrow();
    await defne.get("/team");
    expect((await defne.post(`/team/${crm.idOf("defne")}/delete`, {})).status).toBe(403);
    expect((await defne.post(`/team/${id}/delete`, {})).path).toBe("/team");
    expect((await ozan.get("/leads")).path).toMatch(/^\/log-in/);
    expect((await defne.get("/leads?agent=nobody")).text).toContain("Ozan’ın adayı");
    expect((await crm.services.media.list()).files).toEqual([]);
  });

  it("begins an organisation by signing up, names it, and changes their own password", async () => {
    const crm = await openCrm();
    const visitor = crm.visit();
    await visitor.get("/sign-up");
    const account = { name: "Selin", email: "selin@example.com", password: "yeni bir kuruluş" };
    const page = await visitor.post("/sign-up", account);
    expect([page.path, page.text.includes("/team")]).toEqual(["/leads", true]);
    await visitor.get("/profile");
    const named = await visitor.post("/profile", formOf({ name: "Selin A.", organisation: "Selin Seramik" }));
    expect(named.text).toContain('value="Selin Seramik"');
    const changed = await visitor.post("/profile/password", { current: account.password, next: "daha da yeni bir cümle" });
    expect(changed.text).toContain("The password is changed");
    expect((await visitor.post("/profile/password", { current: account.password, next: "başka bir cümle" })).status).toBe(422);
    const names = await crm.db.selectFrom("organisations").select("name").orderBy("name").execute();
    expect(names.map(({ name }) => name)).toEqual(["Ege", "Selin Seramik", "Toros"]);
  });

  it("finds leads by a part of a name, whatever its accents, and by their stage", async () => {
    const crm = await openCrm();
    const defne = await crm.logIn("defne");
    await addLead(defne, { name: "Işıl Güneş", stage: "won", email: "" });
    await addLead(defne, { name: "Can Aydın", stage: "lost", email: "" });
    const found = async (query: string): Promise<string[]> => {
      const { text } = await defne.get(`/leads?${query}`);
      return ["Işıl Güneş", "Can Aydın"].filter((name) => text.includes(name));
    };
    expect(await found("q=isil")).toEqual(["Işıl Güneş"]);
    expect(await found("q=AYDIN")).toEqual(["Can Aydın"]);
    expect(await found("stage=won")).toEqual(["Işıl Güneş"]);
    expect((await defne.get("/leads?q=%25&stage=nonsense&page=-1")).status).toBe(200);
  });
});
