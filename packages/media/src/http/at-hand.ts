import type { AtHand } from "../delivery/at-hand.js";

type Handler = (request: Request) => Promise<Response | undefined>;

const known = new WeakMap<Handler, AtHand>();

/** Note what a handler could answer from memory, for adapters that can send that without a `Response`. */
export function noteAtHand(handler: Handler, atHand: AtHand): void {
  known.set(handler, atHand);
}

/** What was noted of a handler; nothing of a function that somebody has put around one, which may have its own mind. */
export function atHandOf(handler: Handler): AtHand | undefined {
  return known.get(handler);
}
