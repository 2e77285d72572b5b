import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type HoldfastError, isHoldfastError } from "../errors.js";
import { chooseStorage, type StorageChoice } from "./choose.js";
import { fsDriver } from "./drivers/fs.js";
import { refuseEphemeral } from "./ephemeral.js";
import { describeS3, s3Storage, storageFromEnvironment } from "./from-environment.js";
import { type DiskFacts, judgeDisk, readDiskFacts, realPathOf } from "../env/disk.js";
import { detectPlatform, type Environment, isProduction } from "../env/platform.js";
import type { Durability } from "./storage.js";
import { providerOf, type S3Provider } from "./quirks.js";
import { openStorage, type Storage } from "./storage.js";
import { findUnused, type UnusedSettings } from "./unused-settings.js";

/** A package that the chosen storage needs, and that is installed beside @holdfast/media. */
export interface OptionalPackage {
  readonly name: string;
  /** What it is for; where it is not `isRequired`, that alone is missing without it. */
  readonly purpose: string;
  readonly isRequired: boolean;
  readonly isInstalled: boolean;
}

/** What an environment asks for, judged and explained; nothing has been opened, made or asked over the network for it. */
export interface StorageInspection {
  readonly kind: StorageChoice["kind"];
  /** What kind it is and where it points, for people. Never a secret. */
  readonly description: string;
  readonly chosenBy: string;
  readonly durability: Durability;
  /** Why that is its durability: a clause that can follow "because". */
  readonly why: string;
  /** The hosting platform this is an instance of, if any. */
  readonly platform: string | undefined;
  readonly isProduction: boolean;
  /** Why the service would not start here; undefined where it would. */
  readonly refusal: HoldfastError<"STORAGE_EPHEMERAL"> | undefined;
  /** Whether it would not, but for MEDIA_ALLOW_EPHEMERAL=1. */
  readonly isAllowedEphemeral: boolean;
  /** Whether a storage is there already. A bucket is taken for one: what is in it tells only who asks it. */
  readonly isBegun: boolean;
  /** Where a service answers, for buckets and clouds. */
  readonly address: string | undefined;
  /** Whether what answers there is not the service itself but stands in for it: what holds on a double proves nothing. */
  readonly isDouble: boolean;
  /** The row of the service in the table of quirks, for buckets. */
  readonly provider: S3Provider | undefined;
  readonly packages: readonly OptionalPackage[];
  /** Settings that look as if they were meant for the storage and are not used; names only. */
  readonly unused: readonly UnusedSettings[];
  /** Open it, also where the service would refuse. A disk's folder is not made until something is put. @throws CONFIG_INVALID, STORAGE_DENIED, STORAGE_UNREACHABLE */
  open(): Promise<Storage>;
}

/**
 * Tell which storage an environment asks for, why, and what it is worth, without opening it and without refusing.
 *
 * @throws CONFIG_INVALID with every problem at once
 */
export function inspectStorage(env: Environment, cwd: string, facts: DiskFacts = readDiskFacts()): StorageInspection {
  const choice = chooseStorage(env, cwd);
  const about = {
    kind: choice.kind,
    chosenBy: choice.chosenBy,
    platform: detectPlatform(env)?.name,
    isProduction: isProduction(env),
    unused: findUnused(env, choice),
    packages: packagesOf(choice),
  };
  const elsewhere = { durability: "object-store", refusal: undefined, isAllowedEphemeral: false, isBegun: true, isDouble: false } as const;
  switch (choice.kind) {
    case "disk": {
      const { root, chosenBy } = choice;
      const judgement = judgeDisk(realPathOf(root), env, facts);
      const description = `disk (${root})`;
      return {
        ...about,
        ...judgement,
        description,
        refusal: refusalOf(root, judgement, env),
        isAllowedEphemeral: judgement.durability === "ephemeral" && about.isProduction && env["MEDIA_ALLOW_EPHEMERAL"] === "1",
        // The driver calls a folder without its identity unreachable, because a volume may not be mounted. Here that is a finding.
        isBegun: existsSync(join(root, ".holdfast", "identity")),
        address: undefined,
        isDouble: false,
        provider: undefined,
        open: async () => openStorage(fsDriver({ root }), { description, chosenBy, durability: judgement.durability }),
      };
    }
    case "s3": {
      const { options, chosenBy } = choice;
      return {
        ...about,
        ...elsewhere,
        description: describeS3(options),
        why: "a bucket is apart from the instances that use it",
        address:
          options.endpoint ??
          `https://s3.${options.region ?? "us-east-1"}.amazonaws.com${options.region?.startsWith("cn-") === true ? ".cn" : ""}`,
        provider: providerOf(options.endpoint),
        open: async () => await s3Storage(options, chosenBy),
      };
    }
    case "cloudinary": {
      const address = cloudinaryAddressOf(env);
      return {
        ...about,
        ...elsewhere,
        description: `cloudinary (cloud "${choice.account.cloudName}")`,
        why: "Cloudinary is apart from the instances that use it",
        address,
        isDouble: !/(^|\.)cloudinary\.com$/.test(new URL(address).hostname),
        provider: undefined,
        open: async () => await storageFromEnvironment(env, cwd, facts),
      };
    }
  }
}

function refusalOf(
  root: string,
  judgement: ReturnType<typeof judgeDisk>,
  env: Environment,
): HoldfastError<"STORAGE_EPHEMERAL"> | undefined {
  try {
    refuseEphemeral("media storage", root, judgement, env);
    return undefined;
  } catch (error) {
    if (isHoldfastError(error, "STORAGE_EPHEMERAL")) return error;
    throw error;
  }
}

/** Where Cloudinary's interface answers: an account in another region has its own address in CLOUDINARY_URL, as the SDK reads it. */
function cloudinaryAddressOf(env: Environment): string {
  const query = /\?(.*)$/s.exec(env["CLOUDINARY_URL"] ?? "")?.[1];
  const given = query === undefined ? undefined : new URLSearchParams(query).get("upload_prefix");
  return given !== null && given !== undefined && URL.canParse(given) ? given : "https://api.cloudinary.com";
}

/** What each kind needs beside this package, in the words of `purpose`. */
const packages: Readonly<Record<StorageChoice["kind"], readonly Omit<OptionalPackage, "isInstalled">[]>> = {
  disk: [],
  s3: [
    { name: "@aws-sdk/client-s3", purpose: "speaking to the bucket", isRequired: true },
    { name: "@aws-sdk/s3-request-presigner", purpose: "signed URLs", isRequired: false },
    { name: "@aws-sdk/s3-presigned-post", purpose: "direct uploads, and finding out whether the bucket takes them", isRequired: true },
  ],
  cloudinary: [{ name: "cloudinary", purpose: "speaking to Cloudinary", isRequired: true }],
};

function packagesOf(choice: StorageChoice): readonly OptionalPackage[] {
  return packages[choice.kind].map((one) => ({ ...one, isInstalled: isInstalled(one.name) }));
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
