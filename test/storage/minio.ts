import { join } from "node:path";
import { answers, Daemons, findFreePorts, missingOf, type StartedServer } from "../../bench/src/servers/daemons.js";

/** How to get MinIO, for people; undefined where it is here. */
export function lackOfMinio(): string | undefined {
  if (missingOf(["minio"]).length === 0) return undefined;
  return "MinIO is left out: go install github.com/minio/minio@latest, and put it into PATH";
}

/** Start MinIO over one plain folder, on free ports of loopback. */
export async function startMinio(): Promise<StartedServer> {
  const daemons = await Daemons.create("minio");
  const [port = 0, consolePort = 0] = await findFreePorts(2);
  const credentials = { accessKeyId: "HOLDFASTOWNER", secretAccessKey: "owners-secret-0123456789" };
  const env = {
    MINIO_ROOT_USER: credentials.accessKeyId,
    MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
    MINIO_UPDATE: "off",
    HOME: daemons.folder,
  };
  const addresses = ["--address", `127.0.0.1:${port}`, "--console-address", `127.0.0.1:${consolePort}`];
  daemons.start("minio", "minio", ["server", "--quiet", ...addresses, join(daemons.folder, "objects")], env);
  const endpoint = `http://127.0.0.1:${port}`;
  await daemons.until("MinIO", async () => (await fetch(`${endpoint}/minio/health/ready`)).ok && (await answers(endpoint)));
  return { endpoint, region: "us-east-1", credentials, stranger: undefined, stop: async () => await daemons.stop() };
}
