import { s3Storage, sourceFromBytes, type Storage } from "@holdfast/media";
import { answerCommands } from "../child.js";
import { costOf, inParallel } from "../parallel.js";
import { randomBytesFrom } from "../random.js";
import type { BucketCommands } from "./s3-sdk.js";

let storage: Storage | undefined;

/** Holdfast's driver behind its facade: every put hashed, verified by the service and told from all others. */
answerCommands<BucketCommands>({
  async open(bucket) {
    storage = await s3Storage(bucket);
  },
  async put({ keys, bytes, concurrency }) {
    const opened = open();
    const content = randomBytesFrom(1, bytes);
    return await costOf(async () => {
      await inParallel(keys, concurrency, async (key) => {
        await opened.put(key, sourceFromBytes(content), { contentType: "image/jpeg" });
      });
    });
  },
  async get({ keys, bytes, concurrency }) {
    const opened = open();
    return await costOf(async () => {
      await inParallel(keys, concurrency, async (key) => {
        let size = 0;
        for await (const block of (await opened.open(key)).bytes) size += block.byteLength;
        if (size !== bytes) throw new Error(`${key} has ${size} bytes`);
      });
    });
  },
});

function open(): Storage {
  if (storage === undefined) throw new Error("no bucket has been opened");
  return storage;
}
