import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** An example application with its demo data, built and running in a folder of its own. */
export interface ExampleApp {
  readonly origin: string;
  /** A folder for the test's own files; it goes with the app. */
  readonly folder: string;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
}

const bootTimeoutMs = 60_000;

/** Seed an example's demo data and start it on a free port. Only the given variables reach it beside PATH. */
export async function startExample(name: string, env: Readonly<Record<string, string>> = {}, isSeeded = true): Promise<ExampleApp> {
  const folder = await mkdtemp(join(tmpdir(), `holdfast-${name}-`));
  const program = (file: string): string => fileURLToPath(new URL(`../../examples/${name}/dist/${file}`, import.meta.url));
  const variables = {
    PATH: process.env["PATH"] ?? "",
    TMPDIR: tmpdir(),
    PORT: "0",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    ...env,
  };
  if (isSeeded) {
    const seeding = spawnSync(process.execPath, [program("demo.js")], { cwd: folder, env: variables, encoding: "utf8" });
    if (seeding.status !== 0) throw new Error(`The demo data of ${name} could not be written:\n${seeding.stdout}${seeding.stderr}`);
  }
  const child = spawn(process.execPath, [program("main.js")], { cwd: folder, env: variables, stdio: ["ignore", "pipe", "pipe"] });
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
      const read = (text: string): void => {
        said += text;
        const address = /: (http:\/\/[^\s"]+)/.exec(said)?.[1];
        if (address !== undefined) resolve(address);
      };
      child.stdout.setEncoding("utf8").on("data", read);
      child.stderr.setEncoding("utf8").on("data", read);
      void gone.then(() => reject(new Error(`${name} ended before it listened. It said:\n${said}`)));
      timer = setTimeout(() => reject(new Error(`${name} did not listen in time. It said:\n${said}`)), bootTimeoutMs);
    });
    return { origin, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
