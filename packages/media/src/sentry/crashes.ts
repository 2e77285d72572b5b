import { inspect } from "node:util";

/**
 * Report what nothing catches, rejected promises among it, then end as Node would have: the error on the error output, exit code 1.
 * Where the app listens for it too, the end is the app's own affair. Answers how to stop watching.
 */
export function watchCrashes(report: (error: unknown) => void, finish: () => Promise<void>): () => void {
  let isEnding = false;
  const onCrash = (error: unknown): void => {
    if (isEnding) return;
    report(error);
    if (process.listenerCount("uncaughtException") > 1) return;
    isEnding = true;
    process.stderr.write(`${inspect(error)}\n`);
    void finish().finally(() => process.exit(1));
  };
  process.on("uncaughtException", onCrash);
  return () => void process.off("uncaughtException", onCrash);
}
