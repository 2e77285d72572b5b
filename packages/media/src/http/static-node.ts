import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { shortWayOf } from "./short-way.js";
import { isBelow } from "./express.js";
import type { StaticFiles } from "./static-files.js";

/** A handler for `node:http`, Express, Connect and a hook of Fastify: it answers, or calls `next`. */
export type NodeStaticHandler = (
  request: IncomingMessage & { readonly originalUrl?: string },
  response: ServerResponse,
  next: (error?: Error) => void,
) => void;

/**
 * Serve static files from a Node server: what is in memory goes out as plain Node would send it. What is none of theirs goes on to
 * `next`, its body unread.
 *
 * @example
 * ```ts
 * import express from "express";
 * import { nodeStaticHandler, openStaticFiles } from "@holdfast/media/static";
 * const assets = await openStaticFiles({ folder: "dist/static" });
 * express().use(nodeStaticHandler(assets)).listen(3000);
 * ```
 */
export function nodeStaticHandler(files: Pick<StaticFiles, "basePath" | "handler">): NodeStaticHandler {
  const atHand = shortWayOf(files.handler)?.atHand;
  return (request, response, next) => {
    const url = request.originalUrl ?? request.url ?? "/";
    const answer = atHand?.({ method: request.method, url, headers: request.headers });
    if (answer !== undefined) response.writeHead(answer.status, answer.headers).end(answer.body);
    else if (isBelow(url, files.basePath)) goTheLongWay(files, url, request, response, next);
    else next();
  };
}

function goTheLongWay(
  { handler }: Pick<StaticFiles, "handler">,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: Error) => void,
): void {
  let isTheirs = true;
  const listener = getRequestListener(
    async (asked) => {
      const answer = await handler(asked);
      isTheirs = answer !== undefined;
      return answer ?? RESPONSE_ALREADY_SENT;
    },
    // The body is for whoever comes next.
    { overrideGlobalObjects: false, autoCleanupIncoming: false },
  );
  // Express cuts the mount point off; the handler wants the whole path. Put back for whoever comes next, or logs.
  const shortened = request.url;
  request.url = url;
  listener(request, response)
    .finally(() => {
      if (shortened !== undefined) request.url = shortened;
    })
    .then(() => (isTheirs ? undefined : next()), next);
}
