import type { FallbackPicture, MediaEvent } from "./delivery/fallback/media-event.js";
import type { DeliveryMode } from "./delivery/redirect.js";
import type { Mount, MountOptions } from "./delivery/mount/mount-options.js";
import type { DatabaseTransaction, PostgresHandle, SqliteHandle } from "./database-handles.js";
import type { FileId, FileRecord, Visibility } from "./catalogue/file.js";
import type { Job, JobState } from "./catalogue/jobs.js";
import type { MediaFile } from "./delivery/media-file.js";
import type { SigningKeyRotation } from "./delivery/signing-keys.js";
import type { PresetOptions } from "./images/known-transforms.js";
import type { TransformOptions } from "./images/parameters.js";
import type { Replica } from "./catalogue/replicas.js";
import type { MediaStats } from "./counters.js";
import type { ByteRange, ObjectBody, Source } from "./storage/driver.js";
import type { Environment } from "./env/platform.js";
import type { ReceivedForm, ReceiveFormOptions } from "./form-options.js";
import type { Storage } from "./storage/storage.js";

export type { FileJson, MediaFile, PictureJson, SrcsetOptions, UrlOptions } from "./delivery/media-file.js";

/** An application's record, and the slot of it that a file fills: `["article", "42", "cover"]`. */
export type AttachmentTarget = readonly [recordType: string, recordId: string, slot: string];

/** What may be put: a web `File` or `Blob`, bytes, a stream of bytes, or a `Source` of one's own. */
export type PutInput = Blob | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Source;

/** How a file is put. */
export interface PutFileOptions {
  /** The file's own name, without a path. @defaultValue the `File`'s name; required otherwise */
  readonly name?: string;
  /** Link the file to a record of the application in the same transaction that makes it `stored`. */
  readonly attachTo?: AttachmentTarget;
  /**
   * Who may read it without asking: of a `public` file everything; of a `private` one the variants, which tell no place of taking;
   * of a `confidential` one nothing. Whatever is left needs `authorize` to say yes, or a signed URL. @defaultValue `"private"`
   */
  readonly visibility?: Visibility;
  /** Whose it is, in the application's words: a user's id. Kept in the catalogue and in the manifest. */
  readonly owner?: string;
  /**
   * What the sender calls this upload, so that the same one sent twice, for its answer was lost, is kept once: the second time
   * the first one's file is answered. `receive` takes it from the header `Idempotency-Key`.
   */
  readonly idempotencyKey?: string;
  /** What the sender says the bytes are; refused when they are not. @defaultValue nothing is claimed */
  readonly declaredType?: string;
  /**
   * Keep not the picture that was sent but one made of it, without metadata: `{ width: 800, height: 800, fit: "cover" }` keeps a
   * square of it, and the rest nowhere. JPEG, or PNG where it is transparent, unless a format is said, at a quality of 90. Meanwhile
   * what was sent is in memory whole, and what is no picture is refused. @defaultValue the bytes as they were sent
   */
  readonly keepAs?: TransformOptions;
  readonly signal?: AbortSignal;
}

/** How a file is staged. */
export interface StageOptions extends Omit<PutFileOptions, "attachTo"> {
  /** How long it waits to be attached, from when it is stored. @defaultValue 24 hours */
  readonly expiresInMs?: number;
}

/** How a request's file is received. */
export interface ReceiveFileOptions extends Pick<PutFileOptions, "attachTo" | "visibility" | "owner" | "keepAs"> {
  /** Stage it: unless it is attached within this time, it goes to the trash. @defaultValue it is kept */
  readonly expiresInMs?: number;
}

/** Where files are attached, and in whose transaction. */
export interface AttachOptions {
  readonly to: AttachmentTarget;
  /** The application's own transaction: what is done here is committed or rolled back with it. @defaultValue one of our own */
  readonly tx?: DatabaseTransaction;
  /**
   * Take the place of everything that is in the slot, or with `position` of the file that is there. What has to make way and is
   * attached nowhere else goes to the trash. @defaultValue false
   */
  readonly replace?: boolean;
  /** Which place in the slot, from 0. @defaultValue after all that are there */
  readonly position?: number;
}

/** What is detached, and in whose transaction. */
export interface DetachOptions {
  /** A slot of a record, or with two parts the record: all its slots. */
  readonly from: AttachmentTarget | readonly [recordType: string, recordId: string];
  /** @defaultValue all that are there */
  readonly files?: FileReference | readonly FileReference[];
  /** The application's own transaction: what is done here is committed or rolled back with it. @defaultValue one of our own */
  readonly tx?: DatabaseTransaction;
}

/** A file, or its id. */
export type FileReference = string | { readonly id: string };

/** What somebody wants to do; `authorize` answers whether they may. */
export type MediaAction = { readonly kind: "upload" } | { readonly kind: "read"; readonly file: FileRecord };

/** Decide on one request. It is asked before anything is read or written. */
export type Authorize = (request: Request, action: MediaAction) => boolean | Promise<boolean>;

/** What uploads may be. Every limit is checked before or while bytes arrive, never after they are kept. */
export interface UploadLimits {
  /** @defaultValue 100 MB, or MEDIA_MAX_BYTES */
  readonly maxBytes: number;
  /** Width × height of an image, of one frame where it is animated. @defaultValue 50 million, or MEDIA_MAX_PIXELS */
  readonly maxPixels: number;
  /**
   * Memory for pixels that are being decoded at one time. What could never be decoded within it is refused, with the limit for
   * images of its kind: AVIF takes twenty bytes a pixel, a progressive JPEG four, another JPEG half a byte. @defaultValue 240 MB, or
   * MEDIA_DECODE_MEMORY
   */
  readonly maxDecodeBytes: number;
  /** How long a sender may be silent. @defaultValue 30 s */
  readonly stallTimeoutMs: number;
  /** Media types, `image/*` patterns among them. @defaultValue images, PDF, audio and video */
  readonly accept: readonly string[];
}

/** Where the log lines go: pino, console and the like fit. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  /** `cause` is the error that the line is about, where there is one: for whoever collects errors. */
  error(message: string, cause?: unknown): void;
}

export type {
  DatabaseTransaction,
  PostgresClientHandle,
  PostgresHandle,
  PostgresPoolClientHandle,
  SqliteHandle,
} from "./database-handles.js";
export type { DrizzleTransactionHandle, KyselyTransactionHandle, PrismaTransactionHandle } from "./database-handles.js";

/** How media is opened. Everything has a default; the environment supplies what is not said here. */
export interface MediaOptions {
  /**
   * Where originals and variants go. Of several the first takes what comes; each further one is given a whole copy of every
   * original, and answers reads where those before it cannot. @defaultValue chosen from the environment, else the folder
   * `holdfast-data/media`
   */
  readonly storage?: Storage | readonly Storage[];
  /**
   * `postgres://…`, `file:` and a path, a pool of pg or an open SQLite handle. @defaultValue MEDIA_DATABASE_URL, else
   * DATABASE_URL where that is PostgreSQL, else `holdfast-data/catalogue.db`
   */
  readonly database?: string | SqliteHandle | PostgresHandle;
  /** Before the name of each table. @defaultValue `holdfast_` */
  readonly tablePrefix?: string;
  /**
   * Whether PostgreSQL keeps the statements of uploads prepared. Behind a pooler that does not bear it they are left out by
   * themselves; `false` leaves them out from the start. @defaultValue MEDIA_DATABASE_PREPARE, else true
   */
  readonly prepareStatements?: boolean;
  /** The path that `handler` serves and URLs begin with. @defaultValue `/media` */
  readonly basePath?: string;
  /** Without one, `handler` takes no uploads, and private originals need a signed URL. */
  readonly authorize?: Authorize;
  /**
   * What is shown where the bytes of a file's picture are missing or out of reach. The answer's status says 404 or 503 all the same.
   * @defaultValue `?initials=` of the URL, else the blurred preview that the row keeps
   */
  readonly fallback?: (file: FileRecord) => FallbackPicture | undefined | Promise<FallbackPicture | undefined>;
  /** Told what happens to stored bytes, when it is noticed. It must not throw, and nobody waits for it. */
  readonly onEvent?: (event: MediaEvent) => void;
  readonly limits?: Partial<UploadLimits>;
  /** Stage what `handler` takes in: what nobody attaches within this time goes to the trash. @defaultValue it is kept */
  readonly uploadsExpireInMs?: number;
  /** Transforms with names of their own, which everybody may ask for. @defaultValue none */
  readonly presets?: PresetOptions;
  /**
   * How bytes go out: through this app (`proxy`), or from the storage itself (`redirect`), to whose public or signed URL readers are
   * sent; what has none, and variants that are not stored yet, go through this app all the same. @defaultValue MEDIA_DELIVERY, else `proxy`
   */
  readonly delivery?: DeliveryMode;
  /** The origin of a CDN that fetches from this app what it lacks: public URLs begin with it. @defaultValue MEDIA_CDN_URL, else none */
  readonly cdn?: string;
  /**
   * Variants kept on the local disk between memory and the storage: where, and how many bytes of them; `false` for none.
   * @defaultValue MEDIA_CACHE_DIR and MEDIA_CACHE_BYTES, else 256 MB in `holdfast-data/cache` where the storage is no disk itself
   */
  readonly variantCache?: false | { readonly folder?: string; readonly maxBytes?: number };
  /**
   * Where images are decoded: in this process, or in others, which may crash or be killed for want of memory without taking this one
   * along. They are started when first needed, and end with this process. @defaultValue `"inline"`; the service uses `"process"`
   */
  readonly decoding?: "inline" | "process";
  /** Whether AVIF is made, in the background, for browsers that take it. @defaultValue true */
  readonly avif?: boolean;
  /** Secrets for signed URLs: the first signs, all verify. @defaultValue HOLDFAST_SIGNING_KEY, else one made for and kept in the catalogue */
  readonly signingKey?: string | readonly string[];
  /** How long an upload may be silent towards the catalogue before it is given up. @defaultValue one minute */
  readonly leaseMs?: number;
  /** How often to settle. 0 never does by itself. @defaultValue one minute */
  readonly settleEveryMs?: number;
  /** How long an abandoned upload's key is watched for a late write. @defaultValue 24 hours */
  readonly lateWriteMs?: number;
  /** How long a trashed file can be restored. @defaultValue 30 days */
  readonly retentionMs?: number;
  /**
   * Whether this instance does the work that commits make due, and how many jobs at a time; where none does, manifests are not
   * written. @defaultValue 4 at a time
   */
  readonly jobs?: false | { readonly concurrency?: number };
  /** @defaultValue the console, one line each */
  readonly log?: Logger;
  /** @defaultValue `process.env` */
  readonly env?: Environment;
  /** What relative paths are relative to. @defaultValue `process.cwd()` */
  readonly cwd?: string;
}

/** What one settling did. */
export interface SettleReport {
  /** Reservations whose lease ran out, of files and of variants, and whose keys were deleted. */
  readonly abandoned: number;
  /** Staged files that nobody attached in time, and that went to the trash. */
  readonly expired: number;
  /** Abandoned rows that went, their keys deleted a second time. */
  readonly cleared: number;
  /** Trashed files whose retention ended and whose bytes were deleted. */
  readonly purged: number;
  /** Why nothing was touched, when nothing was. */
  readonly heldBack: string | undefined;
}

/** The work that commits have made due and that is not done yet. What is done is no longer here. */
export interface MediaJobs {
  /** Jobs in the order of their ids, from after the job `after`. @defaultValue 50 of any state and kind */
  list(page?: {
    readonly state?: JobState | undefined;
    readonly kind?: string | undefined;
    readonly after?: string | undefined;
    readonly limit?: number;
  }): Promise<Job[]>;
  /** How many there are of each kind in each state. */
  count(): Promise<{ readonly kind: string; readonly state: JobState; readonly count: number }[]>;
  /** One job, or `undefined`. */
  get(id: string): Promise<Job | undefined>;
  /** Have a job that was given up, or that waits after a failure, tried anew at once. False where there is none. */
  retry(id: string): Promise<boolean>;
  /** Remove a job that does not run just now; its work is not done. False where there is none. */
  discard(id: string): Promise<boolean>;
}

/** Media, opened: uploads in, files out. One instance serves a whole process. */
export interface Media {
  readonly storage: Storage;
  readonly limits: UploadLimits;
  /** Where the catalogue is, for people. */
  readonly catalogueDescription: string;
  /** The path URLs begin with: `/media`. */
  readonly basePath: string;
  /** The URL of `media-image.js`, the script that looks after a page's images; `handler` serves it, for a year under this URL. */
  readonly scriptUrl: string;
  /** The work that is due, and what was given up. */
  readonly jobs: MediaJobs;
  /** What has been done since it was opened. Numbers only; asking costs nothing. */
  stats(): MediaStats;
  /** Answer an HTTP request below `basePath`: bytes out, and uploads in where `authorize` is given. Never throws. */
  readonly handler: (request: Request) => Promise<Response>;
  /**
   * Serve objects by their keys at the URLs they have always had: `/uploads/cat.jpg` is the object `uploads/cat.jpg`, whoever put it
   * there. No row and no template has to change. It reads only, needs no catalogue, and answers bytes with our own types, ranges and
   * conditions; a picture that is absent is answered 404 with a placeholder. Mounted at `basePath` itself, it leaves files of the
   * catalogue to `handler`.
   *
   * @throws CONFIG_INVALID
   */
  mount(path: string, options?: MountOptions): Mount;
  /**
   * Keep a file. When this resolves its bytes are durable and verified and its row is committed; when it rejects nothing
   * is listed, and what was written is gone or goes with the next settling.
   *
   * @throws UPLOAD_EMPTY, UPLOAD_TOO_LARGE, NAME_INVALID, TYPE_NOT_ACCEPTED, IMAGE_BROKEN, … (docs/errors.md)
   */
  put(input: PutInput, options?: PutFileOptions): Promise<MediaFile>;
  /** Keep the file a request carries: multipart field `file`, or a raw body with `?name=`. The caller has authorised it. */
  receive(request: Request, options?: ReceiveFileOptions): Promise<MediaFile>;
  /**
   * Receive a whole form, its text fields and any number of files, each kept as `receive` keeps one, and staged unless `optionsFor` says
   * otherwise. What is wrong with a file is told in `refusals`, and the rest of the form is read all the same. When it rejects, for the
   * form is broken or refused, its sender left or something of ours failed, the file under way leaves nothing, and those kept before it
   * are staged: nobody attaches them, and they go to the trash by themselves. Sent again under the same `Idempotency-Key`, they are
   * answered as they were kept.
   *
   * @throws FORM_TOO_LARGE, UPLOAD_MALFORMED, UPLOAD_CONTENT_TYPE, UPLOAD_INCOMPLETE, UPLOAD_STALLED, … and what `beforeFile` throws
   */
  receiveForm(request: Request, options?: ReceiveFormOptions): Promise<ReceivedForm>;
  /**
   * Keep a file that is to be attached later, in the transaction that needs it. Its bytes are as durable as with `put`; if nobody
   * attaches it in time, it goes to the trash.
   */
  stage(input: PutInput, options?: StageOptions): Promise<MediaFile>;
  /**
   * Put one file or many, in this order, into a slot of a record; answers what the slot holds then. With `tx` it happens when the
   * application's transaction commits, and never if it rolls back. A file is in a slot once: one that is there already is moved.
   * A file that has to make way is there until then.
   *
   * @throws FILE_NOT_FOUND, FILE_NOT_STORED, TRANSACTION_UNUSABLE, PARAMETER_INVALID; nothing has changed then
   */
  attach(files: FileReference | readonly FileReference[], options: AttachOptions): Promise<MediaFile[]>;
  /**
   * Take files out of a slot, or out of a record; answers their ids. Those that are attached nowhere else go to the trash, from
   * where `restore` brings them back, unattached, while their retention lasts.
   *
   * @throws TRANSACTION_UNUSABLE, PARAMETER_INVALID
   */
  detach(options: DetachOptions): Promise<FileId[]>;
  /**
   * Run work in a transaction on the SQLite database that the application shares with the catalogue, while all others who use it
   * through Holdfast wait. Committed when the work resolves, rolled back when it rejects. Within it `attach` and `detach` can be
   * called with its `tx`, and the handle's own statements be run; everything else would wait for itself and is refused.
   *
   * @throws TRANSACTION_UNUSABLE where the catalogue is in PostgreSQL: begin one with your own client there
   */
  transaction<T>(work: (tx: SqliteHandle) => T | Promise<T>): Promise<T>;
  /** One stored file, or `undefined`. */
  get(id: string): Promise<MediaFile | undefined>;
  /** Many stored files at once, by their ids. Who is not stored, or is no id at all, is not in the map. */
  getEach(ids: readonly string[]): Promise<Map<string, MediaFile>>;
  /** Stored files, newest first, from after the file `after`; `next` is the `after` of the next page. @defaultValue 50 */
  list(page?: { readonly limit?: number; readonly after?: string }): Promise<{ files: MediaFile[]; next: FileId | undefined }>;
  /** The files attached to a record's slot, in order. */
  attached(...target: AttachmentTarget): Promise<MediaFile[]>;
  /** The files attached to one slot of many records, in order: a list's pictures in one query. Who has none is not in the map. */
  attachedToEach(recordType: string, recordIds: readonly string[], slot: string): Promise<Map<string, MediaFile[]>>;
  /** The copies of a file that are known, one a storage, each with its receipt. */
  replicas(id: string): Promise<Replica[]>;
  /** Open an original's bytes. @throws FILE_NOT_FOUND, FILE_LOST */
  open(id: string, options?: { readonly range?: ByteRange; readonly signal?: AbortSignal }): Promise<ObjectBody>;
  /**
   * Make a new key for signed URLs. It signs once every instance knows it, in two minutes; what was signed before is let in for as
   * long as is said here, or until it expires. After 0 nothing of it is left in two minutes: for a key that became known.
   *
   * @param options.oldKeysLastMs @defaultValue 30 days
   * @throws SIGNING_KEY_GIVEN where the key is not the catalogue's; PARAMETER_INVALID
   */
  rotateSigningKey(options?: { readonly oldKeysLastMs?: number }): Promise<SigningKeyRotation>;
  /** Move a file to the trash, from where `restore` brings it back while its retention lasts. False where there is none. */
  trash(id: string): Promise<boolean>;
  /** Bring a trashed file back. False where there is none. */
  restore(id: string): Promise<boolean>;
  /** Give up what expired and delete what is due, from the catalogue's rows only. Runs at start and on a timer by itself. */
  settle(): Promise<SettleReport>;
  /**
   * Make or bring up to date the catalogue's tables. `openMedia()` does it for a SQLite file of its own. `contract` also takes
   * away what no release uses any more that still runs; leave it out while an older one does.
   */
  migrate(options?: { readonly contract?: boolean }): Promise<void>;
  /** Finish what is being stored and let go of everything. */
  close(): Promise<void>;
}
