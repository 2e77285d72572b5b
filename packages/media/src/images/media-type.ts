/** What is known of a media type. Responses carry these constants, never what a client said. */
export interface MediaType {
  readonly type: string;
  /** With an article, for people: `a JPEG image`. */
  readonly words: string;
  readonly extension: string;
  /** Other names that senders use for it. */
  readonly aliases: readonly string[];
  /** Whether variants can be made of it. */
  readonly isDecodable: boolean;
  /** Whether a browser may show it in place; everything else is sent as an attachment. */
  readonly isInline: boolean;
}

const image = (type: string, words: string, extension: string, aliases: readonly string[] = []): MediaType => ({
  type,
  words,
  extension,
  aliases,
  isDecodable: true,
  isInline: true,
});

const other = (type: string, words: string, extension: string, isInline: boolean, aliases: readonly string[] = []): MediaType => ({
  type,
  words,
  extension,
  aliases,
  isDecodable: false,
  isInline,
});

/**
 * Every media type that can be stored. SVG is never decoded (libvips spent ten seconds on a hostile one) and never inline; nor is
 * HEIC, whose HEVC the prebuilt libvips leaves out.
 */
export const mediaTypes: readonly MediaType[] = [
  image("image/jpeg", "a JPEG image", "jpg", ["image/jpg", "image/pjpeg"]),
  image("image/png", "a PNG image", "png", ["image/apng", "image/x-png"]),
  image("image/webp", "a WebP image", "webp"),
  image("image/gif", "a GIF image", "gif"),
  image("image/avif", "an AVIF image", "avif"),
  image("image/tiff", "a TIFF image", "tif"),
  other("image/heic", "a HEIC image", "heic", false, ["image/heif", "image/heic-sequence", "image/heif-sequence"]),
  other("image/svg+xml", "an SVG drawing", "svg", false),
  other("application/pdf", "a PDF document", "pdf", true),
  other("video/mp4", "an MP4 video", "mp4", true, ["video/x-m4v"]),
  other("video/quicktime", "a QuickTime video", "mov", true),
  other("video/webm", "a WebM video", "webm", true),
  other("video/matroska", "a Matroska video", "mkv", false, ["video/x-matroska"]),
  other("audio/mpeg", "an MP3 recording", "mp3", true, ["audio/mp3"]),
  other("audio/mp4", "an MPEG-4 recording", "m4a", true, ["audio/x-m4a", "audio/m4a"]),
  other("audio/ogg", "an Ogg recording", "ogg", true, ["audio/opus", "application/ogg", "video/ogg"]),
  other("audio/wav", "a WAV recording", "wav", true, ["audio/x-wav", "audio/wave", "audio/vnd.wave"]),
  other("audio/flac", "a FLAC recording", "flac", true, ["audio/x-flac"]),
  other("audio/aac", "an AAC recording", "aac", true),
];

const byName = new Map(mediaTypes.flatMap((entry) => [entry.type, ...entry.aliases].map((name) => [name, entry] as const)));

/** Find a media type by its name or one of its aliases; parameters and case do not matter. */
export function findMediaType(name: string): MediaType | undefined {
  return byName.get((name.split(";")[0] ?? "").trim().toLowerCase());
}

/** Extensions that mean the same as another one. */
const otherExtensions: Readonly<Record<string, string>> = {
  jpeg: "jpg",
  jpe: "jpg",
  jfif: "jpg",
  tiff: "tif",
  heif: "heic",
  m4v: "mp4",
  oga: "ogg",
  ogv: "ogg",
  opus: "ogg",
};
const byExtension = new Map(mediaTypes.map((entry) => [entry.extension, entry]));

/** Find a media type by the extension that files of it have, without its dot; case does not matter. */
export function findByExtension(extension: string): MediaType | undefined {
  const name = extension.toLowerCase();
  return byExtension.get(Object.hasOwn(otherExtensions, name) ? (otherExtensions[name] ?? name) : name);
}

/** What no pattern covers: it would be kept and could not be shown. Who wants it as a download names it. */
const namedOnly: ReadonlySet<string> = new Set(["image/heic"]);

/** Tell whether `type` is one of `patterns`, such as `image/*` or `application/pdf`. */
export function isAccepted(type: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("/*") ? type.startsWith(pattern.slice(0, -1)) && !namedOnly.has(type) : pattern === type,
  );
}
