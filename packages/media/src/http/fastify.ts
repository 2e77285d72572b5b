import type { IncomingMessage, ServerResponse } from "node:http";
import type { Media } from "../media.js";
import { nodeHandler } from "./node.js";

/** A Fastify instance: the part of its types that is used. */
export interface FastifyLike {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(type: string, parser: (request: unknown, payload: unknown, done: (error: Error | null) => void) => void): unknown;
  all(path: string, handler: (request: { readonly raw: IncomingMessage }, reply: FastifyReplyLike) => Promise<void>): unknown;
}

/** A Fastify reply: the part of its types that is used. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

/**
 * A Fastify plugin that serves media. Fastify's own body parsers are switched off within it: an upload streams.
 *
 * @example
 * ```ts
 * import fastify from "fastify";
 * import { openMedia } from "@holdfast/media";
 * import { fastifyMedia } from "@holdfast/media/fastify";
 * const media = await openMedia();
 * const app = fastify();
 * await app.register(fastifyMedia(media));
 * await app.listen({ port: 3000 });
 * ```
 */
export function fastifyMedia(media: Pick<Media, "handler" | "basePath">): (app: FastifyLike) => Promise<void> {
  const handle = nodeHandler(media);
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    const serve = async (request: { readonly raw: IncomingMessage }, reply: FastifyReplyLike): Promise<void> => {
      reply.hijack();
      await handle(request.raw, reply.raw);
    };
    app.all(media.basePath, serve);
    app.all(`${media.basePath}/*`, serve);
  };
}
