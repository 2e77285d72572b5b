import { serve } from "@holdfast/server";
import { answerCommands } from "../child.js";

/** What the service's process can be told to do. */
export type ServiceCommands = {
  /** Serve from a fresh folder, with the service's own defaults. Answers the origin. */
  readonly serve: (order: { readonly folder: string }) => Promise<string>;
};

/** The service that `holdfast serve` runs: with its access rules, request ids, metrics and log. */
answerCommands<ServiceCommands>({
  async serve({ folder }) {
    const env = { MEDIA_ALLOW_EPHEMERAL: "1" };
    return (await serve({ port: 0, cwd: folder, env, print: () => undefined, redeployDemo: false })).url;
  },
});
