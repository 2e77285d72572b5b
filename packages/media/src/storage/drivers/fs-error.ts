import { fail, type HoldfastError, isHoldfastError } from "../../errors.js";
import { codeOf } from "./durable-folder.js";

/** Wrap what the file system throws: denied, full and unreachable are different. Absence is the caller's to recognise. */
export function wrapFsError(error: unknown, storage: string, action: string): unknown {
  if (isHoldfastError(error) || (error instanceof Error && error.name === "AbortError")) return error;
  return wrapSystemError(error, storage, action) ?? error;
}

function wrapSystemError(cause: unknown, storage: string, action: string): HoldfastError | undefined {
  const code = codeOf(cause);
  switch (code) {
    case undefined:
      return undefined;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return fail("STORAGE_DENIED", { storage, action }, { cause });
    case "ENOSPC":
    case "EDQUOT":
      return fail("STORAGE_FULL", { storage }, { cause });
    default:
      return fail("STORAGE_UNREACHABLE", { storage, action, reason: `the file system answered ${code}` }, { cause });
  }
}
