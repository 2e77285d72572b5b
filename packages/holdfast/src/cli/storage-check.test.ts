import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as media from "@holdfast/media";
import * as testing from "@holdfast/media/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MediaModule, OpenedStorage, TestingModule } from "./media-module.js";
import type { CheckReport } from "./storage-check-report.js";
import { type CheckFlags, parseOrigin, run } from "./storage-check.js";
import { terminal, type Terminal } from "./terminal.fixture.js";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "holdfast-check-"));
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

/** The package with a driver whose parts are replaced. */
function withDriver(changes: Partial<media.Driver>): MediaModule {
  return {
    ...media,
    inspectStorage: (env, folder) => {
      const inspection = media.inspectStorage(env, folder);
      const open = async (): Promise<OpenedStorage> => {
        const storage = await inspection.open();
        return {
          ...storage,
          driver: { ...storage.driver, ...changes },
          list: () => storage.list(),
          close: async () => await storage.close(),
        };
      };
      return { ...inspection, open };
    },
  };
}

async function check(flags: CheckFlags, module: MediaModule = media): Promise<Terminal & { exitCode: number }> {
  const ran = terminal({ cwd });
  return { ...ran, exitCode: await run(flags, ran.io, module, testing) };
}

const report = (ran: Terminal): CheckReport => JSON.parse(ran.out());
const unreachable = media.fail("STORAGE_UNREACHABLE", { storage: "disk", action: "be read", reason: "no route" });

describe("holdfast storage check", () => {
  it("checks every clause, leaves nothing behind, and calls a waiver a waiver", { timeout: 60_000 }, async () => {
    const ran = await check({ json: true });
    const { summary, clauses, leftBehind } = report(ran);
    expect(ran.exitCode).toBe(0);
    expect(clauses.map(({ clause }) => clause)).toEqual([...testing.contract, ...testing.accessClauses].map(({ id }) => id));
    expect(summary).toMatchObject({ failed: 0, waived: 1, warned: 0, "could not check": 0 });
    expect(clauses.find(({ clause }) => clause === "stat-content-type")).toMatchObject({
      outcome: "waived",
      why: expect.stringContaining("no place"),
    });
    expect(leftBehind).toBeNull();
    expect(await readdir(join(cwd, "holdfast-data", "media"))).toEqual([".holdfast"]);
  });

  it("prints a table with why for whatever is not passed", async () => {
    const { out, exitCode } = await check({ only: ["open-absent", "clock"] });
    expect(exitCode).toBe(0);
    expect(out()).toMatch(/^media storage: disk .*\n\npassed {7}open-absent {2} *\d+ ms {2}Opening what is not there/);
    expect(out()).toMatch(
      /\nnot offered {2}clock .*\n {13}there is no service[^]*\n2 clauses: 1 passed, 1 not offered\.\nWhat the check wrote is removed\.\n/,
    );
  });

  it("exits with 1 where a clause fails", async () => {
    const { out, exitCode } = await check({ only: ["stat-describes", "open-absent"] }, withDriver({ stat: async () => undefined }));
    expect(exitCode).toBe(1);
    expect(out()).toMatch(/failed {2}stat-describes [^]*2 clauses: 1 passed, 1 failed\./);
  });

  it("exits with 3 where nobody answered: what cannot be reached is not known to be wrong", async () => {
    const ran = await check({ only: ["stat-describes"], json: true }, withDriver({ stat: async () => await Promise.reject(unreachable) }));
    expect(ran.exitCode).toBe(3);
    expect(report(ran).clauses[0]).toMatchObject({ outcome: "could not check", why: unreachable.message });
  });

  it("tells the outcomes, and what to remove by hand, where removing fails", async () => {
    const ran = await check({ only: ["open-range"] }, withDriver({ delete: async () => await Promise.reject(unreachable) }));
    expect(ran.exitCode).toBe(3);
    expect(ran.out()).toMatch(
      /passed {2}open-range[^]*could not all be removed \(.*no route.*\)\. Remove by hand what is below holdfast-check\/\w{12}\/\n/,
    );
  });

  it("prints the storage's own sentence where it cannot be opened", async () => {
    const closed: MediaModule = {
      ...media,
      inspectStorage: (env, folder) => ({ ...media.inspectStorage(env, folder), open: async () => await Promise.reject(unreachable) }),
    };
    await expect(check({}, closed)).rejects.toMatchObject({ code: "STORAGE_UNUSABLE", exitCode: 3, message: unreachable.message });
  });

  it("is stopped by Ctrl-C, and removes what it wrote", async () => {
    const ran = terminal({ cwd });
    const stopping: TestingModule = {
      ...testing,
      checkContract: async (options) => {
        const onResult = (result: Parameters<NonNullable<typeof options.onResult>>[0]): void => {
          options.onResult?.(result);
          if (result.clause === "put-empty") ran.interrupt();
        };
        return await (testing as TestingModule).checkContract({ ...options, onResult });
      },
    };
    await expect(run({}, ran.io, media, stopping)).rejects.toMatchObject({
      code: "INTERRUPTED",
      exitCode: 130,
      message: expect.stringContaining("What the check wrote is removed"),
    });
    expect(await readdir(join(cwd, "holdfast-data", "media"))).toEqual([".holdfast"]);
    expect(ran.out()).toBe("");
  });

  it("knows its clauses, and proposes those near one that it does not know", async () => {
    await expect(check({ only: ["put-if-absnt"] })).rejects.toMatchObject({
      code: "USAGE_INVALID",
      message: expect.stringMatching(/no clause "put-if-absnt"; near it are .*put-if-absent-race/),
    });
  });
});

describe("the origin of a page", () => {
  it.each([
    ["https://app.example", "https://app.example"],
    ["https://APP.example:443/", "https://app.example"],
    ["http://localhost:3000", "http://localhost:3000"],
  ])("%s is read as a browser sends it", (text, origin) => {
    expect(parseOrigin(text, "x")).toBe(origin);
  });

  it.each([
    ["https://app.example/upload", "write https://app.example."],
    ["app.example", "it reads https://app.example."],
    ["ftp://app.example", "it reads"],
    ["*", "it reads"],
  ])("%s is none", (text, hint) => {
    expect(() => parseOrigin(text, "x")).toThrow(hint);
  });
});
