import { type Command, InvalidArgumentError } from "commander";
import { failLevels } from "../findings/fail-on.js";
import { reportFormats } from "../findings/formats.js";
import type { Io } from "./io.js";
import type { HelpEnd } from "./storage-commands.js";

interface DoctorFlags {
  readonly format?: string;
  readonly output?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly lang?: string;
  readonly explain?: string;
  readonly set?: readonly string[];
  readonly envFrom?: readonly string[];
  readonly service?: string;
  readonly failOn?: readonly string[];
  readonly baseline?: string;
  readonly writeBaseline?: string;
}

/** Add `holdfast doctor`, which is also what `holdfast` alone runs. */
export function addDoctorCommand(program: Command, io: Io, version: string, end: HelpEnd, exitWith: (exitCode: number) => void): void {
  program
    .command("doctor")
    .alias("check")
    .helpGroup("Check:")
    .summary("will this app lose uploads or data on its next deploy, and why? (what `holdfast` alone runs)")
    .description(
      "Read an app's code and deploy files, and answer whether its uploads and its database survive the next deploy: with the line, " +
        "the reason and the remedy. Nothing of the app is run, and no network is used, unless a platform is to be asked (--env-from render).",
    )
    .argument("[directories...]", "folders to examine; several give one table (default: the current one)")
    .option("--format <format>", `how to print the result: ${reportFormats.join(", ")}`)
    .option("--output <file>", "write the result into this file")
    .option("--json", "the same as --format json")
    .option("--all", "print everything, however long")
    .option("--lang <language>", "en, fr or tr (default: by LC_ALL, LC_MESSAGES or LANG)")
    .option("--explain <code>", "explain a rule, such as MEDIA001, with examples")
    .option("--set <name[=value]>", "say that a variable is set in the dashboard; may be given several times", collect)
    .option(
      "--env-from <file|render>",
      "say that the variables of this file, or of the service at Render, are set; only their names are kept",
      collect,
    )
    .option("--service <name>", "with --env-from render: the service's name or id (default: the one that is built from this repository)")
    .option("--fail-on <levels>", `what makes the exit code 1: ${failLevels.join(", ")}, or several of them (default: loses)`, parseLevels)
    .option("--baseline <file>", "count only what is not in this file")
    .option("--write-baseline <file>", "write what is found now into this file, and exit with 0")
    .addHelpText(
      "after",
      end.examples([
        "holdfast doctor                                 the current folder; so does holdfast alone",
        "holdfast doctor ../shop ../blog                 one table",
        "holdfast doctor --set CLOUDINARY_URL            it is set in the dashboard",
        "RENDER_API_KEY=… holdfast doctor --env-from render   ask Render what is set there",
        "holdfast doctor --explain MEDIA001",
        "holdfast doctor --format sarif --output holdfast.sarif",
        "holdfast doctor --write-baseline holdfast-baseline.json",
        "holdfast doctor --baseline holdfast-baseline.json --fail-on loses,warning",
      ]) +
        end.exitCodes([
          "0  nothing reaches --fail-on",
          "1  something does: by default, that something is lost at the next deploy",
          "2  the command or holdfast.yaml was not understood",
          "3  a folder could not be read, or holds no app",
        ]),
    )
    .action(async (directories: readonly string[], flags: DoctorFlags) => {
      const { run } = await import("./doctor.js");
      exitWith(await run({ directories, version, ...flags }, io));
    });
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function parseLevels(text: string): readonly string[] {
  const levels = text.split(",").map((level) => level.trim());
  const known: readonly string[] = failLevels;
  if (levels.some((level) => !known.includes(level))) throw new InvalidArgumentError(`Give one or several of ${failLevels.join(", ")}.`);
  return levels;
}
