import type { Outcome } from "../model.js";
import { outcome } from "../outcomes.js";
import { evaluate, type Scope } from "./evaluate.js";
import { textOf } from "../abstract-value.js";
import { argumentsOf, functionAround, lastName, type Call } from "./php-syntax.js";
import { handlesUploads } from "./uploaded.js";

/** Hosts that keep pictures, as they appear in addresses. */
const hosts: readonly (readonly [RegExp, string])[] = [
  [/imgbb\.com/, "imgbb"],
  [/imgur\.com/, "imgur"],
  [/cloudinary\.com/, "cloudinary"],
  [/storage\/v1\/object|supabase/i, "supabase"],
  [/uploadcare\.com/, "uploadcare"],
  [/imagekit\.io/, "imagekit"],
  [/freeimage\.host/, "freeimage"],
  [/amazonaws\.com/, "s3"],
  [/firebasestorage/, "firebase"],
  [/blob\.vercel-storage/, "vercel-blob"],
];

/** Where a call sends uploaded bytes to; undefined where it sends them nowhere. */
export function cloudRows(call: Call, scope: Scope): readonly Outcome[] | undefined {
  const service = serviceOf(call, scope);
  if (service === undefined) return undefined;
  return [outcome({ kind: "cloud", service }, [{ file: scope.file, line: call.node.line, why: `the file is sent to ${service}` }])];
}

function serviceOf(call: Call, scope: Scope): string | undefined {
  const { name } = call;
  const on = call.on?.text ?? "";
  if (/^(storeOnCloudinary|storeOnCloudinaryAs|attachMedia)$/.test(name) && (name !== "attachMedia" || handlesUploads(call.node)))
    return "cloudinary";
  if (/^(upload|uploadFile|uploadVideo|unsignedUpload|uploadApi)$/.test(name) && /cloudinary|UploadApi/i.test(on)) {
    return name === "uploadApi" ? undefined : "cloudinary";
  }
  if (/^(putObject|putObjectAsync|createPresignedRequest)$/.test(name) && !/->disk/.test(on)) return "s3";
  if (/^(temporaryUploadUrl)$/.test(name)) return "s3";
  if (name === "upload" && /bucket|gcs|imagekit|s3|uploader/i.test(on))
    return /imagekit/i.test(on) ? "imagekit" : /s3|uploader/i.test(on) ? "s3" : "gcs";
  if (/^(post|put|request|attach|send)$/.test(name) && (call.isStatic ? lastName(on) === "Http" : /Http::|client|guzzle|http/i.test(on)))
    return hostOf(call, scope);
  if (/^curl_(init|setopt|setopt_array)$/.test(name)) return hostOf(call, scope);
  return undefined;
}

/** An address among the arguments names the host; else the function around it does, where it speaks of one only. */
function hostOf(call: Call, scope: Scope): string | undefined {
  const [first] = argumentsOf(call.node).items;
  const address = first === undefined ? "" : (textOf(evaluate(first, scope)) ?? first.text);
  const own = hosts.find(([pattern]) => pattern.test(address))?.[1];
  if (own !== undefined) return own;
  const text = functionAround(call.node)?.text ?? "";
  return /UploadedFile|getRealPath|->file\(|\$_FILES|base64_encode|\$file|\$image/.test(text)
    ? hosts.find(([pattern]) => pattern.test(text))?.[1]
    : undefined;
}
