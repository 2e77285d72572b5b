// Draws the pictures of docs/delivery.md: one scene, kept by media, and every transform of it fetched by its URL.
// npm run build && node docs/pictures/make-pictures.js
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMedia } from "@holdfast/media";
import sharp from "sharp";

const hills = (y, height, colour, seed) => {
  const points = Array.from({ length: 13 }, (_, at) => `${at * 100},${Math.round(y - height * Math.abs(Math.sin(at * 1.7 + seed)))}`);
  return `<polygon fill="${colour}" points="0,800 ${points.join(" ")} 1200,800"/>`;
};

/** A lake between hills, and at the right somebody in a red jacket: something to keep in sight. */
const scene = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800">
  <defs>
    <linearGradient id="sky" x2="0" y2="1"><stop offset="0" stop-color="#6fa8d6"/><stop offset="1" stop-color="#f6e3c0"/></linearGradient>
    <linearGradient id="lake" x2="0" y2="1"><stop offset="0" stop-color="#5c8fae"/><stop offset="1" stop-color="#1f4e6b"/></linearGradient>
  </defs>
  <rect width="1200" height="800" fill="url(#sky)"/>
  <circle cx="250" cy="190" r="70" fill="#fff4cf"/>
  ${hills(430, 190, "#8aa6b5", 0.4)}${hills(480, 130, "#5f8577", 2.1)}
  <rect y="480" width="1200" height="320" fill="url(#lake)"/>
  ${Array.from({ length: 26 }, (_, at) => `<rect x="${(at * 211) % 1150}" y="${500 + ((at * 67) % 280)}" width="${60 + ((at * 37) % 90)}" height="3" rx="1.5" fill="#cfe3ec" opacity="0.5"/>`).join("")}
  <polygon points="700,800 820,640 1200,610 1200,800" fill="#4b5b3a"/>
  <rect x="905" y="470" width="110" height="190" rx="42" fill="#c8342b"/>
  <rect x="920" y="640" width="34" height="110" fill="#28324a"/><rect x="966" y="640" width="34" height="110" fill="#28324a"/>
  <circle cx="960" cy="415" r="58" fill="#e8b58f"/>
  <path d="M900 405 a60 60 0 0 1 120 0 q-60 -38 -120 0" fill="#3a2a20"/>
  <circle cx="940" cy="420" r="6" fill="#222"/><circle cx="982" cy="420" r="6" fill="#222"/>
  <path d="M938 446 q22 16 44 0" stroke="#8d4a3a" stroke-width="5" fill="none" stroke-linecap="round"/>
</svg>`;

/** A sun that goes round, to be kept moving. */
const moving = async () => {
  const frames = await Promise.all(
    Array.from({ length: 12 }, async (_, at) => {
      const angle = (at / 12) * 2 * Math.PI;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160"><rect width="160" height="160" fill="#1f4e6b"/><circle cx="${80 + 45 * Math.cos(angle)}" cy="${80 + 45 * Math.sin(angle)}" r="18" fill="#fff4cf"/></svg>`;
      return await sharp(Buffer.from(svg)).png().toBuffer();
    }),
  );
  return await sharp(frames, { join: { animated: true } })
    .gif({ delay: Array(12).fill(80), loop: 0 })
    .toBuffer();
};

// Drawn before media loads its decoder, which opens no SVG.
const photo = await sharp(Buffer.from(scene)).jpeg({ quality: 92 }).toBuffer();
const sun = await moving();
const folder = await mkdtemp(join(tmpdir(), "holdfast-pictures-"));
const log = { info: () => {}, warn: (line) => process.stderr.write(`${line}\n`), error: (line) => process.stderr.write(`${line}\n`) };
const media = await openMedia({ cwd: folder, env: {}, log });
const [lake, clip] = [await media.put(photo, { name: "lake.jpg" }), await media.put(sun, { name: "sun.gif" })];

const box = { width: 200, height: 200, format: "webp" };
const pictures = {
  whole: [lake, { width: 480, format: "webp" }],
  "fit-inside": [lake, { ...box }],
  "fit-cover": [lake, { ...box, fit: "cover" }],
  "fit-contain": [lake, { ...box, fit: "contain", background: "#d9d9d9" }],
  "fit-outside": [lake, { ...box, fit: "outside" }],
  "fit-fill": [lake, { ...box, fit: "fill" }],
  "focus-attention": [lake, { ...box, fit: "cover", focus: "attention" }],
  "focus-entropy": [lake, { ...box, fit: "cover", focus: "entropy" }],
  "focus-point": [lake, { ...box, fit: "cover", focus: { x: 38, y: 50 } }],
  "rotate-90": [lake, { ...box, rotate: 90 }],
  "blur-10": [lake, { width: 240, height: 160, format: "webp", blur: 10 }],
  "blur-50": [lake, { width: 240, height: 160, format: "webp", blur: 50 }],
  "quality-80": [lake, { width: 240, height: 160, format: "jpeg", quality: 80 }],
  "quality-10": [lake, { width: 240, height: 160, format: "jpeg", quality: 10 }],
  "frame-first": [clip, { width: 120, format: "webp" }],
  "frame-6": [clip, { width: 120, format: "webp", frame: 6 }],
  "frame-all": [clip, { width: 120, format: "webp", frame: "all" }],
};

for (const [name, [file, options]] of Object.entries(pictures)) {
  const response = await media.handler(new Request(new URL(file.url(options), "http://localhost")));
  if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  await writeFile(
    new URL(`${name}.${options.format.replace("jpeg", "jpg")}`, import.meta.url),
    new Uint8Array(await response.arrayBuffer()),
  );
}
await media.close();
await rm(folder, { recursive: true });
