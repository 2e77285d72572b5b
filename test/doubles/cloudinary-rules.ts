import { createHash } from "node:crypto";

// What the double refuses, in Cloudinary's own words where these are published: its documentation, the test suite of its
// Node SDK, and the messages people have reported. Where nothing is published the double is the stricter one.

/** The account the double knows. */
export interface Account {
  readonly cloudName: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

export type ResourceType = "image" | "video" | "raw";

/** An answer that is an error: its status, and the message of its body and of `X-Cld-Error`. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export type Parameters = Readonly<Record<string, string>>;

/** The parameters that each signed call takes; any other is refused, which the real API is not known to do. */
const known: Readonly<Record<string, readonly string[]>> = {
  upload: ["public_id", "type", "overwrite", "invalidate", "context", "tags", "unique_filename", "use_filename"],
  destroy: ["public_id", "type", "invalidate"],
  rename: ["from_public_id", "to_public_id", "type", "to_type", "overwrite", "invalidate"],
  explicit: ["public_id", "type", "context", "tags", "invalidate"],
  download: ["public_id", "format", "type", "attachment", "expires_at", "target_filename"],
};
const required: Readonly<Record<string, readonly string[]>> = {
  destroy: ["public_id"],
  rename: ["from_public_id", "to_public_id"],
  explicit: ["public_id", "type"],
  download: ["public_id"],
};

/** Check a signed call: key, signature over all that was sent, time, and the names of the parameters. */
export function checkSigned(account: Account, action: string, sent: Parameters): void {
  const { api_key: apiKey, signature, timestamp } = sent;
  if (apiKey === undefined) throw new Refusal(401, "Must supply api_key");
  if (apiKey !== account.apiKey) throw new Refusal(401, `Unknown API key ${apiKey}`);
  if (timestamp === undefined) throw new Refusal(400, "Missing required parameter - timestamp");
  if (signature === undefined) throw new Refusal(400, "Missing required parameter - signature");
  const toSign = stringToSign(sent);
  if (!signaturesOf(toSign, account.apiSecret).includes(signature))
    throw new Refusal(401, `Invalid Signature ${signature}. String to sign - '${toSign}'.`);
  const seconds = Number(timestamp);
  const isBounded = action === "download" && sent["expires_at"] !== undefined;
  if (!Number.isInteger(seconds)) throw new Refusal(400, `Invalid value ${timestamp} for parameter timestamp`);
  if (!isBounded && Math.abs(Date.now() / 1000 - seconds) > 3600) {
    throw new Refusal(400, `Stale request - reported time is ${new Date(seconds * 1000).toISOString()} which is more than 1 hour ago`);
  }
  const allowed = ["api_key", "signature", "timestamp", ...(known[action] ?? [])];
  const stranger = Object.keys(sent).find((name) => !allowed.includes(name));
  if (stranger !== undefined) throw new Refusal(400, `Unknown parameter ${stranger}`);
  const missing = required[action]?.find((name) => (sent[name] ?? "") === "");
  if (missing !== undefined) throw new Refusal(400, `Missing required parameter - ${missing}`);
}

/** Sorted by name, blanks left out, an ampersand within a value escaped (version 2 of the signature). */
function stringToSign(sent: Parameters): string {
  const unsigned = new Set(["file", "api_key", "resource_type", "cloud_name", "signature"]);
  return Object.entries(sent)
    .filter(([name, value]) => !unsigned.has(name) && value !== "")
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`.replaceAll("&", "%26"))
    .join("&");
}

function signaturesOf(toSign: string, secret: string): readonly string[] {
  return ["sha1", "sha256"].map((algorithm) =>
    createHash(algorithm)
      .update(toSign + secret)
      .digest("hex"),
  );
}

/** The signature in an answer, over the public id and the version. */
export function answerSignature(publicId: string, version: number, secret: string): string {
  return createHash("sha1").update(`public_id=${publicId}&version=${version}${secret}`).digest("hex");
}

/** Check the signature in a delivery URL: eight characters of base64, over all that comes after the signature but the version. */
export function isDeliverySignature(signature: string, signed: string, secret: string): boolean {
  const digest = createHash("sha1")
    .update(signed + secret)
    .digest("base64");
  return signature === `s--${digest.slice(0, 8).replaceAll("/", "_").replaceAll("+", "-")}--`;
}

/** The public id that Cloudinary makes of the one sent: refused, or trimmed and its special characters replaced. */
export function acceptPublicId(sent: string): string {
  if (sent.length > 255) throw new Refusal(400, `public_id (${sent.slice(0, 40)}...) is too long`);
  if (/[?&#\\%<>+]/.test(sent)) throw new Refusal(400, `public_id (${sent}) is invalid`);
  const trimmed = sent.replace(/^[\s/]+|[\s/]+$/g, "");
  const replaced = trimmed.replace(/[^\p{L}\p{N}\p{M}._/ -]/gu, "_").replace(/^_+|_+$/g, "");
  if (replaced === "") throw new Refusal(400, "public_id is blank");
  if (
    replaced
      .split("/")
      .slice(0, -1)
      .some((folder) => /^v\d+$/.test(folder))
  )
    throw new Refusal(400, `public_id (${sent}) is invalid`);
  return replaced;
}

/** What is found in the first bytes of an image or a video: its format. @throws Refusal for anything else */
export function formatOf(place: ResourceType, bytes: Buffer): string | undefined {
  if (place === "raw") return undefined;
  const found = magic.find(({ kind, at = 0, text }) => kind === place && bytes.subarray(at, at + text.length).toString("latin1") === text);
  if (found !== undefined) return found.format;
  throw new Refusal(400, place === "image" ? "Invalid image file" : "Unsupported video format or file");
}

const magic: readonly { readonly kind: ResourceType; readonly format: string; readonly text: string; readonly at?: number }[] = [
  { kind: "image", format: "jpg", text: "\u00ff\u00d8\u00ff" },
  { kind: "image", format: "png", text: "\u0089PNG" },
  { kind: "image", format: "gif", text: "GIF8" },
  { kind: "image", format: "webp", text: "WEBP", at: 8 },
  { kind: "image", format: "avif", text: "ftypavif", at: 4 },
  { kind: "image", format: "tif", text: "II*\u0000" },
  { kind: "video", format: "mp4", text: "ftyp", at: 4 },
  { kind: "video", format: "webm", text: "\u001aE\u00df\u00a3" },
  { kind: "video", format: "mp3", text: "ID3" },
  { kind: "video", format: "ogg", text: "OggS" },
  { kind: "video", format: "flac", text: "fLaC" },
  { kind: "video", format: "wav", text: "WAVE", at: 8 },
];
