import { createServer } from "node:http";
import { createIPX, createIPXNodeServer, ipxFSStorage } from "ipx";
import { answerCommands } from "../child.js";
import { listen } from "../ports.js";

/** What IPX's process can be told to do. */
export type IpxCommands = {
  /** Serve the images in a folder. Answers the origin. */
  readonly serve: (order: { readonly folder: string }) => Promise<string>;
};

/** A peer of cold variants: IPX's own server, with its defaults, over a folder. */
answerCommands<IpxCommands>({
  async serve({ folder }) {
    return await listen(createServer(createIPXNodeServer(createIPX({ storage: ipxFSStorage({ dir: folder }) }))));
  },
});
