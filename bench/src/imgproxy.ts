import { execFile } from "node:child_process";
import { basename, resolve } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "./ports.js";
import { type Program, startProgram } from "./program.js";

/** An imgproxy that somebody built, and what it says of its version. */
export interface ImgproxyBinary {
  readonly path: string;
  readonly version: string;
}

/** An imgproxy of our own on loopback, over one folder. */
export interface Imgproxy extends Program {
  /** Where it answers a file of the folder as a JPEG, `width` wide. */
  urlOf(path: string, width: number): string;
}

/** How to get imgproxy, for people. */
export const howToGetImgproxy =
  "imgproxy was not measured: it has to be built by hand (bench/README.md says how) and named: HOLDFAST_IMGPROXY=/path/to/imgproxy";

/**
 * Find the imgproxy that HOLDFAST_IMGPROXY names, or `undefined` where it names none. Rejects when what it names cannot be
 * run, so that nothing is measured first.
 */
export async function findImgproxy(env: NodeJS.ProcessEnv = process.env): Promise<ImgproxyBinary | undefined> {
  const named = env["HOLDFAST_IMGPROXY"];
  if (named === undefined || named === "") return undefined;
  const path = resolve(named);
  const { stdout } = await promisify(execFile)(path, ["version"], { timeout: 10_000 }).catch((error: unknown) => {
    throw new Error(`HOLDFAST_IMGPROXY is ${named}, which cannot be run`, { cause: error });
  });
  const version = /^\d+\.\S+$/.exec(stdout.trim())?.[0];
  if (version === undefined) throw new Error(`HOLDFAST_IMGPROXY is ${named}, which does not tell its version`);
  return { path, version };
}

/** Start imgproxy on loopback over a folder, with its defaults, unsigned URLs among them; of its log only errors. */
export async function startImgproxy(path: string, folder: string): Promise<Imgproxy> {
  const address = `127.0.0.1:${await findFreePort()}`;
  const defaults = Object.entries(process.env).filter(([name]) => !name.startsWith("IMGPROXY_"));
  const env = {
    ...Object.fromEntries(defaults),
    IMGPROXY_BIND: address,
    IMGPROXY_LOCAL_FILESYSTEM_ROOT: resolve(folder),
    IMGPROXY_LOG_LEVEL: "error",
  };
  const program = await startProgram({ path, env, url: `http://${address}/health` });
  return {
    ...program,
    urlOf: (of, width) => `http://${address}/insecure/resize:fit:${width}/plain/local:///${encodeURIComponent(basename(of))}@jpg`,
  };
}
