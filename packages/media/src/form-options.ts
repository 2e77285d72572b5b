import type { HoldfastError } from "./errors.js";
import type { MediaFile, PutFileOptions } from "./media.js";

/** How one file of a form is kept. */
export interface FormFileOptions extends Pick<PutFileOptions, "attachTo" | "visibility" | "owner" | "keepAs"> {
  /**
   * How long it is staged: unless it is attached within this time, it goes to the trash. `false` keeps it from the start.
   * @defaultValue 24 hours; with `attachTo`, which attaches it as soon as it is stored, it is kept
   */
  readonly expiresInMs?: number | false;
  /** What has it is a `FormFileReader`. */
  readonly read?: never;
}

/** What becomes of a file that media is not to keep, a table to import for one: the application reads its bytes. */
export interface FormFileReader {
  /**
   * Reads the file, once. What it leaves unread is passed over. An error of the catalogue about the file that it throws is one of the
   * form's refusals; any other fails the form.
   */
  readonly read: (bytes: AsyncIterable<Uint8Array>) => Promise<void>;
  /** How many bytes it may have. @defaultValue `limits.maxBytes` */
  readonly maxBytes?: number;
}

/** What a form's file is said to be by who sent it. Nothing of it has been looked at yet. */
export interface FormFileClaim {
  /** As it was sent: not to be used in a path. */
  readonly name: string;
  readonly declaredType: string;
}

/** How a form is received. */
export interface ReceiveFormOptions {
  /**
   * Decide on the form, before a byte of a file is written: is its token right, may the visitor do this? It is called once, with the
   * text fields that stand before the first file; in a form without files at its end. Throwing refuses the form.
   */
  readonly beforeFile?: (fields: URLSearchParams) => void | Promise<void>;
  /**
   * How each file is kept, by its field and by the text fields that stand before it: `undefined` leaves it out without a word. An error
   * of the catalogue about the file that it throws, such as `fail("UPLOAD_TOO_MANY", …)`, refuses that file; any other fails the form.
   * @defaultValue all are staged for 24 hours, private, without an owner
   */
  readonly optionsFor?: (
    field: string,
    fields: URLSearchParams,
    file: FormFileClaim,
  ) => FormFileOptions | FormFileReader | undefined | Promise<FormFileOptions | FormFileReader | undefined>;
  /** How many files are taken; each further one is refused. @defaultValue 20 */
  readonly maxFiles?: number;
  /** How many text fields a form may have. @defaultValue 200 */
  readonly maxFields?: number;
  /** Bytes of one text field. @defaultValue 64 KiB */
  readonly maxFieldBytes?: number;
  /** Bytes of all text fields, with their names. @defaultValue 1 MB */
  readonly maxFieldsBytes?: number;
  /** Bytes of the whole form. @defaultValue `limits.maxBytes` for each of `maxFiles` and for one more, and what fields take */
  readonly maxBytes?: number;
}

/** A file of a form that was not kept, and why. The rest of the form was read all the same. */
export interface FormRefusal {
  readonly field: string;
  /** As it can be shown: without control characters, and not too long. */
  readonly name: string;
  /** About the file: `UPLOAD_TOO_LARGE`, `TYPE_NOT_ACCEPTED`, `IMAGE_BROKEN`, `UPLOAD_TOO_MANY`, … */
  readonly error: HoldfastError;
}

/** A form that was received whole. */
export interface ReceivedForm {
  /** The text fields in the order in which they were sent; of those of one name `get` answers the first, and `getAll` all. */
  readonly fields: URLSearchParams;
  /** The files that are kept, by field, in the order in which they were sent. */
  readonly files: ReadonlyMap<string, readonly MediaFile[]>;
  /** The files that are not, in the order in which they were sent. */
  readonly refusals: readonly FormRefusal[];
}
