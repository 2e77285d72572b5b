import type { ObjectBody } from "./driver.js";

/** Read an opened object to its end, into memory. */
export async function readAll(body: ObjectBody): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for await (const block of body.bytes) blocks.push(block);
  return blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks);
}
