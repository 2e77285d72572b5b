import type { IncomingMessage, ServerResponse } from "node:http";
import type { Media } from "../media.js";
import { nodeHandler } from "./node.js";

/** Express or Connect middleware: the part of their types that is used. */
export type ExpressMiddleware = (
  request: IncomingMessage & { readonly originalUrl?: string },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Serve media from an Express app. Requests outside the base path go on to the next handler. Put it before body parsers:
 * an upload's body must still be unread.
 *
 * @example
 * ```ts
 * import express from "express";
 * import { openMedia } from "@holdfast/media";
 * import { expressMedia } from "@holdfast/media/express";
 * const media = await openMedia();
 * express().use(expressMedia(media)).listen(3000);
 * ```
 */
export function expressMedia(media: Pick<Media, "handler" | "basePath">): ExpressMiddleware {
  const handle = nodeHandler(media);
  return (request, response, next) => {
    const url = request.originalUrl ?? request.url ?? "/";
    if (!isBelow(url, media.basePath)) {
      next();
      return;
    }
    // Express cuts the mount point off; the handler wants the whole path. Put back for whoever logs afterwards.
    const shortened = request.url;
    request.url = url;
    handle(request, response)
      .catch(next)
      .finally(() => {
        if (shortened !== undefined) request.url = shortened;
      });
  };
}

/** Tell whether a request's URL lies at or below a base path. */
export function isBelow(url: string, basePath: string): boolean {
  const path = url.split("?", 1)[0] ?? url;
  return path === basePath || path.startsWith(`${basePath}/`);
}
