import type { Environment } from "../env/platform.js";

const keys = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "se/cr+et" };
const cloud = "cloudinary://123456789012345:abcDEFghiJKL@demo";

/** Environments, and what is chosen from them for the folder /app, told in one line. */
export const chosenRows: readonly (readonly [string, Environment, string])[] = [
  ["nothing set", {}, "disk /app/holdfast-data/media by default"],
  ["a folder", { MEDIA_ROOT: "/data/media" }, "disk /data/media by MEDIA_ROOT"],
  ["a relative folder", { MEDIA_ROOT: "uploads" }, "disk /app/uploads by MEDIA_ROOT"],
  ["Cloudinary", { CLOUDINARY_URL: cloud }, "cloudinary demo by CLOUDINARY_URL"],
  ["Cloudinary with options in its URL", { CLOUDINARY_URL: `${cloud}?secure=true` }, "cloudinary demo by CLOUDINARY_URL"],
  [
    "Cloudinary by three variables",
    { CLOUDINARY_CLOUD_NAME: "demo", CLOUDINARY_API_KEY: "1", CLOUDINARY_API_SECRET: "s" },
    "cloudinary demo by CLOUDINARY_CLOUD_NAME",
  ],
  ["Cloudinary by both, agreeing", { CLOUDINARY_URL: cloud, CLOUDINARY_CLOUD_NAME: "demo" }, "cloudinary demo by CLOUDINARY_URL"],
  ["Cloudinary before a folder", { CLOUDINARY_URL: cloud, MEDIA_ROOT: "/data" }, "cloudinary demo by CLOUDINARY_URL"],
  ["a secret with an escaped slash", { CLOUDINARY_URL: "cloudinary://1:a%2Fb@demo" }, "cloudinary demo by CLOUDINARY_URL"],
  [
    "Django's names",
    { AWS_STORAGE_BUCKET_NAME: "photos", AWS_S3_REGION_NAME: "eu-west-3", ...keys },
    "s3 photos eu-west-3 by AWS_STORAGE_BUCKET_NAME",
  ],
  ["S3_BUCKET", { S3_BUCKET: "photos", ...keys }, "s3 photos us-east-1 by S3_BUCKET"],
  [
    "a custom domain",
    { S3_BUCKET: "photos", AWS_S3_CUSTOM_DOMAIN: "cdn.example.com", ...keys },
    "s3 photos us-east-1 https://cdn.example.com by S3_BUCKET",
  ],
  ["a folder in the bucket", { S3_BUCKET: "photos", AWS_LOCATION: "/media/", ...keys }, "s3 photos us-east-1 media/ by S3_BUCKET"],
  ["a profile", { S3_BUCKET: "photos", AWS_PROFILE: "work" }, "s3 photos us-east-1 own credentials by S3_BUCKET"],
  ["an instance's role, asked for", { S3_BUCKET: "photos", MEDIA_STORAGE: "s3" }, "s3 photos us-east-1 own credentials by MEDIA_STORAGE"],
  ["a web identity", { S3_BUCKET: "photos", AWS_WEB_IDENTITY_TOKEN_FILE: "/t" }, "s3 photos us-east-1 own credentials by S3_BUCKET"],
  [
    "R2",
    { S3_BUCKET: "photos", S3_ENDPOINT: "https://abc.r2.cloudflarestorage.com", ...keys },
    "s3 photos auto https://abc.r2.cloudflarestorage.com path style by S3_BUCKET",
  ],
  [
    "Backblaze with its endpoint",
    { B2_BUCKET: "photos", B2_APPLICATION_KEY_ID: "id", B2_APPLICATION_KEY: "k", B2_ENDPOINT: "s3.us-west-004.backblazeb2.com" },
    "s3 photos auto https://s3.us-west-004.backblazeb2.com path style by B2_BUCKET",
  ],
  [
    "Backblaze with its region",
    { B2_BUCKET_NAME: "photos", B2_KEY_ID: "id", B2_APPLICATION_KEY: "k", B2_REGION: "eu-central-003" },
    "s3 photos eu-central-003 https://s3.eu-central-003.backblazeb2.com path style by B2_BUCKET_NAME",
  ],
  [
    "Fly with Tigris",
    { BUCKET_NAME: "photos", AWS_ENDPOINT_URL_S3: "https://fly.storage.tigris.dev", AWS_REGION: "auto", FLY_APP_NAME: "a", ...keys },
    "s3 photos auto https://fly.storage.tigris.dev by BUCKET_NAME",
  ],
  [
    "Railway's bucket",
    { AWS_S3_BUCKET_NAME: "photos", AWS_ENDPOINT_URL: "https://storage.railway.app", AWS_DEFAULT_REGION: "auto", ...keys },
    "s3 photos auto https://storage.railway.app path style by AWS_S3_BUCKET_NAME",
  ],
  [
    "Bucketeer on Heroku",
    {
      BUCKETEER_BUCKET_NAME: "bucketeer-x",
      BUCKETEER_AWS_REGION: "us-east-1",
      BUCKETEER_AWS_ACCESS_KEY_ID: "a",
      BUCKETEER_AWS_SECRET_ACCESS_KEY: "b",
    },
    "s3 bucketeer-x us-east-1 by BUCKETEER_BUCKET_NAME",
  ],
  [
    "Cloudcube on Heroku",
    { CLOUDCUBE_URL: "https://cloud-cube.s3.amazonaws.com/abc123", CLOUDCUBE_ACCESS_KEY_ID: "a", CLOUDCUBE_SECRET_ACCESS_KEY: "b" },
    "s3 cloud-cube us-east-1 abc123/ by CLOUDCUBE_URL",
  ],
  [
    "Supabase, whose endpoint has a path",
    { S3_BUCKET: "photos", S3_ENDPOINT: "https://x.supabase.co/storage/v1/s3", ...keys },
    "s3 photos auto https://x.supabase.co/storage/v1/s3 path style by S3_BUCKET",
  ],
  [
    "both clouds, decided",
    { CLOUDINARY_URL: cloud, S3_BUCKET: "photos", MEDIA_STORAGE: "s3", ...keys },
    "s3 photos us-east-1 by MEDIA_STORAGE",
  ],
  [
    "both clouds, and the disk asked for",
    { CLOUDINARY_URL: cloud, S3_BUCKET: "photos", MEDIA_STORAGE: "disk", ...keys },
    "disk /app/holdfast-data/media by MEDIA_STORAGE",
  ],
  ["keys without a bucket, which may serve something else", keys, "disk /app/holdfast-data/media by default"],
  [
    "empty variables, which count as unset",
    { CLOUDINARY_URL: "", S3_BUCKET: "", MEDIA_STORAGE: "" },
    "disk /app/holdfast-data/media by default",
  ],
];

/** Environments that are refused, and what the refusal says. */
export const refusedRows: readonly (readonly [string, Environment, RegExp])[] = [
  [
    "both clouds",
    { CLOUDINARY_URL: cloud, S3_BUCKET: "photos", ...keys },
    /^CLOUDINARY_URL asks for Cloudinary and S3_BUCKET for an S3 bucket/,
  ],
  ["an unknown storage", { MEDIA_STORAGE: "gcs" }, /^MEDIA_STORAGE="gcs" is none of disk, s3, cloudinary\.$/],
  ["a storage under another name", { MEDIA_STORAGE: "local" }, /did you mean "disk"\?/],
  ["a storage in quotes", { MEDIA_STORAGE: '"s3"' }, /quotes/],
  ["Cloudinary asked for without its URL", { MEDIA_STORAGE: "cloudinary" }, /needs CLOUDINARY_URL/],
  ["S3 asked for without a bucket", { MEDIA_STORAGE: "s3", ...keys }, /needs the bucket's name/],
  ["a bucket without credentials", { S3_BUCKET: "photos" }, /no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
  ["half the credentials", { S3_BUCKET: "photos", AWS_ACCESS_KEY_ID: "AKIA" }, /AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY/],
  [
    "two buckets that differ",
    { S3_BUCKET: "a-bucket", AWS_STORAGE_BUCKET_NAME: "b-bucket", ...keys },
    /names for one setting, but have "b-bucket" and "a-bucket"/,
  ],
  [
    "regions that differ",
    { S3_BUCKET: "photos", AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2", ...keys },
    /AWS_REGION and AWS_DEFAULT_REGION/,
  ],
  ["buckets of two families", { S3_BUCKET: "photos", B2_BUCKET: "other", ...keys }, /S3_BUCKET and B2_BUCKET each name a bucket/],
  ["an unknown region", { S3_BUCKET: "photos", AWS_REGION: "europe", ...keys }, /\("europe"\) is not an AWS region/],
  ["an availability zone", { S3_BUCKET: "photos", AWS_REGION: "eu-west-3a", ...keys }, /availability zone of eu-west-3/],
  [
    "an endpoint with the bucket as its path",
    { S3_BUCKET: "photos", S3_ENDPOINT: "https://abc.r2.cloudflarestorage.com/photos", ...keys },
    /which is the bucket's name: write https:\/\/abc\.r2\.cloudflarestorage\.com\./,
  ],
  [
    "an endpoint with the bucket in its host",
    { S3_BUCKET: "photos", S3_ENDPOINT: "https://photos.nyc3.digitaloceanspaces.com", ...keys },
    /write https:\/\/nyc3\.digitaloceanspaces\.com\./,
  ],
  ["an endpoint that is none", { S3_BUCKET: "photos", S3_ENDPOINT: "https://", ...keys }, /is not an address/],
  ["a bucket that is an address", { S3_BUCKET: "s3://photos", ...keys }, /write the bucket's name only/],
  ["Backblaze without endpoint and region", { B2_BUCKET: "photos", B2_KEY_ID: "a", B2_APPLICATION_KEY: "b" }, /needs B2_ENDPOINT/],
  ["Cloudinary's name alone", { CLOUDINARY_CLOUD_NAME: "demo" }, /CLOUDINARY_API_KEY and CLOUDINARY_API_SECRET are not set/],
  ["clouds' names that differ", { CLOUDINARY_URL: cloud, CLOUDINARY_CLOUD_NAME: "other" }, /"demo" and CLOUDINARY_CLOUD_NAME "other"/],
  ["quotes", { CLOUDINARY_URL: `"${cloud}"` }, /quotes around it.*\(the SDKs of Python, Node, Ruby and PHP refuse it as well/],
  [
    "a space at the end",
    { CLOUDINARY_URL: `${cloud} ` },
    /a space at its end: remove it \(Python and PHP keep the space.*Node drops it; Ruby refuses it\)/,
  ],
  [
    "a space at the beginning",
    { CLOUDINARY_URL: ` ${cloud}` },
    /a space at its beginning: remove it \(Python drops it; Node, Ruby and PHP/,
  ],
  [
    "a line break",
    { CLOUDINARY_URL: `${cloud}\n` },
    /a line break at its end: remove it \(Python and Node drop it; PHP puts _ in its place/,
  ],
  [
    "its own name pasted in",
    { CLOUDINARY_URL: `CLOUDINARY_URL=${cloud}` },
    /begins with a variable's name and =.*\(PHP takes the name away; Python, Node and Ruby refuse it\)/,
  ],
  [
    "its own name pasted in, with quotes",
    { CLOUDINARY_URL: `CLOUDINARY_URL="${cloud}"` },
    /begins with a variable's name and =: paste only what comes after it\. It reads/,
  ],
  [
    "placeholders for key and secret",
    { CLOUDINARY_URL: "cloudinary://<your_api_key>:<your_api_secret>@demo" },
    /placeholder in angle brackets.*\(Python, Node and PHP take it for the real value.*Ruby refuses it\)/,
  ],
  [
    "a placeholder for the cloud's name",
    { CLOUDINARY_URL: "cloudinary://123456789012345:abcDEF@<cloud_name>" },
    /placeholder in angle brackets.*\(Python and PHP take it for the real value; Node and Ruby refuse it\)/,
  ],
  [
    "a slash in the secret",
    { CLOUDINARY_URL: "cloudinary://1:ab/cd@demo" },
    /a \/ in its API secret .*write it as %2F.* With the \/ as it is, Python takes the API key for the cloud's name; Node, Ruby and PHP refuse it\.$/,
  ],
  [
    "a slash in the secret after what may be a port",
    { CLOUDINARY_URL: "cloudinary://1:12/cd@demo" },
    /a \/ in its API secret \(cloudinary:\/\/…:…\/…@demo\): set CLOUDINARY_CLOUD_NAME, CLOUDINARY_API_KEY, CLOUDINARY_API_SECRET instead, or write it as %2F, which Holdfast decodes and the official SDKs do not\.$/,
  ],
  [
    "a hash in the secret",
    { CLOUDINARY_URL: "cloudinary://1:ab#cd@demo" },
    /a # in its API secret .*write it as %23.* With the # as it is, Python takes the API key/,
  ],
  [
    "a question mark in the secret",
    { CLOUDINARY_URL: "cloudinary://1:ab?cd@demo" },
    /a \? in its API secret .*write it as %3F.* With the \? as it is, Python takes the API key/,
  ],
  [
    "an @ and a question mark in the secret, whose middle is no cloud's name",
    { CLOUDINARY_URL: "cloudinary://1:ab@other?cd@demo" },
    /an @ in its API secret \(cloudinary:\/\/…:…@…@demo\): set/,
  ],
  [
    "an @ in the secret",
    { CLOUDINARY_URL: "cloudinary://1:ab@cd@demo" },
    /an @ in its API secret .*write it as %40.* Python reads it as meant; Node and PHP put %40 in its place; Ruby refuses it\.$/,
  ],
  ["another scheme", { CLOUDINARY_URL: "https://res.cloudinary.com/demo" }, /begins with https:\/\//],
  ["no secret", { CLOUDINARY_URL: "cloudinary://1@demo" }, /no : between key and secret/],
  ["key and secret swapped", { CLOUDINARY_URL: "cloudinary://abcDEF:123@demo" }, /may have been swapped/],
  ["an empty folder", { MEDIA_ROOT: "  " }, /MEDIA_ROOT is set but empty/],
  ["the root of everything", { MEDIA_ROOT: "/" }, /a folder of its own/],
  ["a bucket given as a folder", { MEDIA_ROOT: "s3://photos/media" }, /is an address, not a folder/],
  [
    "a wrong Cloudcube address",
    { CLOUDCUBE_URL: "https://example.com", CLOUDCUBE_ACCESS_KEY_ID: "a", CLOUDCUBE_SECRET_ACCESS_KEY: "b" },
    /CLOUDCUBE_URL does not read/,
  ],
];
