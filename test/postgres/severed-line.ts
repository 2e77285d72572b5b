import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** What becomes of one statement: it never arrives, or it is done and its answer is lost. The connection is gone either way. */
export type Loss = "never arrives" | "is done, unanswered";

/** A line to PostgreSQL on which single statements can be lost. */
export interface SeveredLine {
  /** The database, through this line. */
  readonly url: string;
  /** Lose the statement that comes after `after` others. */
  lose(after: number, loss: Loss): void;
  /** Lose nothing any more. How many statements have come since `lose` was called, and whether one of them was lost. */
  mend(): { readonly statements: number; readonly wasLost: boolean };
  close(): Promise<void>;
}

/** Put a proxy before a database that reads as much of PostgreSQL's protocol as tells where a statement ends, and its answer. */
export async function severedLine(url: string): Promise<SeveredLine> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let statements = 0;
  let plan: { readonly after: number; readonly loss: Loss } | undefined;
  let wasLost = false;

  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.once("close", () => sockets.delete(socket));
    }
    const sever = (): void => {
      client.destroy();
      database.destroy();
    };
    let isAnswerLost = false;
    const sent = frames(true);
    const answered = frames(false);
    client.on("data", (block: Buffer) => {
      // A query of its own, or the end of one in parts: what a statement ends with.
      const count = sent(block).filter((type) => type === "Q" || type === "S").length;
      const isDue = plan !== undefined && !wasLost && count > 0 && statements + count > plan.after;
      statements += count;
      if (isDue) {
        wasLost = true;
        if (plan?.loss === "never arrives") return sever();
        isAnswerLost = true;
      }
      database.write(block);
    });
    database.on("data", (block: Buffer) => {
      const isReady = answered(block).includes("Z");
      if (!isAnswerLost) client.write(block);
      else if (isReady) sever();
    });
    client.once("close", () => database.destroy());
    database.once("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    lose(after, loss) {
      statements = 0;
      wasLost = false;
      plan = { after, loss };
    },
    mend() {
      plan = undefined;
      return { statements, wasLost };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Read the types of the messages that end in each block; the client's first one has none. */
function frames(isClient: boolean): (block: Buffer) => string[] {
  let rest = Buffer.alloc(0);
  let isStarting = isClient;
  return (block) => {
    rest = Buffer.concat([rest, block]);
    const types: string[] = [];
    for (;;) {
      const head = isStarting ? 0 : 1;
      if (rest.length < head + 4) return types;
      const length = head + rest.readUInt32BE(head);
      if (rest.length < length) return types;
      if (!isStarting) types.push(String.fromCharCode(rest[0] ?? 0));
      isStarting = false;
      rest = rest.subarray(length);
    }
  };
}
