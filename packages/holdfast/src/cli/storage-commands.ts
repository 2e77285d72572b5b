import type { Command } from "commander";
import type { Io } from "./io.js";

/** How a command's help ends. */
export interface HelpEnd {
  readonly examples: (lines: readonly string[]) => string;
  readonly exitCodes: (lines: readonly string[]) => string;
}

/** Add `holdfast storage` and its commands; each is loaded when it is asked for. */
export function addStorageCommands(program: Command, io: Io, version: string, end: HelpEnd, exitWith: (exitCode: number) => void): void {
  const storage = program
    .command("storage")
    .helpGroup("Keep:")
    .summary("look at the storage that the environment asks for, and check it")
    .description(
      "Look at the storage that the environment asks for: what was chosen and why, whether it keeps what it promises, and whether " +
        "pages may upload to it. Needs the package @holdfast/media.",
    )
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText(
      "after",
      end.examples(["holdfast storage status", "holdfast storage check", "holdfast storage cors --origin https://app.example"]),
    );

  storage
    .command("status")
    .summary("say what was chosen and why, what it survives, and what was found there")
    .description(
      "Say which storage the environment asks for and why, what it survives, what its canary has lived through, and what is set and not used.",
    )
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      end.examples(["holdfast storage status", "MEDIA_ROOT=/data/media holdfast storage status --json"]) +
        end.exitCodes([
          "0  the service would start on it",
          "1  the next deploy would wipe it, so the service would refuse it",
          "2  the command or the configuration was not understood",
          "3  the storage could not be looked at",
        ]),
    )
    .action(async (flags: { readonly json?: boolean }) => {
      const [{ run }, { loadMedia }] = [await import("./storage-status.js"), await import("./media-module.js")];
      exitWith(await run(flags, io, await loadMedia("holdfast storage status", version, io)));
    });

  storage
    .command("check")
    .summary("check on the real storage that it keeps what uploads rely on")
    .description(
      "Check the driver contract on the real storage, below a prefix of its own: whole writes, checksums, listings, signed URLs and " +
        "the rest; then how a browser meets it, and the clock. What was written is removed, also after Ctrl-C.",
    )
    .option("--origin <url>", "try the preflight of a page of this origin: https://app.example")
    .option("--public", "objects are meant to be public: their public URL must work")
    .option("--only <clause>", "check this clause only; may be given several times", collect)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      end.examples([
        "holdfast storage check",
        "holdfast storage check --origin https://app.example",
        "holdfast storage check --only put-if-absent-race --only clock --json",
      ]) +
        end.exitCodes([
          "0  nothing failed",
          "1  a clause failed",
          "2  the command or the configuration was not understood",
          "3  something could not be checked",
        ]),
    )
    .action(
      async (flags: {
        readonly origin?: string;
        readonly public?: boolean;
        readonly only?: readonly string[];
        readonly json?: boolean;
      }) => {
        const [{ run }, { loadMedia, loadTesting }] = [await import("./storage-check.js"), await import("./media-module.js")];
        const media = await loadMedia("holdfast storage check", version, io);
        exitWith(await run(flags, io, media, await loadTesting("holdfast storage check", version, io)));
      },
    );

  storage
    .command("cors")
    .summary("show, and with --apply set, the CORS rules that direct uploads need")
    .description("Show by which CORS rules pages may upload straight to the bucket, and what they lack. Rules that are not ours are kept.")
    .option("--origin <url>", "an origin whose pages upload: https://app.example; may be given several times", collect, [])
    .option("--apply", "set what lacks")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      end.examples(["holdfast storage cors --origin https://app.example", "holdfast storage cors --origin https://app.example --apply"]) +
        end.exitCodes([
          "0  nothing lacks",
          "1  something lacks",
          "2  the command or the configuration was not understood",
          "3  the storage keeps no rules, or denied access to them",
        ]),
    )
    .action(async (flags: { readonly origin: readonly string[]; readonly apply?: boolean; readonly json?: boolean }) => {
      const [{ run }, { loadMedia }] = [await import("./storage-cors.js"), await import("./media-module.js")];
      exitWith(await run(flags, io, await loadMedia("holdfast storage cors", version, io)));
    });
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
