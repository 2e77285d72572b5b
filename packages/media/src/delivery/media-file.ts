import type { FileRecord, FileState } from "../catalogue/file.js";
import type { TransformOptions } from "../images/parameters.js";

/** Which picture a URL shows. */
export interface UrlOptions extends TransformOptions {
  /** One of the presets given to `openMedia`, instead of parameters. @defaultValue none */
  readonly preset?: string | undefined;
  /** Pixels of the screen for each CSS pixel, by which width and height are multiplied, 0.5 to 5. @defaultValue 1 */
  readonly dpr?: number | undefined;
  /** Have the URL expire, no sooner than this. @defaultValue never; of a confidential file, one hour */
  readonly expiresInMs?: number | undefined;
}

/** Which pictures a `srcset` offers the browser. */
export interface SrcsetOptions extends Omit<UrlOptions, "dpr"> {
  /**
   * The widths to choose from, for pictures as wide as their place (`640w`). With a height as well as a width, heights follow in
   * the same shape. @defaultValue 320, 640, 1024, 1600 and 2560 where neither width, height nor preset is given
   */
  readonly widths?: readonly number[] | undefined;
  /** The densities to choose from, for pictures of one size (`2x`). @defaultValue 1, 2 and 3 where a width, height or preset is given */
  readonly densities?: readonly number[] | undefined;
}

/** A stored file, with the URLs a page needs. */
export interface MediaFile extends FileRecord {
  /** Whether this upload had been kept before, under the same idempotency key. */
  readonly isReplayed: boolean;
  /**
   * The URL to show. With nothing but `width` (and `dpr`) a variant of the nearest ladder width that is at least as wide; with a
   * `preset` that preset; with any other parameter exactly what is asked for, signed. Never enlarged unless asked. Without
   * options: for an image the full size without metadata, else the original, signed where private.
   *
   * @throws PARAMETER_INVALID
   */
  url(options?: UrlOptions): string;
  /**
   * The `srcset` of an `<img>`: the same picture in several widths, or in several densities where a width, a height or a preset is
   * given. Empty for what is not an image.
   *
   * @throws PARAMETER_INVALID
   */
  srcset(options?: SrcsetOptions): string;
  /** The width and height in pixels of what `url` shows; `undefined` where they are not known. @throws PARAMETER_INVALID */
  dimensions(options?: UrlOptions): { readonly width: number; readonly height: number } | undefined;
  /** The URL of the original bytes; signed for `expiresInMs` where the file is private. @defaultValue one hour */
  originalUrl(options?: { readonly expiresInMs?: number | undefined }): string;
  /** What the API answers, and what `JSON.stringify` writes. */
  toJSON(): FileJson;
}

/** A file as the API answers it. `url` is the original's, unsigned; `storedAt` is in ISO 8601. */
export interface FileJson {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
  readonly size: number;
  readonly type: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly state: FileState;
  readonly thumbhash: string | null;
  readonly storedAt: string;
  /** What the `<img>` of a page is written with; null where it is not an image, or confidential. */
  readonly picture: PictureJson | null;
}

/** The attributes of an `<img>`, for templates in any language: the full size without metadata, and what the browser may choose from. */
export interface PictureJson {
  readonly src: string;
  readonly srcset: string;
  /** A CSS `background-image` of some 500 characters, the picture's blur; null where it is transparent in places. */
  readonly background: string | null;
}
