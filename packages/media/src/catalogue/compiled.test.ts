import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { openTestCatalogue } from "./catalogue.fixture.js";
import { compiledOnce } from "./compiled.js";
import { transact } from "./transact.js";

function remembering() {
  let built = 0;
  const remember = compiledOnce(({ db }, values: { readonly name: string; readonly value: string }) => {
    built += 1;
    return db
      .insertInto("meta")
      .values({ name: values.name, value: sql<string>`${"always "} || ${values.value}` })
      .returningAll();
  });
  return { remember, built: () => built };
}

describe("a statement that is compiled once", () => {
  it("is built once for each catalogue, and run with other values each time", async () => {
    const [one, two] = [await openTestCatalogue(), await openTestCatalogue()];
    const { remember, built } = remembering();
    expect((await remember.run(one, { name: "a", value: "1" })).rows).toEqual([{ name: "a", value: "always 1" }]);
    expect((await remember.run(one, { value: "2", name: "b" })).rows).toEqual([{ name: "b", value: "always 2" }]);
    expect(built()).toBe(1);
    await remember.run(two, { name: "a", value: "3" });
    expect(built()).toBe(2);
    expect([await one.recall("a"), await one.recall("b"), await two.recall("a"), await two.recall("b")]).toEqual([
      "always 1",
      "always 2",
      "always 3",
      undefined,
    ]);
  });

  it("goes with the transaction it is run in", async () => {
    const catalogue = await openTestCatalogue();
    const { remember } = remembering();
    const rolledBack = transact(catalogue.db, async (tx) => {
      await remember.run(catalogue, { name: "a", value: "1" }, tx);
      throw new Error("rolled back");
    });
    await expect(rolledBack).rejects.toThrow("rolled back");
    expect(await catalogue.recall("a")).toBeUndefined();
  });
});
