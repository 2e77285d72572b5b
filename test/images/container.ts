import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
// Debian's crun and its default limits fail where the machine is a container itself.
const limits = ["--runtime", "runc", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];

/** Whether to leave the images out: the tools are missing, and this is not CI, where that is a failure. */
export const lacksContainers: boolean =
  !["/usr/bin/podman", "/usr/bin/buildah", "/usr/sbin/runc"].every((path) => existsSync(path)) && process.env["CI"] === undefined;
if (lacksContainers) process.stderr.write("The images are left out: apt-get install podman buildah runc\n");

/** What images are built on: this machine's own Node, Python or nginx. */
export type Base = "node" | "python" | "nginx";

/** Make a base image out of this machine's own packages; once for all tests of a file. */
export async function makeBase(kind: Base = "node"): Promise<void> {
  await run(join(root, "test/images/base-image.sh"), [nameOf(kind), kind]);
}

function nameOf(kind: Base): string {
  return `localhost/holdfast-test-${kind}`;
}

/** What an image is built of. */
export interface Build {
  readonly name: string;
  /** The folder that is sent to the build; its Dockerfile's path is relative to it. */
  readonly context: string;
  readonly file: string;
  readonly base?: Base;
  /** Bases by the names of other arguments. */
  readonly bases?: Readonly<Record<string, Base>>;
  /** The registry that npm asks, where it is not the machine's own. */
  readonly registry?: string;
}

/** Build an image as a Dockerfile says, on our base. What npm has in its cache is not fetched again. */
export async function buildImage({ name, context, file, base = "node", bases = {}, registry }: Build): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-image-"));
  try {
    const authority = process.env["NODE_EXTRA_CA_CERTS"];
    const asked = registry ?? (await run("npm", ["config", "get", "registry"])).stdout.trim();
    await writeSettings(join(folder, "npmrc"), { registry: asked, "prefer-offline": "true", cafile: authority && "/root/ca.pem" });
    const index = process.env["PIP_INDEX_URL"];
    await writeSettings(join(folder, "pip.conf"), { "index-url": index, cert: authority && "/root/ca.pem" }, "[global]\n");
    const volumes = [
      `${homedir()}/.npm:/root/.npm`,
      `${join(folder, "npmrc")}:/root/.npmrc:ro`,
      `${join(folder, "pip.conf")}:/etc/pip.conf:ro`,
    ];
    if (authority !== undefined) volumes.push(`${authority}:/root/ca.pem:ro`);
    const image = `localhost/holdfast-test-${name}`;
    const mounts = volumes.flatMap((volume) => ["--volume", volume]);
    const args = Object.entries({ BASE: base, ...bases }).flatMap(([argument, kind]) => ["--build-arg", `${argument}=${nameOf(kind)}`]);
    const options = { cwd: context, maxBuffer: 64 * 1024 * 1024 };
    await run(
      "buildah",
      ["build", "--isolation", "chroot", "--network", "host", ...mounts, ...args, "--file", file, "--tag", image, "."],
      options,
    );
    return image;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Settings of npm and pip, one a line. */
async function writeSettings(path: string, settings: Readonly<Record<string, string | undefined>>, head = ""): Promise<void> {
  const lines = Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${value}\n`]));
  await writeFile(path, head + lines.join(""));
}

/** A disk that outlasts containers, which belongs to the user that the images run as. */
export async function makeVolume(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "holdfast-volume-"));
  await chown(path, 1000, 1000);
  return { path, remove: async () => await rm(path, { recursive: true, force: true }) };
}

/** A container that runs. */
export interface Container {
  readonly origin: string;
  /** The user its first process runs as, as the kernel says it. */
  user(): Promise<string>;
  /** Send SIGTERM, as platforms do before they take an instance away. */
  terminate(): Promise<void>;
  /** Wait for its end; answers its exit code. */
  ended(): Promise<number>;
  log(): Promise<string>;
  remove(): Promise<void>;
}

/** How a container is run. */
export interface Run {
  /** A folder of the machine that is at /data. */
  readonly volume?: string;
  /** @defaultValue `/healthz` */
  readonly healthPath?: string;
  /** @defaultValue an example's, with everything at /data */
  readonly env?: Readonly<Record<string, string>>;
}

/** Start a container, and wait until it is healthy. */
export async function startContainer(image: string, port: number, how: Run): Promise<Container> {
  const { stdout } = await run("podman", ["run", "--detach", ...argumentsFor(port, how), image]);
  const id = stdout.trim();
  const inspect = async (what: string): Promise<string> => (await run("podman", ["inspect", "--format", what, id])).stdout.trim();
  const container: Container = {
    origin: `http://127.0.0.1:${port}`,
    user: async () => (await run("ps", ["-o", "uid=", "-p", await inspect("{{.State.Pid}}")])).stdout.trim(),
    terminate: async () => void (await run("podman", ["kill", "--signal", "TERM", id])),
    ended: async () => Number((await run("podman", ["wait", id])).stdout.trim()),
    async log() {
      const { stdout: said, stderr } = await run("podman", ["logs", id]);
      return said + stderr;
    },
    remove: async () => void (await run("podman", ["rm", "--force", "--time", "0", id])),
  };
  for (let patience = 150; ; patience -= 1) {
    const isHealthy = await fetch(`${container.origin}${how.healthPath ?? "/healthz"}`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isHealthy) return container;
    if (patience === 0 || (await inspect("{{.State.Running}}")) !== "true") {
      const said = await container.log();
      await container.remove();
      throw new Error(`The container is not healthy. It said:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Run a command in a container of its own, to its end. */
export async function runInContainer(image: string, how: Run, command: readonly string[]): Promise<string> {
  const { stdout } = await run("podman", ["run", "--rm", ...argumentsFor(0, how), image, ...command]);
  return stdout;
}

const envOfExamples = { DATABASE_URL: "file:/data/app.db", MEDIA_ROOT: "/data/media", GRACE_SECONDS: "20" };

function argumentsFor(port: number, { volume, env = envOfExamples }: Run): string[] {
  const variables = Object.entries({ PORT: String(port), ...env }).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return [...limits, "--network", "host", ...(volume === undefined ? [] : ["--volume", `${volume}:/data`]), ...variables];
}
