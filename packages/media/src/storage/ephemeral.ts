import { fail } from "../errors.js";
import { type DiskJudgement, detectPlatform, type Environment, isProduction } from "./instance.js";

/**
 * Refuse a place that the next deploy wipes, in production. `MEDIA_ALLOW_EPHEMERAL=1` overrides.
 *
 * @throws STORAGE_EPHEMERAL
 */
export function refuseEphemeral(what: "media storage" | "catalogue", path: string, judgement: DiskJudgement, env: Environment): void {
  if (judgement.durability !== "ephemeral" || !isProduction(env) || env["MEDIA_ALLOW_EPHEMERAL"] === "1") return;
  const variable = what === "catalogue" ? "MEDIA_DATABASE_URL" : "MEDIA_ROOT";
  const value = what === "catalogue" ? "file:/data/catalogue.db" : "/data/media";
  const disk = detectPlatform(env)?.disk;
  const remedies = [
    ...(what === "media storage"
      ? ["set CLOUDINARY_URL, or AWS_STORAGE_BUCKET_NAME with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (S3, R2, B2 …)"]
      : []),
    `${what === "media storage" ? "or " : ""}${disk ?? "mount a disk or volume that outlives deploys"}: ${variable}=${value}, if it is mounted at /data`,
    "or, only for a service whose pictures may vanish, set MEDIA_ALLOW_EPHEMERAL=1",
  ];
  throw fail("STORAGE_EPHEMERAL", { what, path, why: judgement.why, remedies });
}
