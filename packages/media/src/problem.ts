import { type ErrorCode, fail, type HoldfastError, isHoldfastError } from "./errors.js";

/** An RFC 9457 problem document. `type` is a URN of the code; `code` repeats it for programs. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
}

/** Errors whose sentence is for whoever runs the service: it may name folders, buckets and variables. */
const isForOperators = /^(CONFIG|CATALOGUE|STORAGE|OBJECT|KEY|SOURCE|TRANSACTION)_/;

/**
 * Describe any error as a problem document. What is for whoever runs the service, and any error from outside the catalogue,
 * tells clients no more than its title.
 */
export function toProblem(error: unknown): Problem {
  const known = isHoldfastError(error) ? error : fail("UNEXPECTED");
  return {
    type: `urn:holdfast:error:${known.code}`,
    title: known.title,
    status: known.status,
    detail: isForOperators.test(known.code) ? withoutDetails(known) : known.message,
    code: known.code,
  };
}

/** The log has the whole sentence of what failed here, and a later try may succeed; what the client did stays as it is. */
function withoutDetails({ title, status }: HoldfastError): string {
  return status >= 500 ? `${title}. The service's log says more; try again later.` : `${title}.`;
}
