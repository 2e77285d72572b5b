import { createServer } from "node:http";
import { answerCommands } from "../child.js";
import { listen } from "../ports.js";

/** What to answer. */
export interface PlainOrder {
  readonly body: Uint8Array;
  /** With the bytes. */
  readonly headers: Record<string, string>;
  /** With the 304. */
  readonly bareHeaders: Record<string, string>;
}

/** What the plain server's process can be told to do. */
export type PlainServerCommands = {
  /** Listen. Answers the URL. */
  readonly serve: (order: PlainOrder) => Promise<string>;
};

/** The peer of hot variants: plain Node, one answer from memory, and its 304. It looks at nothing but the ETag. */
answerCommands<PlainServerCommands>({
  async serve({ body, headers, bareHeaders }) {
    const bytes = Buffer.from(body);
    const server = createServer((request, response) => {
      if (request.headers["if-none-match"] === headers["etag"]) response.writeHead(304, bareHeaders).end();
      else response.writeHead(200, headers).end(bytes);
    });
    return await listen(server);
  },
});
