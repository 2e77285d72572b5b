import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const base = "localhost/holdfast-test-base";
// Debian's crun and its default limits fail where the machine is a container itself.
const limits = ["--runtime", "runc", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];

/** Whether to leave the images out: the tools are missing, and this is not CI, where that is a failure. */
export const lacksContainers: boolean =
  !["/usr/bin/podman", "/usr/bin/buildah", "/usr/sbin/runc"].every((path) => existsSync(path)) && process.env["CI"] === undefined;
if (lacksContainers) process.stderr.write("The images are left out: apt-get install podman buildah runc\n");

/** Make the base image out of this machine's Node; once for all examples. */
export async function makeBase(): Promise<void> {
  await run(join(root, "test/images/base-image.sh"), [base]);
}

/** Build an example's image as its Dockerfile says, on our base. What npm has in its cache is not fetched again. */
export async function buildImage(example: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-image-"));
  try {
    const { stdout: registry } = await run("npm", ["config", "get", "registry"]);
    const authority = process.env["NODE_EXTRA_CA_CERTS"];
    const settings = [`registry=${registry.trim()}`, "prefer-offline=true", ...(authority === undefined ? [] : ["cafile=/root/ca.pem"])];
    await writeFile(join(folder, "npmrc"), `${settings.join("\n")}\n`);
    const volumes = [`${homedir()}/.npm:/root/.npm`, `${join(folder, "npmrc")}:/root/.npmrc:ro`];
    if (authority !== undefined) volumes.push(`${authority}:/root/ca.pem:ro`);
    const image = `localhost/holdfast-test-${example}`;
    const mounts = volumes.flatMap((volume) => ["--volume", volume]);
    const what = ["--build-arg", `BASE=${base}`, "--file", `examples/${example}/Dockerfile`, "--tag", image, "."];
    const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
    await run("buildah", ["build", "--isolation", "chroot", "--network", "host", ...mounts, ...what], options);
    return image;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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

/** Start a container with a volume at /data, and wait until it is healthy. */
export async function startContainer(image: string, volume: string, port: number): Promise<Container> {
  const { stdout } = await run("podman", ["run", "--detach", ...argumentsFor(volume, port), image]);
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
    const isHealthy = await fetch(`${container.origin}/healthz`).then(
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
export async function runInContainer(image: string, volume: string, command: readonly string[]): Promise<string> {
  const { stdout } = await run("podman", ["run", "--rm", ...argumentsFor(volume, 0), image, ...command]);
  return stdout;
}

function argumentsFor(volume: string, port: number): string[] {
  const env = { PORT: String(port), DATABASE_URL: "file:/data/app.db", MEDIA_ROOT: "/data/media", GRACE_SECONDS: "20" };
  const variables = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return [...limits, "--network", "host", "--volume", `${volume}:/data`, ...variables];
}
