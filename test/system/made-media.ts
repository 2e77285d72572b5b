import { randomBytes } from "node:crypto";
import sharp from "sharp";

/** Make a mono recording of 8,000 samples a second: a second of sound in 8,000 bytes (RIFF WAVE, 8-bit PCM). */
export function makeWav(bytes: number): Buffer {
  const wav = Buffer.alloc(bytes, 128);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(bytes - 8, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8000, 24);
  wav.writeUInt32LE(8000, 28);
  wav.writeUInt16LE(1, 32);
  wav.writeUInt16LE(8, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(bytes - 44, 40);
  for (let at = 44; at < bytes; at += 1) wav[at] = 128 + Math.round(60 * Math.sin((at * 2 * Math.PI * 440) / 8000)) + (at % 7);
  return wav;
}

/** An EBML element (RFC 8794): its id, the length in eight bytes, its content. */
function element(id: string, ...content: readonly Uint8Array[]): Buffer {
  const data = Buffer.concat(content);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(0x0100000000000000n + BigInt(data.byteLength));
  return Buffer.concat([Buffer.from(id, "hex"), length, data]);
}

function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/**
 * Make a WebM video (RFC 9559) of one frame a second, each a key frame in a grey of its own, with noise that gives it weight, and an
 * index for seeking. A lossy WebP is a VP8 key frame in another box (RFC 9649 §2.5).
 */
export async function makeWebm(seconds: number, width = 640, height = 480): Promise<Buffer> {
  const frames: Buffer[] = [];
  const noise = randomBytes(width * height);
  for (let second = 0; second < seconds; second += 1) {
    const grey = greyAt(second, seconds);
    const pixels = noise.map((value) => grey - 20 + (value % 41));
    const webp = await sharp(pixels, { raw: { width, height, channels: 1 } })
      .webp({ quality: 90, effort: 0 })
      .toBuffer();
    const at = webp.indexOf("VP8 ");
    frames.push(webp.subarray(at + 8, at + 8 + webp.readUInt32LE(at + 4)));
  }
  const header = element(
    "1a45dfa3",
    element("4286", unsigned(1)),
    element("42f7", unsigned(1)),
    element("42f2", unsigned(4)),
    element("42f3", unsigned(8)),
    element("4282", Buffer.from("webm")),
    element("4287", unsigned(2)),
    element("4285", unsigned(2)),
  );
  const info = element(
    "1549a966",
    element("2ad7b1", unsigned(1_000_000)),
    element("4489", float(seconds * 1000)),
    element("4d80", Buffer.from("holdfast")),
    element("5741", Buffer.from("holdfast")),
  );
  const video = element("e0", element("b0", unsigned(width)), element("ba", unsigned(height)));
  const track = element(
    "ae",
    element("d7", unsigned(1)),
    element("73c5", unsigned(1)),
    element("83", unsigned(1)),
    element("86", Buffer.from("V_VP8")),
    video,
  );
  const tracks = element("1654ae6b", track);
  const clusters = frames.map((frame, second) =>
    element("1f43b675", element("e7", unsigned(second * 1000)), element("a3", Buffer.from([0x81, 0, 0, 0x80]), frame)),
  );
  const cues = (firstAt: number): Buffer => {
    let at = firstAt;
    const points = clusters.map((cluster, second) => {
      const position = element("b7", element("f7", unsigned(1)), element("f1", unsigned(at)));
      at += cluster.byteLength;
      return element("bb", element("b3", unsigned(second * 1000)), position);
    });
    return element("1c53bb6b", ...points);
  };
  // The index comes first; its length does not depend on the numbers in it.
  const before = info.byteLength + tracks.byteLength;
  const index = cues(before + cues(0).byteLength);
  return Buffer.concat([header, element("18538067", info, tracks, index, ...clusters)]);
}

/** How bright the frame of a second is, from dark to light. */
export function greyAt(second: number, seconds: number): number {
  return Math.round(40 + (170 * second) / seconds);
}
