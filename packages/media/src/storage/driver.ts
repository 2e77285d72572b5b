import type { Key } from "./key.js";
import type { S3Quirks } from "./quirks.js";

/** The SHA-256 of some bytes, in 64 lower-case hexadecimal digits. */
export type Sha256 = string & { readonly __brand: "Sha256" };

/**
 * Bytes to be stored. `open` may be called again, from `offset`, so that a retry never meets a consumed stream; a source
 * that cannot do so throws SOURCE_CONSUMED there. Whoever iterates to the end, or stops, closes it.
 */
export interface Source {
  /** The number of bytes, where it is known beforehand. */
  readonly size?: number;
  open(offset?: number): AsyncIterable<Uint8Array>;
}

/** What a put must honour. */
export interface PutOptions {
  /** Refuse, and store nothing, unless the bytes are these. */
  readonly expect?: { readonly size?: number; readonly sha256?: Sha256 };
  readonly contentType: string;
  readonly cacheControl?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Never replace: OBJECT_EXISTS when the key is taken. Only where the driver has the `ifAbsent` facet. */
  readonly ifAbsent?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Proof of a put. `verifiedBy` says how it is known that the backend holds these bytes: it checked a checksum it received
 * (`backend`), they were read back (`readback`), or only we counted them on the way out (`local`, which does not count).
 */
export interface Receipt {
  readonly size: number;
  readonly sha256: Sha256;
  readonly etag?: string;
  readonly versionId?: string;
  readonly verifiedBy: "backend" | "readback" | "local";
}

/** A range of bytes, both ends included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a storage knows of an object without reading it. `size` is in bytes, `modifiedAt` in milliseconds since 1970. */
export interface ObjectStat {
  readonly key: Key;
  readonly size: number;
  readonly modifiedAt: number;
  readonly etag?: string;
  readonly contentType?: string;
}

/** An object opened for reading. Iterate `bytes` to the end or stop: either closes it; `close` is for bytes never read. */
export interface ObjectBody {
  readonly size: number;
  readonly range: ByteRange | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * The code that speaks to one kind of backend. A capability is an optional facet, so that a flag cannot lie.
 * What every driver promises is written down, clause by clause, in `@holdfast/media/testing`.
 */
export interface Driver {
  readonly name: string;
  readonly limits: { readonly maxKeyBytes: number; readonly maxBytes: number };
  /**
   * Store an object whole, or not at all: until the promise resolves no reader sees it, and then all of it is durable.
   * @throws OBJECT_EXISTS, OBJECT_MISMATCH, STORAGE_FULL, STORAGE_DENIED, STORAGE_UNREACHABLE
   */
  put(key: Key, source: Source, options: PutOptions): Promise<Receipt>;
  /** Open an object for reading. @throws OBJECT_NOT_FOUND, STORAGE_DENIED, STORAGE_UNREACHABLE */
  open(key: Key, options?: { readonly range?: ByteRange; readonly signal?: AbortSignal }): Promise<ObjectBody>;
  /** Describe an object; `undefined` only when the backend itself says that it is absent. */
  stat(key: Key, options?: { readonly signal?: AbortSignal }): Promise<ObjectStat | undefined>;
  /** Remove an object, and whatever an unfinished put of the same key left. Absent is success. */
  delete(key: Key, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** List objects whose key begins with `prefix`, each once; in UTF-8 order where `orderedList` is offered. */
  list(options?: { readonly prefix?: string; readonly signal?: AbortSignal }): AsyncIterable<ObjectStat>;
  /** The storage's random identity, written into it when it was first used and the same ever after. */
  identity(): Promise<string>;
  close(): Promise<void>;

  /** Offered where `put({ ifAbsent: true })` has exactly one winner among racers. */
  readonly ifAbsent?: true;
  /** Offered where `list` yields keys in the order of their UTF-8 bytes. */
  readonly orderedList?: true;
  /** Offered where objects are files: where one is, for decoders that read by path. Nobody writes through it. */
  readonly localPath?: (key: Key) => string;
  /** Offered where large objects are sent in parts that can be left behind. */
  readonly multipart?: Multipart;
  /** Offered where the backend copies by itself: the bytes under `from` are, durably, under `to` as well. @throws OBJECT_NOT_FOUND */
  readonly copy?: (from: Key, to: Key, options?: { readonly signal?: AbortSignal }) => Promise<void>;
  /** Offered where a URL can carry the right to read one object. */
  readonly signing?: Signing;
  /** Offered where a browser can be let upload one object by itself. */
  readonly directUpload?: DirectUpload;
  /** Offered where anybody may read objects at a URL of the backend's own. */
  readonly publicUrl?: (key: Key) => string;
  /** Offered where the backend keeps rules of its own for pages of other origins. */
  readonly cors?: Cors;
  /** What an S3-compatible service was found to do when the driver was opened; for people. */
  readonly quirks?: S3Quirks;
  /**
   * Offered where the backend makes the variants of an image by itself: the URL at which anybody who has it may read one, in
   * sRGB, without metadata; `undefined` for what it would make otherwise than is asked.
   */
  readonly variantUrl?: (key: Key, transform: BackendTransform, picture: BackendPicture) => string | undefined;
}

/** What a backend that makes variants by itself is asked for: the transform of `images/transform.ts`. */
export interface BackendTransform {
  readonly name: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly fit: "inside" | "cover" | "contain" | "outside" | "fill";
  readonly focus: "center" | "attention" | "entropy" | { readonly x: number; readonly y: number };
  readonly enlarge: boolean;
  readonly rotate: 0 | 90 | 180 | 270;
  readonly frame: number | "all";
  readonly blur: number | undefined;
  readonly background: string | undefined;
  readonly format: "auto" | "avif" | "webp" | "jpeg" | "png" | "gif";
  readonly quality: number | undefined;
}

/** What is known of the picture that a backend is asked to transform. */
export interface BackendPicture {
  readonly frames: number;
  /** The size that the transform is to come to; absent where the picture's own is not known. */
  readonly result: { readonly width: number; readonly height: number } | undefined;
}

/** An upload in parts that was begun and neither completed nor aborted. */
export interface IncompleteUpload {
  readonly key: Key;
  readonly uploadId: string;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
}

/** Uploads in parts: what an interrupted put of a large object leaves, and how it is removed. */
export interface Multipart {
  listIncomplete(options?: { readonly prefix?: string }): AsyncIterable<IncompleteUpload>;
  /** Remove its parts. Absent is success. */
  abort(upload: Pick<IncompleteUpload, "key" | "uploadId">): Promise<void>;
}

/** What a signed URL admits to. */
export interface SignReadOptions {
  readonly expiresInMs: number;
  /** @defaultValue GET */
  readonly method?: "GET" | "HEAD";
  /** The Content-Disposition the backend is to answer with. */
  readonly contentDisposition?: string;
  /** The Content-Type the backend is to answer with, one of our own constants. */
  readonly contentType?: string;
  /** The Cache-Control the backend is to answer with, where it can be told. @defaultValue the one given at the put */
  readonly cacheControl?: string;
}

/** Signed URLs for reading: bearer tokens, each for one object, one method, until it expires. */
export interface Signing {
  signRead(key: Key, options: SignReadOptions): Promise<string>;
}

/** What a browser needs for sending one object straight to the backend: a form to be posted, the file its last field. */
export interface DirectUploadForm {
  readonly url: string;
  readonly method: "POST";
  readonly fields: Readonly<Record<string, string>>;
}

/** Direct uploads, limited by the backend itself: to one key, one content type, a size and a time. */
export interface DirectUpload {
  prepare(
    key: Key,
    options: { readonly expiresInMs: number; readonly maxBytes: number; readonly contentType: string },
  ): Promise<DirectUploadForm>;
}

/** One rule of which pages may speak to the backend, and how. Of several rules the first that fits a request counts. */
export interface CorsRule {
  readonly id?: string;
  /** `https://app.example`, with at most one `*` in it. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Headers that a request may carry; `*` stands for any. */
  readonly headers: readonly string[];
  /** Headers of an answer that a page may read. */
  readonly exposedHeaders: readonly string[];
  /** How long a browser may remember the rule. */
  readonly maxAgeSeconds?: number;
}

/** The backend's own rules for pages of other origins (CORS). */
export interface Cors {
  /** The rules there are; `undefined` only when the service itself says that it keeps none for anybody. @throws STORAGE_DENIED */
  read(): Promise<readonly CorsRule[] | undefined>;
  /** Replace all rules by these. @throws STORAGE_DENIED, STORAGE_UNREACHABLE */
  write(rules: readonly CorsRule[]): Promise<void>;
}
