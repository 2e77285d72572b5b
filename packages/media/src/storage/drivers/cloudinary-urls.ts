import type { BackendTransform, SignReadOptions } from "../driver.js";
import type { Key } from "../key.js";
import type { CloudinaryConnection } from "./cloudinary-api.js";
import { extensionOf, publicIdOf, type ResourceType, resourceTypeOf } from "./cloudinary-public-id.js";

/** How long a link is good for that is used at once. */
const readingMs = 10 * 60 * 1000;

/** The steps of a transformation, in Cloudinary's words. */
type Step = Readonly<Record<string, string | number>>;

/**
 * Write one of our transforms as Cloudinary's: never enlarged (`c_limit`), in sRGB (`cs_srgb`), the right way up and without
 * metadata (its default for whatever it derives, unless a URL asks otherwise), in the format and quality that suit the
 * browser (`f_auto`, `q_auto`, each a step of its own as its documentation advises).
 */
export function stepsOf(transform: { readonly width?: number | undefined }): readonly Step[] {
  const scaled: Step = transform.width === undefined ? {} : { crop: "limit", width: transform.width };
  return [{ ...scaled, color_space: "srgb" }, { fetch_format: "auto" }, { quality: "auto" }];
}

/** The URL of an image, transformed by Cloudinary when it is first asked for; signed, so that nobody can ask for another. */
export function variantUrlOf(connection: CloudinaryConnection, key: Key, transform: BackendTransform): string | undefined {
  if (transform.name !== (transform.width === undefined ? "full" : `w${transform.width}`)) return undefined;
  return deliveryUrlOf(connection, key, "image", { transformation: stepsOf(transform) });
}

/** The URL of an object as it was uploaded, for everybody; signed where the delivery type asks for it. */
export function originalUrlOf(connection: CloudinaryConnection, key: Key): string {
  const place = resourceTypeOf(key);
  const format = place === "raw" ? undefined : extensionOf(key);
  return deliveryUrlOf(connection, key, place, format === undefined ? {} : { format });
}

function deliveryUrlOf(
  { sdk, config, deliveryType, folder }: CloudinaryConnection,
  key: Key,
  place: ResourceType,
  options: { readonly transformation?: readonly Step[]; readonly format?: string },
): string {
  const { transformation, format } = options;
  return sdk.utils.url(publicIdOf(key, folder), {
    ...config,
    resource_type: place,
    type: deliveryType,
    secure: true,
    sign_url: deliveryType !== "upload",
    urlAnalytics: false,
    ...(transformation === undefined ? {} : { transformation: transformation.map((step) => ({ ...step })) }),
    ...(format === undefined ? {} : { format }),
  });
}

/**
 * A link to an original through the download endpoint of the Upload API: no CDN stands before it, which might be stale or
 * convert. Without a format it gives what was uploaded. It cannot be told the content type to answer with, nor more of
 * the disposition than whether it is an attachment.
 */
export function downloadUrlOf(
  { sdk, config, deliveryType }: CloudinaryConnection,
  publicId: string,
  place: ResourceType,
  { expiresInMs = readingMs, contentDisposition }: Partial<SignReadOptions> = {},
): string {
  return sdk.utils.private_download_url(publicId, "", {
    ...config,
    resource_type: place,
    type: deliveryType,
    expires_at: Math.floor(Date.now() / 1000) + Math.max(1, Math.round(expiresInMs / 1000)),
    ...(contentDisposition?.startsWith("attachment") === true ? { attachment: true } : {}),
  });
}
