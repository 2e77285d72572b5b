import { expect, it } from "vitest";
import { form, letting, openAgency, password, picture } from "./lettings.fixture.js";

const photosOn = (text: string): string[] => [...text.matchAll(/<img src="[^"]*\/([\w-]+\.jpg)[^"]*"/g)].map(([, name = ""]) => name);

it("lets a house with its photographs, in their order, which are on the list, the first page and its own at once", async () => {
  const { logIn, addressId, origin } = await openAgency("editor");
  const editor = await logIn("editor");
  await editor.get("/admin/lettings/new");
  const photos = [
    ["photos", "front.jpg", await picture("#a33")],
    ["photos", "sea.jpg", await picture("#33a")],
  ] as const;
  const page = await editor.post("/admin/lettings", form({ ...letting, address: addressId }, photos), { "accept-language": "fr" });
  expect(page.path).toMatch(/^\/lettings\/[\w-]+$/);
  expect(photosOn(page.text)).toEqual(["front.jpg", "sea.jpg"]);
  for (const path of ["/", "/lettings", "/admin/lettings"]) expect(photosOn((await editor.get(path)).text)).toEqual(["front.jpg"]);
  const french = await editor.get("/lettings", { "accept-language": "fr" });
  expect(french.text.replaceAll(/[\u00a0\u202f]/g, " ")).toContain("4 250 $US par mois");
  const admin = page.path.replace("/lettings", "/admin/lettings");
  const [, second = ""] = /name="description-(\w+)"[^]*name="description-(\w+)"/.exec((await editor.get(admin)).text)?.slice(1) ?? [];
  const moved = await editor.post(admin, form({ ...letting, address: addressId, forward: second, [`description-${second}`]: "La mer" }));
  expect(moved.path).toBe(`${admin}#pictures`);
  const after = await editor.get(page.path);
  expect([photosOn(after.text), after.text.includes('alt="La mer"')]).toEqual([["sea.jpg", "front.jpg"], true]);
  const [, src = ""] = /<img src="([^"]+)"/.exec(french.text) ?? [];
  const answer = await fetch(`${origin}${src.replaceAll("&amp;", "&")}`, { headers: { accept: "image/webp" } });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/webp"]);
});

it("shows a picture also where a photograph's bytes are gone, and says so to machines", async () => {
  const { logIn, addressId, origin, services } = await openAgency("editor");
  const editor = await logIn("editor");
  await editor.get("/admin/lettings/new");
  const page = await editor.post(
    "/admin/lettings",
    form({ ...letting, address: addressId }, [["photos", "front.jpg", await picture("#a33")]]),
  );
  for (const { id } of (await services.media.list()).files) {
    for (const { key } of await services.media.replicas(id)) await services.media.storage.delete(key);
  }
  const [, src = ""] = /<img src="([^"]+)"/.exec(page.text) ?? [];
  const headers = { accept: "image/webp,image/*", "sec-fetch-dest": "image" };
  const answer = await fetch(`${origin}${src.replaceAll("&amp;", "&")}`, { headers });
  expect([answer.status, answer.headers.get("content-type")?.startsWith("image/")]).toEqual([404, true]);
});

it("keeps everybody out of the administration who has no business there, before a file is taken", async () => {
  const { logIn, services, visit, profiles } = await openAgency("administrator", "editor", "member");
  const [admin] = await profiles.list();
  const stranger = visit();
  await stranger.get("/");
  expect((await stranger.get("/admin")).path).toBe("/log-in?back=%2Fadmin");
  const photo = [["photos", "a.jpg", await picture("#a33")]] as const;
  expect((await stranger.post("/admin/lettings", form(letting, photo))).path).toBe("/log-in");
  const member = await logIn("member");
  const asMember = [
    await member.get("/admin"),
    await member.post("/admin/lettings", form(letting, photo)),
    await member.get("/admin/profiles"),
  ];
  expect(asMember.map(({ status }) => status)).toEqual([403, 403, 403]);
  const editor = await logIn("editor");
  const asEditor = [
    await editor.get("/admin/addresses"),
    await editor.get("/admin/profiles"),
    await editor.get(`/admin/profiles/${admin?.id}`),
    await editor.post(`/admin/profiles/${admin?.id}/delete`, {}),
    await editor.post("/admin/profiles", form({ role: "administrator" }, photo)),
  ];
  expect(asEditor.map(({ status }) => status)).toEqual([200, 403, 403, 403, 403]);
  expect((await services.media.list()).files).toEqual([]);
  expect(await profiles.list()).toHaveLength(3);
});

it("lets an address once, and keeps it while something is let there", async () => {
  const { logIn, addressId, lettings } = await openAgency("editor");
  const editor = await logIn("editor");
  await editor.get("/admin/lettings/new");
  await editor.post("/admin/lettings", form({ ...letting, address: addressId }));
  const twice = await editor.post("/admin/lettings", form({ ...letting, title: "Encore", address: addressId }));
  expect([twice.status, twice.text.includes("Please choose one of the list.")]).toEqual([422, true]);
  expect((await editor.get(`/admin/addresses/${addressId}/delete`)).text).not.toContain(`action="/admin/addresses/${addressId}/delete"`);
  const refused = await editor.post(`/admin/addresses/${addressId}/delete`, {});
  expect([refused.status, refused.text.includes("“Bungalow” is let there.")]).toEqual([422, true]);
  const [{ id } = { id: "" }] = await lettings.list();
  expect((await editor.post(`/admin/lettings/${id}/delete`, {})).path).toBe("/admin/lettings");
  expect((await editor.get(`/lettings/${id}`)).status).toBe(404);
  expect((await editor.post(`/admin/addresses/${addressId}/delete`, {})).path).toBe("/admin/addresses");
  const wrong = await editor.post("/admin/addresses", { number: "0", street: "Del Mar", city: "San Clemente", state: "Cal", zip: "9267" });
  expect([...wrong.text.matchAll(/id="(\w+)-problem"/g)].map(([, name]) => name)).toEqual(["number", "state", "zip"]);
  await editor.post("/admin/addresses", { number: "19", street: "Del Mar", city: "San Clemente", state: "ca", zip: "92672" });
  expect(await lettings.addresses.list()).toMatchObject([{ number: 19, state: "CA", zip_code: "92672" }]);
});

it("looks after people: their portrait, their role, their password, and never the last word of who does it", async () => {
  const { logIn, profiles, visit, services } = await openAgency("administrator", "member");
  const admin = await logIn("administrator");
  await admin.get("/admin/profiles/new");
  const person = { name: "Inès", email: "ines@example.com", username: "ines", city: "Dana Point", role: "editor", password };
  const taken = await admin.post("/admin/profiles", form({ ...person, username: "member", email: "member@example.com" }));
  expect([taken.status, taken.text.includes("Somebody has this user name already.")]).toEqual([422, true]);
  await admin.post("/admin/profiles", form(person, [["portrait", "ines.jpg", await picture("#a33")]]));
  const ines = await profiles.byUsername("ines");
  expect(ines?.portrait?.name).toBe("ines.jpg");
  expect((await visit().get("/profiles/ines")).text).toContain("ines.jpg");
  const session = visit();
  await session.get("/log-in");
  await session.post("/log-in", { email: person.email, password });
  expect((await session.get("/admin")).status).toBe(200);
  // Another password ends the sessions; without a new portrait the old one stays.
  await admin.post(`/admin/profiles/${ines?.id}`, form({ ...person, role: "member", password: "un autre toit" }));
  expect((await session.get("/admin")).path).toContain("/log-in");
  expect((await profiles.byUsername("ines"))?.portrait?.id).toBe(ines?.portrait?.id);

  const self = await profiles.byUsername("administrator");
  const demoted = await admin.post(
    `/admin/profiles/${self?.id}`,
    form({ ...person, email: "administrator@example.com", username: "administrator", role: "member", password: "" }),
  );
  expect([demoted.status, demoted.text.includes("You cannot take the administration away from yourself.")]).toEqual([422, true]);
  expect((await admin.post(`/admin/profiles/${self?.id}/delete`, {})).status).toBe(422);
  expect((await admin.post(`/admin/profiles/${ines?.id}/delete`, {})).path).toBe("/admin/profiles");
  expect((await visit().get("/profiles/ines")).status).toBe(404);
  expect((await services.media.list()).files).toEqual([]);
});

it("has pages of its own for what is not there and what fails, in both languages", async () => {
  const visitor = (await openAgency()).visit();
  const missing = await visitor.get("/lettings/nowhere", { "accept-language": "fr" });
  expect([missing.status, missing.text.includes("Personne n’habite ici")]).toEqual([404, true]);
  const failed = await visitor.get("/sentry-debug/", { "accept-language": "en" });
  expect([failed.status, failed.text.includes("A tile has come off the roof")]).toEqual([500, true]);
  expect(failed.text).not.toContain("asked for");
});
