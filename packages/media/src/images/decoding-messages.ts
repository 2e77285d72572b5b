import type { FileFacts } from "../catalogue/commit-file.js";
import { type ErrorCode, type ErrorDetails, fail, isHoldfastError } from "../errors.js";
import type { Urgency } from "./budget.js";
import type { DecodingLimits, DecodingTask } from "./decoding.js";
import type { RenderedVariant } from "./render.js";

// A decoding process does one task at a time, so that no message has to say which one it is about. Files are passed by their path;
// bytes go through the channel, which costs about a millisecond a megabyte, and saves a file that somebody would have to delete.

/** What a decoding process is told. */
export type ToChild =
  | { readonly kind: "begin"; readonly limits: DecodingLimits; readonly task: DecodingTask }
  | { readonly kind: "granted" };

/** What a decoding process says. */
export type FromChild =
  | { readonly kind: "ready" }
  | { readonly kind: "need"; readonly bytes: number; readonly urgency: Urgency | undefined }
  | { readonly kind: "done"; readonly result: FileFacts | RenderedVariant; readonly residentBytes: number }
  | { readonly kind: "failed"; readonly error: SentError; readonly residentBytes: number };

/** An error, as it crosses the channel. */
export type SentError = { readonly code: ErrorCode; readonly details: unknown } | { readonly message: string };

/** Take an error apart. */
export function sendError(error: unknown): SentError {
  if (isHoldfastError(error)) return { code: error.code, details: error.details };
  return { message: error instanceof Error ? error.message : String(error) };
}

/** Put an error together again. */
export function receiveError(sent: SentError): Error {
  if ("message" in sent) return new Error(sent.message);
  return fail(sent.code, sent.details as ErrorDetails<typeof sent.code>);
}
