import { fail } from "../errors.js";
import type { Io } from "./io.js";
import {
  type CorsPlan,
  type CorsRule,
  type MediaModule,
  type OpenedStorage,
  type StorageInspection,
  storageError,
} from "./media-module.js";
import { printCors } from "./storage-cors-report.js";
import { parseOrigin } from "./storage-check.js";

/** What `holdfast storage cors` was asked. */
export interface CorsFlags {
  readonly origin: readonly string[];
  readonly apply?: boolean;
  readonly json?: boolean;
}

/** The result as JSON. The shape is documented in docs/cli.md; fields are added, never changed, within one `version`. */
export interface CorsReport {
  readonly version: 1;
  readonly exitCode: number;
  readonly storage: string;
  readonly origins: readonly string[];
  /** Whether rules were set, and read again. */
  readonly isApplied: boolean;
  /** The rules as they were found. */
  readonly before: readonly CorsRule[];
  /** The rules as they are now, or as `--apply` would make them. */
  readonly after: readonly CorsRule[];
  readonly needed: CorsRule;
  /** What still lacks, by origin. */
  readonly missing: CorsPlan["missing"];
}

const help = "holdfast storage cors --help";

/**
 * Show the rules by which pages of some origins may upload straight to the storage, and what they lack; with `apply` set
 * it, keeping every other rule. Answers 0 when nothing lacks, 1 when something does.
 *
 * @throws USAGE_INVALID, CORS_UNAVAILABLE, STORAGE_UNUSABLE
 */
export async function run(flags: CorsFlags, io: Io, media: MediaModule): Promise<number> {
  const origins = [...new Set(flags.origin.map((text) => parseOrigin(text, help)))];
  if (origins.length === 0)
    throw fail("USAGE_INVALID", { problems: ["Say for pages of which origin: --origin https://app.example."], help });
  let storage: OpenedStorage | undefined;
  try {
    const inspection = media.inspectStorage(io.env, io.cwd);
    if (inspection.kind === "disk") {
      throw fail("CORS_UNAVAILABLE", {
        storage: inspection.description,
        reason: "uploads to a disk go through the service, and never straight from a page",
      });
    }
    storage = await inspection.open();
    const report = await compare(storage, inspection, origins, flags, media);
    if (flags.json === true) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    else printCors(report, io);
    return report.exitCode;
  } catch (error) {
    throw storageError(error, help);
  } finally {
    await storage?.close();
  }
}

async function compare(
  { driver }: OpenedStorage,
  { description, kind }: StorageInspection,
  origins: readonly string[],
  flags: CorsFlags,
  media: MediaModule,
): Promise<CorsReport> {
  const before = await driver.cors?.read();
  if (driver.cors === undefined || before === undefined) {
    const reason =
      kind === "cloudinary"
        ? "Cloudinary answers pages of every origin by itself"
        : "its service has no CORS interface, so uploads have to go through the media service";
    throw fail("CORS_UNAVAILABLE", { storage: description, reason });
  }
  const plan = media.planCors(before, origins);
  const about = { version: 1 as const, storage: description, origins, before, needed: plan.needed };
  if (flags.apply !== true || plan.missing.length === 0) {
    return { ...about, exitCode: plan.missing.length > 0 ? 1 : 0, isApplied: false, after: plan.rules, missing: plan.missing };
  }
  await driver.cors.write(plan.rules);
  // What counts is what the service kept of it.
  const after = (await driver.cors.read()) ?? [];
  const { missing } = media.planCors(after, origins);
  return { ...about, exitCode: missing.length > 0 ? 1 : 0, isApplied: true, after, missing };
}
