// A worker in a process of its own: does the jobs of kind "note" in a catalogue, each by a row in a table that admits several,
// and tells on stdout what it does. Jobs whose subject it is told to hold wait for a line on stdin before they end.
import { createInterface } from "node:readline";
import { sql } from "kysely";
import { openCatalogue } from "../../packages/media/dist/catalogue/catalogue.js";
import { createJobWorker } from "../../packages/media/dist/jobs/worker.js";

const { url, prefix, leaseMs, holds } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${line}\n`);
const told = new Promise((resolve) => createInterface({ input: process.stdin }).once("line", resolve));
const catalogue = await openCatalogue({ database: url, tablePrefix: prefix, env: {}, cwd: "." });
const worker = createJobWorker({
  catalogue,
  log: { info: say, warn: say, error: say },
  leaseMs,
  pollMs: 100,
  handlers: {
    async note({ subject }, { finish }) {
      say(`began ${subject}`);
      if (subject === holds) await told;
      const isOurs = await finish(async (tx) => {
        await sql`INSERT INTO ${sql.table(`${prefix}effects`)} (subject, pid) VALUES (${subject}, ${process.pid})`.execute(tx);
      });
      say(`ended ${subject} ${isOurs ? "with" : "without"} effect`);
    },
  },
});
worker.start();
const stop = async () => {
  await worker.close(1000);
  await catalogue.close();
  process.exit(0);
};
process.on("SIGTERM", () => void stop());
