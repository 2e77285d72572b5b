import { timingSafeEqual } from "node:crypto";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type ErrorCode, fail, type FormFileOptions, isHoldfastError, type MediaFile } from "@holdfast/media";
import { HTTPException } from "hono/http-exception";
import type { SiteEnv } from "./site-env.js";
import type { SiteWords } from "./words.js";

/** The hidden field that shows that a form is from a page of ours. It stands first, before any file. */
export const csrfField = "csrf";

/** What a form brought. */
export interface Form {
  readonly fields: URLSearchParams;
  /** The files by their fields, staged: they are kept when something attaches them, and go to the trash after a day otherwise. */
  readonly files: ReadonlyMap<string, readonly MediaFile[]>;
  /** The files that are no pictures: where they lie, by their fields. They go with the folder that was named for them. */
  readonly documents: ReadonlyMap<string, string>;
  /** What is wrong with the files that were not taken, in the visitor's language. */
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  readonly field: string;
  readonly name: string;
  readonly reason: string;
}

/** Where a form's files go. */
export interface FormFiles {
  /** Whose they are. */
  readonly owner: string;
  /** @defaultValue 12 */
  readonly most?: number;
  /** How they are kept, by the fields that stand before them in the form. @defaultValue as they are, private */
  readonly keepAs?: (fields: URLSearchParams) => Pick<FormFileOptions, "visibility" | "keepAs">;
  /** Fields whose files are no pictures, with the most bytes of each; they are written to the folder. */
  readonly documents?: { readonly folder: string; readonly maxBytes: Readonly<Record<string, number>> };
}

/** What of a handler's context is read: the request, who sent it, where its files go, and the words for what is wrong with them. */
export interface FormContext {
  readonly req: { readonly raw: Request };
  readonly var: Pick<SiteEnv["Variables"], "visitor" | "media"> & { readonly words: Pick<SiteWords, "uploads"> };
}

/** All fields of a form together, and what is around them. */
const maxTextBytes = 2_000_000;

/**
 * Read a form. Its token is checked before anything else of it is believed, and before a byte of a file is kept. Files stream
 * into the storage one after the other as they arrive; none is ever in memory whole.
 */
export async function readForm(c: FormContext, files?: FormFiles): Promise<Form> {
  const { media, words } = c.var;
  const { folder = "", maxBytes = {} } = files?.documents ?? {};
  const most = files === undefined ? 0 : (files.most ?? 12);
  const documents = new Map<string, string>();
  const begun = new Set<string>();
  let pictures = 0;
  const received = await media.receiveForm(c.req.raw, {
    beforeFile: (fields) => confirmToken(c, fields),
    optionsFor(field, fields, { name }) {
      const mostBytes = begun.has(field) || !Object.hasOwn(maxBytes, field) ? undefined : maxBytes[field];
      if (mostBytes !== undefined) {
        begun.add(field);
        const path = join(folder, field);
        const read = async (bytes: AsyncIterable<Uint8Array>): Promise<void> => {
          await pipeline(bytes, createWriteStream(path, { flags: "wx", mode: 0o600 }));
          documents.set(field, path);
        };
        return { read, maxBytes: mostBytes };
      }
      pictures += 1;
      if (files === undefined || pictures > most) throw fail("UPLOAD_TOO_MANY", { name, maxFiles: most });
      return { owner: files.owner, ...files.keepAs?.(fields) };
    },
    maxFiles: most + Object.keys(maxBytes).length,
    // One picture more than is taken can be told of; what goes on and on is not read to its end.
    maxBytes: maxTextBytes + sum(Object.values(maxBytes)) + (files === undefined ? 0 : (most + 1) * media.limits.maxBytes),
  });
  const refusals = received.refusals.map(({ field, name, error }) => ({ field, name, reason: words.uploads[whyNotTaken(error)] }));
  return { ...received, documents, refusals };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

function confirmToken(c: FormContext, fields: URLSearchParams): void {
  const given = Buffer.from(fields.get(csrfField) ?? "");
  const expected = Buffer.from(c.var.visitor.csrfToken);
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
  if (!isOurs) throw new HTTPException(403, { message: "formExpired" });
}

/** Why a file was not taken, by the code that media gives. */
const reasons: Readonly<Partial<Record<ErrorCode, keyof SiteWords["uploads"]>>> = {
  UPLOAD_TOO_LARGE: "tooLarge",
  UPLOAD_TOO_MANY: "tooMany",
  IMAGE_TOO_LARGE: "tooLarge",
  IMAGE_OVER_BUDGET: "tooLarge",
  VARIANT_OVER_BUDGET: "tooLarge",
  UPLOAD_EMPTY: "empty",
  UPLOAD_INCOMPLETE: "broken",
  UPLOAD_STALLED: "broken",
  IMAGE_BROKEN: "broken",
};

/** Why a file was not taken, as the words for it are called. What is not the sender's doing is ours, and fails the request. */
export function whyNotTaken(error: unknown): keyof SiteWords["uploads"] {
  if (!isHoldfastError(error) || error.status >= 500) throw error;
  return reasons[error.code] ?? "notAccepted";
}
