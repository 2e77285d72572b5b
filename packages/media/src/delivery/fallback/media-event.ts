import type { FileRecord } from "../../catalogue/file.js";
import type { ErrorCode } from "../../errors.js";

/**
 * What is shown in place of a picture whose bytes cannot be had: a blurred preview of it (a calm neutral picture where there is none),
 * the initials of the person it shows, or a picture of the application's own, its bytes or the path of its file.
 */
export type FallbackPicture =
  | "placeholder"
  | { readonly initials: string; readonly locale?: string | undefined }
  | { readonly picture: Uint8Array | string };

/** What happens to stored bytes, as it is noticed when somebody asks for them. Of one file the same is told once a minute at most. */
export type MediaEvent =
  /** Every storage says that the bytes are absent. `transform` is what was asked for; absent for the original. */
  | { readonly kind: "missing"; readonly file: FileRecord; readonly transform: string | undefined }
  /** The storage holds an object of another size than the file's. */
  | { readonly kind: "damaged"; readonly file: FileRecord }
  /** The storage denied them or cannot be reached; nothing is known to be lost. */
  | { readonly kind: "unreachable"; readonly file: FileRecord; readonly code: ErrorCode }
  /** What this instance told to be missing was answered again. */
  | { readonly kind: "returned"; readonly file: FileRecord }
  /** Nothing is stored under a key that a mounted path was asked for. */
  | { readonly kind: "object-missing"; readonly mount: string; readonly key: string };
