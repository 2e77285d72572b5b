import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { type Catalogue, openCatalogue } from "../../packages/media/src/catalogue/catalogue.js";
import { enqueueJobs } from "../../packages/media/src/catalogue/jobs.js";
import { randomFrom } from "../system/pictures-made.js";

const lab = inject("lab");
const url = lab?.postgres ?? "";
const jobs = 400;
const kills = 10;
const seed = Number(process.env["HOLDFAST_SEED"] ?? randomBytes(4).readUInt32LE());
let prefix: string;
let catalogue: Catalogue;
const workers = new Set<ChildProcess>();

interface Worker {
  readonly child: ChildProcess;
  readonly lines: string[];
  kill(signal?: NodeJS.Signals): Promise<void>;
}

beforeEach(async () => {
  if (lab === undefined) return;
  prefix = `jobs_${randomBytes(4).toString("hex")}_`;
  catalogue = await openCatalogue({ database: url, tablePrefix: prefix, env: {}, cwd: "." });
  await catalogue.migrate();
  await sql`CREATE TABLE ${sql.table(`${prefix}effects`)} (subject TEXT NOT NULL, pid INTEGER NOT NULL)`.execute(catalogue.db);
});

afterEach(async () => {
  for (const child of workers) child.kill("SIGKILL");
  workers.clear();
  await catalogue.close();
});

function startWorker(leaseMs: number, holds?: string): Worker {
  const path = fileURLToPath(new URL("jobs-child.mjs", import.meta.url));
  const child = spawn(process.execPath, [path, JSON.stringify({ url, prefix, leaseMs, holds })], { stdio: ["pipe", "pipe", "inherit"] });
  workers.add(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => void lines.push(line));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    child,
    lines,
    async kill(signal = "SIGKILL") {
      child.kill(signal);
      await exited;
      workers.delete(child);
    },
  };
}

/** How often each job had its effect. */
async function effects(): Promise<Map<string, number>> {
  const { rows } = await sql<{ subject: string }>`SELECT subject FROM ${sql.table(`${prefix}effects`)}`.execute(catalogue.db);
  const counts = new Map<string, number>();
  for (const { subject } of rows) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  return counts;
}

const isDone = async (): Promise<boolean> => (await catalogue.db.selectFrom("jobs").select("id").limit(1).execute()).length === 0;

const waiting = { timeout: 60_000, interval: 50 } as const;

describe.runIf(lab !== undefined)("jobs in several processes", () => {
  it("have their effect exactly once, whichever worker is killed when", async () => {
    const subjects = Array.from({ length: jobs }, (_, n) => `job ${n}`);
    const random = randomFrom(seed);
    const fleet = [startWorker(1000), startWorker(1000), startWorker(1000)];
    for (let kill = 0; kill < kills; kill += 1) {
      // In portions, so that there is work whenever one is killed.
      const portion = subjects.slice((kill * jobs) / kills, ((kill + 1) * jobs) / kills);
      const target = random.pick(fleet);
      const before = target.lines.length;
      await enqueueJobs(catalogue, catalogue.db, "note", portion);
      await expect.poll(async () => target.lines.length > before || (await isDone()), waiting).toBe(true);
      await target.kill();
      fleet.splice(0, fleet.length, ...fleet.filter((worker) => worker !== target), startWorker(1000));
    }
    await expect.poll(isDone, waiting).toBe(true);
    expect(await effects(), `seed ${seed}`).toEqual(new Map(subjects.map((subject) => [subject, 1])));
  });

  it("are taken over from a worker that was stopped past its lease; when it goes on, its end has no effect", async () => {
    const stopped = startWorker(1000, "slow");
    await enqueueJobs(catalogue, catalogue.db, "note", ["slow"]);
    await expect.poll(() => stopped.lines, waiting).toContain("began slow");
    stopped.child.kill("SIGSTOP");
    const other = startWorker(1000);
    await expect.poll(() => other.lines, waiting).toContain("ended slow with effect");
    stopped.child.stdin?.write("go on\n");
    stopped.child.kill("SIGCONT");
    await expect.poll(() => stopped.lines, waiting).toContain("ended slow without effect");
    expect(await effects()).toEqual(new Map([["slow", 1]]));
  });

  it("are given back at once by a worker that is told to stop", async () => {
    const leaving = startWorker(600_000, "slow");
    await enqueueJobs(catalogue, catalogue.db, "note", ["quick", "slow"]);
    await expect.poll(() => leaving.lines, waiting).toContain("began slow");
    await leaving.kill("SIGTERM");
    // Its lease would have lasted ten minutes.
    const other = startWorker(600_000);
    await expect.poll(() => other.lines, waiting).toContain("ended slow with effect");
    expect(await effects()).toEqual(
      new Map([
        ["quick", 1],
        ["slow", 1],
      ]),
    );
  });
});
