import { fail } from "../errors.js";
import { type VariantFormat, variantFormats } from "./formats.js";
import { nearestWord } from "./nearest-word.js";
import { type Fit, type Focus, maxResultPixels, type Parameter, parameters, type TransformOptions } from "./parameters.js";

/** What is done to an original to make a variant, every parameter decided. */
export interface Transform {
  /** As it stands in URLs, keys and rows: `w640`, `full`, `w400_h300_cover_attention`. One name for one meaning. */
  readonly name: string;
  /** In pixels; absent where it follows from the height, or is the picture's own. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly fit: Fit;
  readonly focus: Focus;
  readonly enlarge: boolean;
  readonly rotate: 0 | 90 | 180 | 270;
  readonly frame: number | "all";
  readonly blur: number | undefined;
  /** `#rrggbb` or `#rrggbbaa`. */
  readonly background: string | undefined;
  /** `auto` leaves it to the request's Accept. */
  readonly format: "auto" | VariantFormat;
  readonly quality: number | undefined;
}

/** What is wrong with one parameter. */
export interface ParameterProblem {
  readonly name: string;
  readonly value: string;
  readonly reason: string;
}

/** The most bytes of a name; the longest that can be written has fewer. */
const maxNameBytes = 120;
const noSize = "full";
const entries = Object.entries(parameters) as readonly [keyof TransformOptions, Parameter][];

/** The widths there are. A fixed ladder, so that nobody can have a thousand variants of one picture made. */
export const ladder: readonly number[] = [64, 128, 256, 320, 512, 640, 800, 1024, 1280, 1600, 2048, 2560, 3840];

/** Make a transform of what a program asks for. @throws PARAMETER_INVALID */
export function transformOf(options: TransformOptions): Transform {
  const read = readTransform(options);
  if ("problems" in read) throw fail("PARAMETER_INVALID", read.problems[0] ?? { name: "transform", value: "", reason: "it is not one" });
  return read.transform;
}

/** Read what a program asks for; every problem is told. A parameter that is `undefined` counts as left out. */
export function readTransform(
  options: Readonly<Record<string, unknown>> | TransformOptions,
): { readonly transform: Transform } | { readonly problems: readonly ParameterProblem[] } {
  const problems: ParameterProblem[] = [];
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(parameters, name)) problems.push(unknownParameter(name, given[name]));
  }
  const settings: Record<string, unknown> = {};
  for (const [name, parameter] of entries) {
    settings[name] = parameter.fallback;
    if (given[name] === undefined) continue;
    settings[name] = parameter.read(given[name]);
    if (settings[name] === undefined) problems.push({ name, value: quoted(given[name]), reason: `it has to be ${parameter.values}` });
  }
  if (problems.length > 0) return { problems };
  const transform = { name: nameOf(settings), ...settings } as unknown as Transform;
  const contradictions = contradictionsIn(transform);
  return contradictions.length > 0 ? { problems: contradictions } : { transform };
}

/**
 * Read a transform by its name. Only the one name that `transformOf` gives is taken: no other order, no leading zeros, no default.
 * It costs microseconds, whatever the text.
 *
 * @throws TRANSFORM_UNKNOWN where the text is no such name at all, PARAMETER_INVALID naming the parameter that is wrong
 */
export function parseTransform(text: string, knownInWords: string = transformsInWords): Transform {
  const onLadder = byName.get(text);
  if (onLadder !== undefined) return onLadder;
  if (!/^(?:w[\d.+-]|h[\d.+-]|full_)/.test(text)) throw fail("TRANSFORM_UNKNOWN", { transform: text.slice(0, 60), known: knownInWords });
  if (text.length > maxNameBytes) throw invalidName(text, `it has ${text.length} characters, and ${maxNameBytes} are the most`);
  const parts = text.split("_");
  let at = parts[0] === noSize ? 1 : 0;
  const options: Record<string, unknown> = {};
  for (const [name, parameter] of entries) {
    const part = parts[at];
    const value = part === undefined ? undefined : parameter.parse(part);
    if (value === undefined) continue;
    options[name] = value;
    at += 1;
  }
  const left = parts[at];
  if (left !== undefined) {
    throw invalidName(
      text,
      `its part "${left.slice(0, 20)}" is not known or not in its place: the order is ${entries.map(([name]) => name).join(", ")}`,
    );
  }
  const transform = transformOf(options);
  if (transform.name !== text) throw invalidName(text, `it is written ${transform.name}`);
  return transform;
}

/** The transform whose width is at least `width`; beyond the ladder, the full size. */
export function transformForWidth(width: number): Transform {
  const step = ladder.find((candidate) => candidate >= width);
  return (step === undefined ? undefined : byName.get(`w${step}`)) ?? fullSize;
}

/** Write a transform's name: each part that differs from its default, in the order of the parameters. */
function nameOf(settings: Readonly<Record<string, unknown>>): string {
  const parts = entries
    .filter(([name, { fallback }]) => settings[name] !== fallback)
    .map(([name, { write }]) => write(settings[name] as never));
  return (settings["width"] ?? settings["height"]) === undefined ? [noSize, ...parts].join("_") : parts.join("_");
}

/** Parameters that are right by themselves and not together. */
function contradictionsIn(transform: Transform): ParameterProblem[] {
  const { width, height, fit, focus, enlarge, rotate, frame, blur, format, quality } = transform;
  const found: ParameterProblem[] = [];
  const refuse = (name: keyof TransformOptions, reason: string): void => void found.push({ name, value: quoted(transform[name]), reason });
  if (fit !== "inside" && (width === undefined || height === undefined)) refuse("fit", "it needs both width and height");
  if (focus !== "center" && fit !== "cover") refuse("focus", 'it is of fit "cover"');
  if (enlarge && width === undefined && height === undefined) refuse("enlarge", "it needs a width or a height");
  if (width !== undefined && height !== undefined && width * height > maxResultPixels) {
    refuse("height", `with the width ${width} it makes more than ${maxResultPixels} pixels`);
  }
  if (frame === "all") {
    if (rotate !== 0) refuse("rotate", "a picture that moves is not turned");
    if (blur !== undefined) refuse("blur", "a picture that moves is not blurred; leave out frame, or choose one");
    if (focus === "attention" || focus === "entropy") refuse("focus", "of a picture that moves it is the center or a point");
  }
  if (format !== "auto" && frame === "all" && !variantFormats[format].isAnimated) refuse("format", "an animation is WebP or GIF");
  if (format !== "auto" && quality !== undefined && !variantFormats[format].hasQuality) {
    refuse("quality", `a ${format.toUpperCase()} image has none to choose`);
  }
  return found;
}

function unknownParameter(name: string, value: unknown): ParameterProblem {
  const meant = nearestWord(name, Object.keys(parameters));
  const reason = `there is no such parameter${meant === undefined ? `; there are ${Object.keys(parameters).join(", ")}` : `; did you mean "${meant}"?`}`;
  return { name: name.slice(0, 40), value: quoted(value), reason };
}

function invalidName(text: string, reason: string): Error {
  return fail("PARAMETER_INVALID", { name: "transform", value: text.slice(0, 60), reason });
}

/** A value as a sentence quotes it, and no longer than it can bear. */
export function quoted(value: unknown): string {
  const text = typeof value === "string" ? value : typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "undefined");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The full size, without metadata. */
export const fullSize: Transform = transformOf({});
const byName = new Map<string, Transform>([fullSize, ...ladder.map((width) => transformOf({ width }))].map((t) => [t.name, t]));

/** For people: which transforms everybody may ask for. */
export const transformsInWords: string = `full and the widths ${ladder.map((width) => `w${width}`).join(", ")}`;
