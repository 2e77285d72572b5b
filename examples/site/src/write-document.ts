import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/** Write a form's file that is no picture to a path, as far as it has no more bytes than it may have. False where it has more. */
export async function writeDocument(stream: AsyncIterable<Uint8Array>, path: string, maxBytes: number): Promise<boolean> {
  let size = 0;
  const bounded = async function* (): AsyncGenerator<Uint8Array> {
    for await (const block of stream) {
      size += block.byteLength;
      // The rest is read all the same, for the rest of the form follows behind it, and is not written.
      if (size <= maxBytes) yield block;
    }
  };
  await pipeline(bounded(), createWriteStream(path, { flags: "wx", mode: 0o600 }));
  return size <= maxBytes;
}
