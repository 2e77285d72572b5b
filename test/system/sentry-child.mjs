// The service with a storage whose objects cannot be opened, once its parent says so: what it throws is full of what must not be told.
import { fsDriver, openStorage } from "@holdfast/media";
import { serve } from "@holdfast/server";

const { env } = process;
const root = env.MEDIA_ROOT ?? "";
const driver = fsDriver({ root });
let isFailing = false;
const { localPath: _, ...rest } = driver;
const storage = openStorage(
  {
    ...rest,
    open: async (key, options) => {
      if (!isFailing) return await driver.open(key, options);
      // What is thrown comes from the test: source lines are sent, and hold what stands in them.
      const [message, cause] = JSON.parse(env.FAULT ?? "[]").map((text) => text.replaceAll("KEY", key));
      throw new TypeError(message, { cause: new Error(cause) });
    },
  },
  { description: `disk (${root})`, chosenBy: "the test", durability: "disk" },
);

const { port, close } = await serve({
  port: 0,
  host: "127.0.0.1",
  print: (line) => process.send?.({ line }),
  redeployDemo: false,
  handleSignals: true,
  graceMs: 1000,
  media: { storage },
});
process.on("message", (message) => {
  if (message === "fail") isFailing = true;
  if (message === "crash") setImmediate(() => crash(env.HOLDFAST_TOKEN));
  if (message === "reject") void Promise.reject(new TypeError(`nobody waits for ${env.HOLDFAST_TOKEN}`));
  if (message === "close") {
    const began = performance.now();
    void close().then(() => process.send?.({ closedAfterMs: performance.now() - began }, () => process.exit(0)));
  }
});
process.once("disconnect", () => process.exit(1));
process.send?.({ port });

function crash(secret) {
  throw new RangeError(`the token ${secret} is out of range`);
}
