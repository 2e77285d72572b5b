import { type Command, Option } from "commander";
import type { Io } from "./io.js";
import type { HelpEnd } from "./storage-commands.js";

/** Add `holdfast env` and its commands; each is loaded when it is asked for. */
export function addEnvCommands(program: Command, io: Io, end: HelpEnd, exitWith: (exitCode: number) => void): void {
  const env = program
    .command("env")
    .helpGroup("Deploy:")
    .summary("check an app's variables, compare them, and write .env.example and types from their schema")
    .description(
      "Look after the variables that an app is configured by. What they are is said once, under env: in holdfast.yaml; mistakes that " +
        "everybody makes are known without it. No value is ever printed.",
    )
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText(
      "after",
      end.examples([
        "holdfast env check",
        "holdfast env check .env.production",
        "holdfast env diff .env render.yaml",
        "holdfast env example --write",
      ]),
    );

  env
    .command("check")
    .summary("find what is missing or wrong, here or in a file, with the cure")
    .description(
      "Check the variables of this environment, or of files in the form of .env, against holdfast.yaml and against the mistakes that " +
        "everybody makes: quotes and names pasted into values, placeholders, DEBUG, default secrets, hosts. Deploy files are checked " +
        "along, for services that lack what others have.",
    )
    .argument("[files...]", "files in the form of .env (default: this environment)")
    .addOption(
      new Option(
        "--for <place>",
        "where the variables are to count (default: by NODE_ENV and the platform; for .env.production, production)",
      ).choices(["production", "development"]),
    )
    .addOption(new Option("--phase <phase>", "only what this phase needs").choices(["build", "start"]))
    .option("--service <name>", "only what this service needs")
    .option("--no-deploy-files", "leave the deploy files out")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      end.examples([
        "holdfast env check                                      in the container, before the app starts",
        "holdfast env check .env.production                      before it is pasted into a dashboard",
        "holdfast env check --for production --service worker",
        "holdfast env check --json",
      ]) +
        end.exitCodes([
          "0  nothing is missing or wrong; there may be warnings",
          "1  something is",
          "2  the command or holdfast.yaml was not understood",
          "3  a file could not be read",
        ]),
    )
    .action(async (files: readonly string[], flags: import("./env-check.js").EnvCheckFlags) => {
      const { run } = await import("./env-check.js");
      exitWith(await run({ files, ...flags }, io));
    });

  env
    .command("diff")
    .summary("tell which variables one place has and another lacks")
    .description(
      "Compare the variables of two places: `here` (this environment), a file in the form of .env, holdfast.yaml, or a service of a " +
        "deploy file. Values are compared and never printed.",
    )
    .argument("<first>", "here, .env, holdfast.yaml, render.yaml, render.yaml#worker")
    .argument("[second]", "the same (default: holdfast.yaml)")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      end.examples([
        "holdfast env diff .env render.yaml",
        "holdfast env diff render.yaml#web render.yaml#worker",
        "holdfast env diff here .env.production",
      ]) + end.exitCodes(["0  they have the same", "1  they differ", "2  the command was not understood", "3  a place could not be read"]),
    )
    .action(async (first: string, second: string | undefined, flags: { readonly json?: boolean }) => {
      const { run } = await import("./env-diff.js");
      exitWith(await run({ first, second: second ?? "holdfast.yaml", ...flags }, io));
    });

  for (const [name, summary, defaultFile] of [
    ["example", "write .env.example from holdfast.yaml", ".env.example"],
    ["types", "write a TypeScript module that reads and checks the environment at start", "src/env.ts"],
  ] as const) {
    env
      .command(name)
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}. Without --write it is printed.`)
      .option("--write [file]", `write it to a file (${defaultFile})`)
      .option("--check [file]", `exit with 1 where the file (${defaultFile}) is not what would be written`)
      .addHelpText(
        "after",
        end.examples([`holdfast env ${name}`, `holdfast env ${name} --write`, `holdfast env ${name} --check   in CI`]) +
          end.exitCodes([
            "0  done",
            "1  with --check: the file is out of date",
            "2  the command or holdfast.yaml was not understood",
            "3  the file could not be written",
          ]),
      )
      .action(async (flags: import("./env-write.js").EnvWriteFlags) => {
        const { run } = await import("./env-write.js");
        exitWith(await run({ what: name, defaultFile, ...flags }, io));
      });
  }
}
