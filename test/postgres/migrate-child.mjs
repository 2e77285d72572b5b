// Opens media on the database given and makes its tables, when it is told to by a line on its standard input.
import { openMedia } from "@holdfast/media";

const [database, tablePrefix, cwd] = process.argv.slice(2);
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const media = await openMedia({ database, tablePrefix, cwd, env: {}, settleEveryMs: 0, jobs: false, log: silent });
process.stdout.write("ready\n");
const migrate = async () => {
  try {
    await media.migrate();
    await media.list();
    process.stdout.write("migrated\n");
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
  } finally {
    await media.close();
    process.stdin.destroy();
  }
};
process.stdin.once("data", () => void migrate());
