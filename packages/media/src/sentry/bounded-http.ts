import * as http from "node:http";
import * as https from "node:https";
import type { makeNodeTransport } from "@sentry/node";

type Answered = (answer: http.IncomingMessage) => void;
type HttpModule = NonNullable<Parameters<typeof makeNodeTransport>[0]["httpModule"]>;

/** A server that has said nothing for so long is given up. */
const silenceMs = 5000;
const wholeMs = 10_000;

/**
 * Node's own client, with an end: the SDK would wait for ever for a server that takes a report and never answers. A report under way
 * does not keep the process alive.
 */
export function boundedHttp(url: string): HttpModule {
  const isEncrypted = new URL(url).protocol === "https:";
  return {
    request(options, callback) {
      // Of the forms that Node takes, the SDK uses the one with a table of options.
      const sending = (isEncrypted ? https : http).request(options as https.RequestOptions, callback as Answered);
      const giveUp = (): void => void sending.destroy(new Error("the server of SENTRY_DSN does not answer"));
      const whole = setTimeout(giveUp, wholeMs).unref();
      sending.setTimeout(silenceMs, giveUp);
      sending.once("close", () => clearTimeout(whole));
      sending.on("socket", (socket) => socket.unref());
      // Once the answer has begun, nobody listens on it but for its end.
      sending.on("response", (answer) => answer.on("error", () => undefined));
      return sending;
    },
  };
}
