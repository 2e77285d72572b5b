import { codeOf, installCommand } from "./optional-package.js";
import type { Io } from "./io.js";
import {
  type CanaryHistory,
  type MediaModule,
  type OpenedStorage,
  type QuirkName,
  type StorageInspection,
  storageError,
} from "./media-module.js";
import { printStatus } from "./storage-status-report.js";

/** What `holdfast storage status` was asked. */
export interface StatusOptions {
  readonly json?: boolean;
}

/** The result as JSON. The shape is documented in docs/cli.md; fields are added, never changed, within one `version`. */
export interface StatusReport {
  readonly version: 1;
  readonly checkedAt: string;
  readonly exitCode: number;
  readonly storage: Pick<StorageInspection, "kind" | "description" | "chosenBy" | "durability" | "why" | "isBegun">;
  readonly platform: string | null;
  readonly isProduction: boolean;
  /** Why the service would not start here, with the remedies; null where it would. */
  readonly refusal: string | null;
  readonly isAllowedEphemeral: boolean;
  readonly canary: CanaryStatus;
  readonly service: ServiceStatus | null;
  readonly packages: StorageInspection["packages"];
  readonly unused: StorageInspection["unused"];
  /** What kept the storage from being looked at; null where it was. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** `alive`: it is there. `none`: nothing is there yet. `missing`: objects are there and it is not. `unknown`: nobody could look. */
export type CanaryStatus =
  | ({ readonly outcome: "alive" } & CanaryHistory)
  | { readonly outcome: "none" }
  | { readonly outcome: "missing" }
  | { readonly outcome: "unknown" };

/** A bucket's service, and what it was found to do. */
export interface ServiceStatus {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly quirks: readonly QuirkStatus[];
}

/** One thing in which services differ. `found` is null where nobody could ask; `isProbed` false where the table is believed. */
export interface QuirkStatus {
  readonly quirk: QuirkName;
  readonly expected: boolean;
  readonly found: boolean | null;
  readonly isProbed: boolean;
}

const help = "holdfast storage status --help";

/**
 * Tell which storage the environment asks for, why, what it is worth and what was found there. Answers 0 when all is well,
 * 1 when the next deploy would wipe it, 3 when it could not be looked at. A folder is not made by looking at it.
 *
 * @throws USAGE_INVALID with every problem of the configuration
 */
export async function run(options: StatusOptions, io: Io, media: MediaModule): Promise<number> {
  const inspection = inspect(io, media);
  const report = await look(inspection, io, media);
  if (options.json === true) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else printStatus(report, io);
  return report.exitCode;
}

function inspect(io: Io, media: MediaModule): StorageInspection {
  try {
    return media.inspectStorage(io.env, io.cwd);
  } catch (error) {
    throw storageError(error, help);
  }
}

async function look(inspection: StorageInspection, io: Io, media: MediaModule): Promise<StatusReport> {
  const { kind, description, chosenBy, durability, why, isBegun, platform, isProduction, refusal, isAllowedEphemeral, packages, unused } =
    inspection;
  const seen = await lookInside(inspection, io, media);
  return {
    version: 1,
    checkedAt: new Date().toISOString(),
    exitCode: refusal !== undefined ? 1 : seen.problem === null ? 0 : 3,
    storage: { kind, description, chosenBy, durability, why, isBegun },
    platform: platform ?? null,
    isProduction,
    refusal: refusal?.message ?? null,
    isAllowedEphemeral,
    canary: seen.canary,
    service: serviceOf(inspection, seen.quirks),
    packages,
    unused,
    problem: seen.problem,
  };
}

interface Seen {
  readonly canary: CanaryStatus;
  readonly quirks: Readonly<Record<QuirkName, boolean>> | undefined;
  readonly problem: StatusReport["problem"];
}

async function lookInside(inspection: StorageInspection, io: Io, media: MediaModule): Promise<Seen> {
  const missing = inspection.packages.filter(({ isRequired, isInstalled }) => isRequired && !isInstalled).map(({ name }) => name);
  if (missing.length > 0) {
    const message = `The storage needs ${missing.join(" and ")}: ${installCommand(missing.join(" "), io.cwd)}`;
    return { canary: { outcome: "unknown" }, quirks: undefined, problem: { code: "CONFIG_INVALID", message } };
  }
  if (!inspection.isBegun) return { canary: { outcome: "none" }, quirks: undefined, problem: null };
  let storage: OpenedStorage | undefined;
  try {
    storage = await inspection.open();
    return { canary: await findCanary(storage, media), quirks: storage.driver.quirks, problem: null };
  } catch (error) {
    const code = codeOf(error);
    if (!(error instanceof Error) || error.name !== "HoldfastError" || code === undefined) throw error;
    return { canary: { outcome: "unknown" }, quirks: storage?.driver.quirks, problem: { code, message: error.message } };
  } finally {
    await storage?.close();
  }
}

async function findCanary(storage: OpenedStorage, media: MediaModule): Promise<CanaryStatus> {
  const history = await media.readCanary(storage);
  if (history !== undefined) return { outcome: "alive", ...history };
  // One object is enough to tell that the storage was in use.
  for await (const _ of storage.list()) return { outcome: "missing" };
  return { outcome: "none" };
}

/** The order of a listing would take a thousand objects to probe: there the table is believed. */
const unprobed: ReadonlySet<string> = new Set<QuirkName>(["listsInOrder"]);

function serviceOf({ provider, address }: StorageInspection, quirks: Seen["quirks"]): ServiceStatus | null {
  if (provider === undefined || address === undefined) return null;
  const names = Object.keys(provider.quirks) as readonly QuirkName[];
  return {
    id: provider.id,
    name: provider.name,
    address,
    quirks: names.map((quirk) => ({
      quirk,
      expected: provider.quirks[quirk],
      found: quirks?.[quirk] ?? null,
      isProbed: !unprobed.has(quirk),
    })),
  };
}
