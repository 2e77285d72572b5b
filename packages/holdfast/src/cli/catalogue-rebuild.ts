import colors from "picocolors";
import { fail } from "../errors.js";
import type { Io } from "./io.js";
import { type CatalogueModule, catalogueError, type RebuildReport } from "./media-module.js";
import { startProgress } from "./progress.js";

/** What `holdfast catalogue rebuild` was asked. */
export interface RebuildFlags {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly tablePrefix?: string;
  readonly json?: boolean;
}

const help = "holdfast catalogue rebuild --help";

/**
 * Make the catalogue again from the storage, or without `yes` say what that would do. Answers 1 when something is lost, damaged
 * or to be looked at.
 *
 * @throws USAGE_INVALID, CATALOGUE_UNUSABLE, STORAGE_UNUSABLE, INTERRUPTED
 */
export async function run(flags: RebuildFlags, io: Io, media: CatalogueModule): Promise<number> {
  const isDryRun = flags.yes !== true || flags.dryRun === true;
  const report = await rebuild(flags, isDryRun, io, media);
  const exitCode = report.lost + report.damaged + report.problems.length > 0 ? 1 : 0;
  if (flags.json === true) io.stdout.write(`${JSON.stringify({ version: 1, exitCode, ...report }, undefined, 2)}\n`);
  else print(report, io);
  return exitCode;
}

async function rebuild(flags: RebuildFlags, isDryRun: boolean, io: Io, media: CatalogueModule): Promise<RebuildReport> {
  const { env, cwd, signal } = io;
  const progress = startProgress(isDryRun ? "looking at files" : "files known again", undefined, io);
  let seen = 0;
  try {
    return await media.rebuildCatalogue({
      env,
      cwd,
      ...(flags.tablePrefix === undefined ? {} : { tablePrefix: flags.tablePrefix }),
      isDryRun,
      signal,
      onProgress: ({ files, alreadyKnown }) => {
        progress.advance(files + alreadyKnown - seen);
        seen = files + alreadyKnown;
      },
    });
  } catch (error) {
    if (signal.aborted) throw fail("INTERRUPTED", { resume: "Run the same command again to go on." }, { cause: error });
    throw catalogueError(error, help);
  } finally {
    progress.end();
  }
}

function print(report: RebuildReport, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  const rows: readonly (readonly [number, string])[] = [
    [report.files, report.isDryRun ? "files would be known again" : "files are known again"],
    [report.alreadyKnown, "files an interrupted rebuild had written before"],
    [report.attachments, "attachments"],
    [report.trashed, "of the files are in the trash"],
    [report.withoutManifest, "have no manifest: private, and attached to nothing"],
    [report.lost, paint.red("are lost: a manifest is there, and no object")],
    [report.damaged, paint.red("are damaged: the object is not as long as its manifest says")],
    [report.variants, "variants are deleted by settling, and made again when they are asked for"],
    [report.ignored, "other objects among the originals are left alone"],
  ];
  for (const [at, [count, words]] of rows.entries()) if (count > 0 || at === 0) io.stdout.write(`${String(count).padStart(8)}  ${words}\n`);
  for (const { key, reason } of report.problems) io.stdout.write(`\n  ${key}: ${reason}`);
  if (report.problems.length > 0) io.stdout.write("\n");
  if (report.isDryRun) io.stdout.write("\nNothing was written. Do it with: holdfast catalogue rebuild --yes\n");
  else io.stdout.write("\nThe catalogue and the storage belong together again. Start the service on it.\n");
}
