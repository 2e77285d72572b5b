import { fail, isHoldfastError } from "../errors.js";
import { chooseStorage, type StorageChoice } from "./choose.js";
import { openCloudinaryStorage } from "./cloudinary-storage.js";
import { fsDriver } from "./drivers/fs.js";
import { openS3Driver } from "./drivers/s3.js";
import type { S3DriverOptions } from "./drivers/s3-options.js";
import { refuseEphemeral } from "./ephemeral.js";
import { type DiskFacts, judgeDisk, readDiskFacts, realPathOf } from "../env/disk.js";
import type { Environment } from "../env/platform.js";
import { providerOf } from "./quirks.js";
import { openStorage, type Storage } from "./storage.js";

/**
 * Open the storage the environment asks for.
 *
 * @throws CONFIG_INVALID, STORAGE_EPHEMERAL, STORAGE_DENIED, STORAGE_UNREACHABLE
 */
export async function storageFromEnvironment(env: Environment, cwd: string, facts: DiskFacts = readDiskFacts()): Promise<Storage> {
  return await openChoice(chooseStorage(env, cwd), env, facts);
}

/** Open what was chosen, as the storage or as its mirror. @throws STORAGE_EPHEMERAL, STORAGE_DENIED, STORAGE_UNREACHABLE */
export async function openChoice(
  choice: StorageChoice,
  env: Environment,
  facts: DiskFacts,
  what: "media storage" | "mirror" = "media storage",
): Promise<Storage> {
  switch (choice.kind) {
    case "disk":
      return openDisk({ root: choice.root, chosenBy: choice.chosenBy, env, facts }, what);
    case "s3":
      return await saying(choice.chosenBy, s3Storage(choice.options, choice.chosenBy));
    case "cloudinary":
      return await saying(choice.chosenBy, openCloudinaryStorage(choice.account, choice.chosenBy));
  }
}

/** What cannot be opened is told with the variable that asked for it: that is where it is mended. */
async function saying(chosenBy: string, opening: Promise<Storage>): Promise<Storage> {
  try {
    return await opening;
  } catch (cause) {
    for (const code of ["STORAGE_DENIED", "STORAGE_UNREACHABLE"] as const) {
      if (!isHoldfastError(cause, code)) continue;
      throw fail(code, { ...cause.details, storage: `${cause.details.storage}, chosen by ${chosenBy},` }, { cause });
    }
    throw cause;
  }
}

/**
 * Keep objects in a folder. In production a folder that the next deploy wipes is refused; in development it is allowed
 * and the storage line says what it is.
 *
 * @throws STORAGE_EPHEMERAL
 */
export function diskStorage(options: {
  readonly root: string;
  readonly chosenBy?: string;
  readonly env?: Environment;
  readonly facts?: DiskFacts;
}): Storage {
  return openDisk(options, "media storage");
}

function openDisk(options: Parameters<typeof diskStorage>[0], what: "media storage" | "mirror"): Storage {
  const { root, chosenBy = "openMedia()", env = process.env, facts = readDiskFacts() } = options;
  const judgement = judgeDisk(realPathOf(root), env, facts);
  refuseEphemeral(what, root, judgement, env);
  return openStorage(fsDriver({ root }), { description: `disk (${root})`, chosenBy, durability: judgement.durability });
}

/**
 * Keep objects in a bucket of AWS S3 or a service like it. Needs the package `@aws-sdk/client-s3`; signed URLs and direct
 * uploads need `@aws-sdk/s3-request-presigner` and `@aws-sdk/s3-presigned-post` too.
 *
 * @throws CONFIG_INVALID, STORAGE_DENIED, STORAGE_UNREACHABLE
 * @example
 * ```ts
 * import { openMedia, s3Storage } from "@holdfast/media";
 * const media = await openMedia({ storage: await s3Storage({ bucket: "photos", region: "eu-west-3" }) });
 * ```
 */
export async function s3Storage(options: S3DriverOptions, chosenBy = "openMedia()"): Promise<Storage> {
  return openStorage(await openS3Driver(options), { description: describeS3(options), chosenBy, durability: "object-store" });
}

/** Say which bucket it is and where: `s3 (bucket "photos" at Cloudflare R2)`. */
export function describeS3(options: S3DriverOptions): string {
  const provider = providerOf(options.endpoint);
  const where = [provider.id === "other" ? (options.endpoint ?? "") : provider.name, options.region ?? ""].filter(
    (part) => part !== "" && part !== "auto",
  );
  return `s3 (bucket "${options.bucket}"${where.length === 0 ? "" : ` at ${where.join(", ")}`})`;
}
