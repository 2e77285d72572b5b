import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** What a connection must carry, either way, to be kept. */
export interface Pace {
  /** Of a request's body, over each window in which we waited for it. */
  readonly minBytesPerSecond: number;
  readonly windowMs: number;
  /** How long an answer may lie ready without a byte of it being taken: a paused player may, for a while. */
  readonly maxUntakenMs: number;
}

/** Slower than any modem, faster than a byte now and then. */
export const defaultPace: Pace = { minBytesPerSecond: 500, windowMs: 30_000, maxUntakenMs: 300_000 };

interface Watched {
  readonly outgoing: ServerResponse;
  received: number;
  sent: number;
  sentAt: number;
  /** Whether what is counted since is a whole window, and only time in which we waited for the sender. */
  hasWaited: boolean;
}

/**
 * Hang up on whoever keeps a connection and carries nothing: Node's own limit on a request's time would end slow, honest uploads
 * of any length as well. What we are too slow to take, or what was not asked for further, is not held against anybody. Uploads are
 * timed by media, which has an answer for them; this is for everything else, and for clients that do not listen.
 */
export function keepPace(server: Server, { minBytesPerSecond, windowMs, maxUntakenMs }: Pace = defaultPace): void {
  const watched = new Map<IncomingMessage, Watched>();
  server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { bytesRead, bytesWritten } = incoming.socket;
    // Its window begins with the next look: one that has just come may not have begun to send.
    watched.set(incoming, { outgoing, received: bytesRead, sent: bytesWritten, sentAt: Date.now(), hasWaited: false });
    outgoing.once("close", () => watched.delete(incoming));
  });
  const isWaitedFor = (incoming: IncomingMessage): boolean => !incoming.complete && incoming.readableLength === 0;

  const sample = setInterval(() => {
    for (const [incoming, state] of watched) {
      state.hasWaited &&= isWaitedFor(incoming);
      const { bytesWritten } = incoming.socket;
      if (bytesWritten !== state.sent || state.outgoing.writableLength === 0) {
        state.sent = bytesWritten;
        state.sentAt = Date.now();
      }
      if (Date.now() - state.sentAt > maxUntakenMs) incoming.socket.destroy();
    }
  }, windowMs / 10);
  const judge = setInterval(() => {
    for (const [incoming, state] of watched) {
      const received = incoming.socket.bytesRead;
      const isSlow = received - state.received < (minBytesPerSecond * windowMs) / 1000;
      if (state.hasWaited && isWaitedFor(incoming) && isSlow && !state.outgoing.writableEnded) incoming.socket.destroy();
      state.received = received;
      state.hasWaited = true;
    }
  }, windowMs);
  sample.unref();
  judge.unref();
  server.once("close", () => {
    clearInterval(sample);
    clearInterval(judge);
  });
}
