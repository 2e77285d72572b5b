import { timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
import { type ErrorCode, isHoldfastError, type Media, type MediaFile, type StageOptions } from "@holdfast/media";
import { HTTPException } from "hono/http-exception";
import { boundedBody } from "./bounded-body.js";
import { writeDocument } from "./write-document.js";
import type { SiteEnv } from "./site-env.js";
import type { SiteWords } from "./words.js";

/** The hidden field that shows that a form is from a page of ours. It stands first, before any file. */
export const csrfField = "csrf";

/** What a form brought. */
export interface Form {
  readonly fields: URLSearchParams;
  /** The files, staged: they are kept when something attaches them, and go to the trash after a day otherwise. */
  readonly files: readonly FormFile[];
  /** The files that are no pictures, by their fields. */
  readonly documents: ReadonlyMap<string, FormDocument>;
  /** What is wrong with the files that were not taken, in the visitor's language. */
  readonly refusals: readonly Refusal[];
}

export interface FormFile {
  readonly field: string;
  readonly file: MediaFile;
}

/** A file that lies in the folder that was named for it, and goes with that. */
export interface FormDocument {
  readonly name: string;
  readonly path: string;
}

export interface Refusal {
  readonly field: string;
  readonly name: string;
  readonly reason: string;
}

/** Where a form's files go. */
export interface FormFiles {
  readonly media: Media;
  /** Whose they are. */
  readonly owner: string;
  /** @defaultValue 12 */
  readonly most?: number;
  /** How they are kept, by the fields that stand before them in the form. @defaultValue as they are, private */
  readonly keepAs?: (fields: URLSearchParams) => Pick<StageOptions, "visibility" | "keepAs">;
  /** Fields whose files are no pictures, with the most bytes of each; they are written to the folder. */
  readonly documents?: { readonly folder: string; readonly maxBytes: Readonly<Record<string, number>> };
}

/** What of a handler's context is read: the request, who sent it, and the words for what is wrong with it. */
export interface FormContext {
  readonly req: { header(name: string): string | undefined; readonly raw: Request };
  readonly var: Pick<SiteEnv["Variables"], "visitor"> & { readonly words: Pick<SiteWords, "uploads"> };
}

const maxFieldBytes = 64 * 1024;
const maxFields = 200;
/** All fields of a form together. */
const maxTextBytes = 1024 * 1024;

/**
 * Read a form. Its token is checked before anything else of it is believed, and before a byte of a file is kept. Files stream
 * into the storage one after the other as they arrive; none is ever in memory whole.
 */
export async function readForm(c: FormContext, files?: FormFiles): Promise<Form> {
  const contentType = c.req.header("content-type") ?? "";
  if (/^multipart\/form-data\s*;/i.test(contentType)) return await readMultipart(c, contentType, files);
  const text = await textOf(c);
  const fields = new URLSearchParams(text);
  confirmToken(c, fields);
  return { fields, files: [], documents: new Map(), refusals: [] };
}

async function textOf(c: FormContext): Promise<string> {
  const blocks: Uint8Array[] = [];
  for await (const block of boundedBody(c.req.raw.body, maxTextBytes)) blocks.push(block);
  return Buffer.concat(blocks).toString();
}

async function readMultipart(c: FormContext, contentType: string, files: FormFiles | undefined): Promise<Form> {
  const { words } = c.var;
  const fields = new URLSearchParams();
  const most = files === undefined ? 0 : (files.most ?? 12);
  const documents = new Map<string, FormDocument>();
  const begun = new Set<string>();
  const taken: Promise<FormFile | Refusal | undefined>[] = [];
  const parser = new Busboy({
    headers: { "content-type": contentType },
    limits: { fieldSize: maxFieldBytes, fields: maxFields, parts: maxFields + most + 20, headerPairs: 50 },
  });
  parser.on("field", (name, value) => fields.append(name, value));
  const take = (result: Promise<FormFile | Refusal | undefined>): void => {
    // It is heard of below, when the form has been read to its end.
    result.catch(() => undefined);
    taken.push(result);
  };
  parser.on("file", (field, stream, name: string | undefined) => {
    stream.on("error", () => undefined);
    // A file field where nothing was chosen is sent as a file without a name.
    if (name === undefined || name === "") return void stream.resume();
    if (!hasToken(c, fields)) return void parser.destroy(new HTTPException(403, { message: "formExpired" }));
    const maxBytes = files?.documents?.maxBytes[field];
    if (files?.documents !== undefined && maxBytes !== undefined && !begun.has(field)) {
      begun.add(field);
      const path = join(files.documents.folder, field);
      return take(
        writeDocument(stream, path, maxBytes).then((isWhole) => {
          if (!isWhole) return { field, name, reason: words.uploads.tooLarge };
          documents.set(field, { name, path });
          return undefined;
        }),
      );
    }
    if (files === undefined || taken.length - begun.size >= most) {
      stream.resume();
      return take(Promise.resolve({ field, name, reason: words.uploads.tooMany }));
    }
    const { media, owner } = files;
    // The browser guesses a type from the name; media looks at the bytes.
    take(
      media.stage(stream, { name, owner, ...files.keepAs?.(fields) }).then(
        (file) => ({ field, file }),
        (error: unknown) => {
          // The rest of the form follows behind the rest of this file.
          stream.resume();
          return { field, name, reason: words.uploads[whyNotTaken(error)] };
        },
      ),
    );
  });
  try {
    // One file more than is taken can be told of; what goes on and on is not read to its end.
    const ofDocuments = Object.values(files?.documents?.maxBytes ?? {}).reduce((sum, bytes) => sum + bytes, 0);
    const maxBytes = maxTextBytes + ofDocuments + (files === undefined ? 0 : (most + 1) * files.media.limits.maxBytes);
    await pipeline(boundedBody(c.req.raw.body, maxBytes), parser, { signal: c.req.raw.signal });
  } catch (error) {
    await Promise.allSettled(taken);
    if (error instanceof HTTPException) throw error;
    throw new HTTPException(400, { message: "refused", cause: error });
  }
  confirmToken(c, fields);
  const results = (await Promise.all(taken)).filter((result) => result !== undefined);
  return {
    fields,
    files: results.filter((result) => "file" in result),
    documents,
    refusals: results.filter((result) => "reason" in result),
  };
}

function confirmToken(c: FormContext, fields: URLSearchParams): void {
  if (!hasToken(c, fields)) throw new HTTPException(403, { message: "formExpired" });
}

function hasToken(c: FormContext, fields: URLSearchParams): boolean {
  const given = Buffer.from(fields.get(csrfField) ?? "");
  const expected = Buffer.from(c.var.visitor.csrfToken);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Why a file was not taken, by the code that media gives. */
const reasons: Readonly<Partial<Record<ErrorCode, keyof SiteWords["uploads"]>>> = {
  UPLOAD_TOO_LARGE: "tooLarge",
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
