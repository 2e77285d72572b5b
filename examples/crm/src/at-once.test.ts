import { expect, it } from "vitest";
import type { Page, TestVisitor } from "../../site/src/site.fixture.js";
import { formOf, namesOf, openCrm, photograph, sendImport } from "./crm.fixture.js";

// On SQLite one waits for the other; on PostgreSQL, where this runs as well, all find free what they want.

const leadTaken = "There is a lead with this e-mail address already.";

/** Expect that one of several was taken, and that the others are shown their form again with this problem. */
function expectOne(pages: readonly Page[], problem: string): void {
  expect(pages.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, ...pages.slice(1).map(() => 422)]);
  for (const { status, text } of pages) if (status === 422) expect(text).toContain(problem);
}

async function all<T>(work: (at: number) => Promise<T>): Promise<T[]> {
  return await Promise.all([1, 2, 3, 4].map(work));
}

it("has one account for each address, also where several sign up or are added at the same moment", async () => {
  const crm = await openCrm();
  const strangers = await all(async () => {
    const visitor = crm.visit();
    await visitor.get("/sign-up");
    return visitor;
  });
  const account = { name: "Ozan", email: "ozan@example.com", password: "zeytin ağacının altında" };
  const signUp = async (visitor: TestVisitor): Promise<Page> => await visitor.post("/sign-up", account);
  expectOne(await Promise.all(strangers.map(signUp)), "There is an account with this e-mail address already.");
  const defne = await crm.logIn("defne");
  await defne.get("/team/new");
  const colleague = { ...account, email: "selin@example.com", role: "agent" };
  expectOne(await all(async () => await defne.post("/team", formOf(colleague))), "There is an account with this e-mail address already.");
});

it("has one lead for each address, also where several are added at the same moment, and asks for no photo twice", async () => {
  const crm = await openCrm();
  const defne = await crm.logIn("defne");
  await defne.get("/leads/new");
  const lead = { name: "Can", email: "can@example.com", stage: "new", agent: "nobody" };
  const photo = { photo: ["can.jpg", await photograph()] } as const;
  const pages = await all(async () => await defne.post("/leads", formOf(lead, photo)));
  expectOne(pages, leadTaken);
  for (const { status, text } of pages) if (status === 422) expect(text).toMatch(/name="staged" value="\w/);
  const { path } = await defne.post("/leads", formOf({ ...lead, email: "deniz@example.com" }));
  await defne.get(`${path}/edit`);
  const changed = await defne.post(path, formOf(lead));
  expect([changed.status, changed.text.includes(leadTaken)]).toEqual([422, true]);
  // Several may have none, and what another organisation has is its own.
  for (const name of ["Ada", "Bo"]) expect((await defne.post("/leads", formOf({ ...lead, name, email: "" }))).status).toBe(200);
  const kaan = await crm.logIn("kaan");
  expect((await kaan.post("/leads", formOf(lead))).status).toBe(200);
  expect(await namesOf(crm)).toEqual(["Ada", "Bo", "Can", "Can", "Can"]);
});

it("adds an address once, whoever else imports it at the same moment, and says of the other that something has changed", async () => {
  const crm = await openCrm();
  await crm.db.updateTable("users").set({ role: "organiser" }).where("name", "in", ["emre", "zeynep"]).execute();
  // Each in an order of its own: whoever has one address and waits for the other must not be waited for.
  const csv = (own: string): string => {
    const shared = Array.from({ length: 40 }, (_, at) => `Lead ${at},lead-${at}@a.example,`);
    return ["name,email,photo", `${own},${own}@a.example,own.jpg`, ...(own === "emre" ? shared.toReversed() : shared)].join("\n");
  };
  const drafts = await Promise.all(
    (["defne", "emre", "zeynep"] as const).map(async (who) => {
      const visitor = await crm.logIn(who);
      return { visitor, page: await sendImport(visitor, csv(who), { "own.jpg": await photograph() }) };
    }),
  );
  const pages = await Promise.all(drafts.map(async ({ visitor, page }) => await visitor.post(page.path, { ready: "41" })));
  expect(pages.map(({ status }) => status)).toEqual([200, 200, 200]);
  const late = pages.filter(({ path }) => path !== "/leads");
  expect(late).toHaveLength(2);
  for (const { text } of late) {
    expect([text.includes("nothing was imported"), text.includes(leadTaken)]).toEqual([true, true]);
  }
  const names = await namesOf(crm);
  expect([names.length, names.includes("Lead 0"), names.includes("Lead 39")]).toEqual([41, true, true]);
  // What was not imported is still there to be.
  const [again] = drafts.filter((_, at) => pages[at]?.path !== "/leads");
  expect((await again?.visitor.post(again.page.path, { ready: "1" }))?.path).toBe("/leads");
  expect(await namesOf(crm)).toHaveLength(42);
});
