/** What is done to an original to make a variant: scaled to a ladder width, or kept at its full size without metadata. */
export interface Transform {
  /** As it stands in URLs, keys and rows: `w640`, `full`. */
  readonly name: string;
  /** In pixels; absent for `full`. */
  readonly width: number | undefined;
}

/** The widths there are. A fixed ladder, so that nobody can have a thousand variants of one picture made. */
export const ladder: readonly number[] = [64, 128, 256, 320, 512, 640, 800, 1024, 1280, 1600, 2048, 2560, 3840];

/** The full size, without metadata. */
export const fullSize: Transform = { name: "full", width: undefined };
const byName = new Map<string, Transform>([fullSize, ...ladder.map((width) => ({ name: `w${width}`, width }))].map((t) => [t.name, t]));

/** Read a transform as it stands in a URL, or answer `undefined`. */
export function parseTransform(name: string): Transform | undefined {
  return byName.get(name);
}

/** The transform whose width is at least `width`; beyond the ladder, the full size. */
export function transformForWidth(width: number): Transform {
  const step = ladder.find((candidate) => candidate >= width);
  return (step === undefined ? undefined : byName.get(`w${step}`)) ?? fullSize;
}

/** For people: which transforms exist. */
export const transformsInWords: string = `full and the widths ${ladder.map((width) => `w${width}`).join(", ")}`;
