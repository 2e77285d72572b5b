import type { S3DriverOptions } from "./drivers/s3-options.js";
import type { Environment } from "../env/platform.js";
import { providerOf } from "./quirks.js";
import { type Problems, readSetting, type Setting } from "./setting.js";

/** What the environment says of an S3 bucket. */
export interface S3Finding {
  readonly variables: readonly string[];
  /** Absent where the problems say why. */
  readonly options: S3DriverOptions | undefined;
}

/** One family of names for the settings of a bucket; which is in use is told by the bucket's own variable. */
export interface Family {
  readonly bucket: readonly string[];
  readonly keyId: readonly string[];
  readonly secret: readonly string[];
  readonly region: readonly string[];
  readonly endpoint: readonly string[];
}

const aws: Family = {
  // Django's and Rails', plain S3's, Railway's, Fly and Tigris', Laravel's.
  bucket: ["AWS_STORAGE_BUCKET_NAME", "AWS_S3_BUCKET_NAME", "S3_BUCKET", "S3_BUCKET_NAME", "AWS_S3_BUCKET", "AWS_BUCKET", "BUCKET_NAME"],
  keyId: ["AWS_S3_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID", "S3_ACCESS_KEY_ID"],
  secret: ["AWS_S3_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "S3_SECRET_ACCESS_KEY"],
  region: ["AWS_S3_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION", "S3_REGION"],
  endpoint: ["AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT"],
};

const backblaze: Family = {
  bucket: ["B2_BUCKET_NAME", "B2_BUCKET"],
  keyId: ["B2_APPLICATION_KEY_ID", "B2_KEY_ID", "B2_ACCESS_KEY_ID"],
  secret: ["B2_APPLICATION_KEY", "B2_SECRET_ACCESS_KEY"],
  region: ["B2_REGION"],
  endpoint: ["B2_ENDPOINT", "B2_ENDPOINT_URL"],
};

/** Heroku's Bucketeer add-on. */
const bucketeer: Family = {
  bucket: ["BUCKETEER_BUCKET_NAME"],
  keyId: ["BUCKETEER_AWS_ACCESS_KEY_ID"],
  secret: ["BUCKETEER_AWS_SECRET_ACCESS_KEY"],
  region: ["BUCKETEER_AWS_REGION"],
  endpoint: [],
};

/** Heroku's Cloudcube add-on, whose one address holds bucket and folder. */
const cloudcube: Family = {
  bucket: ["CLOUDCUBE_URL"],
  keyId: ["CLOUDCUBE_ACCESS_KEY_ID"],
  secret: ["CLOUDCUBE_SECRET_ACCESS_KEY"],
  region: [],
  endpoint: [],
};

const families: readonly Family[] = [aws, backblaze, bucketeer];

/** All names that settings of a bucket go by, family by family. */
export const s3Families: readonly Family[] = [...families, cloudcube];

/** Read what the environment says of an S3 bucket, under any of the names that frameworks and platforms give the settings. */
export function findS3(env: Environment, problems: Problems, isNamed: boolean): S3Finding | undefined {
  const isSet = (variable: string): boolean => (env[variable] ?? "") !== "";
  const asking = families.filter((family) => family.bucket.some(isSet));
  const cube = isSet("CLOUDCUBE_URL");
  const variables = [...asking.flatMap((family) => family.bucket.filter(isSet).slice(0, 1)), ...(cube ? ["CLOUDCUBE_URL"] : [])];
  if (variables.length > 1) {
    problems.push(`${variables.join(" and ")} each name a bucket. Keep the one that the uploads are to go to.`);
    return { variables, options: undefined };
  }
  if (cube) return { variables, options: readCloudcube(env, problems) };
  const [family] = asking;
  return family === undefined ? undefined : { variables, options: readFamily(family, env, problems, isNamed) };
}

/** Variables that lead the SDK to credentials of its own: a profile, a web identity, a container's role. */
const chainVariables = [
  "AWS_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

function readFamily(family: Family, env: Environment, problems: Problems, isNamed: boolean): S3DriverOptions | undefined {
  const before = problems.length;
  const bucket = readSetting(env, family.bucket, problems);
  const keyId = readSetting(env, family.keyId, problems, { isSecret: true });
  const secret = readSetting(env, family.secret, problems, { isSecret: true });
  const region = readSetting(env, family.region, problems);
  const endpoint = readEndpoint(family, env, bucket, region, problems);
  if (bucket === undefined) return undefined;
  checkBucket(bucket, problems);
  if (region !== undefined && endpoint === undefined) checkRegion(region, problems);

  const hasChain = isNamed || chainVariables.some((variable) => (env[variable] ?? "") !== "");
  if (keyId === undefined && secret === undefined && !hasChain) {
    problems.push(
      `${bucket.variable} asks for an S3 bucket, but there are no credentials: set ${first(family.keyId)} and ${first(family.secret)}` +
        `${family === aws ? ", or MEDIA_STORAGE=s3 to use a profile or the instance's role" : ""}. Uploads are not sent to the disk instead.`,
    );
  } else if ((keyId === undefined) !== (secret === undefined)) {
    const [there, missing] = keyId === undefined ? [secret?.variable, first(family.keyId)] : [keyId.variable, first(family.secret)];
    problems.push(`${there ?? ""} is set without ${missing}: credentials come in pairs.`);
  }
  const custom = family === aws ? readCustomDomain(env, problems) : undefined;
  const prefix = readPrefix(env, problems);
  const style = readAddressingStyle(env, problems);
  if (problems.length > before) return undefined;
  const session = env["AWS_SESSION_TOKEN"];
  const provider = providerOf(endpoint);
  return {
    bucket: bucket.value,
    region: region?.value ?? (endpoint === undefined ? "us-east-1" : "auto"),
    forcePathStyle: style ?? provider.isPathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keyId === undefined || secret === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: keyId.value,
            secretAccessKey: secret.value,
            ...(session === undefined || session === "" ? {} : { sessionToken: session }),
          },
        }),
    ...(custom === undefined ? {} : { publicBaseUrl: custom }),
    ...(prefix === undefined ? {} : { prefix }),
  };
}

function readEndpoint(
  family: Family,
  env: Environment,
  bucket: Setting | undefined,
  region: Setting | undefined,
  problems: Problems,
): string | undefined {
  const setting = readSetting(env, family.endpoint, problems);
  if (setting === undefined) {
    if (family !== backblaze) return undefined;
    if (region !== undefined) return `https://s3.${region.value}.backblazeb2.com`;
    problems.push(
      `${bucket?.variable ?? "B2_BUCKET"} needs B2_ENDPOINT (such as s3.us-west-004.backblazeb2.com, on the bucket's page) or B2_REGION.`,
    );
    return undefined;
  }
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(setting.value) ? setting.value : `https://${setting.value}`;
  if (!URL.canParse(text) || !/^https?:/i.test(text)) {
    problems.push(`${setting.variable} (${JSON.stringify(setting.value)}) is not an address; it reads https://s3.example.com.`);
    return undefined;
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    problems.push(`${setting.variable} has credentials in it; put them into ${first(family.keyId)} and ${first(family.secret)}.`);
    return undefined;
  }
  const isSupabase = providerOf(text).id === "supabase";
  if (url.pathname !== "/" && !isSupabase) {
    const isBucket = bucket !== undefined && url.pathname.replace(/\/$/, "") === `/${bucket.value}`;
    problems.push(
      `${setting.variable} has the path ${url.pathname} in it${isBucket ? ", which is the bucket's name" : ""}: write ${url.origin}.`,
    );
    return undefined;
  }
  if (bucket !== undefined && url.hostname.startsWith(`${bucket.value}.`)) {
    problems.push(`${setting.variable} has the bucket's name in it: write ${url.protocol}//${url.host.slice(bucket.value.length + 1)}.`);
    return undefined;
  }
  return isSupabase ? text.replace(/\/$/, "") : url.origin;
}

function checkBucket({ variable, value }: Setting, problems: Problems): void {
  if (/^(s3|https?|arn):/.test(value)) problems.push(`${variable} is an address; write the bucket's name only.`);
  else if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(value))
    problems.push(`${variable} (${JSON.stringify(value)}) cannot be a bucket's name.`);
}

/** AWS regions look like this, all of them; what does not is most often an availability zone or the console's words. */
const regionForm = /^(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|us-iso|us-isob|eu-isoe|eusc)-[a-z]+-\d{1,2}$/;

function checkRegion({ variable, value }: Setting, problems: Problems): void {
  if (regionForm.test(value) || value === "auto") return;
  const zone = /^(.*-\d)[a-f]$/.exec(value)?.[1];
  const hint = zone !== undefined && regionForm.test(zone) ? `; "${value}" is an availability zone of ${zone}` : "; it reads eu-west-3";
  problems.push(`${variable} ("${value}") is not an AWS region${hint}.`);
}

function readCustomDomain(env: Environment, problems: Problems): string | undefined {
  const setting = readSetting(env, ["AWS_S3_CUSTOM_DOMAIN"], problems);
  if (setting === undefined) return undefined;
  const text = /^https?:\/\//i.test(setting.value) ? setting.value : `https://${setting.value}`;
  if (URL.canParse(text)) return text.replace(/\/+$/, "");
  problems.push(`AWS_S3_CUSTOM_DOMAIN (${JSON.stringify(setting.value)}) is not a host's name; it reads cdn.example.com.`);
  return undefined;
}

function readPrefix(env: Environment, problems: Problems): string | undefined {
  const setting = readSetting(env, ["AWS_LOCATION"], problems);
  if (setting === undefined) return undefined;
  const prefix = setting.value.replace(/^\/+|\/+$/g, "");
  if (prefix !== "" && /^[A-Za-z0-9._/-]{1,200}$/.test(prefix) && !/(^|\/)\.{0,2}(\/|$)/.test(prefix)) return `${prefix}/`;
  problems.push(`AWS_LOCATION (${JSON.stringify(setting.value)}) cannot be a folder in the bucket; it reads media.`);
  return undefined;
}

function readAddressingStyle(env: Environment, problems: Problems): boolean | undefined {
  const setting = readSetting(env, ["AWS_S3_ADDRESSING_STYLE"], problems);
  if (setting === undefined || setting.value === "auto") return undefined;
  if (setting.value === "path") return true;
  if (setting.value === "virtual") return false;
  problems.push(`AWS_S3_ADDRESSING_STYLE ("${setting.value}") is none of auto, path and virtual.`);
  return undefined;
}

/** Heroku's Cloudcube: a folder of a shared bucket, given as one address. */
function readCloudcube(env: Environment, problems: Problems): S3DriverOptions | undefined {
  const before = problems.length;
  const url = readSetting(env, ["CLOUDCUBE_URL"], problems);
  const keyId = readSetting(env, ["CLOUDCUBE_ACCESS_KEY_ID"], problems, { isSecret: true });
  const secret = readSetting(env, ["CLOUDCUBE_SECRET_ACCESS_KEY"], problems, { isSecret: true });
  const match = /^https:\/\/([a-z0-9-]+)\.s3\.(?:([a-z0-9-]+)\.)?amazonaws\.com\/([A-Za-z0-9]+)\/?$/.exec(url?.value ?? "");
  if (match === null && problems.length === before) problems.push("CLOUDCUBE_URL does not read https://BUCKET.s3.amazonaws.com/CUBE.");
  if (keyId === undefined || secret === undefined)
    problems.push("CLOUDCUBE_URL needs CLOUDCUBE_ACCESS_KEY_ID and CLOUDCUBE_SECRET_ACCESS_KEY.");
  const [, bucket, region, cube] = match ?? [];
  if (problems.length > before || bucket === undefined || cube === undefined || keyId === undefined || secret === undefined)
    return undefined;
  return {
    bucket,
    region: region ?? (bucket.endsWith("-eu") ? "eu-west-1" : "us-east-1"),
    prefix: `${cube}/`,
    credentials: { accessKeyId: keyId.value, secretAccessKey: secret.value },
  };
}

function first(variables: readonly string[]): string {
  return variables.find((variable) => !variable.startsWith("AWS_S3_")) ?? variables[0] ?? "";
}
