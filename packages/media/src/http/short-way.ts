import type { AtHand, Failure, ShortWay } from "../delivery/short-way.js";

type Handler = (request: Request) => Promise<Response | undefined>;

/** How a handler's answers are had without it. */
export interface NotedShortWay {
  readonly atHand: AtHand;
  /** How what is not at hand is answered, and what failed on that way. @defaultValue by the handler */
  readonly making?: Pick<ShortWay, "soon"> & { answerFailure(request: Request, failure: Failure): Promise<Response> };
}

const known = new WeakMap<Handler, NotedShortWay>();

/** Note what can be answered without a handler, for adapters that can send that without a `Response`. */
export function noteShortWay(handler: Handler, shortWay: NotedShortWay): void {
  known.set(handler, shortWay);
}

/** What was noted of a handler; nothing of a function that somebody has put around one, which may have its own mind. */
export function shortWayOf(handler: Handler): NotedShortWay | undefined {
  return known.get(handler);
}
