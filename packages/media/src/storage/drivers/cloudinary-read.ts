import { fail } from "../../errors.js";
import type { ByteRange, ObjectBody } from "../driver.js";
import type { Key } from "../key.js";
import { attempt, type CloudinaryConnection, readAnswer, send, withinTime } from "./cloudinary-api.js";
import { CloudinaryError, errorOfConnection, wrapCloudinaryError } from "./cloudinary-error.js";
import { placesOf, publicIdOf, type ResourceType } from "./cloudinary-public-id.js";
import { downloadUrlOf } from "./cloudinary-urls.js";

/** An original whose download has begun. */
interface Download {
  readonly response: Response;
  /** Ends the transfer. */
  readonly abandon: () => void;
}

/**
 * Open an original through the download endpoint. Nothing is documented about ranges there, so one is asked for and the
 * answer decides: a 206 is taken at its word, and from a 200 the range is cut out here, after the bytes before it came too.
 */
export async function openObject(
  connection: CloudinaryConnection,
  key: Key,
  options: { readonly range?: ByteRange; readonly signal?: AbortSignal },
  sizeOf: (key: Key) => Promise<number>,
): Promise<ObjectBody> {
  try {
    for (const place of placesOf(key)) {
      const download = await begin(connection, key, place, options.range, options.signal);
      if (download !== undefined) return await bodyOf(connection, key, download, options, sizeOf);
    }
  } catch (error) {
    throw wrapCloudinaryError(error, connection.name, `open "${key}"`);
  }
  throw fail("OBJECT_NOT_FOUND", { key });
}

/** Find where an object is, without reading it: by beginning to download it, for that is not rate-limited as asking is. */
export async function locate(connection: CloudinaryConnection, key: Key): Promise<ResourceType | undefined> {
  const [first, ...others] = placesOf(key);
  if (others.length === 0) return first;
  for (const place of placesOf(key)) {
    const download = await begin(connection, key, place, undefined, undefined);
    download?.abandon();
    if (download !== undefined) return place;
  }
  return undefined;
}

async function begin(
  connection: CloudinaryConnection,
  key: Key,
  place: ResourceType,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Download | undefined> {
  const transfer = new AbortController();
  const headers = range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` };
  const ended = signal === undefined ? transfer.signal : AbortSignal.any([transfer.signal, signal]);
  try {
    const response = await attempt(connection, signal, async () => {
      const answered = await send(connection, downloadUrlOf(connection, publicIdOf(key, connection.folder), place), { headers }, ended);
      if (answered.status !== 200 && answered.status !== 206) await readAnswer(connection, answered);
      return answered;
    });
    return { response, abandon: () => transfer.abort() };
  } catch (error) {
    if (error instanceof CloudinaryError && error.isAbsence) return undefined;
    throw error;
  }
}

async function bodyOf(
  connection: CloudinaryConnection,
  key: Key,
  { response, abandon }: Download,
  { range, signal }: { readonly range?: ByteRange; readonly signal?: AbortSignal },
  sizeOf: (key: Key) => Promise<number>,
): Promise<ObjectBody> {
  const partial = response.status === 206 ? /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get("content-range") ?? "") : null;
  const isAsAsked = partial !== null && Number(partial[1]) === range?.start && Number(partial[2]) <= range.end;
  if (response.status === 206 && !isAsAsked) {
    abandon();
    throw new CloudinaryError("a part that was not asked for", 206);
  }
  const length = response.headers.get("content-length");
  // Content-Length is of what travels; where that is compressed, it says nothing about the object.
  const isPlain = length !== null && response.headers.get("content-encoding") === null;
  const size = partial !== null ? Number(partial[3]) : isPlain ? Number(length) : await sizeOf(key);
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? size - 1, size - 1);
  const from = partial === null ? 0 : start;
  const bytes = cut(connection, response, { from, start, end, size: partial === null ? size : end + 1 });
  const wrap = (error: unknown): unknown =>
    signal?.aborted === true ? signal.reason : wrapCloudinaryError(error, connection.name, `read "${key}"`);
  return { size, range, bytes: wrapped(bytes, abandon, wrap), close: async () => abandon() };
}

/** The bytes `start` to `end` of a body that begins at `from` and is to end at `size`. */
async function* cut(
  { timeoutMs }: CloudinaryConnection,
  response: Response,
  { from, start, end, size }: { readonly from: number; readonly start: number; readonly end: number; readonly size: number },
): AsyncIterable<Uint8Array> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  let at = from;
  while (at <= end && reader !== undefined) {
    const next = await withinTime(reader.read(), timeoutMs).catch((cause: unknown) => {
      throw errorOfConnection(cause);
    });
    if (next.done) break;
    const block = next.value;
    const wanted = block.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    at += block.byteLength;
    if (wanted.byteLength > 0) yield wanted;
  }
  if (at <= end || at > size) throw new CloudinaryError(`${at} of ${size} bytes came`, undefined);
}

async function* wrapped(
  bytes: AsyncIterable<Uint8Array>,
  abandon: () => void,
  wrap: (error: unknown) => unknown,
): AsyncIterable<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw wrap(error);
  } finally {
    abandon();
  }
}
