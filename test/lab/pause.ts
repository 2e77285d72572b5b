import { setTimeout as sleep } from "node:timers/promises";
import { makePictures, randomFrom } from "../system/pictures-made.js";
import { startService } from "../system/service-process.js";
import { checkErrands, type Errand, newErrand, newErrands, send } from "./clients.js";
import { type Cloud, makeCloud } from "./cloud-home.js";
import { periods, settled } from "./kill-rounds.js";
import { ownerOf } from "../system/traces.js";
import type { LabServers } from "./servers.js";

/** What was found. */
export interface PauseReport {
  readonly seed: number;
  rounds: number;
  /** Uploads that were under way when their instance was stopped, and given up by the other one meanwhile. */
  givenUp: number;
  /** Uploads whose instance had lost its lease, and that were answered as stored all the same. */
  readonly stale: string[];
  /** Objects that appeared after their row had been given up and their key deleted. */
  latePuts: number;
  readonly problems: string[];
  readonly orphans: string[];
}

const uploadsPerRound = 4;

/**
 * Stop an instance with SIGSTOP in the middle of its uploads, for longer than their leases last, while another one settles;
 * then let it go on. It must not commit what was given up, and what it still puts must be found and removed.
 */
export async function runPauseRounds(servers: LabServers, rounds: number, seed: number): Promise<PauseReport> {
  const report: PauseReport = { seed, rounds: 0, givenUp: 0, stale: [], latePuts: 0, problems: [], orphans: [] };
  const random = randomFrom(seed);
  const pictures = await makePictures(randomFrom(seed));
  const cloud = await makeCloud(servers);
  const errands = newErrands();
  const [zombieHome, otherHome] = [await cloud.makeInstance(), await cloud.makeInstance()];
  const [zombie, other] = await Promise.all([
    // The zombie settles nothing itself: whatever it leaves must be found by the other one.
    startService(zombieHome, { media: { ...periods, settleEveryMs: 0 } }),
    startService(otherHome, { media: periods }),
  ]);
  try {
    for (; report.rounds < rounds; report.rounds += 1) {
      const batch = Array.from({ length: uploadsPerRound }, () => ({ ...newErrand(errands, random, pictures), isTrickled: true }));
      errands.all.splice(-uploadsPerRound, uploadsPerRound, ...batch);
      const sendings = batch.map(async (errand) => await send(zombie.origin, errand, errands));
      await reserved(cloud, batch);
      await sleep(random.between(0, 150));
      process.kill(zombie.pid, "SIGSTOP");
      const underWay = await namesOf(cloud, "reserved");
      await abandoned(cloud);
      const keysBefore = new Set(await cloud.keys());
      // A commit may have been on its way to the database when its instance was stopped: that one was in time.
      const inTime = await namesOf(cloud, "stored");
      const givenUp = batch.filter(({ name }) => underWay.has(name) && !inTime.has(name));
      report.givenUp += givenUp.length;
      process.kill(zombie.pid, "SIGCONT");
      await Promise.all(sendings);
      report.latePuts += await countLatePuts(cloud, keysBefore);
      for (const { name, id } of givenUp) if (id !== undefined) report.stale.push(`${name} was given up, and answered as stored`);
    }
    for (const errand of errands.all) {
      for (let attempt = 0; errand.id === undefined && attempt < 20; attempt += 1) {
        if (!(await send(other.origin, errand, errands))) await sleep(200);
      }
    }
    report.problems.push(...errands.wrong, ...(await checkErrands(other.origin, errands)));
    report.orphans.push(...(await settled(cloud)));
  } finally {
    process.kill(zombie.pid, "SIGCONT");
    await Promise.all([zombie.kill(), other.kill()]);
    await cloud.remove();
  }
  return report;
}

/** Wait until at least one of the uploads has its row. */
async function reserved(cloud: Cloud, batch: readonly Errand[]): Promise<void> {
  for (let patience = 500; patience > 0; patience -= 1) {
    const names = await namesOf(cloud, "reserved");
    if (batch.some(({ name }) => names.has(name))) return;
    const done = await namesOf(cloud, "stored");
    if (batch.every(({ name }) => done.has(name))) return;
    await sleep(10);
  }
}

/** Wait until every lease has run out and its key has been deleted once. */
async function abandoned(cloud: Cloud): Promise<void> {
  for (let patience = 500; patience > 0; patience -= 1) {
    const [row] = await cloud.query<{ waiting: number }>(
      "SELECT count(*)::int AS waiting FROM holdfast_files WHERE state = 'reserved' OR (state = 'abandoned' AND swept_at IS NULL)",
    );
    if (row?.waiting === 0) return;
    await sleep(20);
  }
  throw new Error("the other instance does not settle");
}

async function namesOf(cloud: Cloud, state: string): Promise<Set<string>> {
  const rows = await cloud.query<{ name: string }>(`SELECT name FROM holdfast_files WHERE state = '${state}'`);
  return new Set(rows.map(({ name }) => name));
}

async function countLatePuts(cloud: Cloud, before: ReadonlySet<string>): Promise<number> {
  const kept = new Set((await cloud.rows()).filter(({ state }) => state !== "abandoned").map(({ key }) => key));
  return (await cloud.keys()).filter((key) => !before.has(key) && !kept.has(ownerOf(key))).length;
}
