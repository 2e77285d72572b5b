/** How a person is drawn. */
export interface InitialsOptions {
  /** The language whose rules upper-case the initials: in Turkish `i` becomes `İ`. @defaultValue the same everywhere, `i` becomes `I` */
  readonly locale?: string;
}

/** How an avatar is drawn. */
export interface AvatarOptions extends InitialsOptions {
  /** In pixels. @defaultValue 128 */
  readonly width?: number;
  /** In pixels. @defaultValue the width */
  readonly height?: number;
  /** What a screen reader says. @defaultValue the name */
  readonly title?: string;
  /** A disc instead of the whole rectangle. @defaultValue false */
  readonly isRound?: boolean;
}

/** Longer names are cut before they are looked at. */
const maxNameLength = 200;
/** The longest emoji that people are drawn with (a couple, each with a skin) has 15 units; a letter under a hundred accents has more. */
const maxInitialUnits = 16;

/** White on each of these has a contrast of 4.5 : 1 or more (WCAG 2.2 §1.4.3); a test works it out. */
export const avatarColours: readonly string[] = [
  "#b3261e", // red
  "#a33b00", // rust
  "#8a4b00", // brown
  "#755700", // ochre
  "#586300", // olive
  "#3a6a00", // grass
  "#1a6e2c", // green
  "#006d4f", // pine
  "#006a6a", // teal
  "#00658a", // petrol
  "#005faf", // blue
  "#3f51b5", // indigo
  "#5b47c4", // iris
  "#7a3bb0", // purple
  "#93308f", // plum
  "#a52a66", // raspberry
];
/** For whom no name is known. */
const nobodysColour = "#5f6570";

const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u;
const joined = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}]/u;
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * The one or two initials of a person's name, as people who write that name would: of the first and the last word; of a name in
 * Chinese, Japanese or Korean the first character, which is of the family; of an address what stands before the `@`; of a name
 * without a letter its first sign. Empty where there is nothing to show.
 */
export function initialsOf(name: string, { locale }: InitialsOptions = {}): string {
  const words = wordsOf(name);
  const lettered = words.map((word) => graphemesOf(word).find((sign) => /[\p{L}\p{N}]/u.test(sign))).filter((sign) => sign !== undefined);
  const first = lettered[0];
  if (first === undefined) return graphemesOf(words[0] ?? "").find((sign) => /\p{S}|\p{Emoji_Presentation}/u.test(sign)) ?? "";
  const last = lettered.length > 1 ? lettered.at(-1) : undefined;
  if (last === undefined || cjk.test(first) || cjk.test(last)) return upperCase(first, locale);
  // Letters that would join make a word, often another one: a zero-width non-joiner keeps them apart.
  return upperCase(first, locale) + (joined.test(first) ? "\u200c" : "") + upperCase(last, locale);
}

/** The colour of a name: the same on every machine and for every spelling of its letters, `#rrggbb`, dark enough for white on it. */
export function avatarColourOf(name: string): string {
  const words = wordsOf(name).join(" ").toLowerCase();
  if (words === "") return nobodysColour;
  let hash = 0x811c9dc5; // FNV-1a, with a last mixing, for its low bits alone are nearly the last letter
  for (const character of words) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return avatarColours[((hash ^ (hash >>> 13)) >>> 0) % avatarColours.length] ?? nobodysColour;
}

/**
 * Draw a person without a picture, as an SVG: the initials in white on the colour of the name, or a silhouette where no name is
 * known. Everything that comes from the name is escaped; there is no script, no style and no font from elsewhere in it.
 */
export function avatarSvg(name: string, options: AvatarOptions = {}): string {
  const { width = 128, height = width, isRound = false, locale } = options;
  const title = escapeXml((options.title ?? wordsOf(name).join(" ")) || "A person");
  const side = Math.min(width, height);
  const colour = avatarColourOf(name);
  const ground = isRound
    ? `<circle cx="${width / 2}" cy="${height / 2}" r="${side / 2}" fill="${colour}"/>`
    : `<rect width="${width}" height="${height}" fill="${colour}"/>`;
  const initials = initialsOf(name, locale === undefined ? {} : { locale });
  const figure = initials === "" ? silhouette(width, height, side, isRound) : lettering(initials, width, height, side);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img"` +
    ` aria-label="${title}"><title>${title}</title>${ground}${figure}</svg>`
  );
}

function lettering(initials: string, width: number, height: number, side: number): string {
  // A line's middle lies about a third of the letters' height above its foot, in every common font.
  const size = round(side * (graphemesOf(initials.replace("\u200c", "")).length === 1 ? 0.5 : 0.4));
  return (
    `<text x="${width / 2}" y="${height / 2}" dy=".35em" text-anchor="middle" fill="#fff" font-size="${size}" font-weight="600"` +
    ` font-family="system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans',sans-serif">${escapeXml(initials)}</text>`
  );
}

/** A head and shoulders that stand on the lower edge, or within the disc. */
function silhouette(width: number, height: number, side: number, isRound: boolean): string {
  const at = (x: number, y: number): string => `${round(width / 2 + x * side)} ${round(height / 2 + y * side)}`;
  const foot = isRound ? 0.38 : 0.5;
  return (
    `<g fill="#fff" fill-opacity=".85"><circle cx="${width / 2}" cy="${round(height / 2 - 0.1 * side)}" r="${round(0.18 * side)}"/>` +
    `<path d="M${at(-0.32, foot)}C${at(-0.32, 0.06)} ${at(0.32, 0.06)} ${at(0.32, foot)}Z"/></g>`
  );
}

/** The words of a name, in one spelling, without what cannot be seen; of an address those before the `@`. */
function wordsOf(name: string): string[] {
  const shown = name
    .slice(0, maxNameLength)
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cs}\p{Cn}\p{Co}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]+/gu, " ")
    .trim();
  const address = /^([^\s@]+)@[^\s@]+$/.exec(shown)?.[1];
  return (address?.replace(/\+.*$/, "").split(/[._-]+/) ?? shown.split(/\s+/u)).filter((word) => word !== "");
}

function graphemesOf(text: string): string[] {
  return [...segmenter.segment(text)].map(({ segment }) =>
    segment.length > maxInitialUnits ? String.fromCodePoint(segment.codePointAt(0) ?? 0) : segment,
  );
}

/** Where a capital is several letters (`ß`), or one that few fonts have (Georgian), the letter stays as it is. */
function upperCase(letter: string, locale: string | undefined): string {
  if (/\p{Script=Georgian}/u.test(letter)) return letter;
  const upper = letter.toLocaleUpperCase(isLocale(locale) ? locale : "en");
  return graphemesOf(upper).length === 1 ? upper : letter;
}

function isLocale(locale: string | undefined): boolean {
  try {
    return locale !== undefined && Intl.getCanonicalLocales(locale).length === 1;
  } catch {
    return false;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
