import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as media from "@holdfast/media";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ChangeFlags, type ChangeReport, discard, type JobsReport, list, type ListFlags, retry, show } from "./jobs.js";
import { terminal, type Terminal } from "./terminal.fixture.js";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "holdfast-jobs-"));
  const opened = await media.openMedia({ env: {}, cwd, jobs: false, settleEveryMs: 0, log: { info() {}, warn() {}, error() {} } });
  await opened.close();
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

const at = Date.UTC(2026, 10, 21, 4, 30);

/** Put jobs into the catalogue, as workers would have left them. */
function seed(...jobs: { id: string; state?: string; kind?: string; attempts?: number; lastError?: string }[]): void {
  const database = new Database(join(cwd, "holdfast-data", "catalogue.db"));
  for (const { id, state = "ready", kind = "manifest", attempts = 0, lastError = null } of jobs) {
    database
      .prepare(
        "INSERT INTO holdfast_jobs (id, kind, subject, state, run_at, attempts, last_error, enqueued_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      )
      .run([id, kind, `file ${id}`, state, at, attempts, lastError, at, at]);
  }
  database.close();
}

type Ran = Terminal & { exitCode: number };
const within = async (work: (io: Terminal["io"]) => Promise<number>): Promise<Ran> => {
  const ran = terminal({ cwd });
  return { ...ran, exitCode: await work(ran.io) };
};
const listed = async (flags: Partial<ListFlags> = {}): Promise<Ran> =>
  await within(async (io) => await list({ limit: 50, ...flags }, io, media));
const shown = async (id: string, json = false): Promise<Ran> => await within(async (io) => await show(id, { json }, io, media));
const retried = async (ids: string[], flags: ChangeFlags = {}): Promise<Ran> =>
  await within(async (io) => await retry(ids, flags, io, media));
const discarded = async (ids: string[], flags: ChangeFlags = {}): Promise<Ran> =>
  await within(async (io) => await discard(ids, flags, io, media));
const dead = (id: string): { id: string; state: string; attempts: number; lastError: string } => ({
  id,
  state: "dead",
  attempts: 20,
  lastError: "the bucket is on fire\nand so on",
});

describe("holdfast jobs list", () => {
  it("says that nothing is due", async () => {
    const { out, exitCode } = await listed();
    expect({ out: out(), exitCode }).toEqual({
      out: `Nothing is due in the catalogue, SQLite (${join(cwd, "holdfast-data", "catalogue.db")}).\n`,
      exitCode: 0,
    });
  });

  it("counts, lists those given up first, says why, and how to try again", async () => {
    seed({ id: "a" }, { id: "b", attempts: 2, lastError: "no" }, dead("c"));
    const { out, exitCode } = await listed();
    expect(exitCode).toBe(1);
    expect(out()).toContain("       1  manifest, dead\n       2  manifest, ready\n");
    expect(out()).toContain(
      "c  dead  manifest of file c, 20 attempts: the bucket is on fire\n" +
        "a  ready  manifest of file a\n" +
        "b  ready  manifest of file b, 2 attempts, again at 2026-11-21T04:30:00Z: no\n",
    );
    expect(out()).toMatch(/holdfast jobs retry --all\n$/);
  });

  it("answers as JSON, by state and kind, page by page", async () => {
    seed({ id: "a" }, { id: "b" }, { id: "c", kind: "other" }, dead("d"));
    const first: JobsReport = JSON.parse((await listed({ state: "ready", kind: "manifest", limit: 1, json: true })).out());
    expect(first).toMatchObject({
      version: 1,
      exitCode: 1,
      next: "a",
      jobs: [{ id: "a", runAt: "2026-11-21T04:30:00.000Z", lastError: null }],
    });
    const rest: JobsReport = JSON.parse((await listed({ state: "ready", kind: "manifest", after: "a", json: true })).out());
    expect(rest).toMatchObject({ next: null, jobs: [{ id: "b" }] });
    await expect(listed({ after: "a" })).rejects.toMatchObject({ code: "USAGE_INVALID" });
  });

  it("says what is wrong where there is no catalogue that it could open", async () => {
    const empty = terminal({ cwd, env: { MEDIA_DATABASE_URL: "file:other.db" } });
    await expect(list({ limit: 1 }, empty.io, media)).rejects.toMatchObject({
      code: "CATALOGUE_UNUSABLE",
      message: expect.stringContaining("lacks the migrations"),
    });
    const wrong = terminal({ cwd, env: { MEDIA_DATABASE_URL: "mysql://x" } });
    await expect(list({ limit: 1 }, wrong.io, media)).rejects.toMatchObject({ code: "USAGE_INVALID", exitCode: 2 });
    const away = terminal({ cwd, env: { MEDIA_DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/d" } });
    await expect(list({ limit: 1 }, away.io, media)).rejects.toMatchObject({ code: "CATALOGUE_UNUSABLE", exitCode: 3 });
    await expect(list({ limit: 1 }, away.io, media)).rejects.not.toThrow(/hunter2/);
  });
});

describe("holdfast jobs show", () => {
  it("shows all that is known of one job", async () => {
    seed(dead("c"));
    const { out, exitCode } = await shown("c");
    expect(exitCode).toBe(1);
    expect(out()).toContain("what        manifest of file c\n");
    expect(out()).toContain("last error  the bucket is on fire\nand so on\n");
    expect(JSON.parse((await shown("c", true)).out())).toMatchObject({ version: 1, job: { id: "c", attempts: 20 } });
    await expect(shown("x")).rejects.toMatchObject({ code: "JOB_NOT_FOUND", exitCode: 2 });
  });
});

describe("holdfast jobs retry", () => {
  it("makes those named ready, or every one that was given up", async () => {
    seed(dead("a"), dead("b"), { ...dead("c"), kind: "other" });
    expect((await retried(["a"])).out()).toBe("Ready to be tried again: 1 job.\n");
    const report: ChangeReport = JSON.parse((await retried([], { all: true, kind: "manifest", json: true })).out());
    expect(report).toMatchObject({ version: 1, exitCode: 0, isDone: true, jobs: [{ id: "b" }] });
    expect((await retried([], { all: true })).out()).toBe("Ready to be tried again: 1 job.\n");
    expect((await retried([], { all: true })).out()).toBe("No job was given up.\n");
    expect((await listed()).exitCode).toBe(0);
  });

  it("says which there are none of, and wants to know which", async () => {
    seed(dead("a"));
    await expect(retried(["a", "x"])).rejects.toMatchObject({ code: "JOB_NOT_FOUND", details: { ids: ["x"] } });
    await expect(retried([])).rejects.toMatchObject({ code: "USAGE_INVALID" });
    await expect(retried(["a"], { all: true })).rejects.toMatchObject({ code: "USAGE_INVALID" });
  });
});

describe("holdfast jobs discard", () => {
  it("removes those named; all only when told so twice", async () => {
    seed({ id: "a" }, dead("b"), dead("c"));
    expect((await discarded(["a"])).out()).toBe("Discarded: 1 job.\n");
    const asked = await discarded([], { all: true });
    expect(asked.exitCode).toBe(1);
    expect(asked.out()).toMatch(
      /^b {2}dead .*\nc {2}dead .*\n\nThe work of 2 jobs would never be done\. Discard them with: holdfast jobs discard --all --yes\n$/,
    );
    expect((await discarded([], { all: true, yes: true })).out()).toBe("Discarded: 2 jobs.\n");
    expect((await listed()).out()).toMatch(/^Nothing is due/);
  });
});
