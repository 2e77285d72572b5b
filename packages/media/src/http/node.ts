import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { AnswerAtHand } from "../delivery/short-way.js";
import type { Media } from "../media.js";
import { shortWayOf } from "./short-way.js";

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
  const listener = listenerFor(media.handler);
  const { atHand, making } = shortWayOf(media.handler) ?? {};
  const answered = Promise.resolve();
  // Without `await`: what is at hand costs no promise.
  return (request, response) => {
    const answer = atHand?.(request);
    if (answer !== undefined) {
      send(answer, response);
      return answered;
    }
    const coming = making?.soon(request);
    if (making === undefined || coming === undefined) return listener(request, response);
    return coming.then((made) => {
      if (made === undefined) return listener(request, response);
      if ("error" in made) return listenerFor(async (asked) => await making.answerFailure(asked, made))(request, response);
      // Whoever keeps a time limit may have answered meanwhile.
      if (!response.headersSent) send(made, response);
    });
  };
}

function listenerFor(handler: Media["handler"]): NodeHandler {
  return getRequestListener(handler, { overrideGlobalObjects: false });
}

function send({ status, headers, body }: AnswerAtHand, response: ServerResponse): void {
  response.writeHead(status, headers).end(body);
}
