import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { openStaticFiles } from "@holdfast/media/static";
import { answerCommands } from "../child.js";
import { listen } from "../ports.js";

/** What the process that serves static files can be told to do. */
export type StaticCommands = {
  /** Serve a folder that `holdfast start` prepared. Answers the URL of one of its files. */
  readonly serve: (order: { readonly folder: string; readonly name: string }) => Promise<string>;
};

/** Static files as an app of Hono serves them. */
answerCommands<StaticCommands>({
  async serve({ folder, name }) {
    const files = await openStaticFiles({ folder });
    const listener = getRequestListener(async (request) => (await files.handler(request)) ?? new Response(null, { status: 404 }));
    const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
    return new URL(files.url(name), await listen(server)).href;
  },
});
