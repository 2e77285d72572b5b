import type { Platform } from "./platform.js";

/** What the builders of these platforms set for apps in production, whatever the language. */
const production = { NODE_ENV: "production", RAILS_ENV: "production", RACK_ENV: "production" } as const;

const render: Platform = {
  id: "render",
  title: "Render",
  wipedBy: "every deploy, restart and idle spin-down",
  disk: "temporary",
  lastingDisk: "declared",
  containerRoot: "/opt/render/project/src",
  variables: {
    ...production,
    RENDER: "true",
    IS_PULL_REQUEST: "false",
    PORT: undefined,
    RENDER_SERVICE_ID: undefined,
    RENDER_SERVICE_NAME: undefined,
    RENDER_SERVICE_TYPE: "web",
    RENDER_INSTANCE_ID: undefined,
    RENDER_EXTERNAL_HOSTNAME: undefined,
    RENDER_EXTERNAL_URL: undefined,
    RENDER_GIT_BRANCH: undefined,
    RENDER_GIT_COMMIT: undefined,
    RENDER_GIT_REPO_SLUG: undefined,
    RENDER_DISCOVERY_SERVICE: undefined,
  },
  prefixes: ["RENDER"],
};

const heroku: Platform = {
  id: "heroku",
  title: "Heroku",
  wipedBy: "every deploy, restart and daily cycling",
  disk: "temporary",
  lastingDisk: "none",
  containerRoot: "/app",
  variables: { ...production, DYNO: undefined, PORT: undefined },
  prefixes: ["HEROKU_", "DYNO"],
};

const railway: Platform = {
  id: "railway",
  title: "Railway",
  wipedBy: "every redeploy",
  disk: "temporary",
  lastingDisk: "elsewhere",
  containerRoot: "/app",
  variables: {
    ...production,
    PORT: undefined,
    RAILWAY_ENVIRONMENT: "production",
    RAILWAY_ENVIRONMENT_NAME: "production",
    RAILWAY_ENVIRONMENT_ID: undefined,
    RAILWAY_PROJECT_ID: undefined,
    RAILWAY_PROJECT_NAME: undefined,
    RAILWAY_SERVICE_ID: undefined,
    RAILWAY_SERVICE_NAME: undefined,
    RAILWAY_PUBLIC_DOMAIN: undefined,
    RAILWAY_PRIVATE_DOMAIN: undefined,
    RAILWAY_STATIC_URL: undefined,
    RAILWAY_DEPLOYMENT_ID: undefined,
    RAILWAY_REPLICA_ID: undefined,
    RAILWAY_GIT_COMMIT_SHA: undefined,
    RAILWAY_GIT_BRANCH: undefined,
  },
  prefixes: ["RAILWAY_"],
  mountVariable: "RAILWAY_VOLUME_MOUNT_PATH",
};

const fly: Platform = {
  id: "fly",
  title: "Fly",
  wipedBy: "every deploy and restart",
  disk: "temporary",
  lastingDisk: "declared",
  containerRoot: "/app",
  variables: {
    FLY_APP_NAME: undefined,
    FLY_MACHINE_ID: undefined,
    FLY_ALLOC_ID: undefined,
    FLY_REGION: undefined,
    FLY_IMAGE_REF: undefined,
    FLY_PRIVATE_IP: undefined,
    PRIMARY_REGION: undefined,
  },
  prefixes: ["FLY_"],
};

const vercel: Platform = {
  id: "vercel",
  title: "Vercel",
  wipedBy: "the end of every invocation",
  disk: "read-only",
  lastingDisk: "none",
  containerRoot: "/var/task",
  variables: {
    NODE_ENV: "production",
    VERCEL: "1",
    VERCEL_ENV: "production",
    VERCEL_URL: undefined,
    VERCEL_REGION: undefined,
    VERCEL_DEPLOYMENT_ID: undefined,
    AWS_LAMBDA_FUNCTION_NAME: undefined,
    LAMBDA_TASK_ROOT: "/var/task",
  },
  prefixes: ["VERCEL"],
};

const netlify: Platform = {
  id: "netlify",
  title: "Netlify",
  wipedBy: "the end of every invocation",
  disk: "read-only",
  lastingDisk: "none",
  containerRoot: "/var/task",
  variables: { NODE_ENV: "production", NETLIFY: "true", AWS_LAMBDA_FUNCTION_NAME: undefined, LAMBDA_TASK_ROOT: "/var/task" },
  prefixes: ["NETLIFY"],
};

const cloudRun: Platform = {
  id: "cloud-run",
  title: "Cloud Run",
  wipedBy: "every deploy, and whenever an instance is stopped",
  disk: "temporary",
  lastingDisk: "elsewhere",
  containerRoot: undefined,
  variables: { K_SERVICE: undefined, K_REVISION: undefined, PORT: undefined },
  prefixes: ["K_SERVICE", "K_REVISION", "GAE_"],
};

const appEngine: Platform = {
  id: "app-engine",
  title: "App Engine",
  wipedBy: "every deploy, and whenever an instance is stopped",
  disk: "read-only",
  lastingDisk: "none",
  containerRoot: "/workspace",
  variables: { NODE_ENV: "production", GAE_ENV: "standard", GAE_APPLICATION: undefined, GAE_SERVICE: undefined, PORT: undefined },
  prefixes: ["GAE_"],
};

const koyeb: Platform = {
  id: "koyeb",
  title: "Koyeb",
  wipedBy: "every deploy and restart",
  disk: "temporary",
  lastingDisk: "elsewhere",
  containerRoot: "/workspace",
  variables: { ...production, KOYEB_APP_NAME: undefined, PORT: undefined },
  prefixes: ["KOYEB_"],
};

const digitalOcean: Platform = {
  id: "digitalocean",
  title: "DigitalOcean App Platform",
  wipedBy: "every deploy and restart",
  disk: "temporary",
  lastingDisk: "none",
  containerRoot: "/workspace",
  variables: { ...production, PORT: undefined },
  prefixes: ["DIGITALOCEAN_APP"],
};

const coolify: Platform = {
  id: "coolify",
  title: "Coolify",
  wipedBy: "every deploy",
  disk: "temporary",
  lastingDisk: "elsewhere",
  containerRoot: "/app",
  variables: { ...production, PORT: undefined },
  prefixes: ["COOLIFY_"],
};

const kamal: Platform = {
  id: "kamal",
  title: "Kamal",
  wipedBy: "every deploy",
  disk: "temporary",
  lastingDisk: "declared",
  containerRoot: "/rails",
  variables: { RAILS_ENV: "production", KAMAL_CONTAINER_NAME: undefined, KAMAL_VERSION: undefined },
  prefixes: ["KAMAL_"],
};

/** A container of which nobody says where it runs: its disk is gone when it is replaced. */
const container: Platform = {
  id: "container",
  title: "a container",
  wipedBy: "every deploy, which replaces the container",
  disk: "temporary",
  lastingDisk: "declared",
  containerRoot: undefined,
  variables: {},
  prefixes: [],
};

/** What is assumed where a repository names no platform: any host that replaces the disk with each deploy. */
export const anyHost: Platform = {
  id: "any",
  title: "a host that starts each deploy on a new disk",
  wipedBy: "every deploy",
  disk: "temporary",
  lastingDisk: "elsewhere",
  containerRoot: undefined,
  variables: production,
  prefixes: [],
};

export const platforms: readonly Platform[] = [
  render,
  heroku,
  railway,
  fly,
  vercel,
  netlify,
  cloudRun,
  appEngine,
  koyeb,
  digitalOcean,
  coolify,
  kamal,
  container,
];

/** The platform of this id, and any host where the id is unknown. */
export function platformOf(id: string | undefined): Platform {
  return platforms.find((platform) => platform.id === id) ?? anyHost;
}
