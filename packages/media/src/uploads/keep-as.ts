import { createHash } from "node:crypto";
import { fail } from "../errors.js";
import type { Decoding } from "../images/decoding.js";
import { variantFormats } from "../images/formats.js";
import { findMediaType, mediaTypes, type MediaType } from "../images/media-type.js";
import { type Transform, transformOf } from "../images/transform.js";
import type { TransformOptions } from "../images/parameters.js";
import type { Incoming } from "./incoming.js";

/** What is kept instead of the bytes that were sent becomes the original of all that is shown: made a little better than a variant. */
const quality = 90;

/** What was sent, made into what is to be kept. */
export interface Kept {
  readonly incoming: Incoming;
  readonly mediaType: MediaType;
}

/**
 * Make what was sent into the picture that is kept in its place. The picture as it was sent is looked at first, as strictly as one that
 * is kept itself; it is in memory whole meanwhile, and stored nowhere.
 *
 * @throws TYPE_NOT_ACCEPTED, IMAGE_BROKEN, IMAGE_TOO_LARGE, IMAGE_OVER_BUDGET, VARIANT_OVER_BUDGET, OVERLOADED, PARAMETER_INVALID
 */
export async function redraw(decoding: Decoding, sent: Incoming, sentType: MediaType, options: TransformOptions): Promise<Kept> {
  const { name } = sent;
  if (!sentType.isDecodable) {
    const accepted = mediaTypes.filter(({ isDecodable }) => isDecodable).map(({ extension }) => extension.toUpperCase());
    throw fail("TYPE_NOT_ACCEPTED", { name, found: sentType.words, accepted: accepted.join(", ") });
  }
  const blocks: Uint8Array[] = [];
  for await (const block of sent.bytes) blocks.push(block);
  await sent.ended;
  // Known by its bytes: one that kills what decodes it is turned away when it comes again, and no other of that name is.
  const input = Buffer.concat(blocks);
  const picture = { key: `sent/${createHash("sha256").update(input).digest("hex")}`, name, input };
  const { hasAlpha } = await decoding.inspect(picture);
  const transform = keptTransform(options);
  const isMoving = transform.frame === "all";
  const format = transform.format === "auto" ? (isMoving ? "webp" : hasAlpha ? "png" : "jpeg") : transform.format;
  const { bytes } = await decoding.render(picture, transform, format);
  const mediaType = findMediaType(variantFormats[format].type) ?? sentType;
  return {
    incoming: { name: `${name.replace(/\.[^.]*$/, "")}.${mediaType.extension}`, size: bytes.byteLength, bytes: onlyBlock(bytes) },
    mediaType,
  };
}

/** Read how a picture is to be kept. @throws PARAMETER_INVALID */
export function keptTransform(options: TransformOptions): Transform {
  const { format } = transformOf(options);
  const hasQuality = format === "auto" || variantFormats[format].hasQuality;
  return transformOf(hasQuality ? { quality, ...options } : options);
}

async function* onlyBlock(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
