import { lookup } from "node:dns/promises";
import { createServer, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { catalogue, fail, type HoldfastError, toProblem } from "@holdfast/media";
import { problemResponse } from "./problem-response.js";

/**
 * Make the HTTP server. A slow, honest upload may take as long as it likes: media ends one that is silent. Connections
 * are kept for longer than any platform's proxy keeps them, or the proxy would answer 502 for one just closed.
 */
export function createHttpServer(fetch: (request: Request) => Promise<Response>): Server {
  const listener = getRequestListener(fetch, { errorHandler: () => problemResponse(malformed("its address or host cannot be read")) });
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 125_000, keepAliveTimeout: 120_000, noDelay: true },
    (incoming, outgoing) => {
      // Once the server is closing, a connection ends with its answer.
      if (!server.listening) outgoing.shouldKeepAlive = false;
      void listener(incoming, outgoing);
    },
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => answerUnparsed(error, socket));
  return server;
}

/** The address that a host's name stands for here. @throws ADDRESS_UNUSABLE */
export async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host, { verbatim: false })).address;
  } catch (error) {
    throw fail("ADDRESS_UNUSABLE", { host, reason: "it is not known" }, { cause: error });
  }
}

/** Listen; answers the port, which is of the system's choosing where `port` is 0. @throws PORT_TAKEN, PORT_DENIED, ADDRESS_UNUSABLE */
export async function listen(server: Server, address: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(whyNotListening(error, address, port)));
    server.listen({ host: address, port }, resolve);
  });
  server.removeAllListeners("error");
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : port;
}

/** Take no more requests, let the running ones finish within the grace, then end what is left. */
export async function closeHttpServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its answer is sent, and would then be kept open for the next request.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const grace = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(grace);
}

function whyNotListening(error: NodeJS.ErrnoException, address: string, port: number): HoldfastError {
  if (error.code === "EADDRINUSE") return fail("PORT_TAKEN", { address, port }, { cause: error });
  if (error.code === "EACCES") return fail("PORT_DENIED", { port }, { cause: error });
  return fail("ADDRESS_UNUSABLE", { host: address, reason: error.code ?? error.message }, { cause: error });
}

function malformed(reason: string): HoldfastError {
  return fail("REQUEST_MALFORMED", { reason });
}

/** What Node's parser refuses has no request to answer; the socket is all there is. */
function answerUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const reason = error.code === "HPE_HEADER_OVERFLOW" ? "its headers are too long" : "it is not HTTP/1.1";
  const body = JSON.stringify(toProblem(malformed(reason)));
  const { status } = catalogue.REQUEST_MALFORMED;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
