import { fail } from "../errors.js";
import type { PutInput } from "../media.js";
import type { Incoming } from "./incoming.js";

/**
 * Read what was given to `put` as a file on its way in.
 *
 * @throws NAME_INVALID when nothing says what it is called
 */
export function incomingFrom(input: PutInput, givenName: string | undefined, declaredType: string | undefined): Incoming {
  const name = givenName ?? (input instanceof File ? input.name : undefined);
  if (name === undefined) {
    throw fail("NAME_INVALID", { name: "", reason: 'it is missing; say put(bytes, { name: "photo.jpg" })' });
  }
  const claimed = declaredType === undefined ? {} : { declaredType };
  if (input instanceof Blob) {
    // A browser, or whoever made the File, guessed its type from its name.
    const guessed = input.type === "" ? {} : { declaredType: input.type, isTypeGuessed: true };
    return { name, size: input.size, bytes: input.stream(), ...guessed, ...claimed };
  }
  if (input instanceof Uint8Array) return { name, size: input.byteLength, bytes: onlyBlock(input), ...claimed };
  // Asked first, for the file streams of Node have an `open` of their own.
  if (Symbol.asyncIterator in input) return { name, bytes: input, ...claimed };
  return { name, bytes: input.open(), ...(input.size === undefined ? {} : { size: input.size }), ...claimed };
}

async function* onlyBlock(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
