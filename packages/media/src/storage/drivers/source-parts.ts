import { createHash, type Hash } from "node:crypto";
import type { Sha256, Source } from "../driver.js";

/** What is set aside at first for a source that does not say its size. */
const firstBytes = 64 * 1024;

/** A source cut into parts of one size, hashed and counted on the way. It holds one part, and the last block that was read. */
export class Parts {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #declaredSize: number | undefined;
  readonly #partBytes: number;
  readonly #hash: Hash = createHash("sha256");
  /** Whole parts given back. New ones for each part would be garbage faster than it is collected. */
  readonly #free: Buffer[] = [];
  /** The end of the last block, not yet in any part. No other block is asked for while it is here: its memory is the source's. */
  #ahead: Uint8Array = new Uint8Array();
  #size = 0;
  #hasEnded = false;
  #sha256: Sha256 | undefined;

  constructor(source: Source, bytesPerPart: number) {
    this.#iterator = source.open()[Symbol.asyncIterator]();
    this.#declaredSize = source.size;
    this.#partBytes = bytesPerPart;
  }

  /** How many bytes have been read so far: those given, and those read ahead. */
  get size(): number {
    return this.#size;
  }

  /** Whether the part given last was the last one. */
  get isDone(): boolean {
    return this.#hasEnded && this.#ahead.byteLength === 0;
  }

  /** The next part: full, but for the last. One block more than it holds has been read, so that the last is known as such. */
  async next(signal: AbortSignal | undefined): Promise<Buffer> {
    let part = this.#free.pop() ?? Buffer.allocUnsafe(this.#likelyBytes());
    let filled = 0;
    for (;;) {
      const taken = Math.min(this.#ahead.byteLength, this.#partBytes - filled);
      if (filled + taken > part.byteLength) part = grown(part, Math.min(this.#partBytes, Math.max(2 * part.byteLength, filled + taken)));
      part.set(this.#ahead.subarray(0, taken), filled);
      filled += taken;
      this.#ahead = this.#ahead.subarray(taken);
      if (this.#ahead.byteLength > 0 || this.#hasEnded) break;
      signal?.throwIfAborted();
      await this.#read();
    }
    signal?.throwIfAborted();
    return part.subarray(0, filled);
  }

  /** Give a part back that nobody reads any more: its memory is used for the next. */
  release(part: Buffer): void {
    if (part.byteLength === this.#partBytes) this.#free.push(part);
  }

  /** The size and SHA-256 of all that was read. */
  summary(): { readonly size: number; readonly sha256: Sha256 } {
    this.#sha256 ??= this.#hash.digest("hex") as Sha256;
    return { size: this.#size, sha256: this.#sha256 };
  }

  async close(): Promise<void> {
    if (!this.#hasEnded) await this.#iterator.return?.();
  }

  async #read(): Promise<void> {
    const next = await this.#iterator.next();
    if (next.done === true) {
      this.#hasEnded = true;
      return;
    }
    this.#hash.update(next.value);
    this.#size += next.value.byteLength;
    this.#ahead = next.value;
  }

  #likelyBytes(): number {
    const left = this.#declaredSize === undefined ? firstBytes : this.#declaredSize - this.#size + this.#ahead.byteLength;
    return Math.min(this.#partBytes, Math.max(left, 1024));
  }
}

function grown(part: Buffer, bytes: number): Buffer {
  const larger = Buffer.allocUnsafe(bytes);
  part.copy(larger);
  return larger;
}
