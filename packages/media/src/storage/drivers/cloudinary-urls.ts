import type { BackendPicture, BackendTransform, SignReadOptions } from "../driver.js";
import type { Key } from "../key.js";
import type { CloudinaryConnection } from "./cloudinary-api.js";
import { extensionOf, publicIdOf, type ResourceType, resourceTypeOf } from "./cloudinary-public-id.js";

/** How long a link is good for that is used at once. */
const readingMs = 10 * 60 * 1000;

/** The steps of a transformation, in Cloudinary's words. */
type Step = Readonly<Record<string, string | number>>;

/**
 * Write one of our transforms as Cloudinary's: in sRGB (`cs_srgb`), the right way up and without metadata (its default for whatever
 * it derives, unless a URL asks otherwise), in the format and quality that suit the browser (`f_auto`, `q_auto`, each a step of its
 * own as its documentation advises) or in those that are asked for. `undefined` where it would make something else than we promise:
 * there our own variant is shown.
 */
export function stepsOf(transform: BackendTransform, picture: BackendPicture): readonly Step[] | undefined {
  const { rotate, blur, frame, background, format, quality } = transform;
  // Its blur is a filter and no promise; whether an angle takes the place of the camera's orientation is not documented; and an
  // animation is cut off after a hundred frames.
  if (rotate !== 0 || blur !== undefined || frame === "all") return undefined;
  // Only a colour that covers is sure to be the same: a translucent one depends on the format.
  if (background !== undefined && background.length !== 7) return undefined;
  const size = sizeOf(transform, picture);
  if (size === undefined) return undefined;
  return [
    ...(picture.frames > 1 ? [{ page: Math.min(frame, picture.frames - 1) + 1 }] : []),
    { ...size, ...(background === undefined ? {} : { background: `rgb:${background.slice(1)}` }), color_space: "srgb" },
    { fetch_format: format === "jpeg" ? "jpg" : format },
    { quality: quality ?? "auto" },
  ];
}

/** Scaling and cropping. Sizes are those that the result has, so that nothing is enlarged that is not asked for. */
function sizeOf({ width, height, fit, focus, enlarge, background }: BackendTransform, { result }: BackendPicture): Step | undefined {
  if (fit === "inside" && !enlarge) {
    return {
      ...(width === undefined && height === undefined ? {} : { crop: "limit" }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
    };
  }
  if (result === undefined) return undefined;
  switch (fit) {
    case "cover":
      // It knows neither entropy nor, for sure, a point of a picture that was turned.
      if (focus !== "center" && focus !== "attention") return undefined;
      return { crop: "fill", gravity: focus === "center" ? "center" : "auto", ...result };
    case "contain":
      return background === undefined ? undefined : { crop: "pad", ...result };
    case "fill":
    case "outside":
    case "inside":
      return { crop: "scale", ...result };
  }
}

/**
 * The URL of an image, transformed by Cloudinary when it is first asked for; signed, so that nobody can ask for another. `undefined`
 * for what Cloudinary does not make as we promise it.
 */
export function variantUrlOf(
  connection: CloudinaryConnection,
  key: Key,
  transform: BackendTransform,
  picture: BackendPicture,
): string | undefined {
  const transformation = stepsOf(transform, picture);
  return transformation === undefined ? undefined : deliveryUrlOf(connection, key, "image", { transformation });
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
