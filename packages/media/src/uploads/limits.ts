import { fail } from "../errors.js";
import type { UploadLimits } from "../media.js";
import type { Environment } from "../env/platform.js";

const defaults: UploadLimits = {
  maxBytes: 100_000_000,
  maxPixels: 50_000_000,
  maxDecodeBytes: 240_000_000,
  stallTimeoutMs: 30_000,
  accept: ["image/*", "application/pdf", "video/*", "audio/*"],
};

/**
 * Read the limits from the environment (MEDIA_MAX_BYTES, MEDIA_MAX_PIXELS, MEDIA_DECODE_MEMORY), under those given in code.
 *
 * @throws CONFIG_INVALID
 */
export function readLimits(given: Partial<UploadLimits> | undefined, env: Environment): UploadLimits {
  const problems: string[] = [];
  const fromEnvironment = {
    ...readAmount(env, "MEDIA_MAX_BYTES", "maxBytes", problems),
    ...readAmount(env, "MEDIA_MAX_PIXELS", "maxPixels", problems),
    ...readAmount(env, "MEDIA_DECODE_MEMORY", "maxDecodeBytes", problems),
  };
  const inCode = Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined));
  const limits: UploadLimits = { ...defaults, ...fromEnvironment, ...inCode };
  for (const name of ["maxBytes", "maxPixels", "maxDecodeBytes", "stallTimeoutMs"] as const) {
    const most = name === "stallTimeoutMs" ? longestTimerMs : Number.MAX_SAFE_INTEGER;
    if (Number.isInteger(limits[name]) && limits[name] >= 1 && limits[name] <= most) continue;
    problems.push(`limits.${name} is ${limits[name]}, which is not a whole number from 1 to ${most}.`);
  }
  if (!(limits.maxDecodeBytes >= leastDecodeBytes)) {
    problems.push(
      `limits.maxDecodeBytes (MEDIA_DECODE_MEMORY) is ${limits.maxDecodeBytes}: below ${leastDecodeBytes} hardly a photograph could be decoded.`,
    );
  }
  if (problems.length > 0) throw fail("CONFIG_INVALID", { problems });
  return limits;
}

/** Enough for one JPEG of twelve megapixels. */
const leastDecodeBytes = 64_000_000;
/** Above it Node's timers fire at once. */
const longestTimerMs = 2 ** 31 - 1;

const multiples: Readonly<Record<string, number>> = { "": 1, k: 1e3, kb: 1e3, m: 1e6, mb: 1e6, g: 1e9, gb: 1e9 };

/** A whole number, or one with a decimal unit: `25MB`, `50M`. */
function readAmount(
  env: Environment,
  variable: string,
  name: "maxBytes" | "maxPixels" | "maxDecodeBytes",
  problems: string[],
): Partial<UploadLimits> {
  const text = env[variable];
  if (text === undefined) return {};
  const amount = parseAmount(text);
  if (amount === undefined || amount < 1) {
    problems.push(`${variable}="${text}" is not an amount; write a number such as 25000000, or 25MB.`);
    return {};
  }
  return { [name]: amount };
}

/** Read a whole number, or one with a decimal unit: `25MB`, `50M`. `undefined` for anything else. */
export function parseAmount(text: string): number | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,3}))?\s*([kmg]?b?)$/i.exec(text.trim());
  const multiple = multiples[(match?.[3] ?? "?").toLowerCase()];
  if (match === null || multiple === undefined) return undefined;
  const amount = exactly(match[1] ?? "", match[2] ?? "", multiple);
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** In thousandths, for 1.005 × 1000 is 1004.9999999999999 to a computer. */
function exactly(whole: string, thousandths: string, multiple: number): number {
  return (Number(whole + thousandths.padEnd(3, "0")) * multiple) / 1000;
}
