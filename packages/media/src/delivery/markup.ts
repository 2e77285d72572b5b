import { fail } from "../errors.js";
import { avatarColourOf, avatarSvg, type InitialsOptions } from "../images/avatar.js";
import { findMediaType } from "../images/media-type.js";
import { drawBackground } from "./fallback/drawing.js";
import type { MediaFile, SrcsetOptions, UrlOptions } from "./media-file.js";

/** What both kinds of pictures have in common. */
interface ImageOptions {
  /** Lazy pictures are loaded when they are about to be seen; what is at the top of a page should be `eager`. @defaultValue `lazy` */
  readonly loading?: "lazy" | "eager" | undefined;
  readonly class?: string | undefined;
  readonly id?: string | undefined;
  /**
   * How the placeholder is written. `style`: a background of the `<img>` itself, which works without JavaScript and needs a policy with
   * `style-src-attr 'unsafe-inline'` and `img-src data:`. `data`: only what media-image.js draws it from, under any policy.
   * @defaultValue `style`
   */
  readonly placeholder?: "style" | "data" | undefined;
  /** How the `<img>` is laid out. An inline one that is broken has the size of its alternative text. @defaultValue `inline-block` */
  readonly display?: "inline-block" | "block" | undefined;
}

/** Which picture is shown, and how it stands in the page. What `url` and `srcset` take, too. */
export interface PictureOptions extends ImageOptions, SrcsetOptions {
  /** What the picture says to those who do not see it; empty where it says nothing that is not beside it. */
  readonly alt: string;
  /** How wide its place in the page is, for the browser to choose by. @defaultValue `auto, 100vw`, or `100vw` where it is not lazy */
  readonly sizes?: string | undefined;
}

/** Who is shown, and how large. */
export interface AvatarOptions extends ImageOptions, InitialsOptions {
  readonly name: string;
  /** The person's picture. @defaultValue none: the initials alone */
  readonly file?: MediaFile | undefined;
  /** Width and height in CSS pixels. @defaultValue 48 */
  readonly size?: number | undefined;
  /** @defaultValue the name; give an empty text where the name stands beside the picture */
  readonly alt?: string | undefined;
  /** Where media is served, for initials that are no `data:` URL. @defaultValue `/media` */
  readonly basePath?: string | undefined;
}

/** The attributes of an `<img>`, by their names in HTML. */
export type ImageAttributes = Readonly<Record<string, string | number>>;

/** An `<img>`, for whichever way a page is written. */
export interface ImageMarkup {
  /** For templates that write attributes one by one: `srcset`, `class`, and `style` as a text. */
  readonly attributes: ImageAttributes;
  /** For JSX: `srcSet`, `className`, and `style` as an object. */
  readonly props: Readonly<Record<string, string | number | Readonly<Record<string, string>>>>;
  /** The whole element as HTML, everything in it escaped. */
  toString(): string;
}

/**
 * Write the `<img>` of a stored picture: in the sizes that the browser may choose from, in its shape before it is there, and over its own
 * blur, which is seen while it loads and where it fails, whoever serves it.
 *
 * @throws NOT_AN_IMAGE, PARAMETER_INVALID
 * @example
 * ```ts
 * import { openMedia, picture } from "@holdfast/media";
 * const media = await openMedia();
 * const photo = await media.put(new Blob(["…"]), { name: "cat.jpg" });
 * const html = `${picture(photo, { alt: "A cat on a wall", sizes: "(min-width: 60rem) 40rem, 100vw" })}`;
 * ```
 */
export function picture(file: MediaFile, options: PictureOptions): ImageMarkup {
  const { alt, sizes, loading = "lazy", class: className, id, placeholder = "style", display = "inline-block", ...asked } = options;
  if (findMediaType(file.type)?.isDecodable !== true) throw fail("NOT_AN_IMAGE", { id: file.id, type: file.type });
  const { widths, densities: _, ...shown } = asked;
  const srcset = file.srcset(asked);
  const isByWidth = / \d+w(?:,|$)/.test(srcset);
  // For the few browsers that know no srcset: one from the middle.
  const middle = widths?.toSorted((a, b) => a - b)[Math.floor(widths.length / 2)];
  const src = file.url(isByWidth && shown.width === undefined ? { ...shown, width: middle ?? 1024 } : shown);
  const background = placeholder === "style" && !file.hasAlpha ? drawBackground(file.thumbhash ?? "") : undefined;
  return markupOf(
    {
      src,
      srcset: srcset === "" ? undefined : srcset,
      sizes: isByWidth ? (sizes ?? (loading === "lazy" ? "auto, 100vw" : "100vw")) : undefined,
      ...shapeOf(file, shown),
      alt,
      loading,
      decoding: "async",
      id,
      class: className,
      "data-fallback": "",
      "data-thumbhash": file.thumbhash,
    },
    placeholder === "style" ? { display, ...(background === undefined ? {} : { ...readable, ...backgroundOf(background) }) } : {},
  );
}

/**
 * Write the `<img>` of a person: their picture, cropped to a square around what draws the eye, over their initials, which are seen
 * while it loads and where it fails; without a picture the initials alone. It works without JavaScript.
 *
 * @throws NOT_AN_IMAGE, PARAMETER_INVALID
 * @example
 * ```ts
 * import { avatar } from "@holdfast/media";
 * const html = `<li>${avatar({ name: "Ada Lovelace", size: 40, alt: "" })} Ada Lovelace</li>`;
 * ```
 */
export function avatar(options: AvatarOptions): ImageMarkup {
  const { name, file, size = 48, alt = name, loading = "lazy", class: className, id, locale, placeholder = "style" } = options;
  const { display = "inline-block", basePath = "/media" } = options;
  if (file !== undefined && findMediaType(file.type)?.isDecodable !== true) throw fail("NOT_AN_IMAGE", { id: file.id, type: file.type });
  const square = { width: size, height: size, fit: "cover", focus: "attention" } as const;
  const drawing = avatarSvg(name, { width: size, ...(locale === undefined ? {} : { locale }) });
  const drawn = `data:image/svg+xml;base64,${Buffer.from(drawing).toString("base64")}`;
  const language = locale === undefined ? "" : `?lang=${encodeURIComponent(locale)}`;
  const alone = placeholder === "style" ? drawn : `${basePath}/initials/${encodeURIComponent(name)}.svg${language}`;
  // Where we serve the picture ourselves and have lost it, we answer the initials.
  const initials = `initials=${encodeURIComponent(name)}${language.replace("?", "&")}`;
  const orInitials = (urls: string): string =>
    urls.replace(/(?<=^|, )\/\S+/g, (url) => `${url}${url.includes("?") ? "&" : "?"}${initials}`);
  return markupOf(
    {
      src: file === undefined ? alone : orInitials(file.url(square)),
      srcset: file === undefined ? undefined : orInitials(file.srcset(square)),
      width: size,
      height: size,
      alt,
      loading,
      decoding: "async",
      id,
      class: className,
      "data-fallback": "",
      "data-initials": name,
    },
    placeholder === "data" || file === undefined
      ? {}
      : // The alternative text of a broken image would be written across the initials.
        { display, overflow: "hidden", color: "transparent", ...backgroundOf(drawn, avatarColourOf(name)) },
  );
}

/** The shape of the place: in CSS pixels where the size was asked for, else the picture's own. */
function shapeOf(file: MediaFile, asked: UrlOptions): { readonly width?: number; readonly height?: number } {
  const shown = file.dimensions(asked);
  if (shown === undefined) return {};
  const width = Math.min(asked.height === undefined ? (asked.width ?? shown.width) : shown.width, shown.width);
  return { width, height: Math.max(1, Math.round((width * shown.height) / shown.width)) };
}

/** How the alternative text of a broken image is read across a blur of any colour. */
const readable = { color: "#fff", "text-shadow": "0 0 4px #000" };

function backgroundOf(url: string, colour?: string): Readonly<Record<string, string>> {
  return {
    ...(colour === undefined ? {} : { "background-color": colour }),
    "background-image": `url("${url}")`,
    "background-position": "center",
    "background-size": "cover",
  };
}

function markupOf(all: Readonly<Record<string, string | number | undefined>>, style: Readonly<Record<string, string>>): ImageMarkup {
  const styleText = Object.entries(style)
    .map(([name, value]) => `${name}:${value}`)
    .join(";");
  const given: Readonly<Record<string, string | number | undefined>> = { ...all, style: styleText === "" ? undefined : styleText };
  const attributes = Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
  const { class: className, srcset, style: _, ...same } = attributes;
  return {
    attributes,
    props: {
      ...same,
      ...(srcset === undefined ? {} : { srcSet: srcset }),
      ...(className === undefined ? {} : { className }),
      ...(styleText === "" ? {} : { style: Object.fromEntries(Object.entries(style).map(([name, value]) => [camelCase(name), value])) }),
    },
    toString: () =>
      `<img ${Object.entries(attributes)
        .map(([name, value]) => `${name}="${escapeHtml(String(value))}"`)
        .join(" ")}>`,
  };
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
