/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A hosting platform, recognised by a variable it sets in every instance. */
export interface Platform {
  readonly name: string;
  /** The variable that gave it away. */
  readonly variable: string;
  /** What ends the life of its disk. */
  readonly wipes: string;
  /** How to have a disk there that lasts; absent where there is none to be had. */
  readonly disk?: string;
  /** Whether what is written to its disk takes the memory of the instance. */
  readonly hasDiskInMemory?: boolean;
}

/** Platforms whose disks are ephemeral, from their own documentation (2026). */
const platforms: readonly Platform[] = [
  {
    name: "Render",
    variable: "RENDER",
    wipes: "every deploy, restart and idle spin-down",
    disk: "attach a disk (paid plans) and set MEDIA_ROOT to a folder below its mount path",
  },
  { name: "Heroku", variable: "DYNO", wipes: "every deploy, restart and daily cycling" },
  {
    name: "Railway",
    variable: "RAILWAY_ENVIRONMENT_ID",
    wipes: "every redeploy",
    disk: "attach a volume and set MEDIA_ROOT to a folder below its mount path",
  },
  {
    name: "Railway",
    variable: "RAILWAY_ENVIRONMENT",
    wipes: "every redeploy",
    disk: "attach a volume and set MEDIA_ROOT to a folder below its mount path",
  },
  {
    name: "Fly",
    variable: "FLY_APP_NAME",
    wipes: "every deploy and restart",
    disk: "mount a volume ([mounts] in fly.toml) and set MEDIA_ROOT to a folder below its destination",
  },
  { name: "Cloud Run", variable: "K_SERVICE", wipes: "every deploy, and whenever an instance is stopped", hasDiskInMemory: true },
  { name: "Vercel", variable: "VERCEL", wipes: "the end of every invocation" },
  { name: "AWS Lambda", variable: "AWS_LAMBDA_FUNCTION_NAME", wipes: "the end of every invocation" },
  { name: "Netlify", variable: "NETLIFY", wipes: "the end of every invocation" },
  { name: "Koyeb", variable: "KOYEB_APP_NAME", wipes: "every deploy and restart" },
  { name: "DigitalOcean App Platform", variable: "DIGITALOCEAN_APP_ID", wipes: "every deploy and restart" },
];

/** Name the platform this environment is one of, if any. */
export function detectPlatform(env: Environment): Platform | undefined {
  return platforms.find(({ variable }) => (env[variable] ?? "") !== "");
}

/** Tell whether this is production: NODE_ENV says so, or a platform is there that serves people. */
export function isProduction(env: Environment): boolean {
  return env["NODE_ENV"] === "production" || detectPlatform(env) !== undefined;
}

/** The host names that the platform gives this app, as it tells the instance. */
export function hostsOf(env: Environment): readonly string[] {
  const fly = env["FLY_APP_NAME"];
  const hosts = [
    env["RENDER_EXTERNAL_HOSTNAME"],
    env["RAILWAY_PUBLIC_DOMAIN"],
    env["VERCEL_URL"],
    env["KOYEB_PUBLIC_DOMAIN"],
    env["HEROKU_APP_DEFAULT_DOMAIN_NAME"],
    fly === undefined || fly === "" ? undefined : `${fly}.fly.dev`,
  ];
  return hosts.flatMap((host) => (host === undefined || host === "" ? [] : [host]));
}
