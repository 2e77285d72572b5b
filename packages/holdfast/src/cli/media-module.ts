import { fail } from "../errors.js";
import type { Io } from "./io.js";
import { codeOf, installCommand, loadOptionalPackage } from "./optional-package.js";

/*
 * The parts of @holdfast/media that are used, in its own words. It is found at run time, because holdfast works without
 * it; media-module.test.ts holds these shapes against the package.
 */

/** A storage, opened. */
export interface OpenedStorage {
  readonly driver: StorageDriver;
  identity(): Promise<string>;
  list(): AsyncIterable<{ readonly key: string }>;
  close(): Promise<void>;
}

/** What is asked of a driver by name; the rest goes through the package's own functions. */
export interface StorageDriver {
  readonly name: string;
  readonly quirks?: Readonly<Record<QuirkName, boolean>>;
  readonly directUpload?: object;
  readonly cors?: {
    read(): Promise<readonly CorsRule[] | undefined>;
    write(rules: readonly CorsRule[]): Promise<void>;
  };
}

/** What services differ in. */
export type QuirkName = "honoursIfNoneMatch" | "checksMd5" | "checksSignedBody" | "listsInOrder" | "takesPostPolicy" | "listsMultipart";

/** One rule of which pages may speak to a bucket, and how. */
export interface CorsRule {
  readonly id?: string;
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** What lacks for direct uploads, and the rules as they are to be. */
export interface CorsPlan {
  readonly needed: CorsRule;
  readonly missing: readonly { readonly origin: string; readonly what: readonly string[] }[];
  readonly rules: readonly CorsRule[];
}

/** What an environment asks for, judged. */
export interface StorageInspection {
  readonly kind: "disk" | "s3" | "cloudinary";
  readonly description: string;
  readonly chosenBy: string;
  readonly durability: "ephemeral" | "disk" | "object-store";
  readonly why: string;
  readonly platform: string | undefined;
  readonly isProduction: boolean;
  readonly refusal: Error | undefined;
  readonly isAllowedEphemeral: boolean;
  readonly isBegun: boolean;
  readonly address: string | undefined;
  readonly isDouble: boolean;
  readonly provider:
    | { readonly id: string; readonly name: string; readonly quirks: Readonly<Record<QuirkName, boolean>>; readonly source: string }
    | undefined;
  readonly packages: readonly {
    readonly name: string;
    readonly purpose: string;
    readonly isRequired: boolean;
    readonly isInstalled: boolean;
  }[];
  readonly unused: readonly { readonly variables: readonly string[]; readonly why: string }[];
  open(): Promise<OpenedStorage>;
}

/** The life of the object by which a storage proves that it outlives releases. */
export interface CanaryHistory {
  readonly bornAt: string;
  readonly bornIn?: string | undefined;
  readonly survived: number;
  readonly sightings: readonly { readonly release: string; readonly at: string }[];
}

/** `@holdfast/media`. */
export interface MediaModule {
  inspectStorage(env: Io["env"], cwd: string): StorageInspection;
  readCanary(storage: OpenedStorage): Promise<CanaryHistory | undefined>;
  planCors(existing: readonly CorsRule[], origins: readonly string[]): CorsPlan;
}

/** `@holdfast/media/static`. */
export interface StaticModule {
  publishStaticFiles(options: { readonly folder: string; readonly env: Io["env"]; readonly cwd: string }): Promise<{
    readonly storage: string;
    readonly files: number;
    readonly stored: number;
    readonly removed: number;
    readonly left?: string;
  }>;
}

/** Where a job is. */
export type JobState = "ready" | "running" | "dead";

/** Work that is due, or was given up. Times are milliseconds since 1970. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly state: JobState;
  readonly runAt: number;
  readonly attempts: number;
  readonly leaseExpiresAt: number | undefined;
  readonly lastError: string | undefined;
  readonly enqueuedAt: number;
  readonly changedAt: number;
}

/** The jobs of a catalogue, opened. */
export interface OpenedJobs {
  readonly catalogueDescription: string;
  list(page: {
    readonly state?: JobState | undefined;
    readonly kind?: string | undefined;
    readonly after?: string | undefined;
    readonly limit?: number;
  }): Promise<readonly Job[]>;
  count(): Promise<readonly { readonly kind: string; readonly state: JobState; readonly count: number }[]>;
  get(id: string): Promise<Job | undefined>;
  retry(id: string): Promise<boolean>;
  discard(id: string): Promise<boolean>;
  close(): Promise<void>;
}

/** What a rebuild did, or would do. */
export interface RebuildReport {
  readonly isDryRun: boolean;
  readonly files: number;
  readonly trashed: number;
  readonly withoutManifest: number;
  readonly lost: number;
  readonly damaged: number;
  readonly attachments: number;
  readonly alreadyKnown: number;
  readonly variants: number;
  readonly ignored: number;
  readonly problems: readonly { readonly key: string; readonly reason: string }[];
}

/** What `@holdfast/media` offers for its catalogue. */
export interface CatalogueModule {
  openJobs(options: { readonly env: Io["env"]; readonly cwd: string; readonly tablePrefix?: string }): Promise<OpenedJobs>;
  rebuildCatalogue(options: {
    readonly env: Io["env"];
    readonly cwd: string;
    readonly tablePrefix?: string;
    readonly isDryRun: boolean;
    readonly signal: AbortSignal;
    readonly onProgress: (progress: { readonly files: number; readonly alreadyKnown: number }) => void;
  }): Promise<RebuildReport>;
}

/** How one clause came out. */
export interface ClauseResult {
  readonly clause: string;
  readonly says: string;
  readonly ms: number;
  readonly outcome: "passed" | "failed" | "waived" | "not offered" | "warned";
  readonly why?: string;
  readonly code?: string;
}

/** What a check is given. */
export interface CheckOptions {
  readonly driver: StorageDriver;
  readonly prefix?: string;
  readonly only?: readonly string[];
  readonly signal?: AbortSignal;
  onResult?(result: ClauseResult): void;
}

/** `@holdfast/media/testing`. */
export interface TestingModule {
  readonly contract: readonly { readonly id: string }[];
  readonly accessClauses: readonly { readonly id: string }[];
  readonly driverWaivers: Readonly<Record<string, readonly { readonly clause: string; readonly reason: string }[]>>;
  readonly driverWithout: Readonly<Record<string, readonly string[]>>;
  scratchPrefix(): string;
  checkContract(
    options: CheckOptions & {
      readonly waivers?: readonly { readonly clause: string; readonly reason: string }[];
      readonly without?: readonly string[];
    },
  ): Promise<unknown>;
  checkAccess(
    options: CheckOptions & {
      readonly address?: string;
      readonly origin?: string;
      readonly isPublic?: boolean;
      readonly fetch?: typeof fetch;
    },
  ): Promise<unknown>;
}

/** Load `@holdfast/media` for `command`. @throws MEDIA_NOT_INSTALLED, MEDIA_UNUSABLE */
export async function loadMedia(command: string, version: string, io: Io): Promise<MediaModule> {
  return await load("@holdfast/media", isMedia, command, version, io);
}

/** Load what `@holdfast/media` offers for its catalogue. @throws MEDIA_NOT_INSTALLED, MEDIA_UNUSABLE */
export async function loadCatalogue(command: string, version: string, io: Io): Promise<CatalogueModule> {
  return await load("@holdfast/media", isCatalogue, command, version, io);
}

/** Load the package's checks for `command`. @throws MEDIA_NOT_INSTALLED, MEDIA_UNUSABLE */
export async function loadTesting(command: string, version: string, io: Io): Promise<TestingModule> {
  return await load("@holdfast/media/testing", isTesting, command, version, io);
}

/** See an error of the package's catalogue as one of ours: its sentence is for people already. */
export function storageError(error: unknown, help: string): unknown {
  const code = codeOf(error);
  if (!(error instanceof Error) || error.name !== "HoldfastError" || code === undefined) return error;
  if (code === "CONFIG_INVALID") return fail("USAGE_INVALID", { problems: [error.message], help }, { cause: error });
  return fail("STORAGE_UNUSABLE", { message: error.message }, { cause: error });
}

/** See an error met on the way to a catalogue as one of ours; one of the database itself tells where it comes from. */
export function catalogueError(error: unknown, help: string): unknown {
  if (!(error instanceof Error) || error.name === "CommandError") return error;
  const code = codeOf(error);
  if (error.name !== "HoldfastError" && code === undefined) return error;
  if (error.name === "HoldfastError" && code?.startsWith("CATALOGUE_") !== true) return storageError(error, help);
  // A refused connection to several addresses says nothing but its code.
  const said = error.message === "" ? (code ?? "it did not say why") : error.message;
  const message = error.name === "HoldfastError" ? said : `The catalogue's database failed: ${said}. Check MEDIA_DATABASE_URL.`;
  return fail("CATALOGUE_UNUSABLE", { message }, { cause: error });
}

async function load<T>(
  name: string,
  isIt: (module: object) => module is T & object,
  command: string,
  version: string,
  { cwd }: Io,
): Promise<T> {
  const found = await loadOptionalPackage(name, cwd);
  switch (found.outcome) {
    case "missing":
      throw fail("MEDIA_NOT_INSTALLED", { folder: cwd, command: installCommand(`@holdfast/media@${version}`, cwd), again: command });
    case "unusable":
      throw fail("MEDIA_UNUSABLE", { path: found.path, reason: found.reason }, { cause: found.cause });
    case "loaded": {
      const { module, path } = found;
      if (typeof module === "object" && module !== null && isIt(module)) return module;
      throw fail("MEDIA_UNUSABLE", { path, reason: "it is of a version that does not know this command" });
    }
  }
}

function isMedia(module: object): module is MediaModule {
  return ["inspectStorage", "readCanary", "planCors"].every((name) => name in module);
}

function isCatalogue(module: object): module is CatalogueModule {
  return ["openJobs", "rebuildCatalogue"].every((name) => name in module);
}

function isTesting(module: object): module is TestingModule {
  return ["contract", "accessClauses", "driverWaivers", "driverWithout", "checkContract", "checkAccess"].every((name) => name in module);
}
