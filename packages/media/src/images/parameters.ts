import { isVariantFormat, type VariantFormat, variantFormats } from "./formats.js";

/** How a picture is fitted into a box of width × height. */
export type Fit = "inside" | "cover" | "contain" | "outside" | "fill";

/** What `cover` keeps in sight: the middle, what draws the eye, where most is going on, or a point in per cent from the top left. */
export type Focus = "center" | "attention" | "entropy" | { readonly x: number; readonly y: number };

/** What is done to a picture. Every parameter has a default; docs/delivery.md shows each. */
export interface TransformOptions {
  /** The width of the result in pixels, 1 to 8192. @defaultValue follows from the height, else the picture's own */
  readonly width?: number | undefined;
  /** The height of the result in pixels, 1 to 8192. @defaultValue follows from the width, else the picture's own */
  readonly height?: number | undefined;
  /** How the picture is fitted where both width and height are given. @defaultValue `inside`: whole, and no larger than either */
  readonly fit?: Fit | undefined;
  /** What `fit: "cover"` keeps in sight. @defaultValue `center` */
  readonly focus?: Focus | undefined;
  /** Make a small picture larger, up to what was asked for. @defaultValue false: it stays as it is, in the shape that was asked for */
  readonly enlarge?: boolean | undefined;
  /** Turn it clockwise, after its own orientation has been applied and before it is measured. @defaultValue 0 */
  readonly rotate?: 0 | 90 | 180 | 270 | undefined;
  /** Which frame of an animation, from 0, or `all` to keep it moving. @defaultValue 0 */
  readonly frame?: number | "all" | undefined;
  /** Hide what it shows, 1 to 100: all that is left are 400 / `blur` colours along the longer side. From 50 it is private. */
  readonly blur?: number | undefined;
  /** `#rgb`, `#rrggbb` or `#rrggbbaa`: behind what is transparent, and beside the picture with `contain`. @defaultValue transparent, or white */
  readonly background?: string | undefined;
  /** @defaultValue `auto`: what suits the browser, by its Accept header */
  readonly format?: "auto" | VariantFormat | undefined;
  /** 1 to 100, of AVIF, WebP and JPEG. @defaultValue what suits the format */
  readonly quality?: number | undefined;
}

/** The longest side that can be asked for, in pixels. */
export const maxSide = 8192;
/** The most pixels that a result can have. */
export const maxResultPixels = 25_000_000;
/** From this strength on a blurred picture is private: eight colours along its longer side, and no face is known by so few. */
export const privateBlur = 50;

/** How one parameter is read, and how it stands in a transform's name. */
export interface Parameter {
  /** Its values, for people. */
  readonly values: string;
  /** What holds where nothing is said. It is not written. */
  readonly fallback: unknown;
  /** Read what a program gave; `undefined` where it is none of the values. */
  read(value: unknown): unknown;
  /** Write a value that was read, as a part of a name. */
  write(value: never): string;
  /** What a program would have given for this part of a name, right or wrong; `undefined` where the part is of another parameter. */
  parse(part: string): unknown;
}

/** A whole number from `min` to `max`, written after a prefix. */
function whole(prefix: string, min: number, max: number, fallback?: number): Parameter {
  return {
    values: `a whole number from ${min} to ${max}`,
    fallback,
    read: (value) => (Number.isInteger(value) && Number(value) >= min && Number(value) <= max ? value : undefined),
    write: (value: number) => `${prefix}${value}`,
    parse: (part) => numberAfter(prefix, part),
  };
}

/** One of some words, which are written as they are. */
function word(words: readonly string[], fallback?: string): Parameter {
  return {
    values: `one of ${words.join(", ")}`,
    fallback,
    read: (value) => (typeof value === "string" && words.includes(value) ? value : undefined),
    write: (value: string) => value,
    parse: (part) => (words.includes(part) ? part : undefined),
  };
}

/** What follows a prefix as a number; as text where it is none, so that the refusal can quote it. */
function numberAfter(prefix: string, part: string): number | string | undefined {
  const rest = part.startsWith(prefix) ? part.slice(prefix.length) : "";
  if (!/^[\d.+-]/.test(rest)) return undefined;
  return /^\d{1,5}$/.test(rest) ? Number(rest) : rest;
}

const fits: readonly Fit[] = ["inside", "cover", "contain", "outside", "fill"];
const foci: readonly string[] = ["center", "attention", "entropy"];
const formats = Object.keys(variantFormats).filter(isVariantFormat);

const focus: Parameter = {
  values: `one of ${foci.join(", ")}, or a point { x, y } in whole per cent from the top left`,
  fallback: "center",
  read(value) {
    if (typeof value === "string") return foci.includes(value) ? value : undefined;
    if (typeof value !== "object" || value === null) return undefined;
    const { x, y } = value as { readonly x?: unknown; readonly y?: unknown };
    if (![x, y].every((part) => Number.isInteger(part) && Number(part) >= 0 && Number(part) <= 100)) return undefined;
    // The middle by another name.
    return x === 50 && y === 50 ? "center" : { x, y };
  },
  write: (value: Focus) => (typeof value === "string" ? value : `x${value.x}y${value.y}`),
  parse(part) {
    if (foci.includes(part)) return part;
    const [, x, y] = /^x(\d{1,3})y(\d{1,3})$/.exec(part) ?? [];
    return x === undefined ? (/^x[\d.+-]/.test(part) ? part : undefined) : { x: Number(x), y: Number(y) };
  },
};

const rotate: Parameter = {
  ...whole("r", 0, 270, 0),
  values: "0, 90, 180 or 270 degrees clockwise",
  read: (value) => ([0, 90, 180, 270].includes(value as number) ? value : undefined),
};

const enlarge: Parameter = {
  values: "true or false",
  fallback: false,
  read: (value) => (typeof value === "boolean" ? value : undefined),
  write: () => "enlarge",
  parse: (part) => (part === "enlarge" ? true : undefined),
};

const oneFrame = whole("frame", 0, 9999, 0);
const frame: Parameter = {
  ...oneFrame,
  values: "a whole number from 0 to 9999, or all",
  read: (value) => (value === "all" ? value : oneFrame.read(value)),
  write: (value: number | "all") => (value === "all" ? "animated" : `frame${value}`),
  parse: (part) => (part === "animated" ? "all" : oneFrame.parse(part)),
};

const background: Parameter = {
  values: "a colour such as #fff, #fafafa or #fafafa80",
  fallback: undefined,
  read(value) {
    if (typeof value !== "string" || !/^#(?:[\da-f]{3}|[\da-f]{6}|[\da-f]{8})$/i.test(value)) return undefined;
    const digits = value.slice(1).toLowerCase();
    const full = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
    return `#${full.length === 8 && full.endsWith("ff") ? full.slice(0, 6) : full}`;
  },
  write: (value: string) => `bg${value.slice(1)}`,
  parse: (part) => (part.startsWith("bg") ? `#${part.slice(2)}` : undefined),
};

/** Every parameter, in the order in which they stand in a name. */
export const parameters: Readonly<Record<keyof TransformOptions, Parameter>> = {
  width: whole("w", 1, maxSide),
  height: whole("h", 1, maxSide),
  fit: word(fits, "inside"),
  focus,
  enlarge,
  rotate,
  frame,
  blur: whole("blur", 1, 100),
  background,
  format: word(["auto", ...formats], "auto"),
  quality: whole("q", 1, 100),
};
