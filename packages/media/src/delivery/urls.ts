import type { FileRecord } from "../catalogue/file.js";
import { fail } from "../errors.js";
import { geometryOf } from "../images/geometry.js";
import { atDensity, type KnownTransforms } from "../images/known-transforms.js";
import { findMediaType } from "../images/media-type.js";
import { maxSide } from "../images/parameters.js";
import { quoted, type Transform, transformForWidth, transformOf } from "../images/transform.js";
import type { Driver } from "../storage/driver.js";
import type { Signer } from "./signing.js";
import { drawBackground } from "./fallback/drawing.js";
import { type Candidate, srcsetOf } from "./srcset.js";
import type { MediaFile, PictureJson, UrlOptions } from "./media-file.js";

const defaultExpiryMs = 60 * 60 * 1000;

/** What URLs are made of. */
export interface UrlContext {
  readonly basePath: string;
  /** The origin of a CDN that fetches from us what it lacks; absent where there is none. */
  readonly cdn: string | undefined;
  readonly signer: Signer;
  readonly driver: Pick<Driver, "variantUrl" | "publicUrl">;
  readonly transforms: KnownTransforms;
}

/** Give a file's record the URLs a page needs: the backend's own where it serves such pictures by itself, else ours. */
export function withUrls(file: FileRecord, context: UrlContext): MediaFile {
  const { basePath, cdn = "", signer, driver } = context;
  const name = encodeURIComponent(file.name);
  const path = `${basePath}/${file.id}`;
  const isImage = findMediaType(file.type)?.isDecodable === true;
  const originalUrl = ({ expiresInMs = defaultExpiryMs }: { readonly expiresInMs?: number | undefined } = {}): string =>
    file.visibility === "public"
      ? (driver.publicUrl?.(file.key) ?? `${cdn}${path}/${name}`)
      : `${path}/${name}?${signer.sign({ id: file.id }, expiresInMs)}`;
  const candidateOf = (options: UrlOptions): Candidate => {
    const { text, transform, isOpen } = resolve(options, context.transforms);
    const isConfidential = file.visibility === "confidential";
    const { expiresInMs = isConfidential ? defaultExpiryMs : undefined } = options;
    const sign = (): string => `?${signer.sign({ id: file.id, transform: transform.name }, expiresInMs)}`;
    const ours = (): string => `${isConfidential ? "" : cdn}${path}/${text}/${name}${isOpen && expiresInMs === undefined ? "" : sign()}`;
    const { result } = geometryOf({ width: file.width ?? maxSide, height: file.height ?? maxSide }, transform);
    const picture = { frames: file.frames, result: file.width === undefined ? undefined : result };
    const url = (expiresInMs === undefined ? driver.variantUrl?.(file.key, transform, picture) : undefined) ?? ours();
    return { url, size: result };
  };
  const isOriginal = (options: UrlOptions): boolean =>
    !isImage || (file.visibility === "public" && Object.values(options).every((value) => value === undefined));
  const pictureOf = (): PictureJson => {
    const blur = file.hasAlpha ? undefined : drawBackground(file.thumbhash ?? "");
    return {
      src: candidateOf({}).url,
      srcset: srcsetOf({}, candidateOf),
      background: blur === undefined ? null : `url("${blur}")`,
    };
  };
  return {
    ...file,
    isReplayed: false,
    originalUrl,
    url: (options = {}) => (isOriginal(options) ? originalUrl(options) : candidateOf(options).url),
    srcset: (options = {}) => (isImage ? srcsetOf(options, candidateOf) : ""),
    dimensions: (options = {}) => (file.width === undefined || !isImage ? undefined : candidateOf(options).size),
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
      // What is confidential is signed for an hour, and not for whoever keeps what the API once said.
      picture: isImage && file.visibility !== "confidential" ? pictureOf() : null,
    }),
  };
}

/** What a program asks for, as it stands in a URL. @throws PARAMETER_INVALID */
function resolve(
  { preset, dpr = 1, expiresInMs: _, ...options }: UrlOptions,
  transforms: KnownTransforms,
): { readonly text: string; readonly transform: Transform; readonly isOpen: boolean } {
  if (typeof dpr !== "number" || !(dpr >= 0.5 && dpr <= 5)) throw invalid("dpr", dpr, "it has to be a number from 0.5 to 5");
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  if (preset !== undefined) {
    const [other] = given;
    if (other !== undefined) throw invalid(other[0], other[1], `the preset "${preset}" says what is done; leave it out`);
    return { ...transforms.preset(preset, dpr), isOpen: true };
  }
  const { width } = options;
  const isWidthOnly = width !== undefined && given.length === 1;
  if (isWidthOnly && !(width > 0 && Number.isFinite(width))) throw invalid("width", width, "it has to be a number above 0");
  const transform = isWidthOnly ? transformForWidth(width * dpr) : transformOf(atDensity(options, dpr));
  return { text: transform.name, transform, isOpen: transforms.find(transform.name)?.isOpen === true };
}

function invalid(name: string, value: unknown, reason: string): Error {
  return fail("PARAMETER_INVALID", { name, value: quoted(value), reason });
}
