import { fail } from "./errors.js";
import { readPresets } from "./images/known-transforms.js";
import type { MediaOptions } from "./media.js";
import type { Environment } from "./env/platform.js";

/** Above it Node's timers fire at once. */
const longestTimerMs = 2 ** 31 - 1;
const shortestSigningKey = 16;

/** Refuse what would silently mean something else: a timer that fires at once, a key that anybody could guess. @throws CONFIG_INVALID */
export function refuseUnusable(options: MediaOptions, env: Environment): void {
  const problems: string[] = [];
  for (const name of ["leaseMs", "settleEveryMs", "lateWriteMs", "retentionMs", "uploadsExpireInMs"] as const) {
    const value = options[name] ?? 0;
    const isTimer = name === "leaseMs" || name === "settleEveryMs";
    if (value >= 0 && value <= (isTimer ? longestTimerMs : Number.MAX_SAFE_INTEGER)) continue;
    problems.push(`${name} is ${value}; give it milliseconds${isTimer ? `, at most ${longestTimerMs}` : ", 0 or more"}.`);
  }
  const concurrency = options.jobs === false ? undefined : options.jobs?.concurrency;
  if (concurrency !== undefined && (!Number.isInteger(concurrency) || concurrency < 1)) {
    problems.push(`jobs.concurrency is ${concurrency}; give it a whole number from 1 up, or jobs: false to do none here.`);
  }
  const ownKeys = typeof options.signingKey === "string" ? [options.signingKey] : (options.signingKey ?? []);
  if (Array.isArray(options.signingKey) && ownKeys.length === 0)
    problems.push("signingKey is an empty list; leave it out, or give it a key.");
  for (const [name, key] of [
    ...ownKeys.map((own) => ["signingKey", own] as const),
    ...(env["HOLDFAST_SIGNING_KEY"]?.split(",") ?? []).map((own) => ["HOLDFAST_SIGNING_KEY", own] as const),
  ]) {
    if (key.trim().length >= shortestSigningKey) continue;
    const found = key.trim() === "" ? "is set but empty" : `has fewer than ${shortestSigningKey} characters`;
    problems.push(`${name} ${found}: whoever guesses it reads every private file. Make one with: openssl rand -hex 32`);
  }
  readPresets(options.presets ?? {}, problems);
  const cdn = options.cdn ?? env["MEDIA_CDN_URL"];
  const mode = options.delivery ?? env["MEDIA_DELIVERY"];
  if (mode !== undefined && mode !== "proxy" && mode !== "redirect") {
    const name = options.delivery === undefined ? "MEDIA_DELIVERY" : "delivery";
    problems.push(`${name} is ${JSON.stringify(mode)}; write proxy, or redirect to send readers to the storage's own URLs.`);
  }
  if (cdn !== undefined && readOrigin(cdn) === undefined) {
    problems.push(
      `${options.cdn === undefined ? "MEDIA_CDN_URL" : "cdn"} (${JSON.stringify(cdn)}) is not usable; write an origin such as https://img.example.com, without a path.`,
    );
  }
  if (problems.length > 0) throw fail("CONFIG_INVALID", { problems });
}

/** The origin of an address that is nothing but one, as it stands before a path. */
export function readOrigin(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && address.replace(/\/$/, "") === url.origin ? url.origin : undefined;
}

/** The signing keys that are given, as options or by the environment; `undefined` where the catalogue's own is to be used. */
export function givenSigningKeys(
  { signingKey }: { readonly signingKey?: MediaOptions["signingKey"] | undefined },
  env: Environment,
): readonly string[] | undefined {
  const keys = signingKey ?? env["HOLDFAST_SIGNING_KEY"]?.split(",").map((key) => key.trim());
  return typeof keys === "string" ? [keys] : keys;
}

/** Read a path that URLs begin with. `what` names it for people. @throws CONFIG_INVALID */
export function parsePath(path: string, what: string): string {
  if (/^(\/[A-Za-z0-9._~-]+)+$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path)) return path;
  throw fail("CONFIG_INVALID", {
    problems: [`${what} "${path}" is not usable; write a path such as /media, without a slash at its end.`],
  });
}
