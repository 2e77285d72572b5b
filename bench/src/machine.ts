import { execFile } from "node:child_process";
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type as systemName } from "node:os";
import { promisify } from "node:util";
import sharp from "sharp";

/** What a result depends on beside the code. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly sharp: string;
  readonly libvips: string;
  readonly nginx: string | undefined;
  readonly wrk: string | undefined;
  /** Of the last minute, when the run began: others were at work when it is not near 0. */
  readonly loadBefore: number;
  /** The commit that was measured; ends in `+` where files had been changed since. */
  readonly commit: string;
}

/** Read what there is to know of this machine. */
export async function readMachine(): Promise<Machine> {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${systemName()} ${release()} ${arch()}`,
    node: process.version,
    sharp: sharp.versions.sharp,
    libvips: sharp.versions.vips,
    nginx: await readVersion("nginx", ["-v"]),
    wrk: await readVersion("wrk", ["-v"]),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    commit: await readCommit(),
  };
}

/** The first words of what a program says of its version, or `undefined` where it is not installed. */
export async function readVersion(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    // wrk prints its version and ends with 1, nginx prints it on stderr.
    const { stdout, stderr } = await promisify(execFile)(program, args).catch((error: unknown) => {
      if (error instanceof Error && "stdout" in error && "code" in error && error.code !== "ENOENT") {
        return { stdout: String(error.stdout), stderr: "stderr" in error ? String(error.stderr) : "" };
      }
      throw error;
    });
    return /(?:nginx\/|wrk )[\w.+/-]+/.exec(`${stdout}${stderr}`)?.[0];
  } catch {
    return undefined;
  }
}

async function readCommit(): Promise<string> {
  const git = async (...args: string[]): Promise<string> => (await promisify(execFile)("git", args)).stdout.trim();
  try {
    const changed = await git("status", "--porcelain", "--untracked-files=no", "--", "packages/media", "bench/src");
    return `${await git("rev-parse", "--short", "HEAD")}${changed === "" ? "" : "+"}`;
  } catch {
    return "unknown";
  }
}
