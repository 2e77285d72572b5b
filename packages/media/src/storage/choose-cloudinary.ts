import { whyPastedWrongly } from "../env/pasted.js";
import { howSdksRead } from "./cloudinary-url-readings.js";
import type { Environment } from "../env/platform.js";
import { type Problems, readSetting } from "./setting.js";

/** An account at Cloudinary. */
export interface CloudinaryAccount {
  readonly cloudName: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** What the environment says of Cloudinary: the account, the variables that were set, and whether they make sense. */
export interface CloudinaryFinding {
  readonly variables: readonly string[];
  /** Absent where the problems say why. */
  readonly account: CloudinaryAccount | undefined;
}

const threeVariables = ["CLOUDINARY_CLOUD_NAME", "CLOUDINARY_API_KEY", "CLOUDINARY_API_SECRET"] as const;

/** All names that Cloudinary's settings go by. */
export const cloudinaryVariables: readonly string[] = ["CLOUDINARY_URL", ...threeVariables];

/** Read what the environment says of Cloudinary: CLOUDINARY_URL, or the three variables that say the same. */
export function findCloudinary(env: Environment, problems: Problems): CloudinaryFinding | undefined {
  const url = env["CLOUDINARY_URL"];
  const three = threeVariables.filter((variable) => (env[variable] ?? "") !== "");
  const fromUrl = url === undefined || url === "" ? undefined : parseCloudinaryUrl(url, problems);
  if (url === undefined || url === "") {
    // An API key alone may serve something else; a cloud's name or a secret asks for Cloudinary.
    if (three.length === 0) return undefined;
    const [cloudName, apiKey, apiSecret] = threeVariables.map(
      (variable) => readSetting(env, [variable], problems, { isSecret: variable === "CLOUDINARY_API_SECRET" })?.value,
    );
    const missing = threeVariables.filter((variable) => !three.includes(variable));
    if (missing.length > 0)
      problems.push(
        `${three.join(" and ")} ask${three.length === 1 ? "s" : ""} for Cloudinary, but ${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set.`,
      );
    const isWhole = cloudName !== undefined && apiKey !== undefined && apiSecret !== undefined;
    return { variables: three, account: isWhole ? { cloudName, apiKey, apiSecret } : undefined };
  }
  const cloudName = env["CLOUDINARY_CLOUD_NAME"];
  if (fromUrl !== undefined && cloudName !== undefined && cloudName !== "" && cloudName !== fromUrl.cloudName) {
    problems.push(`CLOUDINARY_URL names the cloud "${fromUrl.cloudName}" and CLOUDINARY_CLOUD_NAME "${cloudName}". Keep one of them.`);
  }
  return { variables: ["CLOUDINARY_URL"], account: fromUrl };
}

const form = "cloudinary://API_KEY:API_SECRET@CLOUD_NAME";

function parseCloudinaryUrl(url: string, problems: Problems): CloudinaryAccount | undefined {
  const pasted = whyPastedWrongly("CLOUDINARY_URL", url);
  const reading = howSdksRead(url);
  if (pasted !== undefined) {
    problems.push(`CLOUDINARY_URL ${pasted}${reading === undefined ? "" : ` (${reading})`}. It reads ${form}.`);
    return undefined;
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== "cloudinary") {
    problems.push(
      scheme === undefined
        ? `CLOUDINARY_URL does not begin with cloudinary://; it reads ${form}.`
        : `CLOUDINARY_URL begins with ${scheme}://, not cloudinary://; it reads ${form}.`,
    );
    return undefined;
  }
  // A ? begins the options, unless an @ follows: then it stands in the secret, and what precedes it is no whole account.
  const rest = url.slice("cloudinary://".length).replace(/\?[^@]*$/, "");
  const at = rest.lastIndexOf("@");
  const credentials = at === -1 ? "" : rest.slice(0, at);
  const cloudName = rest.slice(at + 1).replace(/\/$/, "");
  const colon = credentials.indexOf(":");
  if (at === -1 || colon <= 0 || colon === credentials.length - 1 || cloudName === "") {
    const what =
      at === -1
        ? "has no @ before the cloud's name"
        : colon === -1
          ? "has no : between key and secret"
          : cloudName === ""
            ? "ends without the cloud's name"
            : colon === 0
              ? "has no API key"
              : "has no API secret";
    problems.push(`CLOUDINARY_URL ${what}; it reads ${form}.`);
    return undefined;
  }
  const secret = credentials.slice(colon + 1);
  if (/[/?#@]/.test(secret)) {
    const character = /[/?#@]/.exec(secret)?.[0] ?? "/";
    const asItIs = reading === undefined ? "" : ` With the ${character} as it is, ${reading}.`;
    problems.push(
      `CLOUDINARY_URL has ${character === "@" ? "an" : "a"} ${character} in its API secret (cloudinary://…:…${character}…@${safeName(cloudName)}): set ${threeVariables.join(", ")} instead, or write it as ${encodeURIComponent(character)}, which Holdfast decodes and the official SDKs do not.${asItIs}`,
    );
    return undefined;
  }
  if (!/^[A-Za-z0-9_-]+$/.test(cloudName)) {
    problems.push(`CLOUDINARY_URL ends with "${safeName(cloudName)}", which is no cloud's name: letters, digits, - and _ only.`);
    return undefined;
  }
  const apiKey = credentials.slice(0, colon);
  if (!/^\d+$/.test(apiKey)) {
    problems.push(`CLOUDINARY_URL has an API key that is not a number; it reads ${form}, and key and secret may have been swapped.`);
    return undefined;
  }
  return { cloudName, apiKey, apiSecret: safeDecode(secret) };
}

/** A cloud's name as far as it can be one: where the value is off, what stands there may be part of the secret. */
function safeName(name: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(name) ? name : "…";
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
