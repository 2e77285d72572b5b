import type { Size } from "../images/geometry.js";
import type { SrcsetOptions, UrlOptions } from "./media-file.js";

const defaultWidths = [320, 640, 1024, 1600, 2560];
const defaultDensities = [1, 2, 3];

/** One picture that a browser may choose. */
export interface Candidate {
  readonly url: string;
  readonly size: Size;
}

/**
 * Write what a browser may choose from: by width (`640w`) for a picture as wide as its place, by density (`2x`) for one of a fixed
 * size. Each candidate is told by what it is: none is there twice, and none promises pixels that it does not have.
 */
export function srcsetOf(options: SrcsetOptions, candidateOf: (options: UrlOptions) => Candidate): string {
  const { widths, densities, ...asked } = options;
  const isOfOneSize = asked.width !== undefined || asked.height !== undefined || asked.preset !== undefined;
  const entries = new Map<string, string>();
  const note = ({ url }: Candidate, descriptor: string): void => {
    if (![...entries.values()].includes(descriptor)) entries.set(url, entries.get(url) ?? descriptor);
  };
  if (widths === undefined && (isOfOneSize || densities !== undefined)) {
    const single = candidateOf(asked);
    note(single, "1x");
    for (const dpr of (densities ?? defaultDensities).toSorted((a, b) => a - b)) {
      const candidate = candidateOf({ ...asked, dpr });
      // A picture that is too small for twice the pixels is as dense as it is.
      note(candidate, `${Math.round((candidate.size.width / single.size.width) * 100) / 100}x`);
    }
  } else {
    const { width: shapeWidth, height: shapeHeight, ...rest } = asked;
    for (const width of (widths ?? defaultWidths).toSorted((a, b) => a - b)) {
      const height = shapeHeight === undefined ? undefined : Math.max(1, Math.round((width * shapeHeight) / (shapeWidth ?? width)));
      const candidate = candidateOf({ ...rest, width, height });
      note(candidate, `${candidate.size.width}w`);
    }
  }
  return [...entries].map(([url, descriptor]) => `${url} ${descriptor}`).join(", ");
}
