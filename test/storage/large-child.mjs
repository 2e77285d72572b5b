// One large object through one storage, in a process of its own, so that what it holds in memory is the driver's doing.
// It runs what was built, reads its order from its argument and answers with one line of JSON.
import { createHash, randomBytes } from "node:crypto";
import { diskStorage, s3Storage } from "@holdfast/media";

const { bytes, root, bucket } = JSON.parse(process.argv[2]);
const options = { contentType: "application/octet-stream" };
const storage = bucket === undefined ? diskStorage({ root, env: {} }) : await s3Storage(bucket);

/** Blocks as a socket gives them: each a new one, and none like another. */
async function* blocks(size) {
  const noise = randomBytes(1024 * 1024);
  for (let at = 0; at < size; at += 65_536) {
    const block = Buffer.from(noise.subarray((at * 7) % 900_000, ((at * 7) % 900_000) + Math.min(65_536, size - at)));
    block.writeUInt32LE(at / 65_536 || 0, 0);
    yield block;
  }
}

async function read(key) {
  const hash = createHash("sha256");
  for await (const block of (await storage.open(key)).bytes) hash.update(block);
  return hash.digest("hex");
}

/** The most memory held while `work` runs, and how long it takes. */
async function watched(work) {
  let peak = process.memoryUsage.rss();
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);
  const beganAt = performance.now();
  try {
    const result = await work();
    return { result, peak: Math.max(peak, process.memoryUsage.rss()), seconds: (performance.now() - beganAt) / 1000 };
  } finally {
    clearInterval(timer);
  }
}

// Idle is after a first use: modules are loaded, connections open, code compiled.
await storage.put("warm", { size: 1_000_000, open: () => blocks(1_000_000) }, options);
await read("warm");
await new Promise((resolve) => setTimeout(resolve, 300));
const idle = process.memoryUsage.rss();
const put = await watched(async () => await storage.put("large", { size: bytes, open: () => blocks(bytes) }, options));
const open = await watched(async () => await read("large"));
const isEqual = put.result.sha256 === open.result && put.result.size === bytes;
await storage.delete("large");
await storage.delete("warm");
await storage.close();
process.stdout.write(`${JSON.stringify({ idle, isEqual, put: { ...put, result: undefined }, open: { ...open, result: undefined } })}\n`);
