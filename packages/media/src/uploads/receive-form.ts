import type { Readable } from "node:stream";
import type { BusboyInstance } from "@fastify/busboy";
import { fail, type HoldfastError, isHoldfastError } from "../errors.js";
import type { ReceivedForm, ReceiveFormOptions } from "../form-options.js";
import type { UploadLimits } from "../media.js";
import { createFormFiles, type FormFiles, type ReceiveFormContext } from "./form-files.js";
import { type FormLimits, readFormLimits } from "./form-limits.js";
import { feed, openFormParser, partsOf } from "./form-parser.js";
import { guard } from "./incoming.js";
import { printableName } from "./name.js";
import { blocksOf, declaredSize } from "./request.js";

/**
 * Receive a whole form, its files one after the other as they arrive. When it resolves, every file that it answers is kept as
 * `receive` keeps one. When it rejects, the file under way leaves nothing, and those that were kept before it expire as they were
 * staged to.
 *
 * @throws UPLOAD_CONTENT_TYPE, UPLOAD_MALFORMED, UPLOAD_INCOMPLETE, UPLOAD_STALLED, FORM_TOO_LARGE, PARAMETER_INVALID, whatever
 * `beforeFile` and `optionsFor` throw, and what `receive` throws that is not about the file
 */
export async function receiveForm(context: ReceiveFormContext, request: Request, options: ReceiveFormOptions): Promise<ReceivedForm> {
  const limits = readFormLimits(options, context.limits);
  const contentType = request.headers.get("content-type") ?? "";
  const size = declaredSize(request);
  if (size !== undefined && size > limits.maxBytes) throw tooLarge(`it has more than ${limits.maxBytes} bytes`);
  if (/^multipart\/form-data\s*(;|$)/i.test(contentType)) return await receiveParts(context, request, contentType, limits, options);
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)) throw fail("UPLOAD_CONTENT_TYPE", { contentType, isForm: true });
  const fields = await readEncoded(request, context.limits, limits);
  await options.beforeFile?.(new URLSearchParams(fields));
  return { fields, files: new Map(), refusals: [] };
}

async function receiveParts(
  context: ReceiveFormContext,
  request: Request,
  contentType: string,
  limits: FormLimits,
  options: ReceiveFormOptions,
): Promise<ReceivedForm> {
  const parser = openFormParser(contentType, { fields: limits.maxFields, fieldBytes: limits.maxFieldBytes, parts: limits.maxParts });
  const stopping = new AbortController();
  const signal = AbortSignal.any([request.signal, stopping.signal]);
  const files = createFormFiles(context, request, options, limits, signal);
  const form = readParts(parser, files, limits, stopping);
  const body = guard(blocksOf(request.body), "The form", { ...context.limits, maxBytes: limits.maxBytes }, signal);
  const feeding = feed(body, parser, { ...form, unread: "", signal: stopping.signal }).catch((error: unknown) =>
    form.stop(isHoldfastError(error, "UPLOAD_TOO_LARGE") ? tooLarge(`it has more than ${limits.maxBytes} bytes`) : error),
  );
  await form.ended;
  if (stopping.signal.aborted) {
    await feeding;
    throw stopping.signal.reason;
  }
  const fields = new URLSearchParams(form.fields);
  await files.decideOnForm(new URLSearchParams(fields));
  return { fields, files: files.kept, refusals: files.refusals };
}

/** A form that is being read. */
interface FormReading {
  readonly fields: readonly [name: string, value: string][];
  /** Resolves when the form has been read and all its files are dealt with, also where it was stopped. */
  readonly ended: Promise<void>;
  /** Whether somebody is at work on a file. */
  readonly isWaitedFor: () => boolean;
  /** Waits until it is known of every file that has begun what becomes of it. */
  readonly afterBlock: () => Promise<void>;
  /** Give the form up, for this reason unless there is one already. */
  readonly stop: (error: unknown) => void;
}

/** Take what a parser finds: the fields at once, the files in turn. */
function readParts(parser: BusboyInstance, files: FormFiles, limits: FormLimits, stopping: AbortController): FormReading {
  const fields: [name: string, value: string][] = [];
  const streams = new Set<Readable>();
  let [parts, fieldsBytes] = [0, 0];
  let turns = Promise.resolve();
  let undecided: Promise<void>[] = [];

  const stop = (error: unknown): void => {
    if (stopping.signal.aborted) return;
    stopping.abort(error);
    for (const stream of streams) stream.destroy(error instanceof Error ? error : new Error(String(error)));
  };

  parser.on("file", (field: string | undefined, stream: Readable, name: string | undefined, _encoding, declaredType) => {
    // A stream that is destroyed while the parser still feeds it must not bring the process down.
    stream.on("error", () => undefined);
    parts += 1;
    if (field === undefined) return stop(nameless());
    streams.add(stream);
    const fieldsBefore = fields.length;
    const turn = turns;
    const decided = new Promise<void>((resolve) => {
      turns = turn
        .then(async () => {
          if (stopping.signal.aborted) return;
          const known = new URLSearchParams(fields.slice(0, fieldsBefore));
          await files.take({ field, name: name ?? "", declaredType, stream }, known, resolve);
        })
        .catch(stop)
        .finally(() => {
          resolve();
          streams.delete(stream);
        });
    });
    undecided.push(decided);
  });
  parser.on("field", (name: string | undefined, value, _isNameCut, isCut) => {
    parts += 1;
    if (name === undefined) return stop(nameless());
    fieldsBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (isCut) stop(tooLarge(`its field "${printableName(name)}" has more than ${limits.maxFieldBytes} bytes`));
    else if (fieldsBytes > limits.maxFieldsBytes) stop(tooLarge(`its fields have more than ${limits.maxFieldsBytes} bytes together`));
    else fields.push([name, value]);
  });
  parser.on("fieldsLimit", () => stop(tooLarge(`it has more than ${limits.maxFields} fields`)));
  parser.on("partsLimit", () => stop(tooLarge(`it has more than ${limits.maxParts} fields and files`)));
  parser.on("error", (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    stop(fail("UPLOAD_MALFORMED", { reason: `the form is not as multipart/form-data should be (${reason})` }, { cause }));
  });
  const parsed = new Promise<void>((resolve) => {
    stopping.signal.addEventListener("abort", () => resolve());
    parser.on("finish", () => {
      if (parts < partsOf(parser)) stop(fail("UPLOAD_MALFORMED", { reason: "one of the form's parts has a header that cannot be read" }));
      resolve();
    });
  });
  return {
    fields,
    // Whoever asks again after a failure must not meet what is still being given up.
    ended: parsed.then(async () => await turns),
    isWaitedFor: () => streams.size > 0,
    // A file that waits for its turn must not look as if its sender were slow, and who is refused then has to hear it.
    async afterBlock() {
      await Promise.all(undecided);
      undecided = [];
    },
    stop,
  };
}

/** Read a form without files, as browsers send it where nothing else is said. */
async function readEncoded(request: Request, { stallTimeoutMs }: UploadLimits, limits: FormLimits): Promise<URLSearchParams> {
  const { maxFields, maxFieldBytes, maxFieldsBytes } = limits;
  const blocks: Uint8Array[] = [];
  // Every byte of a value may be written as three.
  const bounds = { maxBytes: Math.min(3 * maxFieldsBytes, limits.maxBytes), stallTimeoutMs };
  try {
    for await (const block of guard(blocksOf(request.body), "The form", bounds, request.signal)) blocks.push(block);
  } catch (error) {
    throw isHoldfastError(error, "UPLOAD_TOO_LARGE") ? tooLarge(`it has more than ${bounds.maxBytes} bytes`) : error;
  }
  const fields = new URLSearchParams(Buffer.concat(blocks).toString());
  let size = 0;
  for (const [name, value] of fields) {
    const bytes = Buffer.byteLength(value);
    size += Buffer.byteLength(name) + bytes;
    if (bytes > maxFieldBytes) throw tooLarge(`its field "${printableName(name)}" has more than ${maxFieldBytes} bytes`);
  }
  if (fields.size > maxFields) throw tooLarge(`it has more than ${maxFields} fields`);
  if (size > maxFieldsBytes) throw tooLarge(`its fields have more than ${maxFieldsBytes} bytes together`);
  return fields;
}

function tooLarge(reason: string): HoldfastError {
  return fail("FORM_TOO_LARGE", { reason });
}

function nameless(): HoldfastError {
  return fail("UPLOAD_MALFORMED", { reason: "one of the form's parts has no name" });
}
