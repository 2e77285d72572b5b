import type { StorageChoice } from "./choose.js";
import { cloudinaryVariables } from "./choose-cloudinary.js";
import { s3Families } from "./choose-s3.js";
import type { Environment } from "../env/platform.js";

/** Settings that are set and do not count, and why. Names only: their values may be secrets. */
export interface UnusedSettings {
  readonly variables: readonly string[];
  readonly why: string;
}

/** Find what is set, looks as if it were meant for the storage, and is not used by what was chosen. */
export function findUnused(env: Environment, choice: StorageChoice): readonly UnusedSettings[] {
  const isSet = (variable: string): boolean => (env[variable] ?? "") !== "";
  const chosen = choice.chosenBy === "MEDIA_STORAGE" ? "MEDIA_STORAGE decides" : `${choice.chosenBy} decides`;
  const found: UnusedSettings[] = [];
  const tell = (variables: readonly string[], why: string): void => {
    const set = variables.filter(isSet);
    if (set.length > 0) found.push({ variables: set, why });
  };
  if (choice.kind !== "disk") {
    tell(["MEDIA_ROOT"], `uploads go to ${choice.kind === "s3" ? "the bucket" : "Cloudinary"}, not to a folder`);
    tell(["MEDIA_ALLOW_EPHEMERAL"], "it is about folders only");
  }
  if (choice.kind === "cloudinary") {
    if (isSet("CLOUDINARY_URL"))
      tell(
        cloudinaryVariables.filter((variable) => variable !== "CLOUDINARY_URL"),
        "CLOUDINARY_URL says the same, and is used",
      );
  } else tell(cloudinaryVariables, choice.chosenBy === "MEDIA_STORAGE" ? chosen : "they are not enough to choose Cloudinary");
  let isUsedFound = false;
  for (const family of s3Families) {
    const bucket = family.bucket.some(isSet);
    if (choice.kind === "s3" && bucket && !isUsedFound) {
      isUsedFound = true;
      continue;
    }
    tell(
      [...family.bucket, ...family.keyId, ...family.secret, ...family.region, ...family.endpoint],
      bucket ? chosen : choice.kind === "s3" ? "they belong to another service than the bucket's" : "no bucket is named with them",
    );
  }
  return found;
}
