import type { Environment } from "./platform.js";

/** Variables that name the release an instance runs, most exact first. */
const releaseVariables = [
  "HOLDFAST_RELEASE",
  "RENDER_GIT_COMMIT",
  "HEROKU_RELEASE_VERSION",
  "HEROKU_SLUG_COMMIT",
  "RAILWAY_DEPLOYMENT_ID",
  "RAILWAY_GIT_COMMIT_SHA",
  "FLY_MACHINE_VERSION",
  "FLY_IMAGE_REF",
  "K_REVISION",
  "VERCEL_DEPLOYMENT_ID",
  "VERCEL_GIT_COMMIT_SHA",
  "SOURCE_COMMIT",
  "GIT_COMMIT",
] as const;

/** The release this instance runs, by the platform's own word; undefined where nothing says it. */
export function releaseOf(env: Environment): string | undefined {
  for (const variable of releaseVariables) {
    const value = env[variable]?.trim();
    if (value !== undefined && value !== "") return value.slice(0, 200);
  }
  return undefined;
}
