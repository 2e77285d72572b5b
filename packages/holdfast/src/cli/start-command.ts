import { type Command, InvalidArgumentError } from "commander";
import type { StepName } from "../start/step.js";
import type { Io } from "./io.js";
import type { HelpEnd } from "./storage-commands.js";

const names: readonly StepName[] = ["env", "storage", "static", "migrate", "run"];

interface StartFlags {
  readonly only?: readonly StepName[];
  readonly skip?: readonly StepName[];
  readonly dryRun?: boolean;
}

/** Add `holdfast start`, a container's start. */
export function addStartCommand(program: Command, io: Io, version: string, end: HelpEnd, exitWith: (exitCode: number) => void): void {
  program
    .command("start")
    .helpGroup("Deploy:")
    .summary("start an app in its container: variables, storage, static files, migrations, then the app on $PORT")
    .description(
      "Start an app as its container does: check the variables, refuse a disk that the next deploy wipes, collect static files, migrate " +
        "the database once across instances, then run the command, pass signals on to it and let it finish within the platform's grace. " +
        "What is done is found out from the app's files, or said under start: in holdfast.yaml.",
    )
    .argument("[command...]", "the app's own command, after --; $PORT in it is the port to listen on")
    .option("--only <steps>", `only these steps: ${names.join(", ")}`, parseSteps)
    .option("--skip <steps>", "all steps but these", parseSteps)
    .option("--dry-run", "print what would be done, and do nothing")
    .addHelpText(
      "after",
      end.examples([
        "holdfast start -- node dist/server.js",
        "holdfast start -- gunicorn shop.wsgi --bind 0.0.0.0:$PORT",
        "holdfast start --only env,migrate                    before a deploy, in a command of its own",
        "holdfast start --skip migrate -- node dist/worker.js",
        "holdfast start --dry-run -- node dist/server.js",
      ]) +
        end.exitCodes([
          "the app's own, once it has run",
          "1  a variable is wrong, or a migration or a collector failed; the app was not started",
          "2  the command or holdfast.yaml was not understood",
          "3  the storage was refused, or the database could not be used; the app was not started",
        ]),
    )
    .action(async (command: readonly string[], flags: StartFlags) => {
      const { run } = await import("./start.js");
      exitWith(await run({ command, only: flags.only ?? [], skip: flags.skip ?? [], isDryRun: flags.dryRun === true, version }, io));
    });
}

function parseSteps(text: string): readonly StepName[] {
  const asked = text.split(",").map((word) => word.trim());
  const steps = names.filter((name) => asked.includes(name));
  if (steps.length !== asked.length) throw new InvalidArgumentError(`Give one or several of ${names.join(", ")}, with commas.`);
  return steps;
}
