import { fail, isHoldfastError } from "../errors.js";
import type { UploadLimits } from "../media.js";
import { findMediaType } from "../images/media-type.js";
import { openForm } from "./form.js";
import { guard, type Incoming } from "./incoming.js";

/** What a form adds around its file: boundaries, headers, a few fields. */
const formAllowanceBytes = 1_000_000;

/**
 * Find the file in an HTTP request: the field `file` of a form, or the raw body under `?name=`. Nothing is read before the
 * declared length has been checked.
 *
 * @throws UPLOAD_CONTENT_TYPE, UPLOAD_TOO_LARGE, UPLOAD_MALFORMED, UPLOAD_INCOMPLETE, UPLOAD_STALLED, PARAMETER_INVALID
 */
export async function openRequest(request: Request, limits: UploadLimits): Promise<Incoming> {
  const contentType = request.headers.get("content-type") ?? "application/octet-stream";
  const isForm = /^multipart\/form-data\s*(;|$)/i.test(contentType);
  const name = new URL(request.url).searchParams.get("name");
  const size = declaredSize(request);
  const allowed = limits.maxBytes + (isForm ? formAllowanceBytes : 0);
  if (size !== undefined && size > allowed) {
    throw fail("UPLOAD_TOO_LARGE", { name: name ?? "The upload", maxBytes: limits.maxBytes });
  }
  const body = blocksOf(request.body);
  if (isForm) {
    // The file is guarded again while it is read; this holds for what comes before and after it, however much that is.
    const form = guard(body, "The form", { ...limits, maxBytes: allowed }, request.signal);
    return await openForm(form, contentType);
  }

  const mediaType = findMediaType(contentType);
  const isUnclaimed = /^application\/octet-stream\s*(;|$)/i.test(contentType);
  if (mediaType === undefined && !isUnclaimed && !/^(image|video|audio)\//i.test(contentType)) {
    throw fail("UPLOAD_CONTENT_TYPE", { contentType });
  }
  if (name === null) {
    throw fail("PARAMETER_INVALID", { name: "name", value: "", reason: "a raw body needs its file's name: ?name=photo.jpg" });
  }
  return {
    name,
    bytes: body,
    ...(size === undefined ? {} : { size }),
    ...(isUnclaimed ? {} : { declaredType: contentType }),
  };
}

/** The body, block by block. Who stops between two blocks leaves the rest to `discardRest`; who waits in vain ends it. */
export function blocksOf(body: ReadableStream<Uint8Array> | null): AsyncIterable<Uint8Array> {
  if (body === null) return nothing();
  const ended = { done: true, value: undefined } as const;
  return {
    [Symbol.asyncIterator]() {
      const reader = body.getReader();
      let isWaiting = false;
      return {
        async next() {
          isWaiting = true;
          const block = await reader.read();
          isWaiting = false;
          return block.done ? ended : block;
        },
        async return() {
          if (isWaiting) await reader.cancel();
          else reader.releaseLock();
          return ended;
        },
      };
    },
  };
}

/** How long, and for how many bytes, a refused sender may go on sending. */
const patienceMs = 5_000;
const patienceBytes = 32_000_000;

/**
 * Read what a refused sender still sends, within bounds, and forget it. A connection that is closed under a sender is told
 * to people as "connection reset", and the answer that says what was wrong with the file is never read. Whoever fell silent,
 * left, or announced more than is accepted is not waited for.
 */
export async function discardRest(request: Request, error: unknown): Promise<void> {
  const { body } = request;
  if (body === null) return;
  if (isHoldfastError(error, "UPLOAD_STALLED") || isHoldfastError(error, "UPLOAD_INCOMPLETE")) return;
  const announced = declaredSize(request);
  if (isHoldfastError(error, "UPLOAD_TOO_LARGE") && announced !== undefined) return;
  // A form may be too large for its fields, and all but sent.
  if (isHoldfastError(error, "FORM_TOO_LARGE") && announced !== undefined && announced > patienceBytes) return;
  // Whoever refused it lets go of it in this turn of the event loop; a form that is still being taken apart does not.
  await new Promise((resolve) => setImmediate(resolve));
  if (body.locked) return;
  const reader = body.getReader();
  const timer = setTimeout(() => reader.releaseLock(), patienceMs);
  try {
    for (let size = 0; size < patienceBytes;) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.byteLength;
    }
  } catch {
    // It left, or our patience ended.
  } finally {
    clearTimeout(timer);
    reader.releaseLock();
  }
}

/** The length of its body that a request declares, if it does. */
export function declaredSize(request: Request): number | undefined {
  const text = request.headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

async function* nothing(): AsyncIterable<Uint8Array> {}
