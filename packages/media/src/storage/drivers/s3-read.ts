import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../../errors.js";
import type { ByteRange, Driver, ObjectBody } from "../driver.js";
import type { Key } from "../key.js";
import { isAbsent, type S3Connection, wrapS3Error } from "./s3-client.js";
import { abortable } from "./s3-put.js";

/** How often a reading that breaks off is taken up again where it stopped, before as much as this has come meanwhile. */
const resumes = 3;
const progressBytes = 1024 * 1024;
/** The longest first wait before that; each further one may be twice as long. */
const resumeMs = 100;

/** An answer to a GET: its body, the whole object's size, and which version of the object it is. */
interface Answer {
  readonly body: Readable;
  readonly size: number;
  readonly etag: string | undefined;
}

/** Asks for a range of the object, of one version where an ETag is given. */
type Get = (range: ByteRange | undefined, etag?: string) => Promise<Answer>;

/** Open an object. A reading that breaks off is taken up again, from the same version of the object. @throws OBJECT_NOT_FOUND */
export async function openObject(
  connection: S3Connection,
  key: Key,
  objectKey: string,
  { range, signal }: NonNullable<Parameters<Driver["open"]>[1]> = {},
): Promise<ObjectBody> {
  const { sdk, client, bucket, name } = connection;
  const get: Get = async (wanted, etag) => {
    const command = new sdk.GetObjectCommand({
      Bucket: bucket,
      Key: objectKey,
      ...(wanted === undefined ? {} : { Range: `bytes=${wanted.start}-${wanted.end}` }),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    });
    const answer = await client.send(command, abortable(signal));
    const total = /\/(\d+)$/.exec(answer.ContentRange ?? "")?.[1];
    // In Node the body is a Readable; the SDK's type also covers browsers.
    return { body: answer.Body as Readable, size: Number(total ?? answer.ContentLength ?? 0), etag: answer.ETag };
  };
  try {
    const first = await get(range);
    const bytes = resuming(first, range, get, signal, (error) => wrapS3Error(error, name, `read "${key}"`));
    return { size: first.size, range, bytes, close: async () => void first.body.destroy() };
  } catch (error) {
    if (await isAbsent(connection, error, `open "${key}"`)) throw fail("OBJECT_NOT_FOUND", { key }, { cause: error });
    throw wrapS3Error(error, name, `open "${key}"`);
  }
}

async function* resuming(
  first: Answer,
  range: ByteRange | undefined,
  get: Get,
  signal: AbortSignal | undefined,
  wrap: (error: unknown) => unknown,
): AsyncIterable<Uint8Array> {
  const end = Math.min(range?.end ?? first.size - 1, first.size - 1);
  let at = range?.start ?? 0;
  let body = first.body;
  for (let tries = 0, triedFrom = at; ;) {
    // What is destroyed while nobody iterates it must not end the process.
    body.on("error", () => undefined);
    try {
      for await (const block of body as AsyncIterable<Uint8Array>) {
        yield block;
        at += block.byteLength;
      }
      if (at > end) return;
      throw Object.assign(new Error("the body ended early"), { code: "ECONNRESET" });
    } catch (error) {
      if (at > end) return;
      if (at - triedFrom >= progressBytes) tries = 0;
      if (tries === resumes || signal?.aborted === true) throw wrap(error);
      await sleep(Math.random() * resumeMs * 2 ** tries);
      tries += 1;
      triedFrom = at;
      const next = await get({ start: at, end }, first.etag).catch((cause: unknown) => {
        throw wrap(cause);
      });
      body = next.body;
    }
  }
}
