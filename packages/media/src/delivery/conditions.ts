/** What a response is identified by: its ETag with quotes, and when the content was stored. */
export interface Validators {
  readonly etag: string;
  readonly storedAt: number;
}

/** Make the ETag of content: strong, and the same on every instance, for it comes from the bytes alone. */
export function etagOf(sha256: string): string {
  return `"${sha256.slice(0, 32)}"`;
}

/**
 * Decide whether what the client asks for has become something else than it counts on (RFC 9110 §13.1.1, §13.1.4): If-Match by strong
 * comparison; without one, If-Unmodified-Since.
 */
export function isPreconditionFailed(headers: Headers, { etag, storedAt }: Validators): boolean {
  const tags = headers.get("if-match");
  if (tags !== null) return tags.trim() !== "*" && !entityTags(tags).some((tag) => !tag.isWeak && tag.opaque === etag);
  const since = parseHttpDate(headers.get("if-unmodified-since"));
  return since !== undefined && toSeconds(storedAt) > toSeconds(since);
}

/**
 * Decide whether the client's copy is still good (RFC 9110 §13.2.2): If-None-Match with lists, `*` and weak tags; without
 * one, If-Modified-Since.
 */
export function isNotModified(headers: Headers, { etag, storedAt }: Validators): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== null) return tags.trim() === "*" || entityTags(tags).some(({ opaque }) => opaque === etag);
  const since = parseHttpDate(headers.get("if-modified-since"));
  return since !== undefined && toSeconds(storedAt) <= toSeconds(since);
}

/** Decide whether a range may be answered: If-Range holds for the same strong tag or the same date only (RFC 9110 §13.1.5). */
export function isRangeCurrent(headers: Headers, { etag, storedAt }: Validators): boolean {
  const condition = headers.get("if-range");
  if (condition === null) return true;
  if (condition.includes('"')) return condition.trim() === etag;
  const date = parseHttpDate(condition);
  return date !== undefined && toSeconds(date) === toSeconds(storedAt);
}

function entityTags(list: string): { readonly isWeak: boolean; readonly opaque: string }[] {
  return [...list.matchAll(/(W\/)?("[^"]*")/g)].map(([, weak, opaque = ""]) => ({ isWeak: weak !== undefined, opaque }));
}

/** The form that is sent today, and the two old ones that are still to be understood. What is none of them is ignored (RFC 9110 §5.6.7). */
const httpDate = /^(?:\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT|\w{6,9}, \d{2}-\w{3}-\d{2} \d{2}:\d{2}:\d{2} GMT)$/;
const asctimeDate = /^\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

function parseHttpDate(text: string | null): number | undefined {
  const date = text?.trim() ?? "";
  const time = httpDate.test(date) ? Date.parse(date) : asctimeDate.test(date) ? Date.parse(`${date} GMT`) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** Dates in HTTP have no fractions of a second. */
function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
