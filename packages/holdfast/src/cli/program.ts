import { Command, CommanderError, InvalidArgumentError } from "commander";
import colors from "picocolors";
import { type CommandError, fail, isCommandError } from "../errors.js";
import { version } from "../version.js";
import type { Io } from "./io.js";
import { addCatalogueCommands } from "./catalogue-commands.js";
import { addDoctorCommand } from "./doctor-command.js";
import { addEnvCommands } from "./env-commands.js";
import { addInitCommand } from "./init-command.js";
import { addJobsCommands } from "./jobs-commands.js";
import { addStartCommand } from "./start-command.js";
import { addStorageCommands } from "./storage-commands.js";

/**
 * Run one command line and answer its exit code: 0 clean, 1 findings, 2 usage, 3 could not check. Never throws: whatever
 * goes wrong is one sentence on `stderr`.
 */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  const outcome = { exitCode: 0 };
  const program = buildProgram(io, outcome);
  try {
    await program.parseAsync(withCommand(args, program), { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    // Help and version are thrown, too, with exit code 0.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help") {
      commandAsked(program, args).outputHelp();
      return 0;
    }
    const known = toCommandError(error, withCommand(args, program), program);
    const name = colors.createColors(io.stderr.hasColors).red("holdfast:");
    io.stderr.write(`${name} ${known.message}\n`);
    return known.exitCode;
  }
}

function buildProgram(io: Io, outcome: { exitCode: number }): Command {
  const paint = colors.createColors(io.stdout.hasColors);
  const program = new Command("holdfast")
    .description("Deploy as often as you like. Lose nothing.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => undefined, // thrown as well, and printed once by runCommand
      getOutHasColors: () => io.stdout.hasColors,
    })
    .configureHelp({
      styleTitle: (text) => paint.bold(text),
      styleCommandText: (text) => paint.cyan(text),
      styleSubcommandText: (text) => paint.cyan(text),
      styleOptionText: (text) => paint.cyan(text),
    })
    .addHelpText("after", examples(paint, ["holdfast", "holdfast verify https://your-app.example/media/cat.jpg", "holdfast serve"]));

  const end = { examples: (lines: readonly string[]) => examples(paint, lines), exitCodes };
  const exitWith = (exitCode: number): void => void (outcome.exitCode = exitCode);
  addDoctorCommand(program, io, version, end, exitWith);

  program
    .command("verify")
    .helpGroup("Check:")
    .summary("remember uploaded pictures, and tell after a deploy which are still there")
    .description(
      "Look at uploaded pictures through their public URLs. The first time a picture is remembered; each later time its " +
        "bytes are compared with those remembered. No key to the platform or to the app is needed.",
    )
    .argument("[urls...]", "URLs of uploaded pictures; without any, all that are remembered")
    .option("--state <file>", "where pictures are remembered", ".holdfast/verify.json")
    .option("--timeout <seconds>", "how long one picture may take", parseSeconds, 30)
    .option("--forget", "forget the pictures at these URLs instead of looking at them")
    .option("--all", "with --forget: forget every picture")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      examples(paint, [
        "holdfast verify https://your-app.example/media/cat.jpg   before a deploy: remember it",
        "holdfast verify                                          after the deploy: is it still there?",
        "holdfast verify --json --timeout 90                      for a script, and a slow free instance",
        "holdfast verify --forget https://your-app.example/media/cat.jpg",
      ]) +
        exitCodes([
          "0  all are there",
          "1  something is gone or changed",
          "2  the command was not understood",
          "3  nothing is gone, but something could not be checked",
        ]),
    )
    .action(async (urls: string[], options: VerifyFlags) => {
      const { run } = await import("./verify.js");
      const { timeout, ...rest } = options;
      outcome.exitCode = await run({ urls, timeoutMs: timeout * 1000, version, ...rest }, io);
    });

  program
    .command("serve")
    .helpGroup("Keep:")
    .summary("run the media service: durable uploads for any app, and a page to try it")
    .description(
      "Run the media service of @holdfast/server: uploads by HTTP, kept durably, delivered as images of every width, and " +
        "a page to try it in a browser. Settings come from the environment.",
    )
    .option("--port <number>", "port to listen on (default: PORT, else 4100)", parsePort)
    .option("--host <address>", "address to listen on (default: HOST, else 127.0.0.1; on a platform 0.0.0.0)")
    .option("--no-redeploy-demo", "leave the Redeploy button off the page")
    .addHelpText(
      "after",
      examples(paint, [
        "holdfast serve",
        "holdfast serve --port 8080",
        "MEDIA_ROOT=/data/media HOLDFAST_TOKEN=… holdfast serve --host 0.0.0.0",
      ]) +
        exitCodes([
          "0  stopped by Ctrl-C or by the platform",
          "2  the command was not understood",
          "3  the service is not installed, or refused to start",
        ]),
    )
    .action(async (options: ServeFlags) => {
      const { run } = await import("./serve.js");
      outcome.exitCode = await run({ ...options, version }, io);
    });

  addStorageCommands(program, io, version, end, exitWith);
  addJobsCommands(program, io, version, end, exitWith);
  addCatalogueCommands(program, io, version, end, exitWith);
  addInitCommand(program, io, version, end, exitWith);
  addEnvCommands(program, io, end, exitWith);
  addStartCommand(program, io, version, end, exitWith);

  return program;
}

interface VerifyFlags {
  readonly state: string;
  readonly timeout: number;
  readonly forget?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

interface ServeFlags {
  readonly port?: number;
  readonly host?: string;
  readonly redeployDemo: boolean;
}

function examples(paint: ReturnType<typeof colors.createColors>, lines: readonly string[]): string {
  return `\n${paint.bold("Examples:")}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function exitCodes(lines: readonly string[]): string {
  return `\nExit codes:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > 3600) {
    throw new InvalidArgumentError("Give seconds, more than 0 and at most 3600.");
  }
  return seconds;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("A port is a whole number from 0 to 65535.");
  return port;
}

/** `holdfast`, `holdfast --json` and `holdfast ../shop` mean the doctor; a bare word is always a command. */
function withCommand(args: readonly string[], program: Command): string[] {
  const [first] = args;
  if (first === undefined) return ["doctor"];
  if (["-h", "--help", "-V", "--version"].includes(first)) return [...args];
  const isFolder = /^\.|[/\\]/.test(first) && !program.commands.some((command) => command.name() === first);
  return first.startsWith("-") || isFolder ? ["doctor", ...args] : [...args];
}

/** See every error as one of the catalogue: commander's own as usage, foreign ones as ours to repair. */
function toCommandError(error: unknown, args: readonly string[], program: Command): CommandError {
  if (isCommandError(error)) return error;
  if (error instanceof CommanderError) {
    const help = `${fullNameOf(commandAsked(program, args))} --help`;
    return fail("USAGE_INVALID", { problems: [sentence(error.message)], help }, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return fail("UNEXPECTED", { message }, { cause: error });
}

/** The command, or the one of its own commands, that was asked for: `check` of `holdfast storage check --jsno`. */
function commandAsked(command: Command, args: readonly string[]): Command {
  const [word, ...rest] = args.filter((arg) => !arg.startsWith("-"));
  const inner = command.commands.find((candidate) => candidate.name() === word);
  return inner === undefined ? command : commandAsked(inner, rest);
}

function fullNameOf(command: Command): string {
  return command.parent === null ? command.name() : `${fullNameOf(command.parent)} ${command.name()}`;
}

/** `error: unknown command 'x'\n(Did you mean y?)` → `Unknown command 'x'. Did you mean y?` */
function sentence(message: string): string {
  const [what = "", suggestion] = message.replace(/^error: /, "").split("\n");
  const ended = `${what.charAt(0).toUpperCase()}${what.slice(1)}${/[.?]$/.test(what) ? "" : "."}`;
  return suggestion === undefined ? ended : `${ended} ${suggestion.replace(/^\(|\)$/g, "")}`;
}
