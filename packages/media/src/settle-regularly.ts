import type { Logger, Media } from "./media.js";

/**
 * Settle every so often, one at a time, until stopped; at once too where the tables are known to be there. A failure is
 * logged and the next turn tries again. `everyMs` of 0 never settles.
 */
export function settleRegularly(media: Pick<Media, "settle">, everyMs: number, log: Logger, isAtOnce: boolean): () => void {
  if (everyMs <= 0) return () => undefined;
  let isSettling = false;
  const once = (): void => {
    if (isSettling) return;
    isSettling = true;
    media
      .settle()
      .then(
        ({ abandoned, expired, purged, heldBack }) => {
          if (abandoned + expired + purged > 0) {
            log.info(
              `settled: ${abandoned} unfinished uploads given up, ${expired} staged files that nobody attached trashed, ${purged} trashed files purged`,
            );
          }
          if (heldBack !== undefined) log.warn(`settling is held back: ${heldBack}`);
        },
        (error: unknown) =>
          log.warn(`settling did not finish, and goes on later: ${error instanceof Error ? error.message : String(error)}`),
      )
      .finally(() => {
        isSettling = false;
      });
  };
  const timer = setInterval(once, everyMs);
  timer.unref();
  if (isAtOnce) once();
  return () => clearInterval(timer);
}
