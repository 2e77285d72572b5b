// The service as the labs run it: the real one, with the periods of settling set by the lab. What the lab wants besides
// (a kill at an exact point, a defect on purpose) wraps the service from outside; the service knows nothing of it.
import { serve } from "@holdfast/server";
import { killAtPoint } from "./kill-point.mjs";
import { loseCommits } from "./lost-commits.mjs";
import { beMutant, commitBeforeBytes } from "./mutants.mjs";

/** @type {import("./service-process.js").ChildOptions} */
const options = JSON.parse(process.env.HOLDFAST_LAB ?? "{}");

if (options.killAt !== undefined) killAtPoint(options.killAt);
if (options.mutant !== undefined) beMutant(options.mutant);
if (options.loseEveryCommit !== undefined) loseCommits(options.loseEveryCommit, options.mutant);
const storage = options.mutant === "commit before bytes" ? { storage: commitBeforeBytes(process.env.MEDIA_ROOT ?? "") } : {};

try {
  const { port, close } = await serve({
    media: { ...options.media, ...storage },
    print: () => undefined,
    redeployDemo: false,
    ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
  });
  process.on("SIGTERM", () => void close().finally(() => process.exit(0)));
  // Whoever started it has gone.
  process.once("disconnect", () => process.exit(1));
  process.send?.({ port });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
