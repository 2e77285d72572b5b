import { isAbsolute, join, resolve } from "node:path";
import { fail } from "../errors.js";
import { type CloudinaryAccount, findCloudinary } from "./choose-cloudinary.js";
import { findS3 } from "./choose-s3.js";
import type { S3DriverOptions } from "./drivers/s3-options.js";
import type { Environment } from "../env/platform.js";
import { type Problems, readSetting } from "./setting.js";

/** The folder, below the working directory, where media and catalogue are kept when nothing else is said. */
export const defaultDataFolder = "holdfast-data";

/** What the environment asks for, and the variable that decided. */
export type StorageChoice = { readonly chosenBy: string } & (
  | { readonly kind: "disk"; readonly root: string }
  | { readonly kind: "s3"; readonly options: S3DriverOptions }
  | { readonly kind: "cloudinary"; readonly account: CloudinaryAccount }
);

const kinds = ["disk", "s3", "cloudinary"] as const;
type Kind = (typeof kinds)[number];

/** What people write for one of the kinds. */
const otherNames: Readonly<Record<string, Kind>> = {
  fs: "disk",
  local: "disk",
  file: "disk",
  filesystem: "disk",
  aws: "s3",
  b2: "s3",
  r2: "s3",
  minio: "s3",
  backblaze: "s3",
};

/**
 * Choose the storage that the environment asks for, or report all that is wrong with it. Reads nothing but `env`. In this
 * order: MEDIA_STORAGE, Cloudinary's variables, a bucket's, MEDIA_ROOT, the default folder. Two clouds at once are an error
 * unless MEDIA_STORAGE decides, and whatever is half set is an error and never the disk.
 *
 * @throws CONFIG_INVALID with every problem at once
 */
export function chooseStorage(env: Environment, cwd: string): StorageChoice {
  const problems: Problems = [];
  const named = readKind(env, problems);
  const choice = named === undefined ? chooseUnnamed(env, cwd, problems) : chooseNamed(named, env, cwd, problems);
  if (problems.length > 0 || choice === undefined) throw fail("CONFIG_INVALID", { problems });
  return choice;
}

function readKind(env: Environment, problems: Problems): Kind | undefined {
  const setting = readSetting(env, ["MEDIA_STORAGE"], problems);
  if (setting === undefined || problems.length > 0) return undefined;
  const kind = kinds.find((candidate) => candidate === setting.value);
  if (kind !== undefined) return kind;
  const meant = otherNames[setting.value.toLowerCase()] ?? kinds.find((candidate) => candidate === setting.value.toLowerCase());
  problems.push(
    `MEDIA_STORAGE="${setting.value}" is none of ${kinds.join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}.`,
  );
  return undefined;
}

function chooseNamed(kind: Kind, env: Environment, cwd: string, problems: Problems): StorageChoice | undefined {
  const chosenBy = "MEDIA_STORAGE";
  if (kind === "disk") return chooseDisk(env, cwd, problems, chosenBy);
  if (kind === "cloudinary") {
    const found = findCloudinary(env, problems);
    if (found === undefined) problems.push("MEDIA_STORAGE=cloudinary needs CLOUDINARY_URL.");
    return found?.account === undefined ? undefined : { kind, account: found.account, chosenBy };
  }
  const found = findS3(env, problems, true);
  if (found === undefined) problems.push("MEDIA_STORAGE=s3 needs the bucket's name in AWS_STORAGE_BUCKET_NAME (or S3_BUCKET).");
  return found?.options === undefined ? undefined : { kind, options: found.options, chosenBy };
}

function chooseUnnamed(env: Environment, cwd: string, problems: Problems): StorageChoice | undefined {
  const cloudinary = findCloudinary(env, problems);
  const s3 = findS3(env, problems, false);
  if (cloudinary !== undefined && s3 !== undefined) {
    const [one, other] = [cloudinary.variables.join(" and "), s3.variables.join(" and ")];
    problems.push(
      `${one} asks for Cloudinary and ${other} for an S3 bucket. Uploads go to one place: unset one of them, or set MEDIA_STORAGE=cloudinary or MEDIA_STORAGE=s3.`,
    );
    return undefined;
  }
  if (cloudinary !== undefined) {
    const chosenBy = cloudinary.variables[0] ?? "CLOUDINARY_URL";
    return cloudinary.account === undefined ? undefined : { kind: "cloudinary", account: cloudinary.account, chosenBy };
  }
  if (s3 !== undefined)
    return s3.options === undefined ? undefined : { kind: "s3", options: s3.options, chosenBy: s3.variables[0] ?? "S3_BUCKET" };
  return chooseDisk(env, cwd, problems, undefined);
}

function chooseDisk(env: Environment, cwd: string, problems: Problems, named: string | undefined): StorageChoice | undefined {
  if (env["MEDIA_ROOT"]?.trim() === "") {
    problems.push("MEDIA_ROOT is set but empty: give it a folder, or unset it.");
    return undefined;
  }
  const root = readSetting(env, ["MEDIA_ROOT"], problems);
  if (root === undefined) return { kind: "disk", root: join(cwd, defaultDataFolder, "media"), chosenBy: named ?? "default" };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(root.value))
    problems.push("MEDIA_ROOT is an address, not a folder; for a bucket set AWS_STORAGE_BUCKET_NAME.");
  else if (isAbsolute(root.value) && resolve(root.value) === "/") problems.push("MEDIA_ROOT is /: give it a folder of its own.");
  return { kind: "disk", root: resolve(cwd, root.value), chosenBy: "MEDIA_ROOT" };
}
