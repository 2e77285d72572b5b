import type { Budget } from "./budget.js";
import { createDecoder, type Decoder } from "./decoder.js";
import type { DecodingLimits, DecodingTask } from "./decoding.js";
import { type FromChild, sendError, type ToChild } from "./decoding-messages.js";
import type { FileFacts } from "../catalogue/commit-file.js";
import { inspectImage } from "./inspect.js";
import { loadSharp } from "./load-sharp.js";
import { type RenderedVariant, renderVariant } from "./render.js";

// The main module of a decoding process: it does what it is told, one task at a time, asks before it takes memory, and ends with
// whoever started it. It reads no settings and opens nothing but the picture it is given.

let granted = (): void => undefined;

const say = (message: FromChild): void => void process.send?.(message);

function budgetOf(totalBytes: number): Budget {
  return {
    totalBytes,
    async acquire(bytes, urgency) {
      await new Promise<void>((resolve) => {
        granted = resolve;
        say({ kind: "need", bytes, urgency });
      });
      // What was lent is given back when the task is done.
      return () => undefined;
    },
  };
}

/** Of the limits, which are the same for all tasks; it remembers what it has read. */
let decoder: Decoder | undefined;

async function run(task: DecodingTask, { maxPixels, maxDecodeBytes }: DecodingLimits): Promise<FileFacts | RenderedVariant> {
  decoder ??= createDecoder({ maxPixels, budget: budgetOf(maxDecodeBytes) });
  switch (task.kind) {
    case "inspect":
      return await inspectImage(decoder, task.picture, maxPixels);
    case "render":
      return await renderVariant(decoder, task.picture, task.transform, task.format, task.urgency);
  }
}

process.on("message", (message: ToChild) => {
  if (message.kind === "granted") {
    granted();
    return;
  }
  run(message.task, message.limits).then(
    (result) => say({ kind: "done", result, residentBytes: process.memoryUsage.rss() }),
    (error: unknown) => say({ kind: "failed", error: sendError(error), residentBytes: process.memoryUsage.rss() }),
  );
});
// The parent has gone, however it went: nothing that is decoded now is of use to anybody.
process.on("disconnect", () => process.exit());
loadSharp().then(
  () => say({ kind: "ready" }),
  // Whoever decodes is told.
  () => say({ kind: "ready" }),
);
