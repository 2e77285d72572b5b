import { fail } from "../errors.js";
import type { Io } from "./io.js";
import {
  type ClauseResult,
  type MediaModule,
  type OpenedStorage,
  type StorageInspection,
  storageError,
  type TestingModule,
} from "./media-module.js";
import { startProgress } from "./progress.js";
import { checkReport, type Found, leftoverSentence, printCheck } from "./storage-check-report.js";

/** What `holdfast storage check` was asked. */
export interface CheckFlags {
  readonly origin?: string;
  readonly public?: boolean;
  readonly only?: readonly string[];
  readonly json?: boolean;
}

const help = "holdfast storage check --help";

/**
 * Check the driver contract, and the storage as a browser meets it, on the real storage below a prefix of its own. What was
 * written is removed, also after Ctrl-C. Answers 0 when nothing failed, 1 when a clause did, 3 when it could not check.
 *
 * @throws USAGE_INVALID, STORAGE_UNUSABLE, INTERRUPTED
 */
export async function run(flags: CheckFlags, io: Io, media: MediaModule, testing: TestingModule): Promise<number> {
  const only = parseClauses(flags.only, testing);
  const origin = flags.origin === undefined ? undefined : parseOrigin(flags.origin, help);
  let storage: OpenedStorage | undefined;
  try {
    const inspection = media.inspectStorage(io.env, io.cwd);
    storage = await inspection.open();
    // Begins the storage, as the service's first start does: a folder without its identity may be a volume that is not mounted.
    await storage.identity();
    const found = await checkAll({ storage, inspection, testing, flags, only, origin }, io);
    const report = checkReport(inspection, found);
    if (flags.json === true) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    else printCheck(report, io);
    return report.exitCode;
  } catch (error) {
    throw storageError(error, help);
  } finally {
    await storage?.close();
  }
}

/** Read an origin, as a browser sends it. @throws USAGE_INVALID */
export function parseOrigin(text: string, seeAlso: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url !== undefined && (url.protocol === "https:" || url.protocol === "http:");
  if (isHttp && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "") return url.origin;
  const hint = isHttp ? `: write ${url.origin}` : "; it reads https://app.example";
  throw fail("USAGE_INVALID", { problems: [`"${text}" is not the origin of a page${hint}.`], help: seeAlso });
}

interface Work {
  readonly storage: OpenedStorage;
  readonly inspection: StorageInspection;
  readonly testing: TestingModule;
  readonly flags: CheckFlags;
  readonly only: readonly string[] | undefined;
  readonly origin: string | undefined;
}

async function checkAll({ storage, inspection, testing, flags, only, origin }: Work, io: Io): Promise<Found> {
  const { driver } = storage;
  const ids = [...testing.contract, ...testing.accessClauses].map(({ id }) => id).filter((id) => only?.includes(id) !== false);
  const prefix = testing.scratchPrefix();
  const results: ClauseResult[] = [];
  const progress = startProgress("checking clauses", ids.length, io);
  const shared = {
    driver,
    prefix,
    ...(only === undefined ? {} : { only }),
    signal: io.signal,
    onResult: (result: ClauseResult) => {
      results.push(result);
      progress.advance();
    },
  };
  const found = (leftBehind?: string): Found => ({ prefix, clauses: results.map((result) => judged(result, inspection)), leftBehind });
  try {
    const { driverWaivers, driverWithout } = testing;
    await testing.checkContract({ ...shared, waivers: driverWaivers[driver.name] ?? [], without: driverWithout[driver.name] ?? [] });
    await testing.checkAccess({
      ...shared,
      fetch: io.fetch,
      ...(inspection.address === undefined ? {} : { address: inspection.address }),
      ...(origin === undefined ? {} : { origin }),
      ...(flags.public === true ? { isPublic: true } : {}),
    });
    return found();
  } catch (error) {
    if (io.signal.aborted && isAbort(error)) {
      throw fail("INTERRUPTED", { resume: "What the check wrote is removed. Run it again to begin anew." }, { cause: error });
    }
    // The clauses have told their outcomes; what failed is the removing.
    const reason = error instanceof Error ? error.message : String(error);
    if (io.signal.aborted) throw fail("INTERRUPTED", { resume: leftoverSentence(prefix, reason) }, { cause: error });
    if (results.length === 0) throw error;
    return found(reason);
  } finally {
    progress.end();
  }
}

/** What nobody answered is not known to be wrong, and what holds on a double is not proved. */
function judged(result: ClauseResult, { isDouble }: StorageInspection): Found["clauses"][number] {
  if (result.outcome === "failed" && result.code === "STORAGE_UNREACHABLE") return { ...result, outcome: "could not check" };
  return result.outcome === "passed" && isDouble ? { ...result, outcome: "double" } : result;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function parseClauses(only: readonly string[] | undefined, testing: TestingModule): readonly string[] | undefined {
  if (only === undefined) return undefined;
  const known = [...testing.contract, ...testing.accessClauses].map(({ id }) => id);
  const unknown = only.filter((id) => !known.includes(id));
  if (unknown.length === 0) return only;
  const problems = unknown.map((id) => {
    const near = known.filter((candidate) => candidate.startsWith(id.split("-")[0] ?? "") && id !== "");
    return `There is no clause "${id}"; ${near.length > 0 ? "near it are" : "there are"} ${(near.length > 0 ? near : known).join(", ")}.`;
  });
  throw fail("USAGE_INVALID", { problems, help });
}
