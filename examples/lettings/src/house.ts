import { paintSvg } from "@holdfast/example-site";

/** A house of Orange County, as somebody who lets it might photograph it. */
export interface House {
  readonly kind: keyof typeof kinds;
  readonly wall: string;
  readonly roof: string;
  readonly door: string;
  /** Sofa, parasol and the like. */
  readonly cloth: string;
}

/** Where the camera stands. */
export type View = "front" | "living" | "garden";

/** Paint a view of a house: late light, a soft shadow, a little grain. */
export async function paint(house: House, view: View): Promise<Buffer> {
  return await paintSvg(`<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1200" viewBox="0 0 1600 1200">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#6fb3dc"/><stop offset="0.6" stop-color="#cfe5ea"/><stop offset="1" stop-color="#fbe6c6"/></linearGradient>
      <linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#4f94b4"/><stop offset="1" stop-color="#2f7396"/></linearGradient>
      <linearGradient id="lawn" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#9bb868"/><stop offset="1" stop-color="#5c8242"/></linearGradient>
      <linearGradient id="light" x1="0" y1="0" x2="1" y2="0.25"><stop offset="0" stop-color="#fff4d6" stop-opacity="0.45"/><stop offset="0.5" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#1c2530" stop-opacity="0.36"/></linearGradient>
      <linearGradient id="glass" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#cfe8f2"/><stop offset="0.5" stop-color="#5d8ca3"/><stop offset="1" stop-color="#33566a"/></linearGradient>
      <linearGradient id="floor" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#c79f74"/><stop offset="1" stop-color="#8a6341"/></linearGradient>
      <radialGradient id="sun"><stop offset="0" stop-color="#fff6cf"/><stop offset="0.25" stop-color="#fff0bd" stop-opacity="0.75"/><stop offset="1" stop-color="#ffe9b0" stop-opacity="0"/></radialGradient>
      <filter id="soft" x="-50%" y="-200%" width="200%" height="500%"><feGaussianBlur stdDeviation="22"/></filter>
    </defs>${views[view](house)}</svg>`);
}

const box = (x: number, y: number, width: number, height: number, fill: string, more = ""): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" ${more}/>`;
const path = (d: string, fill: string, more = ""): string => `<path d="${d}" fill="${fill}" ${more}/>`;
const repeat = (count: number, draw: (at: number) => string): string => Array.from({ length: count }, (_, at) => draw(at)).join("");

/** A shape with the evening's light over it. */
const lit = (draw: (fill: string) => string, fill: string): string => draw(fill) + draw("url(#light)");
const shadow = (x: number, y: number, rx: number): string =>
  `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="34" fill="#14202a" opacity="0.42" filter="url(#soft)"/>`;
const pane = (x: number, y: number, width: number, height: number): string =>
  box(x - 9, y - 9, width + 18, height + 18, "#f7f2e8") +
  box(x, y, width, height, "url(#glass)") +
  path(`M${x + width / 2} ${y} v${height} M${x} ${y + height / 2} h${width}`, "none", `stroke="#f7f2e8" stroke-width="7"`);

function palm(x: number, y: number, height: number): string {
  const leaf = (angle: number): string =>
    path(`M${x} ${y - height} q70 -60 175 12 q-95 -22 -175 -12z`, "#3f6b3a", `transform="rotate(${angle} ${x} ${y - height})"`);
  return (
    shadow(x + 60, y, 90) +
    path(`M${x - 14} ${y} q10 ${-height / 2} 4 ${-height} h20 q4 ${height / 2} 12 ${height}z`, "#8b6b4b") +
    [-160, -125, -200, -60, -20, 15, -95, 40].map(leaf).join("")
  );
}

function orangeTree(x: number, y: number, size: number): string {
  const fruit = [
    [-0.5, -1.1],
    [0.1, -1.5],
    [0.5, -1],
    [-0.1, -0.8],
    [0.7, -1.35],
    [-0.7, -1.45],
  ];
  return (
    shadow(x + 30, y, size) +
    path(`M${x - 10} ${y} v${-size} h20 v${size}z`, "#6f5138") +
    lit((fill) => `<circle cx="${x}" cy="${y - size * 1.2}" r="${size}" fill="${fill}"/>`, "#47743f") +
    fruit.map(([dx = 0, dy = 0]) => `<circle cx="${x + dx * size}" cy="${y + dy * size}" r="${size / 9}" fill="#ef8d24"/>`).join("")
  );
}

const kinds = {
  bungalow: ({ wall, roof, door }: House) =>
    lit((fill) => box(380, 640, 860, 300, fill), wall) +
    lit((fill) => path("M320 650 L810 420 L1300 650z", fill), roof) +
    path("M620 650 L810 555 L1000 650z", "#00000022") +
    repeat(4, (at) => box(430 + at * 250, 650, 24, 290, "#f4ede0")) +
    pane(490, 710, 150, 140) +
    pane(990, 710, 150, 140) +
    lit((fill) => box(760, 700, 120, 240, fill), door) +
    `<circle cx="862" cy="825" r="8" fill="#e5c06b"/>`,
  mission: ({ wall, roof, door }: House) =>
    lit((fill) => path("M400 940 V560 h250 q0 -90 100 -120 q60 -50 120 0 q100 30 100 120 h230 V940z", fill), wall) +
    lit((fill) => box(370, 548, 290, 46, fill, 'rx="16"'), roof) +
    lit((fill) => box(960, 548, 270, 46, fill, 'rx="16"'), roof) +
    repeat(3, (at) => path(`M${440 + at * 270} 940 V760 a85 85 0 0 1 170 0 V940z`, at === 1 ? door : "#3d4b52")) +
    repeat(3, (at) => path(`M${440 + at * 270} 940 V760 a85 85 0 0 1 170 0 V940`, "none", 'stroke="#f3e7d2" stroke-width="14"')) +
    `<circle cx="810" cy="535" r="44" fill="url(#glass)" stroke="#f3e7d2" stroke-width="12"/>`,
  modern: ({ wall, roof, door }: House) =>
    lit((fill) => box(360, 680, 900, 260, fill), wall) +
    lit((fill) => box(560, 460, 780, 220, fill), roof) +
    pane(620, 505, 660, 130) +
    repeat(4, (at) => box(700 + at * 150, 496, 8, 148, "#f7f2e8")) +
    pane(420, 730, 380, 170) +
    lit((fill) => box(870, 720, 120, 220, fill), door) +
    pane(1060, 730, 150, 100) +
    box(340, 664, 940, 20, "#ece7de"),
  flats: ({ wall, roof, door }: House) =>
    lit((fill) => box(470, 300, 680, 640, fill), wall) +
    lit((fill) => box(445, 270, 730, 44, fill), roof) +
    repeat(4, (row) =>
      repeat(4, (column) =>
        row === 3 && (column === 1 || column === 2)
          ? ""
          : pane(520 + column * 155, 350 + row * 145, 90, 90) + box(500 + column * 155, 432 + row * 145, 130, 14, "#d9d2c4"),
      ),
    ) +
    lit((fill) => box(720, 800, 180, 140, fill), door) +
    box(700, 780, 220, 16, "#d9d2c4"),
  cottage: ({ wall, roof, door }: House) =>
    lit((fill) => path("M520 940 V590 L800 340 L1080 590 V940z", fill), wall) +
    lit((fill) => path("M470 620 L800 318 L1130 620 l-38 28 L800 384 L508 648z", fill), roof) +
    repeat(11, (at) => box(520, 620 + at * 30, 560, 3, "#00000018")) +
    pane(725, 530, 150, 120) +
    pane(575, 730, 130, 120) +
    pane(895, 730, 130, 120) +
    lit((fill) => box(740, 720, 120, 220, fill), door) +
    box(710, 700, 180, 14, "#f7f2e8"),
} as const;

const sky = box(0, 0, 1600, 760, "url(#sky)") + `<circle cx="310" cy="250" r="330" fill="url(#sun)"/>`;

const views: Readonly<Record<View, (house: House) => string>> = {
  front: (house) =>
    sky +
    path("M0 640 Q260 520 560 630 T1180 590 T1600 640 V760 H0z", "#8fa889") +
    box(0, 690, 1600, 80, "url(#sea)") +
    box(0, 760, 1600, 440, "url(#lawn)") +
    palm(250, 930, 520) +
    palm(1420, 900, 420) +
    shadow(860, 945, 520) +
    kinds[house.kind](house) +
    path("M740 940 h150 l180 260 h-520z", "#e4d6bd", 'opacity="0.92"') +
    orangeTree(1300, 1010, 92) +
    orangeTree(190, 1080, 112) +
    repeat(9, (at) => `<circle cx="${400 + at * 42}" cy="${958 + (at % 3) * 8}" r="34" fill="#557c45"/>`) +
    repeat(6, (at) => `<circle cx="${960 + at * 46}" cy="${962 + (at % 2) * 8}" r="34" fill="#557c45"/>`),
  living: ({ wall, cloth, door }) =>
    lit((fill) => box(0, 0, 1600, 860, fill), wall) +
    box(0, 850, 1600, 350, "url(#floor)") +
    repeat(9, (at) => path(`M${at * 200} 850 L${at * 290 - 360} 1200`, "none", 'stroke="#00000022" stroke-width="4"')) +
    `<svg x="420" y="130" width="760" height="480" viewBox="0 160 1600 1010" preserveAspectRatio="xMidYMid slice">` +
    sky +
    box(0, 690, 1600, 220, "url(#sea)") +
    box(0, 900, 1600, 300, "#e8d5ae") +
    palm(300, 1040, 560) +
    `</svg>` +
    path("M420 130 h760 v480 h-760z M800 130 v480", "none", 'stroke="#faf6ee" stroke-width="20"') +
    path("M360 100 q40 280 -20 560 h90 q20 -280 0 -560z M1240 100 q-40 280 20 560 h-90 q-20 -280 0 -560z", cloth, 'opacity="0.85"') +
    `<ellipse cx="800" cy="1060" rx="620" ry="110" fill="${door}" opacity="0.55"/>` +
    shadow(800, 985, 480) +
    lit((fill) => box(360, 700, 880, 170, fill, 'rx="46"'), cloth) +
    lit((fill) => box(320, 780, 960, 190, fill, 'rx="46"'), cloth) +
    repeat(3, (at) => box(410 + at * 265, 770, 250, 110, "#ffffff33", 'rx="28"')) +
    lit((fill) => box(640, 1010, 330, 30, fill, 'rx="10"'), "#7a5737") +
    path("M670 1040 v70 M940 1040 v70", "none", 'stroke="#5b3f27" stroke-width="16"') +
    `<circle cx="800" cy="985" r="28" fill="#ef8d24"/><circle cx="845" cy="992" r="24" fill="#f3a03c"/>` +
    path("M1400 970 V520", "none", 'stroke="#3d342c" stroke-width="12"') +
    path("M1310 530 l50 -150 h90 l50 150z", "#fbe7b4") +
    shadow(1400, 975, 90) +
    path("M140 980 l20 -140 h120 l20 140z", "#b4674a") +
    [-55, -25, 0, 25, 55]
      .map((angle) => path("M220 850 q-46 -160 0 -300 q46 140 0 300z", "#4c7a45", `transform="rotate(${angle} 220 850)"`))
      .join(""),
  garden: (house) =>
    sky +
    box(0, 620, 1600, 60, "url(#sea)") +
    box(0, 670, 1600, 530, "url(#lawn)") +
    `<g transform="translate(560 330) scale(0.5)">${kinds[house.kind](house)}</g>` +
    palm(1390, 800, 520) +
    orangeTree(240, 840, 120) +
    orangeTree(470, 790, 78) +
    path("M260 900 Q760 800 1280 890 Q1500 1010 1150 1110 Q700 1190 330 1100 Q90 1000 260 900z", "#efe6d3") +
    path("M310 920 Q770 830 1250 910 Q1430 1005 1120 1085 Q710 1155 370 1075 Q170 1000 310 920z", "#4fb0c6") +
    repeat(7, (at) =>
      path(`M${380 + at * 120} ${960 + (at % 3) * 40} q40 -16 80 0`, "none", 'stroke="#d8f2f5" stroke-width="7" opacity="0.7"'),
    ) +
    path("M1230 1010 V640", "none", 'stroke="#f4ede0" stroke-width="14"') +
    path("M1010 700 Q1230 500 1450 700 Q1380 670 1340 700 Q1290 670 1230 700 Q1170 670 1120 700 Q1070 670 1010 700z", house.cloth) +
    shadow(1250, 1020, 190) +
    lit((fill) => path("M1090 1010 l230 0 l90 -90 l26 14 l-84 110 h-262z", fill), house.door),
};
