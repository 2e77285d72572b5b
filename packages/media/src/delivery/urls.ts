import type { FileRecord } from "../catalogue/file.js";
import { findMediaType } from "../images/media-type.js";
import { fullSize, transformForWidth } from "../images/transform.js";
import type { MediaFile } from "../media.js";
import type { Driver } from "../storage/driver.js";
import type { Signer } from "./signing.js";

const defaultExpiryMs = 60 * 60 * 1000;

/** Give a file's record the URLs a page needs: the backend's own where it makes variants by itself, else ours. */
export function withUrls(file: FileRecord, basePath: string, signer: Signer, driver: Pick<Driver, "variantUrl">): MediaFile {
  const name = encodeURIComponent(file.name);
  const path = `${basePath}/${file.id}`;
  const originalUrl = ({ expiresInMs = defaultExpiryMs }: { readonly expiresInMs?: number } = {}): string =>
    file.visibility === "public" ? `${path}/${name}` : `${path}/${name}?${signer.sign(file.id, expiresInMs)}`;
  return {
    ...file,
    isReplayed: false,
    originalUrl,
    url({ width } = {}) {
      if (findMediaType(file.type)?.isDecodable !== true) return originalUrl();
      if (width === undefined && file.visibility === "public") return originalUrl();
      const transform = width === undefined ? fullSize : transformForWidth(width);
      return driver.variantUrl?.(file.key, transform) ?? `${path}/${transform.name}/${name}`;
    },
    toJSON: () => ({
      id: file.id,
      name: file.name,
      url: `${path}/${name}`,
      sha256: file.sha256,
      size: file.size,
      type: file.type,
      width: file.width ?? null,
      height: file.height ?? null,
      state: file.state,
      thumbhash: file.thumbhash ?? null,
      storedAt: new Date(file.storedAt).toISOString(),
    }),
  };
}
