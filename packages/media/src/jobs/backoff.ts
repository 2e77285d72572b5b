/** An attempt that fails is followed by a pause that doubles, from a second up to an hour. */
const firstPauseMs = 1000;
const longestPauseMs = 60 * 60_000;

/** Attempts before a job is given up: the pauses between them add up to about nine hours, which outlasts most outages. */
export const maxAttempts = 20;

/** How long to wait after the attempt of this number failed: between half of the pause and all of it, so that many do not come back at once. */
export function pauseAfter(attempt: number, random: () => number = Math.random): number {
  const pause = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
  return Math.round(pause * (0.5 + random() / 2));
}
