import type { FileHandle } from "node:fs/promises";
import type { ByteRange, ObjectBody } from "../driver.js";
import { wrapFsError } from "./fs-error.js";

/** Large enough that a system call's cost does not show, small enough that many readers fit in memory. */
const blockBytes = 256 * 1024;

/**
 * Read a file block by block. Not a ReadStream: one that is aborted when nobody reads it throws into the void, and takes the
 * process along.
 */
export function openBody(
  handle: FileHandle,
  size: number,
  options: { readonly range?: ByteRange; readonly signal?: AbortSignal },
  name: string,
): ObjectBody {
  const { range, signal } = options;
  const end = Math.min(range?.end ?? size - 1, size - 1);
  const ended = { done: true, value: undefined } as const;
  let at = range?.start ?? 0;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => await (closing ??= handle.close());

  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      if (closing !== undefined || at > end) {
        await close();
        return ended;
      }
      try {
        signal?.throwIfAborted();
        const block = Buffer.allocUnsafe(Math.min(blockBytes, end - at + 1));
        const { bytesRead } = await handle.read(block, 0, block.byteLength, at);
        if (bytesRead > 0) {
          at += bytesRead;
          return { done: false, value: block.subarray(0, bytesRead) };
        }
        // Shorter than when it was opened: whoever reads counts fewer bytes than the size says.
        await close();
        return ended;
      } catch (error) {
        await close();
        throw wrapFsError(error, name, "be read");
      }
    },
    async return() {
      await close();
      return ended;
    },
  };
  return { size, range, bytes: { [Symbol.asyncIterator]: () => iterator }, close };
}
