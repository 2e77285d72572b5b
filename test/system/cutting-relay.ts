import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A line to a service that breaks: each connection in turn is cut after so many bytes of its answer. */
export interface CuttingRelay {
  readonly origin: string;
  /** What was asked on each connection, headers and all. */
  readonly requests: string[];
  stop(): Promise<void>;
}

/** Relay to a port of this computer; the n-th connection that answers more than `cuts[n]` bytes is reset there. */
export async function startCuttingRelay(port: number, cuts: readonly number[]): Promise<CuttingRelay> {
  const left = [...cuts];
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => sockets.delete(socket));
    }
    let answered = 0;
    client.on("data", (block: Buffer) => {
      requests.push(block.toString("latin1"));
      upstream.write(block);
    });
    upstream.on("data", (block: Buffer) => {
      const [cut] = left;
      answered += block.byteLength;
      if (cut !== undefined && answered > cut) {
        left.shift();
        // Not a byte more, but those before arrive: a reset would throw them away.
        client.end(block.subarray(0, block.byteLength - (answered - cut)));
        upstream.destroy();
        return;
      }
      if (!client.write(block)) {
        upstream.pause();
        client.once("drain", () => upstream.resume());
      }
    });
    client.once("close", () => upstream.destroy());
    upstream.once("end", () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
