import type { FileRecord } from "../catalogue/file.js";
import type { Admission } from "./signing.js";

/** Content is immutable, for a replacement is a new file. */
const yearSeconds = 31_536_000;
const hourSeconds = 3600;
const interimSeconds = 300;

/** How somebody came to be let in: by a signature, because `authorize` said so, or as everybody is. */
export type LetIn = Admission | "authorized" | "everybody";

/** What is answered. */
export interface Answered {
  readonly file: FileRecord;
  readonly letIn: LetIn;
  readonly isVariant: boolean;
  /** Whether the URL will mean the same for ever. @defaultValue true */
  readonly isFixed?: boolean;
  /** Whether something better takes its place soon. @defaultValue false */
  readonly isInterim?: boolean;
}

/**
 * Say how long an answer may be kept, and by whom. What not everybody may read stays out of shared caches; what a signature admits
 * to is kept no longer than the signature lasts; what `authorize` decides about a confidential file is asked again each time.
 */
export function cacheControlOf({ file, letIn, isVariant, isFixed = true, isInterim = false }: Answered): string {
  const isForEverybody = file.visibility === "public" || (isVariant && file.visibility === "private");
  const by = isForEverybody ? "public" : "private";
  if (letIn === "authorized" && file.visibility === "confidential") return "private, no-cache";
  if (typeof letIn === "object" && letIn.expiresAt !== undefined) {
    const secondsLeft = Math.max(0, Math.floor((letIn.expiresAt - Date.now()) / 1000));
    return `${by}, max-age=${Math.min(secondsLeft, isInterim ? interimSeconds : yearSeconds)}`;
  }
  if (isInterim) return `${by}, max-age=${interimSeconds}`;
  return isFixed ? `${by}, max-age=${yearSeconds}, immutable` : `${by}, max-age=${hourSeconds}`;
}
