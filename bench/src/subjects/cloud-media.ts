import { setTimeout as sleep } from "node:timers/promises";
import { type Media, openMedia, s3Storage } from "@holdfast/media";
import { answerCommands } from "../child.js";
import { costOf, inParallel } from "../parallel.js";
import type { CloudCommands } from "./cloud-floor.js";

let media: Media | undefined;

/** Holdfast as an instance runs it: a bucket for the bytes, PostgreSQL for the catalogue. */
answerCommands<CloudCommands>({
  async open({ database, ...bucket }) {
    const quiet = { info: () => undefined, warn: console.warn, error: console.error };
    media = await openMedia({ storage: await s3Storage(bucket), database, env: {}, log: quiet });
    await media.migrate();
  },
  async finish() {
    while ((await media?.jobs.count())?.some(({ state }) => state !== "dead") === true) await sleep(20);
  },
  async put({ name, bytes, count, concurrency }) {
    const opened = media;
    if (opened === undefined) throw new Error("nothing has been opened");
    return await costOf(async () => {
      await inParallel(Array.from({ length: count }), concurrency, async () => void (await opened.put(bytes, { name })));
    });
  },
});
