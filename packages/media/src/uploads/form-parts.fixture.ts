import { inBlocks } from "../media.fixture.js";

/** A part of a form, its header written as it stands: tests send what no browser would. */
export function part(header: string, content: string | Uint8Array = ""): Buffer {
  return Buffer.concat([Buffer.from(`${header}\r\n\r\n`), Buffer.from(content), Buffer.from("\r\n")]);
}

/** A text field. */
export function textPart(field: string, value: string): Buffer {
  return part(`Content-Disposition: form-data; name="${field}"`, value);
}

/** The usual header of a part with a file. */
export function filePart(field: string, name: string, content: string | Uint8Array, type = "image/jpeg"): Buffer {
  return part(`Content-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: ${type}`, content);
}

/** Parts, one after the other, as the body of a form. */
export function formOf(parts: readonly Uint8Array[], { boundary = "b", isEnded = true } = {}): Buffer {
  const blocks = parts.flatMap((one) => [Buffer.from(`--${boundary}\r\n`), one]);
  return Buffer.concat([...blocks, Buffer.from(isEnded ? `--${boundary}--\r\n` : "")]);
}

/** A request with this body, which arrives in blocks. */
export function formRequest(
  body: Uint8Array | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Request {
  const given = { "content-type": "multipart/form-data; boundary=b", ...headers };
  const sent = body instanceof Uint8Array ? streamed(body) : body;
  const init = { method: "POST", headers: given, body: sent, duplex: "half" } as const;
  return new Request("http://127.0.0.1/articles", { ...init, ...(signal === undefined ? {} : { signal }) });
}

/** Bytes that arrive in blocks of this size, each when it is asked for. */
export function streamed(bytes: Uint8Array, blockBytes = 5000): ReadableStream<Uint8Array> {
  return ReadableStream.from<Uint8Array>(inBlocks(bytes, blockBytes));
}

/** A body that sends this and then nothing, for ever. */
export function stalled(bytes: Uint8Array): { readonly body: ReadableStream<Uint8Array>; readonly isCancelled: boolean } {
  const made = {
    isCancelled: false,
    body: new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Uint8Array.from(bytes)),
      cancel: () => void (made.isCancelled = true),
    }),
  };
  return made;
}
