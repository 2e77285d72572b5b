import { paintSvg } from "@holdfast/example-site";

/** One thing in front of a wall on a table, as somebody who sells it might photograph it. */
export interface StillLife {
  readonly thing: keyof typeof things;
  readonly wall: string;
  readonly table: string;
  /** The thing's own colour, and a second one. */
  readonly colours: readonly [string, string];
}

/** Where the camera stands: the whole table, or close by. */
export type View = "whole" | "close" | "above";

const views: Readonly<Record<View, string>> = { whole: "0 0 1600 1200", close: "420 330 800 600", above: "250 180 1100 825" };

/** Paint a still life: light from the left, a soft shadow, a little grain. */
export async function paint({ thing, wall, table, colours }: StillLife, view: View): Promise<Buffer> {
  const [first, second] = colours;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1200" viewBox="${views[view]}">
    <defs>
      <radialGradient id="wall" cx="0.3" cy="0.25" r="1"><stop offset="0" stop-color="#fff" stop-opacity="0.55"/><stop offset="0.55" stop-color="#fff" stop-opacity="0.08"/><stop offset="1" stop-color="#000" stop-opacity="0.34"/></radialGradient>
      <linearGradient id="table" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#000" stop-opacity="0.22"/><stop offset="0.2" stop-color="#fff" stop-opacity="0.12"/><stop offset="1" stop-color="#000" stop-opacity="0.3"/></linearGradient>
      <linearGradient id="round" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#000" stop-opacity="0.12"/><stop offset="0.28" stop-color="#fff" stop-opacity="0.5"/><stop offset="0.6" stop-color="#000" stop-opacity="0.04"/><stop offset="1" stop-color="#000" stop-opacity="0.46"/></linearGradient>
      <radialGradient id="ball" cx="0.34" cy="0.3" r="0.75"><stop offset="0" stop-color="#fff" stop-opacity="0.6"/><stop offset="0.5" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="0.42"/></radialGradient>
      <radialGradient id="glow"><stop offset="0" stop-color="#fff3c4" stop-opacity="0.85"/><stop offset="1" stop-color="#fff3c4" stop-opacity="0"/></radialGradient>
      <filter id="soft" x="-50%" y="-200%" width="200%" height="500%"><feGaussianBlur stdDeviation="26"/></filter>
    </defs>
    <rect width="1600" height="1200" fill="${wall}"/><rect width="1600" height="1200" fill="url(#wall)"/>
    <rect y="860" width="1600" height="340" fill="${table}"/><rect y="860" width="1600" height="340" fill="url(#table)"/>
    <ellipse cx="880" cy="985" rx="420" ry="46" fill="#000" opacity="0.42" filter="url(#soft)"/>
    ${things[thing](first, second)}
  </svg>`;
  return await paintSvg(svg);
}

/** A shape in a colour, with light over it. */
function lit(shape: (fill: string) => string, colour: string, light: "round" | "ball" = "round"): string {
  return shape(colour) + shape(`url(#${light})`);
}

const line = (path: string, colour: string, width: number): string =>
  `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;

const things = {
  vase: (first: string, second: string) =>
    [0, 1, 2, 3, 4]
      .map((at) => {
        const [x, y] = [640 + at * 80, 330 + Math.abs(at - 2) * 48];
        const petals = [0, 60, 120, 180, 240, 300].map(
          (angle) => `<ellipse cx="${x}" cy="${y - 34}" rx="20" ry="36" fill="${second}" transform="rotate(${angle} ${x} ${y})"/>`,
        );
        return (
          line(`M800 640 Q ${x} 560 ${x} ${y}`, "#4d6b3c", 9) + petals.join("") + `<circle cx="${x}" cy="${y}" r="17" fill="#f5d46b"/>`
        );
      })
      .join("") +
    lit(
      (fill) =>
        `<path d="M735 600 h130 q0 60 60 130 q60 90 10 190 q-25 70 -80 70 h-110 q-55 0 -80 -70 q-50 -100 10 -190 q60 -70 60 -130z" fill="${fill}"/>`,
      first,
    ),
  lamp: (first: string, second: string) =>
    '<ellipse cx="800" cy="560" rx="520" ry="420" fill="url(#glow)"/>' +
    lit((fill) => `<rect x="782" y="560" width="36" height="400" rx="10" fill="${fill}"/>`, second) +
    lit((fill) => `<ellipse cx="800" cy="970" rx="150" ry="34" fill="${fill}"/>`, second) +
    lit((fill) => `<path d="M690 270 h220 l110 330 q-220 50 -440 0z" fill="${fill}"/>`, first),
  chair: (first: string, second: string) =>
    [line("M610 760 L570 1010", second, 30), line("M990 760 L1030 1010", second, 30)].join("") +
    [line("M660 740 L650 960", second, 26), line("M940 740 L950 960", second, 26)].join("") +
    lit((fill) => `<path d="M600 250 q200 -70 400 0 l-20 430 h-360z" fill="${fill}"/>`, first) +
    lit((fill) => `<path d="M560 670 h480 q40 0 40 50 q0 60 -50 60 h-460 q-50 0 -50 -60 q0 -50 40 -50z" fill="${fill}"/>`, first) +
    [700, 800, 900].map((x) => `<circle cx="${x}" cy="430" r="13" fill="#000" opacity="0.28"/>`).join(""),
  bicycle: (first: string, second: string) =>
    [430, 1150]
      .map((x) => {
        const spokes = [0, 30, 60, 90, 120, 150].map(
          (angle) => `<path d="M${x - 200} 770 h400" stroke="#cfcfcf" stroke-width="3" transform="rotate(${angle} ${x} 770)"/>`,
        );
        return `<circle cx="${x}" cy="770" r="212" fill="none" stroke="#23211f" stroke-width="24"/>${spokes.join("")}<circle cx="${x}" cy="770" r="18" fill="#555"/>`;
      })
      .join("") +
    line("M430 770 L600 480 L1020 480 L780 780 L430 770 M600 480 L780 780", first, 24) +
    line("M1150 770 L1010 400 L1110 370 M1010 400 L930 372", first, 22) +
    line("M600 480 L580 410", "#777", 18) +
    lit((fill) => `<path d="M490 400 q100 -40 190 0 q-30 34 -110 30 q-70 8 -80 -30z" fill="${fill}"/>`, second) +
    `<circle cx="780" cy="780" r="46" fill="none" stroke="#666" stroke-width="14"/>`,
  teapot: (first: string, second: string) =>
    line("M1060 640 q190 -40 150 120 q-30 110 -190 110", first, 44) +
    lit((fill) => `<path d="M560 700 q-130 -10 -190 -170 q40 -24 70 -16 q60 110 170 120z" fill="${fill}"/>`, first) +
    lit((fill) => `<ellipse cx="800" cy="770" rx="300" ry="225" fill="${fill}"/>`, first, "ball") +
    lit((fill) => `<ellipse cx="800" cy="565" rx="150" ry="36" fill="${fill}"/>`, second) +
    lit((fill) => `<circle cx="800" cy="515" r="36" fill="${fill}"/>`, second, "ball") +
    `<path d="M515 800 q285 90 570 0" stroke="${second}" stroke-width="20" fill="none" opacity="0.75"/>`,
  guitar: (first: string, second: string) =>
    `<g transform="rotate(14 800 600)">` +
    lit((fill) => `<rect x="765" y="110" width="70" height="520" rx="10" fill="${fill}"/>`, second) +
    lit((fill) => `<rect x="745" y="50" width="110" height="130" rx="18" fill="${fill}"/>`, second) +
    lit(
      (fill) =>
        `<path d="M800 520 q170 0 160 130 q-10 60 30 110 q70 100 -20 200 q-80 70 -170 70 t-170 -70 q-90 -100 -20 -200 q40 -50 30 -110 q-10 -130 160 -130z" fill="${fill}"/>`,
      first,
      "ball",
    ) +
    `<circle cx="800" cy="720" r="66" fill="#1d1511"/><circle cx="800" cy="720" r="78" fill="none" stroke="${second}" stroke-width="10"/>` +
    `<rect x="715" y="880" width="170" height="26" rx="8" fill="#2b1c14"/>` +
    [-20, -8, 4, 16].map((x) => `<path d="M${802 + x} 80 V892" stroke="#eee4cf" stroke-width="3"/>`).join("") +
    "</g>",
  books: (first: string, second: string) =>
    [first, second, "#d8c7a3", "#47505c", first, second]
      .map((colour, at) => {
        const [width, height] = [74 + (at % 3) * 22, 430 + ((at * 67) % 130)];
        const x = 470 + ([0, 78, 178, 296, 374, 474][at] ?? 0);
        const body = lit(
          (fill) => `<rect x="${x}" y="${970 - height}" width="${width}" height="${height}" rx="6" fill="${fill}"/>`,
          colour,
        );
        return `${body}<rect x="${x}" y="${970 - height + 60}" width="${width}" height="16" fill="#f6e9c8" opacity="0.7"/>`;
      })
      .join(""),
  oranges: (first: string, second: string) =>
    [
      [690, 640],
      [830, 600],
      [950, 655],
      [770, 545],
      [890, 535],
    ]
      .map(
        ([x = 0, y = 0]) =>
          lit((fill) => `<circle cx="${x}" cy="${y}" r="96" fill="${fill}"/>`, first, "ball") +
          `<circle cx="${x + 8}" cy="${y - 78}" r="8" fill="#5f6b32"/>`,
      )
      .join("") +
    lit((fill) => `<path d="M480 670 h660 q-20 290 -330 300 q-310 -10 -330 -300z" fill="${fill}"/>`, second) +
    `<path d="M505 750 q300 70 610 0" stroke="#fff" stroke-width="10" fill="none" opacity="0.5"/>`,
  clock: (first: string, second: string) =>
    lit((fill) => `<path d="M560 980 q-20 -520 240 -620 q260 100 240 620z" fill="${fill}"/>`, first) +
    lit((fill) => `<circle cx="800" cy="660" r="190" fill="${fill}"/>`, second, "ball") +
    `<circle cx="800" cy="660" r="164" fill="#fbf6ea"/>` +
    [0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330]
      .map((angle) => `<path d="M800 512 v26" stroke="#3a332b" stroke-width="9" transform="rotate(${angle} 800 660)"/>`)
      .join("") +
    line("M800 660 L800 560", "#2c2620", 14) +
    line("M800 660 L870 700", "#2c2620", 14) +
    `<circle cx="800" cy="660" r="13" fill="#2c2620"/>`,
  suitcase: (first: string, second: string) =>
    line("M690 470 v-70 q0 -40 40 -40 h140 q40 0 40 40 v70", "#3b2a1f", 28) +
    lit((fill) => `<rect x="420" y="460" width="760" height="520" rx="44" fill="${fill}"/>`, first) +
    [500, 1030].map((x) => lit((fill) => `<rect x="${x}" y="460" width="70" height="520" fill="${fill}"/>`, second)).join("") +
    [535, 1065].map((x) => `<rect x="${x - 26}" y="650" width="52" height="44" rx="8" fill="#d9b35f"/>`).join("") +
    `<rect x="700" y="610" width="210" height="140" rx="10" fill="#f3e6c9" opacity="0.9" transform="rotate(-7 800 680)"/>`,
} as const;
