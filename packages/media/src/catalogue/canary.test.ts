import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { diskStorage } from "../storage/from-environment.js";
import type { Storage } from "../storage/storage.js";
import { canaryKey, describeCanary, lookForCanary, readCanary } from "./canary.js";
import { releaseOf } from "../env/release.js";
import { openTestCatalogue } from "./catalogue.fixture.js";
import type { Catalogue } from "./catalogue.js";

let folder: string;
let catalogue: Catalogue;
let storage: Storage;

const openAll = async (): Promise<void> => {
  catalogue = await openTestCatalogue(folder);
  storage = diskStorage({ root: join(folder, "media"), env: {} });
  // As opening media does, before it looks for the canary.
  await storage.identity();
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-canary-"));
  await openAll();
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("the canary", () => {
  it("is written at the first boot, and says nothing then", async () => {
    const report = await lookForCanary(catalogue, storage, "r1");
    expect(report.outcome).toBe("first");
    expect(describeCanary(report)).toBeUndefined();
    expect((await readCanary(storage))?.bornIn).toBe("r1");
  });

  it("counts releases, not boots", async () => {
    for (const release of ["r1", "r1", "r2", "r2", "r2", "r3"]) await lookForCanary(catalogue, storage, release);
    const report = await lookForCanary(catalogue, storage, "r3");
    expect(report).toMatchObject({ outcome: "survived", history: { survived: 2 } });
    expect(describeCanary(report)?.sentence).toMatch(/^media storage: survived 2 releases since \d{4}-\d\d-\d\d$/);
    expect(report.history.sightings.map(({ release }) => release)).toEqual(["r2", "r3"]);
  });

  it("counts nothing where no release is known", async () => {
    for (let boot = 0; boot < 3; boot += 1) await lookForCanary(catalogue, storage, undefined);
    expect((await readCanary(storage))?.survived).toBe(0);
  });

  it("keeps its history on both sides", async () => {
    for (const release of ["r1", "r2"]) await lookForCanary(catalogue, storage, release);
    expect(JSON.parse((await catalogue.recall("canary")) ?? "{}")).toEqual(await readCanary(storage));
  });

  it("raises the alarm when the storage was wiped and the catalogue remembers", async () => {
    for (const release of ["r1", "r2"]) await lookForCanary(catalogue, storage, release);
    await storage.delete(canaryKey);
    const report = await lookForCanary(catalogue, storage, "r3");
    expect(report).toMatchObject({ outcome: "gone", lost: { survived: 1 }, history: { survived: 0 } });
    expect(describeCanary(report)).toMatchObject({ isAlarm: true, sentence: expect.stringContaining("WIPED") as string });
  });

  it("does not take a lost catalogue for a first boot", async () => {
    for (const release of ["r1", "r2"]) await lookForCanary(catalogue, storage, release);
    await catalogue.db.deleteFrom("meta").where("name", "like", "canary%").execute();
    const report = await lookForCanary(catalogue, storage, "r3");
    expect(report).toMatchObject({ outcome: "forgotten", history: { survived: 1 } });
    expect(describeCanary(report)?.isAlarm).toBe(true);
    expect(await lookForCanary(catalogue, storage, "r3")).toMatchObject({ outcome: "survived", history: { survived: 2 } });
  });

  it("raises no alarm for a first boot that ended before the canary was noted in the catalogue", async () => {
    await lookForCanary(catalogue, storage, "r1");
    await catalogue.db.deleteFrom("meta").where("name", "=", "canary").execute();
    const report = await lookForCanary(catalogue, storage, "r2");
    expect(report).toMatchObject({ outcome: "first", history: { survived: 0, bornIn: "r2" } });
    expect(describeCanary(report)).toBeUndefined();
    expect(await lookForCanary(catalogue, storage, "r3")).toMatchObject({ outcome: "survived", history: { survived: 1 } });
  });

  it("still raises the alarm of a wiped storage where the boot that found it wiped ended before it was noted", async () => {
    for (const release of ["r1", "r2"]) await lookForCanary(catalogue, storage, release);
    const remembered = (await catalogue.recall("canary")) ?? "";
    await storage.delete(canaryKey);
    await lookForCanary(catalogue, storage, "r3");
    await catalogue.replace("canary", remembered);
    expect(await lookForCanary(catalogue, storage, "r3")).toMatchObject({
      outcome: "gone",
      lost: { survived: 1 },
      history: { survived: 0 },
    });
  });

  it("takes a canary that cannot be read for none, and does not fail the boot", async () => {
    await lookForCanary(catalogue, storage, "r1");
    await storage.put(
      canaryKey,
      {
        open: async function* () {
          yield Buffer.from("{ not json");
        },
      },
      { contentType: "application/json" },
    );
    expect((await lookForCanary(catalogue, storage, "r2")).outcome).toBe("gone");
  });

  it("is in no listing", async () => {
    await lookForCanary(catalogue, storage, "r1");
    const keys: string[] = [];
    for await (const { key } of storage.list()) keys.push(key);
    expect(keys).toEqual([]);
  });

  it("takes the release from the platform's own variables", () => {
    expect(releaseOf({ RENDER_GIT_COMMIT: "abc" })).toBe("abc");
    expect(releaseOf({ HOLDFAST_RELEASE: "mine", RENDER_GIT_COMMIT: "abc" })).toBe("mine");
    expect(releaseOf({ RENDER_GIT_COMMIT: " " })).toBeUndefined();
  });
});
