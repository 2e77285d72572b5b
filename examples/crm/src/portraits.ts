import sharp from "sharp";

/** Somebody, as a photographer with a plain background would take them. */
export interface Portrait {
  readonly hair: keyof typeof styles;
  readonly hairColour: string;
  readonly skin: string;
  readonly clothes: string;
  readonly wall: string;
  readonly hasGlasses?: boolean;
  readonly beard?: string;
}

/** Paint a portrait, higher than wide, as phones take them: light from the left, a soft shadow, a little grain. */
export async function paintPortrait({ hair, hairColour, skin, clothes, wall, hasGlasses = false, beard }: Portrait): Promise<Buffer> {
  const { behind, before } = styles[hair];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="800" viewBox="0 0 900 1200">
    <defs>
      <radialGradient id="wall" cx="0.3" cy="0.25" r="1"><stop offset="0" stop-color="#fff" stop-opacity="0.5"/><stop offset="0.5" stop-color="#fff" stop-opacity="0.05"/><stop offset="1" stop-color="#000" stop-opacity="0.32"/></radialGradient>
      <linearGradient id="side" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#fff" stop-opacity="0.2"/><stop offset="0.55" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="0.28"/></linearGradient>
      <filter id="soft" x="-60%" y="-60%" width="220%" height="220%"><feGaussianBlur stdDeviation="18"/></filter>
    </defs>
    <rect width="900" height="1200" fill="${wall}"/><rect width="900" height="1200" fill="url(#wall)"/>
    <ellipse cx="500" cy="620" rx="250" ry="330" fill="#000" opacity="0.22" filter="url(#soft)"/>
    ${lit(behind, hairColour)}
    <path d="M375 640 h150 v170 h-150z" fill="${skin}"/><path d="M375 690 q75 70 150 0 v60 q-75 60 -150 0z" fill="#000" opacity="0.16"/>
    ${lit("M90 1200 q0 -330 250 -400 q110 60 220 0 q250 70 250 400z", clothes)}
    <path d="M340 800 q110 150 220 0 l-14 -14 q-96 90 -192 0z" fill="#fff" opacity="0.35"/>
    <ellipse cx="258" cy="510" rx="26" ry="44" fill="${skin}"/><ellipse cx="642" cy="510" rx="26" ry="44" fill="${skin}"/>
    ${lit("M450 250 q190 0 190 240 q0 240 -190 270 q-190 -30 -190 -270 q0 -240 190 -240z", skin)}
    ${beard === undefined ? "" : `<path d="M262 520 q10 250 188 250 t188 -250 q-20 110 -90 120 q-98 -40 -196 0 q-70 -10 -90 -120z" fill="${beard}"/>`}
    <path d="M318 448 q50 -30 92 -6 M490 442 q46 -24 92 6" fill="none" stroke="${hair === "scarf" ? "#3a2a20" : hairColour}" stroke-width="14" stroke-linecap="round"/>
    ${[366, 534].map((x) => `<ellipse cx="${x}" cy="498" rx="31" ry="19" fill="#fdfbf7"/><circle cx="${x}" cy="498" r="16" fill="#3d2b1f"/><circle cx="${x - 5}" cy="492" r="5" fill="#fff"/>`).join("")}
    <path d="M450 510 q-34 80 -6 96 q20 8 36 -4" fill="none" stroke="#000" stroke-opacity="0.22" stroke-width="9" stroke-linecap="round"/>
    <path d="M384 664 q66 56 132 0 q-66 20 -132 0z" fill="#9c4a41"/>
    <ellipse cx="330" cy="590" rx="46" ry="30" fill="#d4574a" opacity="0.16"/><ellipse cx="570" cy="590" rx="46" ry="30" fill="#d4574a" opacity="0.16"/>
    ${hasGlasses ? `<g fill="none" stroke="#2b2624" stroke-width="10"><rect x="304" y="454" width="124" height="92" rx="40"/><rect x="472" y="454" width="124" height="92" rx="40"/><path d="M428 490 q22 -16 44 0"/></g>` : ""}
    ${lit(before, hairColour)}
  </svg>`;
  const grain = { type: "gaussian", mean: 128, sigma: 6 } as const;
  const noise = await sharp({ create: { width: 600, height: 800, channels: 3, background: "#808080", noise: grain } })
    .png()
    .toBuffer();
  return await sharp(Buffer.from(svg))
    .composite([{ input: noise, blend: "soft-light" }])
    .jpeg({ quality: 88 })
    .toBuffer();
}

/** A shape in a colour, with the light over it. */
function lit(path: string, colour: string): string {
  return path === "" ? "" : `<path d="${path}" fill="${colour}"/><path d="${path}" fill="url(#side)"/>`;
}

/** What of the hair is behind the face, and what before it. */
const styles = {
  short: {
    behind: "M450 190 q240 0 225 320 h-450 q-15 -320 225 -320z",
    before: "M248 450 q-20 -250 202 -262 q226 10 204 262 q-14 -120 -70 -140 q-120 40 -240 -6 q-76 20 -96 146z",
  },
  long: {
    behind: "M450 185 q270 0 262 340 q-4 240 30 380 h-584 q34 -140 30 -380 q-8 -340 262 -340z",
    before: "M242 520 q-30 -320 208 -332 q238 12 208 332 q-10 -150 -90 -210 q-60 60 -230 70 q-80 20 -96 140z",
  },
  bun: {
    behind: "M450 90 q90 0 90 84 q165 60 140 330 h-460 q-25 -270 140 -330 q0 -84 90 -84z",
    before: "M246 470 q-16 -270 204 -282 q220 12 204 282 q-20 -150 -114 -180 q-90 -30 -180 0 q-94 30 -114 180z",
  },
  curls: {
    behind:
      "M230 560 q-90 -60 -30 -140 q-50 -90 40 -130 q10 -100 110 -90 q50 -70 120 -20 q90 -40 130 40 q100 10 90 110 q80 60 20 140 q40 80 -40 120z",
    before:
      "M250 440 q-20 -70 50 -90 q0 -80 80 -70 q50 -50 110 0 q80 -10 90 70 q70 20 60 90 q-40 -70 -110 -60 q-80 30 -170 0 q-70 -10 -110 60z",
  },
  scarf: {
    behind: "M450 170 q280 10 262 340 q-10 220 60 400 h-644 q70 -180 60 -400 q-18 -330 262 -340z",
    before:
      "M450 170 q280 10 262 340 q-8 200 30 330 q-190 90 -292 -60 q190 -40 190 -290 q-10 -180 -190 -190 q-180 10 -190 190 q0 250 190 290 q-102 150 -292 60 q38 -130 30 -330 q-18 -330 262 -340z",
  },
  bald: { behind: "", before: "" },
} as const;
