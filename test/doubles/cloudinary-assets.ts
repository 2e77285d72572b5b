import { createHash, randomBytes } from "node:crypto";
import {
  acceptPublicId,
  type Account,
  answerSignature,
  formatOf,
  type Parameters,
  Refusal,
  type ResourceType,
} from "./cloudinary-rules.js";

/** An asset as the double keeps it. */
export interface Asset {
  readonly assetId: string;
  readonly publicId: string;
  readonly place: ResourceType;
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
  readonly version: number;
  readonly createdAt: number;
  readonly format: string | undefined;
  readonly context: Readonly<Record<string, string>>;
  /** Counts up, for the order of a listing. */
  readonly serial: number;
}

/** The most bytes of each kind; those of the free plan unless told otherwise. */
export type Limits = Readonly<Record<ResourceType, number>>;

/** What is stored, and what is on its way in chunks. */
export class Assets {
  readonly #account: Account;
  readonly #limits: Limits;
  readonly #stored = new Map<string, Asset>();
  readonly #uploads = new Map<string, { bytes: Buffer[]; size: number }>();
  #serial = 0;
  /** What an account's default preset does to what comes in, where it has one. */
  incoming: ((bytes: Buffer) => Buffer) | undefined;

  constructor(account: Account, limits: Limits) {
    this.#account = account;
    this.#limits = limits;
  }

  get size(): number {
    return this.#stored.size;
  }

  all(): Asset[] {
    return [...this.#stored.values()];
  }

  find(place: string, type: string, publicId: string): Asset {
    const asset = this.#stored.get(nameOf(place, type, publicId));
    if (asset === undefined) throw new Refusal(404, `Resource not found - ${publicId}`);
    return asset;
  }

  remove(place: string, type: string, publicId: string): boolean {
    return this.#stored.delete(nameOf(place, type, publicId));
  }

  /** One chunk of an upload; the whole when it was the last. */
  addChunk(uploadId: string, range: string, chunk: Buffer): Buffer | undefined {
    const found = /^bytes (\d+)-(\d+)\/(-1|\d+)$/.exec(range);
    if (found === null) throw new Refusal(400, `Invalid Content-Range ${range}`);
    const [start, end, total] = [Number(found[1]), Number(found[2]), Number(found[3])];
    const upload = this.#uploads.get(uploadId) ?? { bytes: [], size: 0 };
    const isLast = total === end + 1;
    if (end - start + 1 !== chunk.byteLength) throw new Refusal(400, "Content-Range does not match the size of the chunk");
    if (!isLast && chunk.byteLength < 5_000_000) throw new Refusal(400, "All parts except EOF-chunk must be larger than 5mb");
    // The same chunk once more is an attempt whose answer was lost.
    if (start !== upload.size && end + 1 !== upload.size) throw new Refusal(400, `Unexpected chunk at ${start}, expected ${upload.size}`);
    if (start === upload.size) {
      upload.bytes.push(chunk);
      upload.size += chunk.byteLength;
    }
    this.#uploads.set(uploadId, upload);
    if (!isLast) return undefined;
    this.#uploads.delete(uploadId);
    return Buffer.concat(upload.bytes);
  }

  upload(place: ResourceType, parameters: Parameters, sent: Buffer): Readonly<Record<string, unknown>> {
    const { public_id: wanted = randomBytes(10).toString("hex"), type = "upload", overwrite = "true" } = parameters;
    const publicId = acceptPublicId(wanted);
    if (sent.byteLength === 0) throw new Refusal(400, "Empty file");
    const most = this.#limits[place];
    if (sent.byteLength > most) {
      const advice = "Upgrade your plan to enjoy higher limits https://www.cloudinary.com/pricing/upgrades/file-limit";
      throw new Refusal(400, `File size too large. Got ${sent.byteLength}. Maximum is ${most}. ${advice}`);
    }
    const format = formatOf(place, sent);
    const old = this.#stored.get(nameOf(place, type, publicId));
    if (old !== undefined && overwrite === "false") return { ...this.describe(old), existing: true };
    const bytes = this.incoming?.(sent) ?? sent;
    const now = Date.now();
    const asset: Asset = {
      assetId: old?.assetId ?? randomBytes(16).toString("hex"),
      publicId,
      place,
      type,
      bytes,
      etag: createHash("md5").update(bytes).digest("hex"),
      version: Math.floor(now / 1000),
      createdAt: old?.createdAt ?? now,
      format,
      context: parseContext(parameters["context"] ?? ""),
      serial: old?.serial ?? (this.#serial += 1),
    };
    this.#stored.set(nameOf(place, type, publicId), asset);
    return { ...this.describe(asset), original_filename: "file", ...(old === undefined ? {} : { overwritten: true }) };
  }

  rename(place: ResourceType, parameters: Parameters): Readonly<Record<string, unknown>> {
    const { from_public_id: from = "", to_public_id: to = "", type = "upload", to_type: toType = type, overwrite = "false" } = parameters;
    const asset = this.find(place, type, from);
    const publicId = acceptPublicId(to);
    if (this.#stored.has(nameOf(place, toType, publicId)) && overwrite !== "true")
      throw new Refusal(400, `to_public_id (${to}) already exists`);
    const renamed: Asset = { ...asset, publicId, type: toType };
    this.#stored.delete(nameOf(place, type, from));
    this.#stored.set(nameOf(place, toType, publicId), renamed);
    return this.describe(renamed);
  }

  explicit(place: ResourceType, parameters: Parameters): Readonly<Record<string, unknown>> {
    const { public_id: publicId = "", type = "", context } = parameters;
    const asset = this.find(place, type, publicId);
    const changed: Asset = context === undefined ? asset : { ...asset, context: parseContext(context) };
    this.#stored.set(nameOf(place, type, publicId), changed);
    return this.describe(changed);
  }

  /** As the answer to an upload describes an asset. */
  describe(asset: Asset): Readonly<Record<string, unknown>> {
    const { cloudName, apiSecret } = this.#account;
    const path = `${cloudName}/${asset.place}/${asset.type}/v${asset.version}/${asset.publicId}${asset.format === undefined ? "" : `.${asset.format}`}`;
    return {
      asset_id: asset.assetId,
      public_id: asset.publicId,
      version: asset.version,
      signature: answerSignature(asset.publicId, asset.version, apiSecret),
      ...(asset.format === undefined ? {} : { format: asset.format }),
      resource_type: asset.place,
      type: asset.type,
      created_at: `${new Date(asset.createdAt).toISOString().slice(0, 19)}Z`,
      tags: [],
      bytes: asset.bytes.byteLength,
      etag: asset.etag,
      placeholder: false,
      url: `http://res.cloudinary.com/${path}`,
      secure_url: `https://res.cloudinary.com/${path}`,
      ...(Object.keys(asset.context).length === 0 ? {} : { context: { custom: asset.context } }),
    };
  }
}

function nameOf(place: string, type: string, publicId: string): string {
  return `${place}/${type}/${publicId}`;
}

function parseContext(text: string): Readonly<Record<string, string>> {
  const pairs = text.match(/(?:\\.|[^|\\])+/gs) ?? [];
  return Object.fromEntries(
    pairs.map((pair) => {
      const cut = pair.indexOf("=");
      return [pair.slice(0, cut), pair.slice(cut + 1).replace(/\\(.)/gs, "$1")];
    }),
  );
}
