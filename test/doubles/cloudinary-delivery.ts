import sharp from "sharp";
import type { Asset, Assets } from "./cloudinary-assets.js";
import { type Account, isDeliverySignature, Refusal } from "./cloudinary-rules.js";

/** What a browser is sent. */
export interface Delivered {
  readonly bytes: Buffer;
  readonly contentType: string;
}

/** The transformations the double makes: scaling, cropping, padding, a frame, sRGB, format and quality. */
const parameter =
  "(?:c_(?:limit|fill|pad|scale)|cs_srgb|f_(?:auto|avif|webp|jpg|png|gif)|q_(?:auto|\\d+)|[wh]_\\d+|pg_\\d+|g_(?:auto|center)|b_rgb:[0-9a-f]{6})";
const step = new RegExp(`^${parameter}(?:,${parameter})*$`);

/** Answer a URL of res.cloudinary.com, its path below the cloud's name: `image/authenticated/s--…--/w_640/v1/cat`. */
export async function deliver(account: Account, assets: Assets, path: string, accept: string): Promise<Delivered> {
  const [place = "", type = "", ...rest] = path.split("/");
  const signature = rest[0]?.startsWith("s--") === true ? rest.shift() : undefined;
  const steps: string[] = [];
  while (rest[0] !== undefined && step.test(rest[0])) steps.push(rest.shift() ?? "");
  if (/^v\d+$/.test(rest[0] ?? "")) rest.shift();
  const source = rest.join("/");
  const isFree = type === "upload" || (type === "private" && steps.length > 0);
  if (signature === undefined ? !isFree : !isDeliverySignature(signature, [...steps, source].join("/"), account.apiSecret)) {
    throw new Refusal(401, "deny or ACL failure");
  }
  const asset = findAsset(assets, place, type, decodeURIComponent(source));
  if (steps.length === 0)
    return { bytes: asset.bytes, contentType: place === "raw" ? "application/octet-stream" : `${place}/${asset.format ?? ""}` };
  if (place !== "image") throw new Refusal(400, "Invalid transformation");
  return await transform(asset, steps, accept);
}

/** What follows the last dot is the format to deliver, but for raw assets. */
function findAsset(assets: Assets, place: string, type: string, source: string): Asset {
  const dot = source.lastIndexOf(".");
  const hasFormat = place !== "raw" && dot > source.lastIndexOf("/");
  const asset = assets.find(place, type, hasFormat ? source.slice(0, dot) : source);
  const format = hasFormat ? source.slice(dot + 1).replace(/^jpeg$/, "jpg") : asset.format;
  if (format !== asset.format) throw new Refusal(400, `the double does not convert to ${format ?? "nothing"}`);
  return asset;
}

async function transform(asset: Asset, steps: readonly string[], accept: string): Promise<Delivered> {
  const asked = new Map(
    steps.flatMap((one) => one.split(",")).map((one) => [one.slice(0, one.indexOf("_")), one.slice(one.indexOf("_") + 1)]),
  );
  const number = (name: string): number | undefined => (asked.has(name) ? Number(asked.get(name)) : undefined);
  const page = number("pg");
  const upright = sharp(asset.bytes, page === undefined ? { animated: true } : { page: page - 1 }).autoOrient();
  const ground = asked.get("b")?.replace("rgb:", "#");
  const size = { width: number("w"), height: number("h") };
  const crop = asked.get("c");
  const sized =
    crop === undefined
      ? upright
      : crop === "limit"
        ? upright.resize({ ...size, fit: "inside", withoutEnlargement: true })
        : crop === "fill"
          ? upright.resize({ ...size, fit: "cover", position: asked.get("g") === "auto" ? "attention" : "centre" })
          : upright.resize({ ...size, fit: crop === "pad" ? "contain" : "fill", background: ground ?? "#ffffff" });
  const grounded = ground === undefined ? sized : sized.flatten({ background: ground });
  const wished = asked.get("f") ?? "auto";
  const format = wished === "auto" ? (accept.includes("image/webp") ? "webp" : "jpeg") : wished.replace("jpg", "jpeg");
  const quality = asked.get("q") === "auto" ? undefined : number("q");
  const bytes = await grounded
    .toColourspace("srgb")
    .toFormat(format as "webp" | "jpeg" | "png" | "avif" | "gif", quality === undefined ? {} : { quality })
    .toBuffer();
  return { bytes, contentType: `image/${format}` };
}
