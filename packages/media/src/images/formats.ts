/** What variants are encoded as. */
export type VariantFormat = "avif" | "webp" | "jpeg" | "png" | "gif";

/** The media type and extension of each format, and whether a quality can be chosen. */
export const variantFormats: Readonly<
  Record<VariantFormat, { readonly type: string; readonly extension: string; readonly hasQuality: boolean; readonly isAnimated: boolean }>
> = {
  avif: { type: "image/avif", extension: "avif", hasQuality: true, isAnimated: false },
  webp: { type: "image/webp", extension: "webp", hasQuality: true, isAnimated: true },
  jpeg: { type: "image/jpeg", extension: "jpg", hasQuality: true, isAnimated: false },
  png: { type: "image/png", extension: "png", hasQuality: false, isAnimated: false },
  gif: { type: "image/gif", extension: "gif", hasQuality: false, isAnimated: true },
};

/** Tell whether a text names a format that variants can be encoded as. */
export function isVariantFormat(text: string): text is VariantFormat {
  return Object.hasOwn(variantFormats, text);
}
/** What a request is answered with. */
export interface FormatChoice {
  readonly format: VariantFormat;
  /** What may be shown until the other, which takes long, has been made; absent where it is quick to make. */
  readonly interim: VariantFormat | undefined;
}

/** The choices that one Accept header leads to, by what the picture needs. */
interface Choices {
  readonly opaque: FormatChoice;
  readonly transparent: FormatChoice;
  readonly moving: FormatChoice;
}

/** Browsers send a handful of Accept headers; a hundred are remembered, for this is asked at every request. */
const maxRemembered = 100;
const remembered = new Map<string, Choices>();

/**
 * Choose the format for a request, by what its Accept says of each and how much: AVIF, then WebP, then JPEG, or PNG where there is
 * transparency, or GIF where it moves. A transform that names its format is answered in that.
 */
export function negotiateFormat(
  accept: string | undefined,
  picture: { readonly hasAlpha: boolean; readonly frames: number },
  transform: { readonly format: "auto" | VariantFormat; readonly frame: number | "all" },
): FormatChoice {
  if (transform.format !== "auto") return fixed[transform.format];
  const choices = choicesFor(accept ?? "");
  if (transform.frame === "all" && picture.frames > 1) return choices.moving;
  return picture.hasAlpha ? choices.transparent : choices.opaque;
}

const fixed: Readonly<Record<VariantFormat, FormatChoice>> = {
  avif: { format: "avif", interim: undefined },
  webp: { format: "webp", interim: undefined },
  jpeg: { format: "jpeg", interim: undefined },
  png: { format: "png", interim: undefined },
  gif: { format: "gif", interim: undefined },
};

function choicesFor(accept: string): Choices {
  const known = remembered.get(accept);
  if (known !== undefined) return known;
  const wishes = readAccept(accept);
  const choices: Choices = {
    opaque: choose(wishes, ["avif", "webp", "jpeg"]),
    transparent: choose(wishes, ["avif", "webp", "png"]),
    moving: choose(wishes, ["webp", "gif"]),
  };
  if (remembered.size >= maxRemembered) remembered.clear();
  if (accept.length < 1000) remembered.set(accept, choices);
  return choices;
}

/** `candidates` from the best to the one that everybody understands, which is taken where nothing better is. */
function choose(wishes: ReadonlyMap<string, number>, candidates: readonly VariantFormat[]): FormatChoice {
  const common = candidates.at(-1) ?? "jpeg";
  const weightOf = (format: VariantFormat): number => {
    const { type } = variantFormats[format];
    // Only by its own name: `image/*` is what software says that has never heard of AVIF or WebP.
    if (format !== common) return wishes.get(type) ?? 0;
    return wishes.get(type) ?? wishes.get("image/*") ?? wishes.get("*/*") ?? 0;
  };
  const best = candidates.reduce((so, candidate) => (weightOf(candidate) > weightOf(so) ? candidate : so));
  const format = weightOf(best) > 0 ? best : common;
  if (format !== "avif") return fixed[format];
  return { format, interim: choose(wishes, candidates.slice(1)).format };
}

/** The weight of each media type of an Accept header (RFC 9110 §12.5.1): 1 where none is given. */
function readAccept(accept: string): ReadonlyMap<string, number> {
  const wishes = new Map<string, number>();
  for (const entry of accept.toLowerCase().split(",", 50)) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
    const weight = parameters.map((parameter) => /^q=([01](?:\.\d{0,3})?)$/.exec(parameter)?.[1]).find((found) => found !== undefined);
    if (name !== "") wishes.set(name, Math.min(1, Number(weight ?? 1)));
  }
  return wishes;
}
