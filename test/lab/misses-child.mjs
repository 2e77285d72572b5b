// An instance of media in a process of its own, on a catalogue and a folder that it shares with others. It keeps files, asks itself
// for a variant many times at once, and tells what it has done.
import { diskStorage, openMedia } from "../../packages/media/dist/index.js";

const { url, prefix, folder, env, leaseMs } = JSON.parse(process.argv[2]);
const quiet = { info: () => undefined, warn: console.error, error: console.error };
const media = await openMedia({
  // On the disk, or where the environment leads.
  ...(env === undefined ? { storage: diskStorage({ root: folder }), database: url, env: {} } : { env }),
  tablePrefix: prefix,
  log: quiet,
  leaseMs,
  settleEveryMs: 0,
  jobs: false,
  variantCache: false,
});
await media.migrate();

const commands = {
  put: async ({ name, bytes }) => (await media.put(bytes, { name })).id,
  async ask({ path, count, accept }) {
    const answers = await Promise.all(
      Array.from(
        { length: count },
        async () => await media.handler(new Request(`http://localhost/media/${path}`, { headers: { accept } })),
      ),
    );
    return answers.map((answer) => `${answer.status} ${answer.headers.get("etag")}`);
  },
  stats: async () => media.stats(),
};
process.on("message", ({ id, name, argument }) => {
  commands[name](argument).then(
    (answer) => process.send({ id, answer }),
    (error) => process.send({ id, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
process.send({ id: 0, answer: "ready" });
