import { lookup } from "node:dns/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { fail, type HoldfastError, toProblem } from "@holdfast/media";
import { keepPace, type Pace } from "./pace.js";
import { problemResponse } from "./problem-response.js";
import { requestContext, requestIdOf } from "./request-context.js";

/** A request that was answered, or whose sender went away before. */
export interface AnsweredRequest {
  readonly requestId: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** 499 where the sender went away before there was one. */
  readonly status: number;
  readonly ms: number;
  /** Sent, with the headers. */
  readonly bytes: number;
  readonly isAborted: boolean;
}

/** How many connections there are, and how many were turned away. */
export interface Connections {
  open(): number;
  refused(): number;
}

/** Whoever answers a request straight from Node's objects. */
export type NodeAnswer = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** What a server may be told. */
export interface HttpServerOptions {
  /** Who answers a request that need not become a `Request`. @defaultValue nobody */
  readonly straight?: (incoming: IncomingMessage) => NodeAnswer | undefined;
  /** Beyond it a connection is answered 503 and closed. */
  readonly maxConnections: number;
  readonly observe?: (answered: AnsweredRequest) => void;
  readonly pace?: Pace;
}

/** Connections that only wait are kept for longer than any platform's proxy keeps them, or it would answer 502 for one just closed. */
const keepAliveTimeoutMs = 120_000;
/** A request's headers fit into one packet or a few; whoever takes longer over them has something else in mind. */
const headersTimeoutMs = 20_000;
/** How long a client that is turned away may take over hearing it. */
const lingerMs = 1_000;

/**
 * Make the HTTP server. A slow, honest upload may take as long as it likes: media ends one that is silent, and connections that
 * carry nothing are ended here. Beyond `maxConnections` idle ones make way, and then newcomers are told to come back.
 */
export function createHttpServer(
  fetch: (request: Request) => Promise<Response>,
  { maxConnections, observe, pace, straight }: HttpServerOptions,
): { readonly server: Server; readonly connections: Connections } {
  const listener = getRequestListener(fetch, { errorHandler: () => problemResponse(malformed("its address or host cannot be read")) });
  const server = createServer(
    {
      requestTimeout: 0,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: headersTimeoutMs / 4,
      keepAliveTimeout: keepAliveTimeoutMs,
      noDelay: true,
    },
    (incoming, outgoing) => {
      // Once the server is closing, a connection ends with its answer.
      if (!server.listening) outgoing.shouldKeepAlive = false;
      const requestId = requestIdOf(incoming.headers["x-request-id"]);
      outgoing.setHeader("x-request-id", requestId);
      if (observe !== undefined) observed(incoming, outgoing, requestId, observe);
      const { method = "", url = "" } = incoming;
      const answer = straight?.(incoming) ?? listener;
      requestContext.run({ requestId, method, path: pathOf(url) }, () => void answer(incoming, outgoing));
    },
  );
  keepPace(server, pace);
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => answerUnparsed(error, socket));
  return { server, connections: limitConnections(server, maxConnections) };
}

function observed(
  { socket, method = "", url = "" }: IncomingMessage,
  outgoing: ServerResponse,
  requestId: string,
  observe: (answered: AnsweredRequest) => void,
): void {
  const startedAt = performance.now();
  const sentBefore = socket.bytesWritten;
  outgoing.once("close", () => {
    observe({
      requestId,
      method,
      path: pathOf(url),
      status: outgoing.headersSent ? outgoing.statusCode : 499,
      ms: performance.now() - startedAt,
      bytes: socket.bytesWritten - sentBefore,
      isAborted: !outgoing.writableFinished,
    });
  });
}

function pathOf(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? "";
}

/** Node's own `maxConnections` hangs up without a word, and a client cannot tell that from a crash. */
function limitConnections(server: Server, max: number): Connections {
  const open = new Set<Socket>();
  let refused = 0;
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    if (open.size <= max) return;
    server.closeIdleConnections();
    refused += 1;
    const error = fail("OVERLOADED", { what: "The number of connections", retryAfterSeconds: 5 });
    endWith(socket, error, { "Retry-After": "5" });
  });
  return { open: () => open.size, refused: () => refused };
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
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") {
    endWith(socket, fail("REQUEST_TIMEOUT", { seconds: headersTimeoutMs / 1000 }));
    return;
  }
  endWith(socket, malformed(error.code === "HPE_HEADER_OVERFLOW" ? "its headers are too long" : "it is not HTTP/1.1"));
}

/** Answer on a bare connection, and close it. What the client goes on sending is not read: closing on it would undo the answer. */
function endWith(socket: Socket, error: HoldfastError, headers: Readonly<Record<string, string>> = {}): void {
  const body = JSON.stringify(toProblem(error));
  const all = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...headers,
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on("error", () => socket.destroy());
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ""}\r\n${lines.join("")}\r\n${body}`);
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
