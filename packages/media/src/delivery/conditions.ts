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
 * Decide whether the client's copy is still good (RFC 9110 §13.2.2): If-None-Match with lists, `*` and weak tags; without
 * one, If-Modified-Since.
 */
export function isNotModified(headers: Headers, { etag, storedAt }: Validators): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== null) return tags.trim() === "*" || entityTags(tags).includes(etag);
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  return !Number.isNaN(since) && toSeconds(storedAt) <= toSeconds(since);
}

/** Decide whether a range may be answered: If-Range holds for the same strong tag or the same date only (RFC 9110 §13.1.5). */
export function isRangeCurrent(headers: Headers, { etag, storedAt }: Validators): boolean {
  const condition = headers.get("if-range");
  if (condition === null) return true;
  if (condition.includes('"')) return condition.trim() === etag;
  return toSeconds(Date.parse(condition)) === toSeconds(storedAt);
}

function entityTags(list: string): string[] {
  return [...list.matchAll(/(?:W\/)?("[^"]*")/g)].map((match) => match[1] ?? "");
}

/** Dates in HTTP have no fractions of a second. */
function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
