import { fail } from "./errors.js";
import type { MediaOptions } from "./media.js";
import type { Environment } from "./storage/instance.js";

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
  for (const [name, key] of [
    ["signingKey", options.signingKey],
    ["HOLDFAST_SIGNING_KEY", env["HOLDFAST_SIGNING_KEY"]],
  ] as const) {
    if (key === undefined || key.trim().length >= shortestSigningKey) continue;
    const found = key.trim() === "" ? "is set but empty" : `has fewer than ${shortestSigningKey} characters`;
    problems.push(`${name} ${found}: whoever guesses it reads every private file. Make one with: openssl rand -hex 32`);
  }
  if (problems.length > 0) throw fail("CONFIG_INVALID", { problems });
}

/** Read the path that URLs begin with. @throws CONFIG_INVALID */
export function parseBasePath(path: string): string {
  if (/^(\/[A-Za-z0-9._~-]+)+$/.test(path)) return path;
  throw fail("CONFIG_INVALID", {
    problems: [`basePath "${path}" is not usable; write a path such as /media, without a slash at its end.`],
  });
}
