import { fail } from "../errors.js";
import type { ReceiveFormOptions } from "../form-options.js";
import type { UploadLimits } from "../media.js";

/** What a form may be. */
export interface FormLimits {
  readonly maxFiles: number;
  readonly maxFields: number;
  readonly maxFieldBytes: number;
  readonly maxFieldsBytes: number;
  readonly maxBytes: number;
  /** Fields and files together, and those files that are refused or empty. */
  readonly maxParts: number;
}

const defaults = { maxFiles: 20, maxFields: 200, maxFieldBytes: 64 * 1024, maxFieldsBytes: 1_000_000 };
/** Files beyond the most, and file fields in which nothing was chosen: so many can be told of. */
const morePartsThanTaken = 100;
/** What boundaries and headers of parts take. */
const formAllowanceBytes = 1_000_000;

/**
 * Read how large a form may be.
 *
 * @throws PARAMETER_INVALID
 */
export function readFormLimits(options: ReceiveFormOptions, { maxBytes }: UploadLimits): FormLimits {
  const number = (name: keyof typeof defaults | "maxBytes", otherwise: number): number => {
    const value = options[name] ?? otherwise;
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw fail("PARAMETER_INVALID", { name, value: String(value), reason: "it is not a whole number from 0 up" });
  };
  const maxFiles = number("maxFiles", defaults.maxFiles);
  const maxFields = number("maxFields", defaults.maxFields);
  const maxFieldsBytes = number("maxFieldsBytes", defaults.maxFieldsBytes);
  // One file more than is taken can be told of; what goes on and on is not read to its end.
  const all = Math.min((maxFiles + 1) * maxBytes + maxFieldsBytes + formAllowanceBytes, Number.MAX_SAFE_INTEGER);
  return {
    maxFiles,
    maxFields,
    maxFieldsBytes,
    maxFieldBytes: number("maxFieldBytes", defaults.maxFieldBytes),
    maxBytes: number("maxBytes", all),
    maxParts: maxFields + maxFiles + morePartsThanTaken,
  };
}
