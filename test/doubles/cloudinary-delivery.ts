import sharp from "sharp";
import type { Asset, Assets } from "./cloudinary-assets.js";
import { type Account, isDeliverySignature, Refusal } from "./cloudinary-rules.js";

/** What a browser is sent. */
export interface Delivered {
  readonly bytes: Buffer;
  readonly contentType: string;
}

/** The few transformations the double makes: scaling down, sRGB, the format and quality that suit the browser. */
const step = /^(?:c_limit|cs_srgb|f_auto|q_auto|w_\d+)(?:,(?:c_limit|cs_srgb|f_auto|q_auto|w_\d+))*$/;

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
  const width = /(?:^|,|\/)w_(\d+)/.exec(steps.join("/"))?.[1];
  const upright = sharp(asset.bytes).autoOrient();
  const sized = width === undefined ? upright : upright.resize({ width: Number(width), withoutEnlargement: true });
  const isWebp = accept.includes("image/webp");
  const bytes = await (isWebp ? sized.toColourspace("srgb").webp() : sized.toColourspace("srgb").jpeg()).toBuffer();
  return { bytes, contentType: isWebp ? "image/webp" : "image/jpeg" };
}
