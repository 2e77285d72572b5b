import { setTimeout as sleep } from "node:timers/promises";
import { makePictures, type MadePicture, type Random, randomFrom } from "../system/pictures-made.js";
import { type ChildOptions, cloudKillPlaces, type Mutant, type ServiceProcess, startService } from "../system/service-process.js";
import { checkErrands, type Errand, type Errands, newErrand, newErrands, send } from "./clients.js";
import { type Cloud, leftoversOf, makeCloud } from "./cloud-home.js";
import type { LabServers } from "./servers.js";

/** How the rounds are run. */
export interface RoundOptions {
  readonly servers: LabServers;
  readonly rounds: number;
  /** What every choice is drawn from. The moments of processes are their own. */
  readonly seed: number;
  /** Rounds before a database and a bucket are settled, counted and replaced. @defaultValue 25 */
  readonly roundsPerCloud?: number;
  readonly mutant?: Mutant;
}

/** What was found. */
export interface RoundReport {
  readonly seed: number;
  rounds: number;
  sent: number;
  acknowledged: number;
  /** How many errands had to be sent again. */
  resent: number;
  /** Lost, duplicated or half-written files, and answers that should not be: a sentence each. */
  readonly problems: string[];
  /** What was left when everything had settled. */
  readonly orphans: string[];
}

export const periods = { leaseMs: 1_500, settleEveryMs: 200, lateWriteMs: 1_000 } as const;
const instances = 2;
const clients = 4;
const errandsPerRound = 8;

/**
 * Two instances on one database and one bucket; in each round one of them is killed with SIGKILL, at an exact point of an
 * upload or at any time, while clients upload through both. What an instance did not acknowledge is sent again, under the same
 * idempotency key, to whichever is up.
 */
export async function runKillRounds(options: RoundOptions): Promise<RoundReport> {
  const { servers, rounds, seed, roundsPerCloud = 25, mutant } = options;
  const report: RoundReport = { seed, rounds: 0, sent: 0, acknowledged: 0, resent: 0, problems: [], orphans: [] };
  const random = randomFrom(seed);
  const pictures = await makePictures(randomFrom(seed));
  while (report.rounds < rounds) {
    const share = Math.min(roundsPerCloud, rounds - report.rounds);
    const cloud = await makeCloud(servers);
    try {
      await runCloud({ cloud, random, pictures, report, mutant }, share);
    } finally {
      await cloud.remove();
    }
  }
  return report;
}

/** The report in lines for people. The bound is the rule of three: with 0 of N, 3/N at 95 % confidence. */
export function describeRounds({ rounds, sent, acknowledged, resent, problems, orphans, seed }: RoundReport): string[] {
  const bound = acknowledged === 0 ? "no" : (3 / acknowledged).toExponential(1);
  return [
    `rounds ${rounds} on PostgreSQL and radosgw, uploads ${sent}, sent again ${resent}, acknowledged ${acknowledged}, ` +
      `lost or duplicated ${problems.length} (95 % bound ${bound}), orphans ${orphans.length}, seed ${seed}`,
    ...[...problems, ...orphans].slice(0, 20).map((line) => `  ${line}`),
  ];
}

interface Lane {
  readonly cloud: Cloud;
  readonly random: Random;
  readonly pictures: readonly MadePicture[];
  readonly report: RoundReport;
  readonly mutant: Mutant | undefined;
}

async function runCloud(lane: Lane, rounds: number): Promise<void> {
  const { cloud, random, report, mutant } = lane;
  const errands = newErrands();
  const media = { media: periods, ...(mutant === undefined ? {} : { mutant }) };
  const home = await cloud.makeInstance();
  const start = async (options: ChildOptions): Promise<ServiceProcess> => await startService(home, options);
  // One that is to die at a point is started for its round; the others live on.
  const up: ServiceProcess[] = [await start(media)];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const killAt = random.next() < 0.5 ? { at: random.pick(cloudKillPlaces), nth: random.between(1, 4) } : undefined;
      while (up.length < instances - 1) up.push(await start(media));
      const victim = await start({ ...media, ...(killAt === undefined ? {} : { killAt }) });
      victim.arm();
      await uploadWhileDying(lane, [...up, victim], errands, victim, killAt !== undefined);
      await victim.kill();
      if (random.next() < 0.2) await up.pop()?.kill();
      report.rounds += 1;
    }
    if (up.length === 0) up.push(await start(media));
    const [last] = up;
    if (last === undefined) return;
    await finish(lane, last, errands);
  } finally {
    await Promise.all(up.map(async (service) => await service.kill()));
  }
}

/** Clients upload, half of the time what had not been acknowledged before, until everybody has done a round's work. */
async function uploadWhileDying(
  { random, pictures, report }: Lane,
  services: readonly ServiceProcess[],
  errands: Errands,
  victim: ServiceProcess,
  diesByItself: boolean,
): Promise<void> {
  const killAfter = random.between(1, errandsPerRound);
  let done = 0;
  // Clients draw beforehand: how they interleave must not change what they draw.
  const work: { readonly errand: Errand; readonly origin: string; readonly isResent: boolean }[] = [];
  const waiting = errands.all.filter(({ id }) => id === undefined);
  for (let count = 0; count < errandsPerRound; count += 1) {
    const again = random.next() < 0.5 ? waiting.pop() : undefined;
    const errand = again ?? newErrand(errands, random, pictures);
    work.push({ errand, origin: random.pick(services).origin, isResent: again !== undefined });
  }
  const client = async (): Promise<void> => {
    for (let task = work.shift(); task !== undefined; task = work.shift()) {
      if (task.isResent) report.resent += 1;
      const sending = send(task.origin, task.errand, errands);
      done += 1;
      if (!diesByItself && done === killAfter) {
        await sleep(random.between(0, 120));
        void victim.kill();
      }
      await sending;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** Send what is still to be sent, let everything settle, and compare. */
async function finish({ cloud, report, mutant }: Lane, service: ServiceProcess, errands: Errands): Promise<void> {
  for (const errand of errands.all) {
    for (let attempt = 0; errand.id === undefined && attempt < 20; attempt += 1) {
      report.resent += 1;
      if (!(await send(service.origin, errand, errands))) await sleep(200);
    }
    if (errand.id === undefined) report.problems.push(`${errand.name} was never acknowledged`);
  }
  report.sent += errands.all.length;
  report.acknowledged += errands.all.filter(({ id }) => id !== undefined).length;
  report.problems.push(...errands.wrong, ...(await checkErrands(service.origin, errands)));
  // A mutant's catalogue and storage contradict each other; what it leaves proves nothing more.
  if (mutant === undefined) report.orphans.push(...(await settled(cloud)));
}

/** Wait until nothing is left that should not be; what still is after many times the periods, is an orphan. */
export async function settled(cloud: Cloud): Promise<string[]> {
  let left = await leftoversOf(cloud);
  for (let patience = 150; patience > 0 && left.length > 0; patience -= 1) {
    await sleep(200);
    left = await leftoversOf(cloud);
  }
  return left;
}
