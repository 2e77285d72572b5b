/** Above it an image is read back from the storage: what is kept here is memory, once for each upload. */
const maxBytes = 8 * 1024 * 1024;

/** A stream, and what it carried once it has ended, where that is little enough. */
export interface KeptAtHand {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** All bytes once the stream has ended; undefined where they are too many, or it did not end well. Never rejects. */
  readonly whole: Promise<Uint8Array | undefined>;
}

/** Keep the bytes of a small file on their way into the storage, so that they need not be read back to be looked at. */
export function keepAtHand(stream: AsyncIterable<Uint8Array>): KeptAtHand {
  const { promise: whole, resolve } = withResolver<Uint8Array | undefined>();
  async function* pass(): AsyncIterable<Uint8Array> {
    let blocks: Buffer[] | undefined = [];
    let size = 0;
    let found: Uint8Array | undefined;
    try {
      for await (const block of stream) {
        size += block.byteLength;
        if (size > maxBytes) blocks = undefined;
        // A copy: when the next block is asked for, the memory of this one is the source's again.
        blocks?.push(Buffer.from(block));
        yield block;
      }
      found = blocks === undefined ? undefined : blocks.length === 1 ? blocks[0] : Buffer.concat(blocks);
    } finally {
      resolve(found);
    }
  }
  return { bytes: pass(), whole };
}

function withResolver<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => (resolve = given));
  return { promise, resolve };
}
