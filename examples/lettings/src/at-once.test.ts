import { expect, it } from "vitest";
import type { Page } from "../../site/src/site.fixture.js";
import { form, letting, openAgency, password } from "./lettings.fixture.js";

// On SQLite one waits for the other; on PostgreSQL, where this runs as well, all find free what they want.
it("lets an address once and gives a name to one person, also where several are asked for at the same moment", async () => {
  const { logIn, addressId, lettings, profiles } = await openAgency("administrator");
  const visitor = await logIn("administrator");
  const all = async (work: (at: number) => Promise<Page>): Promise<Page[]> => await Promise.all([1, 2, 3, 4].map(work));
  const expectOne = (pages: readonly Page[], field: string): void => {
    expect(pages.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 422, 422, 422]);
    for (const { status, text } of pages) if (status === 422) expect(text).toContain(`id="${field}-problem"`);
  };
  await visitor.get("/admin/lettings/new");
  expectOne(await all(async () => await visitor.post("/admin/lettings", form({ ...letting, address: addressId }))), "address");
  expect(await lettings.list()).toHaveLength(1);
  await visitor.get("/admin/profiles/new");
  const person = { name: "Élodie", username: "elodie", city: "Orange", role: "member", password };
  const send = async (at: number): Promise<Page> =>
    await visitor.post("/admin/profiles", form({ ...person, email: `elodie-${at}@example.com` }));
  expectOne(await all(send), "username");
  expect(await profiles.list()).toHaveLength(2);
});
