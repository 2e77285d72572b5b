import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePorts } from "../../bench/src/servers/daemons.js";
import { makeBase } from "./container.js";

const run = promisify(execFile);
const programs = ["docker", "docker-registry", "buildkitd", "buildx", "podman", "buildah", "jq", "curl", "openssl", "perl"];
const missing = programs.filter((name) => spawnSync("which", [name]).status !== 0);
// Go builds two of them, and not every machine has it.
const isExcused = process.env["CI"] === undefined || spawnSync("which", ["go"]).status !== 0;
if (missing.length > 0 && !isExcused) throw new Error(`.ci/machine.sh installs what is missing here: ${missing.join(", ")}`);

/** Whether to leave the workflow out: what publishes images is missing, where that is no failure. */
export const lacksBuilders: boolean = missing.length > 0;
if (lacksBuilders) process.stderr.write(`The workflow is not run: ${missing.join(", ")} are missing\n`);

/** What a runner of GitHub's and the world beside it have: a registry that asks for a password, a builder, a Docker. */
export interface BuildServices {
  /** The registry that is published to, as images are named: `127.0.0.1:4711`. */
  readonly registry: string;
  readonly user: string;
  readonly password: string;
  /** The environment that Docker's command line finds them by. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes a builder of buildx out of our own, in place of one that comes as an image. */
  readonly builder: string;
  /** Read something of the registry, as JSON. */
  read(path: string): Promise<unknown>;
  close(): Promise<void>;
}

/** What scans images for their bill of materials comes from Docker Hub; ours names the packages in node_modules, by the same protocol. */
const scanner = `import { readdirSync, readFileSync, writeFileSync } from "node:fs";
const { BUILDKIT_SCAN_SOURCE: source, BUILDKIT_SCAN_DESTINATION: destination } = process.env;
const folder = source + "/app/node_modules";
const packages = readdirSync(folder).filter((name) => !/^[.@]/.test(name)).map((name) => {
  const { version } = JSON.parse(readFileSync(folder + "/" + name + "/package.json", "utf8"));
  return { name, versionInfo: version, SPDXID: "SPDXRef-" + name, downloadLocation: "NOASSERTION" };
});
const predicate = { spdxVersion: "SPDX-2.3", SPDXID: "SPDXRef-DOCUMENT", name: "app", packages };
writeFileSync(destination + "/app.spdx.json", JSON.stringify({ _type: "https://in-toto.io/Statement/v0.1", predicateType: "https://spdx.dev/Document", predicate }));
`;

/** Start two registries (one that mirrors Docker Hub with our base image, one that is published to), BuildKit, and podman as Docker. */
export async function startBuildServices(npmRegistry: string): Promise<BuildServices> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-builders-"));
  const children: ChildProcess[] = [];
  const [mirrorPort = 0, port = 0] = await findFreePorts(2);
  const [mirror, registry] = [`127.0.0.1:${mirrorPort}`, `127.0.0.1:${port}`];
  const [user, password] = ["camille", "of the tests alone"];
  const start = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void => {
    children.push(spawn(program, args, { env, stdio: "ignore" }));
  };
  const at = (name: string): string => join(folder, name);

  await run("openssl", [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    at("key.pem"),
    "-out",
    at("cert.pem"),
    "-days",
    "2",
    "-subj",
    "/CN=127.0.0.1",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
  ]);
  const system = await readFile(process.env["NODE_EXTRA_CA_CERTS"] ?? "/etc/ssl/certs/ca-certificates.crt", "utf8");
  await writeFile(at("authorities.pem"), system + (await readFile(at("cert.pem"), "utf8")));
  const { stdout: hash } = await run("perl", ["-e", 'print crypt($ARGV[0], "\\$2y\\$05\\$abcdefghijklmnopqrstuu")', password]);
  await writeFile(at("htpasswd"), `${user}:${hash}\n`);
  const settings = (address: string, more = ""): string =>
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${at(address)} } }\nhttp: { addr: "${address}"${more}\n`;
  await writeFile(at("mirror.yml"), settings(mirror, " }"));
  const tls = `, tls: { certificate: ${at("cert.pem")}, key: ${at("key.pem")} } }\nauth: { htpasswd: { realm: test, path: ${at("htpasswd")} } }`;
  await writeFile(at("registry.yml"), settings(registry, tls));
  start("docker-registry", ["serve", at("mirror.yml")]);
  start("docker-registry", ["serve", at("registry.yml")]);

  await writeFile(
    at("buildkitd.toml"),
    `root = "${at("buildkit")}"
[grpc]
  address = ["unix://${at("buildkit.sock")}"]
[worker.oci]
  enabled = true
  networkMode = "host"
  binary = "runc"
[worker.containerd]
  enabled = false
[registry."docker.io"]
  mirrors = ["${mirror}"]
[registry."${mirror}"]
  http = true
[registry."${registry}"]
  http = false
  ca = ["${at("cert.pem")}"]
`,
  );
  const trusting = { ...process.env, SSL_CERT_FILE: at("authorities.pem") };
  start("buildkitd", ["--config", at("buildkitd.toml")], trusting);
  start("podman", ["--runtime", "runc", "system", "service", "--time=0", `unix://${at("podman.sock")}`], trusting);
  await mkdir(at("docker/cli-plugins"), { recursive: true });
  const { stdout: buildx } = await run("which", ["buildx"]);
  await copyFile(buildx.trim(), at("docker/cli-plugins/docker-buildx"));

  await makeBase("node");
  // What the image's npm asks, in place of the settings that a build elsewhere is given.
  const npmrc = `registry=${npmRegistry}\ncafile=/etc/ssl/certs/ca-certificates.crt\nprefer-offline=true\n`;
  await pushImage(`${mirror}/library/node:22-bookworm-slim`, { npmrc }, "FROM localhost/holdfast-test-node\nCOPY npmrc /root/.npmrc\n");
  await pushImage(
    `${mirror}/docker/buildkit-syft-scanner:stable-1`,
    { "scan.mjs": scanner },
    'FROM localhost/holdfast-test-node\nCOPY scan.mjs /scan.mjs\nENTRYPOINT ["node", "/scan.mjs"]\n',
  );
  const agent = new Agent({ ca: await readFile(at("cert.pem")) });
  return {
    registry,
    user,
    password,
    env: { DOCKER_CONFIG: at("docker"), DOCKER_HOST: `unix://${at("podman.sock")}`, BUILDX_CONFIG: at("buildx") },
    builder: `docker buildx create --name holdfast --driver remote --use unix://${at("buildkit.sock")}`,
    async read(path) {
      const accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
      const asking = request(`https://${registry}${path}`, { agent, auth: `${user}:${password}`, headers: { accept } }).end();
      const [response] = (await once(asking, "response")) as [import("node:http").IncomingMessage];
      let text = "";
      for await (const block of response) text += String(block);
      return JSON.parse(text) as unknown;
    },
    async close() {
      for (const child of children) child.kill();
      await Promise.all(
        children.map(async (child) => (child.exitCode === null && child.signalCode === null ? await once(child, "exit") : undefined)),
      );
      agent.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function pushImage(name: string, files: Readonly<Record<string, string>>, dockerfile: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-push-"));
  try {
    for (const [file, text] of Object.entries({ ...files, Dockerfile: dockerfile })) await writeFile(join(folder, file), text);
    await run("buildah", ["build", "--isolation", "chroot", "--tag", name, folder], { maxBuffer: 16 * 1024 * 1024 });
    await run("podman", ["push", "--quiet", "--tls-verify=false", name]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
