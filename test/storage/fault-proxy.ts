import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What goes wrong with one request or with its answer, once so many bytes of it have passed. */
export interface Fault {
  readonly on: "request" | "answer";
  readonly afterBytes: number;
  /**
   * `close` ends the connections properly, `reset` with RST; `stall` lets nothing more through and keeps them open; `slow`
   * lets the rest through in drops; `busy` answers 503 in the server's stead. An answer faulted after 0 bytes is swallowed:
   * the server has done all that it was asked, and the client hears nothing.
   */
  readonly act: "close" | "reset" | "stall" | "slow" | "busy";
}

/** A request that came by. `number` counts from 1 since the last plan. */
export interface PassingRequest {
  readonly number: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
}

/** Decides for each request what goes wrong with it. */
export type FaultPlan = (request: PassingRequest) => Fault | undefined;

/** A request as it was remembered: when it arrived (`performance.now()`), and what went wrong with it. */
export interface SeenRequest extends PassingRequest {
  readonly at: number;
  readonly fault: Fault | undefined;
  /** Whether the fault came about: its request and answer may have been shorter than the bytes it waited for. */
  isStruck: boolean;
}

/** A TCP proxy between a client and a server, in which things go wrong as planned. It follows HTTP/1.1 only as far as where requests begin. */
export interface FaultProxy {
  readonly endpoint: string;
  /** The requests since the last plan. */
  readonly requests: readonly SeenRequest[];
  /** Follow a new plan from the next request on. */
  follow(plan: FaultPlan): void;
  stop(): Promise<void>;
}

const dropBytes = 16 * 1024;
const dropMs = 5;
const busyAnswer = [
  "HTTP/1.1 503 Slow Down",
  "Content-Type: application/xml",
  "Content-Length: 90",
  "Connection: close",
  "",
  "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>   ",
].join("\r\n");

/** Start a proxy before the server at `target`. It lets everything through until it is given a plan. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let plan: FaultPlan = () => undefined;
  const begin = (method: string, path: string): SeenRequest => {
    const passing = { number: requests.length + 1, method, path };
    const request = { ...passing, at: performance.now(), fault: plan(passing), isStruck: false };
    requests.push(request);
    return request;
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => sockets.delete(socket));
    }
    follow(client, upstream, begin);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    requests,
    follow(next) {
      requests.length = 0;
      plan = next;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Pass one connection through, both ways. */
function follow(client: Socket, upstream: Socket, begin: (method: string, path: string) => SeenRequest): void {
  let head = Buffer.alloc(0);
  let bodyLeft = 0;
  let seen: SeenRequest | undefined;
  let isOver = false;
  const passed = { request: 0, answer: 0 };

  const strike = (act: Fault["act"]): void => {
    isOver = true;
    if (act === "stall") return;
    if (act === "busy") client.end(busyAnswer);
    else if (act === "reset") client.resetAndDestroy();
    else client.end();
    if (act === "reset") upstream.resetAndDestroy();
    else upstream.destroy();
  };

  const pass = async (on: "request" | "answer", bytes: Buffer): Promise<void> => {
    const [from, to] = on === "request" ? [client, upstream] : [upstream, client];
    const fault = seen?.fault;
    const left = fault?.on === on ? fault.afterBytes - passed[on] : Infinity;
    passed[on] += bytes.byteLength;
    if (seen !== undefined && left < bytes.byteLength) seen.isStruck = true;
    if (fault?.act === "slow" && left < bytes.byteLength) {
      from.pause();
      for (let at = 0; at < bytes.byteLength && !to.destroyed; at += dropBytes) {
        to.write(bytes.subarray(at, at + dropBytes));
        await sleep(dropMs);
      }
      from.resume();
    } else if (fault !== undefined && left < bytes.byteLength) {
      if (left > 0) to.write(bytes.subarray(0, left));
      strike(fault.act);
    } else if (!to.write(bytes)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  };

  client.on("data", (bytes: Buffer) => {
    if (isOver) return;
    if (bodyLeft > 0) {
      bodyLeft -= bytes.byteLength;
      void pass("request", bytes);
      return;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const text = head.subarray(0, end).toString("latin1");
    const [method = "", path = ""] = text.split(" ", 2);
    const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
    const request = head;
    head = Buffer.alloc(0);
    bodyLeft = length - (request.byteLength - end - 4);
    passed.request = 0;
    passed.answer = 0;
    seen = begin(method, path);
    void pass("request", request);
  });
  upstream.on("data", (bytes: Buffer) => {
    if (isOver) return;
    // "100 Continue" is no answer yet.
    if (passed.answer === 0 && bytes.subarray(0, 12).toString("latin1") === "HTTP/1.1 100") client.write(bytes);
    else void pass("answer", bytes);
  });
  client.once("close", () => upstream.destroy());
  client.once("end", () => isOver || upstream.end());
  upstream.once("end", () => isOver || client.end());
  upstream.once("close", () => isOver || client.destroy());
}
