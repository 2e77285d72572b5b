import type { MiddlewareHandler } from "hono";
import type { Media } from "../media.js";
import { isBelow } from "./express.js";

/**
 * Hono middleware that serves media. Requests outside the base path go on to the next handler.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { openMedia } from "@holdfast/media";
 * import { honoMedia } from "@holdfast/media/hono";
 * const media = await openMedia();
 * const app = new Hono().use(honoMedia(media));
 * ```
 */
export function honoMedia(media: Pick<Media, "handler" | "basePath">): MiddlewareHandler {
  return async (context, next) => {
    if (isBelow(context.req.path, media.basePath)) return await media.handler(context.req.raw);
    return await next();
  };
}
