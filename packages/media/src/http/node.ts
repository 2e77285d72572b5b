import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Media } from "../media.js";
import { atHandOf } from "./at-hand.js";

export { requestOf } from "./request-of.js";

/** A handler for `node:http`. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Serve media from a plain Node server.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { openMedia } from "@holdfast/media";
 * import { nodeHandler } from "@holdfast/media/node";
 * const media = await openMedia();
 * createServer(nodeHandler(media)).listen(3000);
 * ```
 */
export function nodeHandler(media: Pick<Media, "handler">): NodeHandler {
  const listener = getRequestListener(media.handler, { overrideGlobalObjects: false });
  const atHand = atHandOf(media.handler);
  const answered = Promise.resolve();
  // Without `await`: what is at hand costs no promise.
  return (request, response) => {
    const answer = atHand?.(request);
    if (answer === undefined) return listener(request, response);
    response.writeHead(answer.status, answer.headers).end(answer.body);
    return answered;
  };
}
