import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench } from "./bench.js";
import { avifFirstAnswer } from "./benches/avif-first-answer.js";
import { besideBombs } from "./benches/beside-bombs.js";
import { bucketObjects } from "./benches/bucket-objects.js";
import { cloudUploads } from "./benches/cloud-uploads.js";
import { coldVariants } from "./benches/cold-variants.js";
import { hotVariant } from "./benches/hot-variant.js";
import { mezzanineVariants } from "./benches/mezzanine.js";
import { putThroughput } from "./benches/put-throughput.js";
import { staticFiles } from "./benches/static-files.js";
import { readMachine } from "./machine.js";
import { type Report, toText } from "./report.js";

const benches: readonly Bench[] = [
  coldVariants,
  mezzanineVariants,
  avifFirstAnswer,
  hotVariant,
  staticFiles,
  besideBombs,
  putThroughput,
  bucketObjects,
  cloudUploads,
];

const usage = `Usage: npm run bench -- [name…] [--rounds 5] [--seconds 3] [--seed 1] [--json FILE]

${benches.map(({ name, question }) => `  ${name.padEnd(16)} ${question}`).join("\n")}

Without a name all of them run. The table goes to stdout, progress to stderr.
HOLDFAST_PHOTOS=FOLDER measures with the .jpg files there instead of generated ones (mezzanine: with those of 6 megapixels and more).
HOLDFAST_IMGPROXY=FILE measures cold variants against that imgproxy as well.`;

// Leaving by `exit` ends the children as well, and clears up.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const order = readOrder(args);
  if (typeof order === "string") {
    console.error(`${order}\n\n${usage}`);
    return 2;
  }
  if (order.isHelp) {
    console.log(usage);
    return 0;
  }
  const { seed, rounds, roundSeconds } = order;
  const machine = await readMachine();
  const results: Report["benches"][number][] = [];
  for (const bench of order.chosen) {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-bench-"));
    const clearUp = (): void => rmSync(folder, { recursive: true, force: true });
    process.once("exit", clearUp);
    const progress = (message: string): void => console.error(`${bench.name}: ${message}`);
    try {
      const { name, question } = bench;
      results.push({ name, question, ...(await bench.run({ folder, seed, rounds, roundSeconds, progress })) });
    } catch (error) {
      console.error(`${bench.name} could not be measured: ${error instanceof Error ? error.message : String(error)}`);
      return 3;
    } finally {
      process.off("exit", clearUp);
      clearUp();
    }
  }
  const report: Report = { at: new Date().toISOString(), seed, rounds, machine, benches: results };
  console.log(toText(report));
  if (order.json !== undefined) await writeFile(order.json, `${JSON.stringify(report, undefined, 2)}\n`);
  return 0;
}

interface Order {
  readonly chosen: readonly Bench[];
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly seed: number;
  readonly json: string | undefined;
  readonly isHelp: boolean;
}

/** Read the command line, or answer what is wrong with it. */
function readOrder(args: readonly string[]): Order | string {
  const options = {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    for (const name of ["rounds", "seconds", "seed"] as const) {
      if (!/^[1-9]\d{0,8}$/.test(values[name])) return `--${name} is "${values[name]}"; write a whole number above 0.`;
    }
    const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
    if (unknown !== undefined) return `There is no bench "${unknown}".`;
    return {
      chosen: positionals.length === 0 ? benches : benches.filter(({ name }) => positionals.includes(name)),
      rounds: Number(values.rounds),
      roundSeconds: Number(values.seconds),
      seed: Number(values.seed),
      json: values.json,
      isHelp: values.help,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
