import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const repository: string = fileURLToPath(new URL("../../", import.meta.url));

/** The three published packages: their folders below packages/, and their names. */
export const packages = [
  { folder: "media", name: "@holdfast/media" },
  { folder: "server", name: "@holdfast/server" },
  { folder: "holdfast", name: "holdfast" },
] as const;

/** The tarball of each package. */
export type Tarballs = Readonly<Record<(typeof packages)[number]["folder"], string>>;

/** How a program ended, and what it wrote. */
export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Pack the three packages, as they were built, into `folder`. */
export async function packAll(folder: string): Promise<Tarballs> {
  const workspaces = packages.flatMap((one) => ["-w", `packages/${one.folder}`]);
  await npm(["pack", ...workspaces, "--pack-destination", folder], repository);
  const files = await readdir(folder);
  const find = (name: string): string => {
    const beginning = `${name.replace("@", "").replace("/", "-")}-`;
    const file = files.find((candidate) => candidate.startsWith(beginning) && /^\d/.test(candidate.slice(beginning.length)));
    if (file === undefined) throw new Error(`npm packed no ${name}: ${files.join(", ")}`);
    return join(folder, file);
  };
  return { media: find("@holdfast/media"), server: find("@holdfast/server"), holdfast: find("holdfast") };
}

/** Make an empty project in `folder`, and install packages into it as their users do. */
export async function installInto(folder: string, wanted: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  await npm(["install", "--prefer-offline", "--no-audit", "--no-fund", ...wanted], folder);
}

/** Run a program to its end. A program that does not end within a minute is killed. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Ran> {
  const started = start(command, args, options);
  const timer = setTimeout(() => started.child.kill("SIGKILL"), 60_000);
  const exitCode = await started.ended;
  clearTimeout(timer);
  return { exitCode, stdout: started.stdout(), stderr: started.stderr() };
}

/** A program that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** Start a program, in an environment without the variables that npm and vitest add to ours. */
export function start(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Running {
  const { HOME, PATH, TMPDIR } = process.env;
  const env = { ...definedOnly({ HOME, PATH, TMPDIR }), ...options.env };
  const child = spawn(command, args, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const written = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => (written[stream] += text));
  }
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  return { child, ended, stdout: () => written.stdout, stderr: () => written.stderr };
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  const { exitCode, stdout, stderr } = await run("npm", args, { cwd });
  if (exitCode !== 0) throw new Error(`npm ${args.join(" ")} failed with ${exitCode}:\n${stdout}\n${stderr}`);
}

function definedOnly(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
