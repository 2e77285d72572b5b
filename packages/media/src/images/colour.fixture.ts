/**
 * An ICC profile (v2, matrix and curve; ICC.1:2001-04 §6.3) of the colour space that Adobe RGB (1998) describes: its primaries,
 * adapted to D50, and a gamma of 2.19921875. Written here, for Adobe's own file may not be passed on.
 */
export function adobeRgbProfile(): Buffer {
  const tags: readonly (readonly [string, Buffer])[] = [
    ["desc", description("A98 compatible")],
    ["cprt", Buffer.concat([Buffer.from("text\0\0\0\0"), Buffer.from("none\0")])],
    ["wtpt", xyz(0.9642, 1, 0.8249)],
    ["rXYZ", xyz(0.60974, 0.31111, 0.01947)],
    ["gXYZ", xyz(0.20528, 0.62567, 0.06087)],
    ["bXYZ", xyz(0.14919, 0.06322, 0.74457)],
    ["rTRC", gamma(2.19921875)],
    ["gTRC", gamma(2.19921875)],
    ["bTRC", gamma(2.19921875)],
  ];
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length, 0);
  const bodies: Buffer[] = [];
  let offset = 128 + table.length;
  for (const [index, [signature, body]] of tags.entries()) {
    table.write(signature, 4 + 12 * index, "latin1");
    table.writeUInt32BE(offset, 8 + 12 * index);
    table.writeUInt32BE(body.length, 12 + 12 * index);
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    bodies.push(padded);
    offset += padded.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x02100000, 8);
  header.write("mntrRGB XYZ ", 12, "latin1");
  header.writeUInt16BE(2000, 24);
  header.writeUInt16BE(1, 26);
  header.writeUInt16BE(1, 28);
  header.write("acsp", 36, "latin1");
  for (const [index, value] of [0.9642, 1, 0.8249].entries()) header.writeInt32BE(fixed(value), 68 + 4 * index);
  return Buffer.concat([header, table, ...bodies]);
}

function fixed(value: number): number {
  return Math.round(value * 65_536);
}

function xyz(...values: readonly [number, number, number]): Buffer {
  const body = Buffer.alloc(20);
  body.write("XYZ ", 0, "latin1");
  for (const [index, value] of values.entries()) body.writeInt32BE(fixed(value), 8 + 4 * index);
  return body;
}

function gamma(value: number): Buffer {
  const body = Buffer.alloc(14);
  body.write("curv", 0, "latin1");
  body.writeUInt32BE(1, 8);
  body.writeUInt16BE(Math.round(value * 256), 12);
  return body;
}

function description(text: string): Buffer {
  const ascii = Buffer.from(`${text}\0`);
  const body = Buffer.alloc(12 + ascii.length + 78);
  body.write("desc", 0, "latin1");
  body.writeUInt32BE(ascii.length, 8);
  ascii.copy(body, 12);
  return body;
}

/** What Adobe RGB (1998) §4.3 makes of a colour of sRGB: through linear light and XYZ, in eight bits. */
export function asAdobeRgb([r, g, b]: readonly [number, number, number]): [number, number, number] {
  const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  // Both have the white point D65, so the matrices are multiplied: sRGB to XYZ, XYZ to Adobe RGB.
  const linear = [0.71512 * x + 0.28488 * y, y, 0.04116 * y + 0.95884 * z];
  return linear.map((value) => Math.round(255 * Math.min(1, Math.max(0, value)) ** (1 / 2.19921875))) as [number, number, number];
}
