import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { answers, Daemons, findFreePorts, missingOf, type StartedServer } from "../../bench/src/servers/daemons.js";

/** How to get the Versity gateway, for people; undefined where it is here. */
export function lackOfVersitygw(): string | undefined {
  if (missingOf(["versitygw"]).length === 0) return undefined;
  return "versitygw is left out: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0, and put it into PATH";
}

/** Start the Versity gateway, a server in Go over a plain folder, on a free port of loopback. */
export async function startVersitygw(): Promise<StartedServer> {
  const daemons = await Daemons.create("versitygw");
  const [port = 0] = await findFreePorts(1);
  const objects = join(daemons.folder, "objects");
  await mkdir(objects);
  const credentials = { accessKeyId: "HOLDFASTOWNER", secretAccessKey: "owners-secret-0123456789" };
  const env = { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey };
  daemons.start("versitygw", "versitygw", ["--port", `127.0.0.1:${port}`, "--quiet", "posix", objects], env);
  const endpoint = `http://127.0.0.1:${port}`;
  await daemons.until("versitygw", async () => await answers(endpoint));
  return { endpoint, region: "us-east-1", credentials, stranger: undefined, stop: async () => await daemons.stop() };
}
