export { type CanaryHistory, type CanarySighting, readCanary } from "./catalogue/canary.js";
export { releaseOf } from "./env/release.js";
export { sharedSqliteDialect } from "./catalogue/shared-connection.js";
export type { SigningKeyRotation } from "./delivery/signing-keys.js";
export type { PresetOptions } from "./images/known-transforms.js";
export type { Fit, Focus, TransformOptions } from "./images/parameters.js";
export type { Job, JobState } from "./catalogue/jobs.js";
export { type Manifest, type ManifestAttachment, parseManifest } from "./catalogue/manifest.js";
export type { Replica } from "./catalogue/replicas.js";
export { migrationSql } from "./catalogue/migrations.js";
export { type FileId, type FileRecord, type FileState, parseFileId, type Visibility } from "./catalogue/file.js";
export type { MediaStats, StorageOperation } from "./counters.js";
export { type AvatarOptions, avatar, type ImageAttributes, type ImageMarkup, type PictureOptions, picture } from "./delivery/markup.js";
export { catalogue, type ErrorCode, fail, formatBytes, HoldfastError, isHoldfastError } from "./errors.js";
export type { FallbackPicture, MediaEvent } from "./delivery/fallback/media-event.js";
export type { DeliveryMode } from "./delivery/redirect.js";
export type { Mount, MountOptions } from "./delivery/mount/mount-options.js";
export type { FormFileClaim, FormFileOptions, FormFileReader, FormRefusal, ReceivedForm, ReceiveFormOptions } from "./form-options.js";
export type {
  AttachmentTarget,
  AttachOptions,
  Authorize,
  DatabaseTransaction,
  DetachOptions,
  FileJson,
  PictureJson,
  FileReference,
  Logger,
  Media,
  MediaAction,
  MediaFile,
  MediaJobs,
  MediaOptions,
  PostgresHandle,
  PutFileOptions,
  PutInput,
  ReceiveFileOptions,
  SettleReport,
  SqliteHandle,
  SrcsetOptions,
  StageOptions,
  UploadLimits,
  UrlOptions,
} from "./media.js";
export type { RebuildOptions, RebuildProgress, RebuildReport } from "./rebuild-options.js";
export { openJobs } from "./open-jobs.js";
export { openMedia } from "./open-media.js";
export { rebuildCatalogue } from "./rebuild-catalogue.js";
export { type Problem, toProblem } from "./problem.js";
export type { ByteRange, Cors, CorsRule, Driver, ObjectBody, ObjectStat, PutOptions, Receipt, Sha256, Source } from "./storage/driver.js";
export { fsDriver } from "./storage/drivers/fs.js";
export { detectPlatform, type Environment, isProduction, type Platform } from "./env/platform.js";
export type { Durability } from "./storage/storage.js";
export { type Key, parseKey } from "./storage/key.js";
export { chooseStorage, type StorageChoice } from "./storage/choose.js";
export { openCloudinaryStorage } from "./storage/cloudinary-storage.js";
export type { CloudinaryAccount } from "./storage/choose-cloudinary.js";
export type { S3DriverOptions } from "./storage/drivers/s3-options.js";
export { type CorsPlan, planCors } from "./storage/cors.js";
export { type OptionalPackage, inspectStorage, type StorageInspection } from "./storage/inspect.js";
export type { UnusedSettings } from "./storage/unused-settings.js";
export { type S3Provider, s3Providers, type S3Quirks } from "./storage/quirks.js";
export { diskStorage, s3Storage, storageFromEnvironment } from "./storage/from-environment.js";
export { sourceFromBytes, sourceFromStream } from "./storage/source.js";
export { describeStorage, openStorage, type Storage } from "./storage/storage.js";
