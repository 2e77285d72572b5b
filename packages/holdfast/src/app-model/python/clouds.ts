import type { Destination } from "../model.js";

/** Services by what their libraries and storage classes are called; the first that fits counts. */
const services: readonly (readonly [pattern: RegExp, destination: Destination])[] = [
  [/cloudinary/i, { kind: "cloud", service: "cloudinary" }],
  [/supabase/i, { kind: "cloud", service: "supabase" }],
  [/gdstorage|google_?drive|googleapiclient|pydrive/i, { kind: "cloud", service: "google-drive" }],
  [/gcloud|google\.cloud|googlecloud|\bgcs\b/i, { kind: "cloud", service: "gcs" }],
  [/firebase/i, { kind: "cloud", service: "firebase" }],
  [/azure/i, { kind: "cloud", service: "azure" }],
  [/imagekit(?!\.models)/i, { kind: "cloud", service: "imagekit" }],
  [/uploadcare/i, { kind: "cloud", service: "uploadcare" }],
  [/vercel_?blob/i, { kind: "cloud", service: "vercel-blob" }],
  [/dropbox/i, { kind: "cloud", service: "dropbox" }],
  [/bunny/i, { kind: "cloud", service: "bunny" }],
  [/imgbb|imgur/i, { kind: "cloud", service: "imgur" }],
  [/sftp|ftp/i, { kind: "cloud", service: "sftp" }],
  [/github/i, { kind: "cloud", service: "github" }],
  [/gridfs|gridout/i, { kind: "database", engine: "mongodb" }],
  [/db_?file_?storage|binary_?database|postgres/i, { kind: "database", engine: "postgres" }],
  [/s3|boto|aws|spaces|minio|backblaze|\bb2|r2|wasabi|tigris|oss2|aliyun|qiniu|cos_sdk/i, { kind: "cloud", service: "s3" }],
];

/** The service behind a library's name; undefined for what is none. */
export function cloudOf(name: string): Destination | undefined {
  return services.find(([pattern]) => pattern.test(name))?.[1];
}

/** Methods by which clients send bytes away. */
const sends =
  /^(upload|upload_large|upload_image|upload_file|upload_fileobj|upload_from_file|upload_from_string|upload_from_filename|upload_blob|upload_data|unsigned_upload|put_object|fput_object|put_file|put|create_file|files_upload|upload_resource|upload_bytes|save_file|next_chunk|update_file|store|insert_file|upload_fileobject)$/;

/** Where a call of a library sends what it is given; undefined for what sends nothing. */
export function sentBy(name: string | undefined, method: string): Destination | undefined {
  if (name === undefined)
    return /^(upload_fileobj|upload_from_file|upload_from_string|upload_blob|put_object|fput_object)$/.test(method)
      ? { kind: "cloud", service: "s3" }
      : undefined;
  if (/googleapiclient.*\.create$|MediaIoBaseUpload$|MediaFileUpload$/.test(name)) return { kind: "cloud", service: "google-drive" };
  return sends.test(method) ? cloudOf(name) : undefined;
}
