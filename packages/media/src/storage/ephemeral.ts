import { fail } from "../errors.js";
import type { DiskJudgement } from "../env/disk.js";
import { detectPlatform, type Environment, isProduction } from "../env/platform.js";

/** What may lie on a disk, and how it is told to lie elsewhere. */
const places = {
  "media storage": {
    variable: "MEDIA_ROOT",
    value: "/data/media",
    remedies: ["set CLOUDINARY_URL, or AWS_STORAGE_BUCKET_NAME with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (S3, R2, B2 …)"],
  },
  mirror: {
    variable: "MEDIA_MIRROR_ROOT",
    value: "/data/mirror",
    remedies: [
      "set MEDIA_MIRROR_CLOUDINARY_URL, or MEDIA_MIRROR_S3_BUCKET with MEDIA_MIRROR_AWS_ACCESS_KEY_ID and MEDIA_MIRROR_AWS_SECRET_ACCESS_KEY (S3, R2, B2 …)",
      "or leave the mirror out: a copy that the next deploy wipes is none",
    ],
  },
  catalogue: { variable: "MEDIA_DATABASE_URL", value: "file:/data/catalogue.db", remedies: [] },
} as const;

/** What is kept at a place on a disk. */
export type Keepsake = keyof typeof places;

/**
 * Refuse a place that the next deploy wipes, in production. `MEDIA_ALLOW_EPHEMERAL=1` overrides.
 *
 * @throws STORAGE_EPHEMERAL
 */
export function refuseEphemeral(what: Keepsake, path: string, judgement: DiskJudgement, env: Environment): void {
  if (judgement.durability !== "ephemeral" || !isProduction(env) || env["MEDIA_ALLOW_EPHEMERAL"] === "1") return;
  const { variable, value, remedies: others } = places[what];
  // A platform's advice is written for the storage.
  const disk = (detectPlatform(env)?.disk ?? "mount a disk or volume that outlives deploys").replaceAll("MEDIA_ROOT", variable);
  const remedies = [
    ...others,
    `${others.length > 0 ? "or " : ""}${disk}: ${variable}=${value}, if it is mounted at /data`,
    "or, only for a service whose pictures may vanish, set MEDIA_ALLOW_EPHEMERAL=1",
  ];
  throw fail("STORAGE_EPHEMERAL", { what, path, why: judgement.why, remedies });
}
