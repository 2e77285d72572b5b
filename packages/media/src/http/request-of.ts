import type { IncomingMessage, ServerResponse } from "node:http";
import { fail } from "../errors.js";

/**
 * Read a request of Node, and so of Express and Fastify, as one of the web, for `media.receive` and `media.receiveForm` in routes of your
 * own. Its body is read as fast as it is asked for, and must still be unread: no body parser may have had it. Its signal fires when
 * the client goes away before it was answered.
 *
 * @throws CONFIG_INVALID where something has read the body already
 * @example
 * ```ts
 * import express from "express";
 * import { openMedia } from "@holdfast/media";
 * import { requestOf } from "@holdfast/media/node";
 * const media = await openMedia();
 * express().post("/articles", async (request, response) => {
 *   const { fields, files } = await media.receiveForm(requestOf(request, response));
 *   response.json({ title: fields.get("title"), photos: files.get("photos") ?? [] });
 * });
 * ```
 */
export function requestOf(incoming: IncomingMessage & { readonly originalUrl?: string }, outgoing: ServerResponse): Request {
  const { method = "GET" } = incoming;
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort(new Error("The client went away."));
  });
  const hasBody = method !== "GET" && method !== "HEAD";
  if (hasBody && incoming.readableDidRead) throw fail("CONFIG_INVALID", { problems: [alreadyRead] });
  return new Request(urlOf(incoming), {
    method,
    headers: headersOf(incoming),
    signal: gone.signal,
    ...(hasBody ? { body: bodyOf(incoming, outgoing), duplex: "half" } : {}),
  });
}

const alreadyRead =
  "requestOf() was given a request whose body has been read: put this route before multer, express.urlencoded() or whatever else reads it.";

function urlOf(incoming: IncomingMessage & { readonly originalUrl?: string }): string {
  const origin = `${"encrypted" in incoming.socket ? "https" : "http"}://${incoming.headers.host ?? "localhost"}`;
  const path = incoming.originalUrl ?? incoming.url ?? "/";
  // A host is what the client says it is, and may be no host at all.
  return (URL.canParse(origin) && new URL(origin).pathname === "/" ? origin : "http://localhost") + (path.startsWith("/") ? path : "/");
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    // Those of HTTP/2 that are none: `:path`.
    if (!name.startsWith(":")) headers.append(name, rawHeaders[at + 1] ?? "");
  }
  return headers;
}

/** Not `Readable.toWeb`: it counts blocks where it should count bytes, and would take in a gigabyte that nobody has asked for. */
function bodyOf(incoming: IncomingMessage, outgoing: ServerResponse): ReadableStream<Uint8Array> {
  const blocks = incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await blocks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        // Nobody reads the rest of it, so that no other request can follow on this connection.
        if (!outgoing.headersSent) outgoing.setHeader("connection", "close");
      },
    },
    { highWaterMark: 0 },
  );
}
