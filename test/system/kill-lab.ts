import { setTimeout as sleep } from "node:timers/promises";
import { type Ledger, newLedger, upload } from "./kill-clients.js";
import { checkAcknowledged } from "./kill-verdict.js";
import { makePictures, type MadePicture, type Random, randomFrom } from "./pictures-made.js";
import {
  type ChildOptions,
  killPlaces,
  type KillPoint,
  makeServiceFolder,
  type Mutant,
  type ServiceFolder,
  type ServiceProcess,
  startService,
} from "./service-process.js";
import { leftovers, ownerOf, partPrefixOf, readTraces, type Traces } from "./traces.js";

/** How the lab is run. */
export interface LabOptions {
  readonly rounds: number;
  /** What every choice of the lab is drawn from. The moments of processes are their own. */
  readonly seed: number;
  /** Services that are killed side by side, each in its own folder. @defaultValue 3 */
  readonly lanes?: number;
  /** Rounds before a folder is settled, counted and replaced by an empty one. @defaultValue 20 */
  readonly roundsPerFolder?: number;
  readonly mutant?: Mutant;
}

/** What the lab found. Everything in `lost`, `wrong` and `orphans` is a sentence about one file. */
export interface LabReport {
  readonly seed: number;
  rounds: number;
  acknowledged: number;
  /** Acknowledged files that a later boot did not list, or whose bytes were not those sent. */
  readonly lost: Map<string, string>;
  /** Listed files that are not whole, answers that should not be, and objects that no row knows of. */
  readonly wrong: string[];
  /** What was left on the disk when everything had settled. */
  readonly orphans: string[];
  /** How far uploads had come when they were killed, and how often. */
  readonly phases: Map<string, number>;
}

const periods = { leaseMs: 1_500, settleEveryMs: 200, lateWriteMs: 300 } as const;
const settledAfterMs = periods.leaseMs + periods.lateWriteMs + 4 * periods.settleEveryMs;
const clientsPerRound = 4;
/** When a round ends whose point of death is not reached. */
const longestRoundMs = 4_000;

/**
 * Kill the service over and over while clients upload to it, boot it again from what is left, and compare with what was
 * acknowledged. A third of the rounds ends at an exact point of an upload, some during the boot, the others at any time.
 */
export async function runKillLab(options: LabOptions): Promise<LabReport> {
  const { rounds, seed, lanes = 3, roundsPerFolder = 20, mutant } = options;
  const report: LabReport = { seed, rounds: 0, acknowledged: 0, lost: new Map(), wrong: [], orphans: [], phases: new Map() };
  const pictures = await makePictures(randomFrom(seed));
  let started = 0;
  const lane = async (number: number): Promise<void> => {
    const random = randomFrom(seed + 7919 * (number + 1));
    while (started < rounds) {
      const share = Math.min(roundsPerFolder, rounds - started);
      started += share;
      await runFolder({ random, pictures, report, mutant }, share);
    }
  };
  await Promise.all(Array.from({ length: lanes }, async (_, number) => await lane(number)));
  return report;
}

/** The report in lines for people. The bound is the rule of three: with 0 of N, 3/N at 95 % confidence. */
export function describeReport(report: LabReport): string[] {
  const { rounds, acknowledged, lost, orphans, seed, wrong, phases } = report;
  const bound = acknowledged === 0 ? "no" : (3 / acknowledged).toExponential(1);
  const found = [...phases].toSorted(([, a], [, b]) => b - a).map(([phase, count]) => `  ${String(count).padStart(5)}  ${phase}`);
  return [
    `rounds ${rounds}, acknowledged ${acknowledged}, lost ${lost.size} of ${acknowledged} (95 % bound ${bound}), orphans ${orphans.length}, seed ${seed}`,
    ...[...lost.values(), ...wrong, ...orphans].slice(0, 20).map((line) => `  ${line}`),
    "how far uploads had come when they were killed:",
    ...found,
  ];
}

interface Lane {
  readonly random: Random;
  readonly pictures: readonly MadePicture[];
  readonly report: LabReport;
  readonly mutant: Mutant | undefined;
}

async function runFolder(lane: Lane, rounds: number): Promise<void> {
  const folder = await makeServiceFolder();
  const ledger = newLedger();
  try {
    for (let round = 0; round < rounds; round += 1) {
      await runRound(lane, folder, ledger);
      lane.report.rounds += 1;
    }
    const service = await startService(folder, childOptions(lane));
    await checkAcknowledged(service.origin, ledger, lane.report);
    await service.stop();
    lane.report.acknowledged += ledger.acknowledged.size;
    // A mutant's catalogue and storage contradict each other; what it leaves proves nothing more.
    if (lane.mutant === undefined) lane.report.orphans.push(...(await settleAndCount(lane, folder)));
  } finally {
    await folder.remove();
  }
}

async function runRound(lane: Lane, folder: ServiceFolder, ledger: Ledger): Promise<void> {
  const { random, pictures, report } = lane;
  const kind = random.next();
  if (kind < 0.05) {
    await killDuringBoot(lane, folder);
    return;
  }
  const killAt: KillPoint | undefined = kind < 0.4 ? { at: random.pick(killPlaces), nth: random.between(1, 8) } : undefined;
  const service = await startService(folder, { ...childOptions(lane), ...(killAt === undefined ? {} : { killAt }) });
  await checkAcknowledged(service.origin, ledger, report);
  // Not before: what was left to do is done from the boot on, and passes by the same places.
  service.arm();

  const names = new Set<string>();
  const clients = Array.from({ length: clientsPerRound }, async () => {
    // Each client draws from a seed of its own: how they interleave must not change what they draw.
    await upload(service, randomFrom(random.between(0, 2 ** 31)), pictures, ledger, names, report.wrong);
  });
  await Promise.race([service.gone, killAt === undefined ? momentOf(random, ledger) : sleep(longestRoundMs)]);
  await service.kill();
  await Promise.all(clients);
  if (service.complaints().includes("UnhandledPromiseRejection")) report.wrong.push(`an unhandled rejection: ${service.complaints()}`);

  const traces = await readTraces(folder);
  countPhases(traces, ledger, names, report.phases);
  if (lane.mutant === undefined) report.wrong.push(...unknownTo(traces));
}

/**
 * A random moment: some milliseconds after some uploads were acknowledged. Counted in acknowledgements, because in
 * milliseconds alone a slow machine would be killed before the first of them, every time.
 */
async function momentOf(random: Random, { acknowledged }: Ledger): Promise<void> {
  const wanted = acknowledged.size + random.between(0, 8);
  const deadline = performance.now() + longestRoundMs;
  while (acknowledged.size < wanted && performance.now() < deadline) await sleep(2);
  await sleep(random.between(0, 250));
}

async function killDuringBoot(lane: Lane, folder: ServiceFolder): Promise<void> {
  let service: ServiceProcess | undefined;
  try {
    service = await startService(folder, { ...childOptions(lane), killAfterMs: lane.random.between(150, 900) });
  } catch (error) {
    const complaint = error instanceof Error ? error.message : String(error);
    if (!/^The service ended before it listened\. $/.test(complaint)) lane.report.wrong.push(`a boot failed: ${complaint}`);
  }
  await service?.gone;
  lane.report.phases.set("during the boot", (lane.report.phases.get("during the boot") ?? 0) + 1);
}

function childOptions({ mutant }: Lane): ChildOptions {
  return { media: periods, ...(mutant === undefined ? {} : { mutant }) };
}

/** Boot with nobody uploading until every lease has run out and every abandoned row is cleared; then count what is left. */
async function settleAndCount(lane: Lane, folder: ServiceFolder): Promise<string[]> {
  let left: string[] = [];
  for (let boot = 0; boot < 3; boot += 1) {
    const service = await startService(folder, childOptions(lane));
    await sleep(settledAfterMs);
    await service.stop();
    const traces = await readTraces(folder);
    const unsettled = traces.rows.filter(({ state }) => state === "abandoned").map(({ key }) => `abandoned, and never cleared: ${key}`);
    left = [...unsettled, ...leftovers(traces)];
    if (left.length === 0) return left;
  }
  return left;
}

/** Whatever is on the disk belongs to a row, at every moment: settling works from rows and would never find it otherwise. */
function unknownTo({ rows, objects, parts }: Traces): string[] {
  const keys = new Set(rows.map(({ key }) => key));
  const prefixes = new Set([...keys].flatMap((key) => [partPrefixOf(key), partPrefixOf(`${key}.json`)]));
  return [
    ...[...objects.keys()].filter((key) => !keys.has(ownerOf(key))).map((key) => `an object that no row knows: ${key}`),
    ...[...parts.keys()].filter((part) => !prefixes.has(part.split(".", 1)[0] ?? "")).map((part) => `a part that no row knows: ${part}`),
  ];
}

/** Say of each upload of this round that was not answered how far it had come. */
function countPhases({ rows, objects, parts }: Traces, ledger: Ledger, names: ReadonlySet<string>, phases: Map<string, number>): void {
  const count = (phase: string): void => void phases.set(phase, (phases.get(phase) ?? 0) + 1);
  const known = new Set<string>();
  for (const row of rows) {
    if (row.table === "variants") {
      if (row.state === "reserved") count("a variant, reserved");
      continue;
    }
    known.add(row.name);
    if (!names.has(row.name) || ledger.acknowledged.has(row.id)) continue;
    if (row.state === "stored") count("5 committed, not answered");
    else if (row.state === "abandoned") count("refused and given up");
    else count(phaseOf(row.key, ledger.sent.get(row.name)?.size ?? 0, objects, parts));
  }
  for (const name of names) if (!known.has(name)) count("0 sent, not yet reserved");
}

function phaseOf(key: string, size: number, objects: Traces["objects"], parts: Traces["parts"]): string {
  const prefix = partPrefixOf(key);
  const part = [...parts].find(([name]) => name.startsWith(prefix));
  if (objects.has(key)) return part === undefined ? "4 published, not committed" : "4 published, its part still there";
  if (part === undefined) return "1 reserved, nothing written";
  return part[1] < size ? "2 inside the put, partly written" : "3 inside the put, written but not published";
}
