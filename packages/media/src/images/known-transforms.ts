import { createHash } from "node:crypto";
import { fail } from "../errors.js";
import { nearestWord } from "./nearest-word.js";
import { maxResultPixels, maxSide, type TransformOptions } from "./parameters.js";
import { fullSize, ladder, parseTransform, readTransform, type Transform, transformOf, transformsInWords } from "./transform.js";

/** The presets of an application, each a transform with a name of its own. */
export type PresetOptions = Readonly<Record<string, TransformOptions>>;

/** A transform that a URL asks for. */
export interface AskedTransform {
  readonly transform: Transform;
  /** Whether everybody may ask for it; any other needs a signature. */
  readonly isOpen: boolean;
  /** Whether the text will mean the same for ever: a preset by its bare name may be defined anew. */
  readonly isFixed: boolean;
}

/** The transforms everybody may ask for: the ladder's widths, the full size, and the application's presets. */
export interface KnownTransforms {
  /** What a text stands for, where everybody may ask for it; one look into a table, for the picture that everybody asks for. */
  find(text: string): AskedTransform | undefined;
  /** What a text stands for, custom transforms among them. @throws TRANSFORM_UNKNOWN, PARAMETER_INVALID */
  ask(text: string): AskedTransform;
  /** How a preset stands in a URL, at the density of a screen: `card.1f3a9c`, `card_2x.77e0b1`. @throws PARAMETER_INVALID */
  preset(name: string, dpr?: number): { readonly text: string; readonly transform: Transform };
}

/** Densities that presets are offered in. */
const densities = [1, 2, 3] as const;
const namePattern = /^[a-z][a-z0-9-]{0,31}$/;

/** Read an application's presets, all problems at once, each with the preset and the parameter it is in. */
export function readPresets(presets: PresetOptions, problems: string[]): void {
  for (const [name, options] of Object.entries(presets)) {
    const whyNot = whyNotName(name);
    if (whyNot !== undefined) problems.push(`presets: "${name}" cannot be a preset's name: ${whyNot}.`);
    if (typeof options !== "object" || options === null) {
      problems.push(`presets.${name} has to be an object of parameters, such as { width: 400, height: 300, fit: "cover" }.`);
      continue;
    }
    const read = readTransform(options);
    for (const problem of "problems" in read ? read.problems : []) {
      problems.push(`presets.${name}.${problem.name} is ${problem.value}: ${sentence(problem.reason)}`);
    }
  }
}

function sentence(text: string): string {
  return text.endsWith("?") ? text : `${text}.`;
}

function whyNotName(name: string): string | undefined {
  if (!namePattern.test(name)) return "write up to 32 letters a to z, digits and -, a letter first";
  return name === fullSize.name || /^[wh]\d/.test(name) ? "it reads like a transform of its own" : undefined;
}

/** Make the table of the transforms everybody may ask for. `presets` have been read. */
export function createKnownTransforms(presets: PresetOptions = {}): KnownTransforms {
  const known = new Map<string, AskedTransform>();
  const presetNames = Object.keys(presets);
  const texts = new Map<string, { readonly text: string; readonly transform: Transform }>();
  for (const transform of [fullSize, ...ladder.map((width) => transformOf({ width }))]) {
    known.set(transform.name, { transform, isOpen: true, isFixed: true });
  }
  for (const [name, options] of Object.entries(presets)) {
    for (const density of densities) {
      const transform = transformOf(atDensity(options, density));
      const bare = density === 1 ? name : `${name}_${density}x`;
      // What the preset is now, so that pages that name it so can keep the picture for ever.
      const text = `${bare}.${createHash("sha256").update(transform.name).digest("hex").slice(0, 6)}`;
      known.set(bare, { transform, isOpen: true, isFixed: false });
      known.set(text, { transform, isOpen: true, isFixed: true });
      texts.set(bare, { text, transform });
    }
  }
  const inWords = [transformsInWords, ...(presetNames.length === 0 ? [] : [`the presets ${presetNames.join(", ")}`])].join(", and ");

  return {
    find: (text) => known.get(text),
    ask(text) {
      // A page kept somewhere may name a preset as it was defined once; it gets what the preset is now.
      const asked = known.get(text) ?? known.get(/^(.{1,40})\.[0-9a-f]{6}$/.exec(text)?.[1] ?? "");
      if (asked !== undefined) return asked;
      return { transform: parseTransform(text, inWords), isOpen: false, isFixed: true };
    },
    preset(name, dpr = 1) {
      const density = densities.find((candidate) => candidate >= dpr) ?? densities.at(-1);
      const found = texts.get(density === 1 ? name : `${name}_${density}x`);
      if (found !== undefined && Object.hasOwn(presets, name)) return found;
      const meant = nearestWord(name, presetNames);
      const reason =
        presetNames.length === 0
          ? "openMedia() was given no presets"
          : `there is no such preset; ${meant === undefined ? `there are ${presetNames.join(", ")}` : `did you mean "${meant}"?`}`;
      throw fail("PARAMETER_INVALID", { name: "preset", value: name.slice(0, 60), reason });
    },
  };
}

/** What is asked for in CSS pixels, in the pixels of a screen; as dense as the largest result allows. */
export function atDensity(options: TransformOptions, dpr: number): TransformOptions {
  const { width, height } = options;
  if (dpr === 1 || (width === undefined && height === undefined)) return options;
  const most = Math.min(
    dpr,
    maxSide / Math.max(width ?? 1, height ?? 1),
    width === undefined || height === undefined ? dpr : Math.sqrt(maxResultPixels / (width * height)),
  );
  const scaled = (side: number | undefined): number | undefined => (side === undefined ? undefined : Math.max(1, Math.floor(side * most)));
  return { ...options, width: scaled(width), height: scaled(height) };
}
