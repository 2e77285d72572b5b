// Made from holdfast.yaml: holdfast env types --write. Change it there.
import { readEnv } from "@holdfast/media/env";

/** The app's environment, read and checked once. The start ends here, with every problem named, where something is missing. */
export const env = readEnv({
  variables: {
    DATABASE_URL: {
      type: "url",
      schemes: ["postgres", "postgresql", "file"],
      required: true,
      default: "file:holdfast-data/app.db",
      description: "Where the leads are, beside the catalogue of their photos",
    },
    AWS_STORAGE_BUCKET_NAME: { description: "The private bucket for the photos", example: "defter" },
    AWS_ACCESS_KEY_ID: { secret: true },
    AWS_SECRET_ACCESS_KEY: { secret: true },
    AWS_S3_REGION_NAME: { example: "eu-west-3" },
    AWS_S3_ENDPOINT_URL: { type: "url", schemes: ["https", "http"], description: "Where the bucket is, if it is not at AWS" },
    CLOUDINARY_URL: { type: "url", schemes: ["cloudinary"], secret: true, description: "Cloudinary for the photos rather than a bucket" },
    PORT: { type: "port", required: true, default: 4203 },
    HOST: { description: "The address it listens at; in production 0.0.0.0" },
    SITE_URL: { type: "url", schemes: ["https", "http"], description: "Where browsers find the site; Render tells it by itself" },
    RENDER_EXTERNAL_URL: { type: "url", schemes: ["https"] },
    PROXIES: { type: "integer", min: 0, max: 9, description: "How many proxies in front of it add to X-Forwarded-For" },
    GRACE_SECONDS: { type: "integer", min: 1, max: 300, description: "How long uploads under way may take at SIGTERM; 25" },
    SENTRY_DSN: { type: "url", schemes: ["https", "http"], secret: true, description: "Where errors are sent beside the log" },
    LOG_LEVEL: { values: ["debug", "info", "warn", "error", "silent"] },
  },
  rules: [
    {
      because: "photos go to one place",
      atMostOne: ["CLOUDINARY_URL", "AWS_STORAGE_BUCKET_NAME"],
    },
  ],
});
