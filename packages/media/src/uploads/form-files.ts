import type { Readable } from "node:stream";
import { type ErrorCode, fail, type HoldfastError, isHoldfastError } from "../errors.js";
import type { FormFileOptions, FormFileReader, FormRefusal, ReceiveFormOptions } from "../form-options.js";
import type { MediaFile, UploadLimits } from "../media.js";
import type { FormLimits } from "./form-limits.js";
import { idempotencyKeyOf } from "./idempotency.js";
import { guard, type Incoming } from "./incoming.js";
import { parseFileName, printableName } from "./name.js";
import type { ReceiveOptions } from "./receive.js";

/** What receiving a form needs. */
export interface ReceiveFormContext {
  readonly limits: UploadLimits;
  /** How long a file of a form waits to be attached, where nothing else is said. */
  readonly stagedForMs: number;
  /** Keep one file as `receive` does. */
  readonly keep: (incoming: Incoming, options: ReceiveOptions) => Promise<MediaFile>;
}

/** A part of a form that may be a file. */
export interface FilePart {
  readonly field: string;
  readonly name: string;
  readonly declaredType: string;
  readonly stream: Readable;
}

/** The files of one form, those that are kept and those that are not. */
export interface FormFiles {
  readonly kept: ReadonlyMap<string, readonly MediaFile[]>;
  readonly refusals: readonly FormRefusal[];
  /** Have the application decide on the form, unless it has. */
  decideOnForm(fields: URLSearchParams): Promise<void>;
  /**
   * Do what is to be done with a part, and pass over what nobody read of it: the rest of the form follows behind it. `decided` is called
   * once it is known what that is. What is not about the file alone is thrown.
   */
  take(part: FilePart, fieldsBefore: URLSearchParams, decided: () => void): Promise<void>;
}

/** Errors about a file, for which it is left out and the rest of the form is read. All others are about the form, or are ours. */
const aboutFile: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "UPLOAD_EMPTY",
  "UPLOAD_TOO_LARGE",
  "UPLOAD_TOO_MANY",
  "NAME_INVALID",
  "TYPE_NOT_ACCEPTED",
  "TYPE_MISMATCH",
  "IMAGE_BROKEN",
  "IMAGE_NOT_DECODABLE",
  "IMAGE_TOO_LARGE",
  "IMAGE_OVER_BUDGET",
  "IMAGE_UNDECODABLE",
  "VARIANT_OVER_BUDGET",
  "OBJECT_TOO_LARGE",
]);

function isAboutFile(error: unknown): error is HoldfastError {
  return isHoldfastError(error) && aboutFile.has(error.code);
}

/** Take the files of a form, one after the other, until `signal` fires. */
export function createFormFiles(
  context: ReceiveFormContext,
  request: Request,
  options: ReceiveFormOptions,
  { maxFiles }: FormLimits,
  signal: AbortSignal,
): FormFiles {
  const kept = new Map<string, MediaFile[]>();
  const refusals: FormRefusal[] = [];
  const numbers = new Map<string, number>();
  let taken = 0;
  let isDecided = false;

  const decideOnForm = async (fields: URLSearchParams): Promise<void> => {
    if (isDecided) return;
    isDecided = true;
    await options.beforeFile?.(fields);
  };

  const optionsFor = async (
    { field, name, declaredType }: FilePart,
    fields: URLSearchParams,
  ): Promise<FormFileOptions | FormFileReader | undefined> => {
    return options.optionsFor === undefined ? {} : await options.optionsFor(field, fields, { name, declaredType });
  };

  const keep = async ({ field, name, declaredType }: FilePart, bytes: AsyncIterable<Uint8Array>, how: FormFileOptions): Promise<void> => {
    const { expiresInMs = how.attachTo === undefined ? context.stagedForMs : false, ...rest } = how;
    const file = await context.keep(
      { name, bytes, declaredType, isTypeGuessed: true },
      {
        ...rest,
        ...(expiresInMs === false ? {} : { expiresInMs }),
        ...idempotencyKeyOf(request, how.owner, { field, number: numbers.get(field) ?? 0 }),
        signal,
      },
    );
    kept.set(field, [...(kept.get(field) ?? []), file]);
  };

  const takeBytes = async (
    part: FilePart,
    bytes: AsyncGenerator<Uint8Array>,
    fields: URLSearchParams,
    decided: () => void,
  ): Promise<void> => {
    const { field, name } = part;
    if (name === "") {
      // A file field in which nothing was chosen is sent as a file without a name and without bytes; they may be yet to come.
      decided();
      if ((await bytes.next()).done !== true) parseFileName(name);
      return;
    }
    const how = await optionsFor(part, fields);
    decided();
    if (how === undefined) return;
    taken += 1;
    numbers.set(field, (numbers.get(field) ?? 0) + 1);
    if (taken > maxFiles) throw fail("UPLOAD_TOO_MANY", { name: printableName(name), maxFiles });
    if (how.read === undefined) return await keep(part, bytes, how);
    const { maxBytes = context.limits.maxBytes } = how;
    await how.read(guard(bytes, printableName(name), { ...context.limits, maxBytes }, signal));
  };

  return {
    kept,
    refusals,
    decideOnForm,
    async take(part, fieldsBefore, decided) {
      const bytes = blocksOfPart(part);
      // Not among what is tried: whoever refuses the form does not refuse a file of it.
      if (part.name !== "") await decideOnForm(fieldsBefore);
      try {
        await takeBytes(part, bytes, fieldsBefore, decided);
      } catch (error) {
        if (!isAboutFile(error)) throw error;
        refusals.push({ field: part.field, name: printableName(part.name), error });
      }
      decided();
      await bytes.return(undefined);
      for await (const _block of blocksOfPart(part));
    },
  };
}

/** The blocks of a part. Who stops reading leaves the part as it is. */
async function* blocksOfPart({ stream }: FilePart): AsyncGenerator<Uint8Array> {
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw isHoldfastError(cause) ? cause : fail("UPLOAD_INCOMPLETE", { name: "The form" }, { cause });
  }
}
