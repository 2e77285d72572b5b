import { isHoldfastError, toProblem } from "@holdfast/media";

/** Answer any error as a problem document (RFC 9457). Never cached; an error from outside the catalogue tells nothing about itself. `more` are further members of it. */
export function problemResponse(error: unknown, more: Readonly<Record<string, string>> = {}): Response {
  const problem = toProblem(error);
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  if (isHoldfastError(error, "METHOD_NOT_ALLOWED")) headers.set("allow", error.details.allow);
  if (isHoldfastError(error, "OVERLOADED") || isHoldfastError(error, "SIGN_IN_LIMITED")) {
    headers.set("retry-after", String(error.details.retryAfterSeconds));
  }
  if (isHoldfastError(error, "CLOSING")) headers.set("retry-after", "5");
  if (problem.status === 401) headers.set("www-authenticate", 'Bearer realm="holdfast"');
  return new Response(JSON.stringify({ ...problem, ...more }), { status: problem.status, headers });
}
