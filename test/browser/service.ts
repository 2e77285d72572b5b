import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../packages/holdfast/dist/bin.js", import.meta.url));
const bootTimeoutMs = 30_000;

/** The built service, as `npm start` runs it, in an empty folder of its own. */
export interface Service {
  readonly origin: string;
  /** A folder for the test's own files; it goes with the service. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Start it on a free loopback port. Only the given variables reach it beside PATH. */
export async function startService(env: Readonly<Record<string, string>> = {}): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-browser-"));
  const child = spawn(process.execPath, [bin, "serve"], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", TMPDIR: tmpdir(), PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };

  let said = "";
  let timer: NodeJS.Timeout | undefined;
  try {
    const origin = await new Promise<string>((resolve, reject) => {
      const giveUp = (why: string): void => reject(new Error(`The service ${why}. It said:\n${said}`));
      const read = (text: string): void => {
        said += text;
        const address = /ready: (http:\/\/\S+)/.exec(said)?.[1];
        if (address !== undefined) resolve(address);
      };
      child.stdout.setEncoding("utf8").on("data", read);
      child.stderr.setEncoding("utf8").on("data", read);
      child.once("error", reject);
      void gone.then(() => giveUp("ended before it listened"));
      timer = setTimeout(() => giveUp(`did not listen within ${bootTimeoutMs / 1000} seconds`), bootTimeoutMs);
    });
    return { origin, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
