import { fail } from "../errors.js";
import type { Source } from "./driver.js";

/** Wrap bytes in memory as a source that can be opened any number of times. */
export function sourceFromBytes(bytes: Uint8Array): Source {
  return {
    size: bytes.byteLength,
    open: (offset = 0) => only(bytes.subarray(offset)),
  };
}

/** Wrap a stream as a source that can be opened once. @throws SOURCE_CONSUMED from the second `open` on */
export function sourceFromStream(stream: AsyncIterable<Uint8Array>, size?: number): Source {
  let isConsumed = false;
  return {
    ...(size === undefined ? {} : { size }),
    open(offset = 0) {
      if (isConsumed || offset > 0) throw fail("SOURCE_CONSUMED");
      isConsumed = true;
      return stream;
    },
  };
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
