import { type Command, InvalidArgumentError } from "commander";
import type { Io } from "./io.js";
import type { HelpEnd } from "./storage-commands.js";

const exits = (clean: string, findings?: string): string[] => [
  `0  ${clean}`,
  ...(findings === undefined ? [] : [`1  ${findings}`]),
  "2  the command or the configuration was not understood, or there is no such job",
  "3  the catalogue could not be opened",
];

/** Add `holdfast jobs` and its commands; each is loaded when it is asked for. */
export function addJobsCommands(program: Command, io: Io, version: string, end: HelpEnd, exitWith: (exitCode: number) => void): void {
  const jobs = program
    .command("jobs")
    .helpGroup("Keep:")
    .summary("look at the work that is due behind the answers, and try again what was given up")
    .description(
      "Look at the work that commits have made due: manifests to be written, copies to be made. What fails is tried again with growing " +
        "pauses, and given up after twenty attempts. Needs the package @holdfast/media; a SQLite catalogue must not be in use.",
    )
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", end.examples(["holdfast jobs list", "holdfast jobs retry --all", "holdfast jobs discard ID"]));
  const load = async (command: string) => {
    const [commands, { loadCatalogue }] = [await import("./jobs.js"), await import("./media-module.js")];
    return { ...commands, media: await loadCatalogue(`holdfast jobs ${command}`, version, io) };
  };

  jobs
    .command("list")
    .summary("list jobs, those given up first")
    .description("Count the jobs of each kind and state, and list them: those that were given up first.")
    .option("--state <state>", "only those that are ready, running or dead", parseState)
    .option("--kind <kind>", "only those of this kind: manifest")
    .option("--limit <number>", "how many at most", parseLimit, 50)
    .option("--after <id>", "with --state: those that follow this one")
    .option("--table-prefix <prefix>", "the catalogue's table prefix, where it is not holdfast_")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      end.examples(["holdfast jobs list", "holdfast jobs list --state dead --json"]) +
        end.exitCodes(exits("nothing was given up", "something was given up")),
    )
    .action(async (flags: import("./jobs.js").ListFlags) => {
      const { list, media } = await load("list");
      exitWith(await list(flags, io, media));
    });

  jobs
    .command("show")
    .summary("show all that is known of one job")
    .description("Show all that is known of one job, the reason of its last failure among it.")
    .argument("<id>", "the job's id")
    .option("--table-prefix <prefix>", "the catalogue's table prefix, where it is not holdfast_")
    .option("--json", "print the result as JSON")
    .addHelpText("after", end.exitCodes(exits("shown", "it was given up")))
    .action(async (id: string, flags: import("./jobs.js").CommonFlags) => {
      const { show, media } = await load("show");
      exitWith(await show(id, flags, io, media));
    });

  jobs
    .command("retry")
    .summary("have jobs that were given up, or that wait after a failure, tried at once")
    .description("Have jobs tried anew at once, as if for the first time: those named, or with --all every one that was given up.")
    .argument("[ids...]", "the jobs' ids")
    .option("--all", "every job that was given up")
    .option("--kind <kind>", "with --all: only those of this kind")
    .option("--table-prefix <prefix>", "the catalogue's table prefix, where it is not holdfast_")
    .option("--json", "print the result as JSON")
    .addHelpText("after", end.examples(["holdfast jobs retry --all"]) + end.exitCodes(exits("they are ready")))
    .action(async (ids: string[], flags: import("./jobs.js").ChangeFlags) => {
      const { retry, media } = await load("retry");
      exitWith(await retry(ids, flags, io, media));
    });

  jobs
    .command("discard")
    .summary("remove jobs; their work is not done")
    .description(
      "Remove jobs that do not run just now; their work is not done. With --all every one that was given up: they are only listed, " +
        "unless --yes is given.",
    )
    .argument("[ids...]", "the jobs' ids")
    .option("--all", "every job that was given up")
    .option("--kind <kind>", "with --all: only those of this kind")
    .option("--yes", "with --all: remove them")
    .option("--table-prefix <prefix>", "the catalogue's table prefix, where it is not holdfast_")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      end.examples(["holdfast jobs discard --all --yes"]) + end.exitCodes(exits("they are gone", "they were only listed")),
    )
    .action(async (ids: string[], flags: import("./jobs.js").ChangeFlags) => {
      const { discard, media } = await load("discard");
      exitWith(await discard(ids, flags, io, media));
    });
}

function parseState(text: string): string {
  if (!["ready", "running", "dead"].includes(text)) throw new InvalidArgumentError("A job is ready, running or dead.");
  return text;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 1000) throw new InvalidArgumentError("Give a whole number from 1 to 1000.");
  return limit;
}
