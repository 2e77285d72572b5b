import { createServer } from "node:http";
import { nodeStaticHandler, openStaticFiles } from "@holdfast/media/static";
import { answerCommands } from "../child.js";
import { listen } from "../ports.js";

/** What the process that serves static files can be told to do. */
export type StaticCommands = {
  /** Serve a folder that `holdfast start` prepared. Answers the URL of one of its files. */
  readonly serve: (order: { readonly folder: string; readonly name: string }) => Promise<string>;
};

/** Static files as an app on Node's own server serves them. */
answerCommands<StaticCommands>({
  async serve({ folder, name }) {
    const files = await openStaticFiles({ folder });
    const serve = nodeStaticHandler(files);
    const server = createServer((request, response) => serve(request, response, () => response.writeHead(404).end()));
    return new URL(files.url(name), await listen(server)).href;
  },
});
