import { Readable } from "node:stream";
import { fail, isHoldfastError } from "../errors.js";
import { feed, openFormParser } from "./form-parser.js";
import type { Incoming } from "./incoming.js";

/** The field of a form that carries the file. */
export const fileField = "file";

/**
 * Find the file in a multipart/form-data body and hand it over as soon as it begins; other fields are read and ignored.
 * One file a request: `ended` rejects when there is a second.
 *
 * @throws UPLOAD_MALFORMED
 */
export async function openForm(body: AsyncIterable<Uint8Array>, contentType: string): Promise<Incoming> {
  const parser = openFormParser(contentType, { fields: 50, fieldBytes: 64 * 1024, parts: 60 });
  const source = Readable.from(body, { objectMode: false });
  return await new Promise<Incoming>((resolve, reject) => {
    let file: Readable | undefined;
    let settleEnded: { resolve: () => void; reject: (error: unknown) => void } | undefined;
    const ended = new Promise<void>((resolveEnded, rejectEnded) => {
      settleEnded = { resolve: resolveEnded, reject: rejectEnded };
    });
    // Whoever reads the file hears of it there; nobody need wait for `ended` as well.
    ended.catch(() => undefined);

    let hasStopped = false;

    const stop = (error: unknown): void => {
      hasStopped = true;
      source.destroy();
      file?.destroy(error instanceof Error ? error : fail("UPLOAD_MALFORMED", { reason: String(error) }));
      settleEnded?.reject(error);
      reject(error);
    };

    // A part that is octets and has no file name is a file to the parser, whatever its types say.
    parser.on("file", (field, stream, name: string | undefined, _encoding, type) => {
      // A stream that is destroyed while the parser still feeds it must not bring the process down.
      stream.on("error", () => undefined);
      if (field !== fileField) {
        stop(fail("UPLOAD_MALFORMED", { reason: `the file came in the field "${field}"; send it in the field "${fileField}"` }));
      } else if (file === undefined) {
        file = stream;
        resolve({ name: name ?? "", bytes: stream, declaredType: type, isTypeGuessed: true, ended });
      } else {
        stop(fail("UPLOAD_MALFORMED", { reason: "the form has more than one file; send one a request" }));
      }
    });
    parser.on("partsLimit", () => stop(fail("UPLOAD_MALFORMED", { reason: "the form has too many fields" })));
    parser.on("error", (cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      stop(fail("UPLOAD_MALFORMED", { reason: `the form is not as multipart/form-data should be (${reason})` }, { cause }));
    });
    parser.on("finish", () => {
      if (file === undefined) stop(fail("UPLOAD_MALFORMED", { reason: `the form has no file in a field "${fileField}"` }));
      else settleEnded?.resolve();
    });
    // Until the file begins nobody else would say of a sender that left what it is: an upload that ended early.
    source.on("error", (cause: unknown) =>
      stop(isHoldfastError(cause) ? cause : fail("UPLOAD_INCOMPLETE", { name: "The form" }, { cause })),
    );
    const isWaitedFor = (): boolean => file !== undefined && !file.readableEnded && !file.destroyed;
    const unread = `, so there is no file in a field "${fileField}"`;
    feed(source, parser, { isWaitedFor, unread }).catch((error: unknown) => {
      if (!hasStopped) stop(error);
    });
  });
}
