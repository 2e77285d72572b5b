import { Agent, createServer, request, type Server } from "node:http";

/** What stands before the instances on a platform: it sends each request to one of those it knows. */
export interface Balancer {
  readonly origin: string;
  add(origin: string): void;
  /** No new request goes there; those under way go on. */
  remove(origin: string): void;
  close(): Promise<void>;
}

/**
 * Balance requests over instances in turn. It tries nothing again and hides nothing: what an instance fails to answer is a
 * 502, as it is on the platforms.
 */
export async function startBalancer(): Promise<Balancer> {
  const agents = new Map<string, Agent>();
  let turn = 0;
  const server: Server = createServer((incoming, outgoing) => {
    const origins = [...agents.keys()];
    turn += 1;
    const origin = origins[turn % origins.length];
    if (origin === undefined) {
      outgoing.writeHead(502).end("no instance");
      return;
    }
    const target = new URL(origin);
    const options = { host: target.hostname, port: target.port, method: incoming.method, path: incoming.url, headers: incoming.headers };
    const onward = request({ ...options, agent: agents.get(origin) }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.once("error", () => outgoing.destroy());
    });
    onward.once("error", (error) => {
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end(`${origin}: ${error.message}`);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    // A connection that an instance may be about to close is not used again: platforms' proxies keep theirs shorter than we do.
    add: (origin) => void agents.set(origin, new Agent({ keepAlive: false })),
    remove: (origin) => void agents.delete(origin),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
