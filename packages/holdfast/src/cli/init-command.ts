import { type Command, InvalidArgumentError, Option } from "commander";
import { deployAnswers, fullImageName, planAnswers, platformAnswers } from "../init/answers.js";
import type { Io } from "./io.js";
import type { InitFlags } from "./init.js";
import type { HelpEnd } from "./storage-commands.js";

/** Add `holdfast init`, which writes what an app is deployed with. */
export function addInitCommand(program: Command, io: Io, version: string, end: HelpEnd, exitWith: (exitCode: number) => void): void {
  program
    .command("init")
    .helpGroup("Deploy:")
    .summary("write what an app is deployed with: Dockerfile, render.yaml, the workflow, the schema of its variables")
    .description(
      "Look at an app and write what is missing to deploy it: Dockerfile, .dockerignore, holdfast.yaml, .env.example, render.yaml and a " +
        "workflow for GitHub that tests, publishes the image by its digest and tells Render. Node (npm, pnpm, yarn; workspaces too), " +
        "Django and pages without a program are known. A file that is there and differs is shown as a difference, and kept unless you say otherwise.",
    )
    .argument("[directory]", "the app's folder (default: this one)")
    .addOption(new Option("--platform <name>", "where the app runs").choices([...platformAnswers]))
    .addOption(new Option("--plan <name>", "the plan at Render").choices([...planAnswers]))
    .addOption(new Option("--deploy <how>", "as a published image, or built by Render from git; never both").choices([...deployAnswers]))
    .option("--registry <image>", "where the image is published: you/app at Docker Hub, ghcr.io/you/app", parseImage)
    .option("--disk <path>", "mount a disk that lasts there (paid plans)")
    .option("--yes", "ask nothing: take what is usual for whatever was not said")
    .option("--force", "replace files that differ, and show the difference")
    .option("--dry-run", "print what would be written, and write nothing")
    .option("--json", "print the result as JSON, and ask nothing")
    .addHelpText(
      "after",
      end.examples([
        "holdfast init                                                  asks",
        "holdfast init --yes --registry you/shop --plan free            for a script",
        "holdfast init --yes --registry ghcr.io/you/shop --platform other",
        "holdfast init apps/shop --dry-run --deploy git",
      ]) +
        end.exitCodes([
          "0    what was missing is written; what differs is kept, or replaced where that was asked for",
          "2    the command was not understood",
          "3    no app was found, or a file could not be written",
          "130  you left before the end; nothing was written",
        ]),
    )
    .action(async (directory: string | undefined, flags: InitFlags) => {
      const { run } = await import("./init.js");
      exitWith(await run({ directory: directory ?? ".", version, ...flags }, io));
    });
}

function parseImage(text: string): string {
  const name = fullImageName(text);
  if (name === undefined)
    throw new InvalidArgumentError("Name an image without a tag, such as you/app, ghcr.io/you/app or registry.example/team/app.");
  return name;
}
