import type { Recipe } from "../findings/finding.js";

/** What a recipe brings: a storage for uploads that lasts, or a database that does. */
export type RecipeKind = "storage" | "database";

const media: Recipe = {
  file: "npm install @holdfast/media",
  lines: [
    'import { openMedia } from "@holdfast/media";',
    "const media = await openMedia(); // CLOUDINARY_URL, or a bucket, from the environment",
    "const photo = await media.put(file);",
    "// keep photo.url() in the row, instead of a path",
  ],
};

const storage: Readonly<Record<string, Recipe>> = {
  django: {
    file: "settings.py, after: pip install django-storages[s3]",
    lines: [
      "STORAGES = {",
      '    "default": {"BACKEND": "storages.backends.s3.S3Storage"},',
      '    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},',
      "}",
      'AWS_STORAGE_BUCKET_NAME = os.environ["AWS_STORAGE_BUCKET_NAME"]',
    ],
  },
  rails: {
    file: "config/environments/production.rb, after: bundle add aws-sdk-s3",
    lines: ["config.active_storage.service = :amazon # with an amazon: section in config/storage.yml"],
  },
  laravel: {
    file: ".env, after: composer require league/flysystem-aws-s3-v3",
    lines: ["FILESYSTEM_DISK=s3"],
  },
  strapi: {
    file: "config/plugins.js, after: npm install @strapi/provider-upload-cloudinary",
    lines: [
      "module.exports = ({ env }) => ({ upload: { config: { provider: 'cloudinary', providerOptions: {",
      "  cloud_name: env('CLOUDINARY_NAME'), api_key: env('CLOUDINARY_KEY'), api_secret: env('CLOUDINARY_SECRET'),",
      "} } } });",
    ],
  },
  payload: {
    file: "payload.config.ts, after: npm install @payloadcms/storage-s3",
    lines: ["plugins: [s3Storage({ collections: { media: true }, bucket: process.env.S3_BUCKET, config: { /* … */ } })],"],
  },
  directus: {
    file: "the service's environment",
    lines: ["STORAGE_LOCATIONS=s3", "STORAGE_S3_DRIVER=s3", "STORAGE_S3_BUCKET=…"],
  },
  flask: {
    file: "where the file is saved, after: pip install boto3",
    lines: ['s3 = boto3.client("s3")', 's3.upload_fileobj(file, os.environ["S3_BUCKET"], key)  # instead of file.save(path)'],
  },
  express: media,
  nextjs: media,
  nestjs: media,
  fastify: media,
  hono: media,
  koa: media,
};

const database: Readonly<Record<string, Recipe>> = {
  django: {
    file: "settings.py, after: pip install dj-database-url psycopg[binary]",
    lines: ['DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}'],
  },
  rails: { file: "config/database.yml, after: bundle add pg", lines: ["production:", '  url: <%= ENV.fetch("DATABASE_URL") %>'] },
  laravel: { file: "the service's environment", lines: ["DB_CONNECTION=pgsql", "DB_URL=postgres://…"] },
};

/** The code that carries a remedy out in a framework; undefined where a general sentence has to do. */
export function recipeFor(kind: RecipeKind, framework: string): Recipe | undefined {
  const recipes = kind === "storage" ? storage : database;
  return framework === "fastapi" ? recipes["flask"] : recipes[framework];
}
