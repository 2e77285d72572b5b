import type { Command } from "commander";
import type { Io } from "./io.js";
import type { HelpEnd } from "./storage-commands.js";

/** Add `holdfast catalogue` and its commands; each is loaded when it is asked for. */
export function addCatalogueCommands(program: Command, io: Io, version: string, end: HelpEnd, exitWith: (exitCode: number) => void): void {
  const catalogue = program
    .command("catalogue")
    .helpGroup("Recover:")
    .summary("make a catalogue that was lost again from the storage")
    .description("Make a catalogue that was lost again from the storage alone. Needs the package @holdfast/media.")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", end.examples(["holdfast catalogue rebuild", "holdfast catalogue rebuild --yes"]));

  catalogue
    .command("rebuild")
    .summary("make the catalogue again from the manifests in the storage, into an empty database")
    .description(
      "Walk the storage that the environment asks for, and write what its manifests tell into the empty catalogue that the environment " +
        "names: files, attachments, owners, visibility, states. Without --yes it only says what it would do. Nothing in the storage is " +
        "changed or deleted; interrupted, it goes on when it is started again.",
    )
    .option("--yes", "do it")
    .option("--dry-run", "only say what it would do, also with --yes")
    .option("--table-prefix <prefix>", "the catalogue's table prefix, where it is not holdfast_")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      end.examples(["holdfast catalogue rebuild", "MEDIA_DATABASE_URL=postgres://app@db.example/app holdfast catalogue rebuild --yes"]) +
        end.exitCodes([
          "0  done, or it would be, with nothing to look at",
          "1  something is lost, damaged or to be looked at",
          "2  the command or the configuration was not understood",
          "3  the catalogue is not empty or cannot be used, or the storage cannot be read",
        ]),
    )
    .action(async (flags: import("./catalogue-rebuild.js").RebuildFlags) => {
      const [{ run }, { loadCatalogue }] = [await import("./catalogue-rebuild.js"), await import("./media-module.js")];
      exitWith(await run(flags, io, await loadCatalogue("holdfast catalogue rebuild", version, io)));
    });
}
