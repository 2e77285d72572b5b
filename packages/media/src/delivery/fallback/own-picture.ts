import { open } from "node:fs/promises";
import { sniff, sniffBytes } from "../../images/sniff.js";

/** Larger than any placeholder should be. */
const maxBytes = 5_000_000;

/** A picture of the application's own, ready to be sent. */
export interface OwnPicture {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Read the picture that an application shows in place of what is missing: its bytes, or the path of its file. */
export async function readOwnPicture(picture: Uint8Array | string): Promise<OwnPicture> {
  const bytes = typeof picture === "string" ? await readBounded(picture) : picture;
  const { mediaType } = await sniff(bytes.subarray(0, sniffBytes));
  if (mediaType === undefined || !mediaType.type.startsWith("image/")) throw new Error("the fallback's picture is not an image");
  return { type: mediaType.type, bytes };
}

async function readBounded(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) throw new Error(`${path} has ${size} bytes, too many for a fallback`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
