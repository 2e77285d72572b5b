import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AnsweredRequest, type Connections, createHttpServer, type HttpServerOptions } from "./http-server.js";

const pace = { minBytesPerSecond: 500, windowMs: 400, maxUntakenMs: 800 };

interface Running {
  readonly port: number;
  readonly connections: Connections;
  readonly answered: AnsweredRequest[];
}

async function started(fetch: (request: Request) => Promise<Response>, options: Partial<HttpServerOptions> = {}): Promise<Running> {
  const answered: AnsweredRequest[] = [];
  const { server, connections } = createHttpServer(fetch, { maxConnections: 100, observe: (one) => answered.push(one), ...options });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, connections, answered };
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Everything that comes until the other side closes. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (block) => (text += String(block)));
  socket.resume();
  // Not events.once(), which rejects for a connection that was reset.
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const hello = async (): Promise<Response> => new Response("hello");

describe("the HTTP server", () => {
  it("tells whoever comes when there are too many connections, and takes them again when there are fewer", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const running = await started(async () => (await held, new Response("late")), { maxConnections: 3 });
    const busy = await Promise.all([1, 2, 3].map(async () => await opened(running.port)));
    for (const socket of busy) socket.write(get);
    await sleep(50);
    const refused = await opened(running.port);
    refused.write(get);
    const answer = await readToEnd(refused);
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(answer).toContain("Retry-After: 5\r\n");
    expect(answer).toContain('"code":"OVERLOADED"');
    expect(running.connections.refused()).toBe(1);
    const answers = busy.map(async (socket) => String((await once(socket, "data"))[0]));
    release();
    for (const each of await Promise.all(answers)) expect(each).toMatch(/^HTTP\/1\.1 200 /);
    // They are idle now, and make way.
    await readToEnd(await opened(running.port));
    const taken = await opened(running.port);
    taken.write(get);
    expect(String((await once(taken, "data"))[0])).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("hangs up on a body that comes a byte at a time", async () => {
    const { port } = await started(async (request) => new Response(await request.text()), { pace });
    const socket = await opened(port);
    socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
    const drip = setInterval(() => socket.write("x"), 50);
    const startedAt = Date.now();
    await readToEnd(socket);
    clearInterval(drip);
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });

  it("judges nobody before a whole window has passed, whenever the request began", async () => {
    const { port } = await started(async (request) => new Response(await request.text()), { pace });
    const send = async (at: number): Promise<string> => {
      await sleep(at * 50);
      const socket = await opened(port);
      socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n\r\n");
      // Somewhere in this silence of one of them the others are judged.
      await sleep(200);
      socket.write("late");
      return await readToEnd(socket);
    };
    for (const text of await Promise.all(Array.from({ length: 10 }, async (_, at) => await send(at))))
      expect(text).toMatch(/ 200 [^]*late$/);
  });

  it("keeps a body that comes slowly, and is read slowly, for as long as it takes", async () => {
    let received = 0;
    const { port } = await started(
      async (request) => {
        for await (const block of request.body ?? []) {
          received += (block as Uint8Array).byteLength;
          // Slower than the sender: that is not the sender's fault.
          await sleep(20);
        }
        return new Response("all of it");
      },
      { pace },
    );
    const socket = await opened(port);
    socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 20000\r\n\r\n");
    for (let part = 0; part < 20; part += 1) {
      socket.write("x".repeat(1000));
      await sleep(100);
    }
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 200 [^]*all of it$/);
    expect(received).toBe(20_000);
  });

  it("hangs up on whoever takes nothing of an answer", async () => {
    const { port, answered } = await started(async () => new Response("x".repeat(50_000_000)), { pace });
    const socket = await opened(port);
    socket.pause();
    socket.write(get);
    for (let waited = 0; answered.length === 0 && waited < 5_000; waited += 50) await sleep(50);
    expect(answered).toHaveLength(1);
    expect((await readToEnd(socket)).length).toBeLessThan(50_000_000);
  });

  it("gives each request an id, takes over a proxy's, and says it back", async () => {
    const { port, answered } = await started(hello);
    const own = await fetch(`http://127.0.0.1:${port}/a?signature=secret`);
    const given = await fetch(`http://127.0.0.1:${port}/b`, { headers: { "x-request-id": "from-the-proxy" } });
    await Promise.all([own.text(), given.text()]);
    await sleep(20);
    expect(given.headers.get("x-request-id")).toBe("from-the-proxy");
    expect(answered.map(({ requestId, path }) => [requestId, path])).toEqual([
      [own.headers.get("x-request-id"), "/a"],
      ["from-the-proxy", "/b"],
    ]);
    expect(answered[0]).toMatchObject({ method: "GET", status: 200, isAborted: false });
    expect(answered[0]?.bytes).toBeGreaterThan(100);
  });

  it("says of a request that was called off that nobody heard the answer", async () => {
    const { port, answered } = await started(async () => await new Promise<Response>(() => undefined));
    const socket = await opened(port);
    socket.write(get);
    await sleep(50);
    socket.destroy();
    for (let waited = 0; answered.length === 0 && waited < 2_000; waited += 20) await sleep(20);
    expect(answered).toMatchObject([{ status: 499, isAborted: true }]);
  });
});
