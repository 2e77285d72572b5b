import { serve } from "@holdfast/server";

// The other app: the same uploads, handed to Holdfast. Its storage and catalogue are where MEDIA_ROOT and
// MEDIA_DATABASE_URL say, outside the folder that a deploy replaces.

const running = serve({ print: () => undefined, handleSignals: true, redeployDemo: false });

running.then(
  ({ port }) => process.send?.({ port }),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);

// Whoever started it has gone: what is being stored is finished, then it goes too.
process.once("disconnect", () => {
  setTimeout(() => process.exit(1), 5_000).unref();
  running
    .then(async ({ close }) => await close())
    .finally(() => process.exit(0))
    .catch(() => undefined);
});
