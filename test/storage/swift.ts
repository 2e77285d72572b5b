import { mkdir, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { answers, Daemons, findFreePorts, missingOf, run, type StartedServer } from "../../bench/src/servers/daemons.js";

const kinds = ["account", "container", "object"] as const;
const programs = ["memcached", "swift-ring-builder", "swift-proxy-server", ...kinds.map((kind) => `swift-${kind}-server`)];

/** How to get OpenStack Swift, for people; undefined where it is here. */
export function lackOfSwift(): string | undefined {
  const missing = missingOf(programs);
  if (missing.length === 0) return undefined;
  return `Swift is left out (no ${missing.join(", ")}): apt-get install --no-install-recommends swift-proxy swift-account swift-container swift-object memcached`;
}

/** Start OpenStack Swift with its S3 interface, one copy of everything on one device, on free ports of loopback. */
export async function startSwift(): Promise<StartedServer> {
  const daemons = await Daemons.create("swift");
  try {
    const [port = 0, cachePort = 0, ...ports] = await findFreePorts(2 + kinds.length);
    const { folder } = daemons;
    await mkdir(join(folder, "devices", "d1"), { recursive: true });
    await writeFile(join(folder, "swift.conf"), "[swift-hash]\nswift_hash_path_suffix = holdfast\nswift_hash_path_prefix = holdfast\n");
    await writeFile(join(folder, "proxy-server.conf"), proxyConfiguration(folder, port, cachePort));
    const env = { SWIFT_CONF_FILE: join(folder, "swift.conf"), HOME: folder };
    const user = userInfo().username;
    daemons.start("memcached", "memcached", [
      ...(user === "root" ? ["-u", "nobody"] : []),
      "-l",
      "127.0.0.1",
      "-p",
      String(cachePort),
      "-m",
      "64",
    ]);
    await Promise.all(
      kinds.map(async (kind, index) => {
        const backendPort = ports[index] ?? 0;
        await buildRing(folder, kind, backendPort, env);
        await writeFile(join(folder, `${kind}-server.conf`), backendConfiguration(folder, kind, backendPort));
        daemons.start(kind, `swift-${kind}-server`, [join(folder, `${kind}-server.conf`), "-v"], env);
      }),
    );
    daemons.start("proxy", "swift-proxy-server", [join(folder, "proxy-server.conf"), "-v"], env);
    const endpoint = `http://127.0.0.1:${port}`;
    await daemons.until("Swift", async () => await answers(`${endpoint}/healthcheck`));
    const credentials = { accessKeyId: "test:tester", secretAccessKey: "testing" };
    return { endpoint, region: "us-east-1", credentials, stranger: undefined, stop: async () => await daemons.stop() };
  } catch (error) {
    await daemons.stop();
    throw error;
  }
}

async function buildRing(folder: string, kind: string, port: number, env: Readonly<Record<string, string>>): Promise<void> {
  const builder = join(folder, `${kind}.builder`);
  await run("swift-ring-builder", [builder, "create", "4", "1", "0"], env);
  await run("swift-ring-builder", [builder, "add", `r1z1-127.0.0.1:${port}/d1`, "1"], env);
  await run("swift-ring-builder", [builder, "rebalance"], env);
}

function backendConfiguration(folder: string, kind: string, port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${folder}/devices
mount_check = false
workers = 1
log_address = /nonexistent
disable_fallocate = true
[pipeline:main]
pipeline = ${kind}-server
[app:${kind}-server]
use = egg:swift#${kind}
`;
}

const filters =
  "catch_errors gatekeeper healthcheck cache listing_formats bulk tempurl s3api tempauth copy slo dlo versioned_writes symlink";

function proxyConfiguration(folder: string, port: number, cachePort: number): string {
  const settings: Readonly<Record<string, string>> = {
    cache: `memcache_servers = 127.0.0.1:${cachePort}`,
    s3api:
      "location = us-east-1\ns3_acl = false\ndns_compliant_bucket_names = true\nallow_multipart_uploads = true\nmax_upload_part_num = 10000",
    tempauth: "user_test_tester = testing .admin",
    versioned_writes: "allow_versioned_writes = true\nallow_object_versioning = true",
  };
  const sections = filters.split(" ").map((filter) => {
    return `[filter:${filter}]\nuse = egg:swift#${filter === "cache" ? "memcache" : filter}\n${settings[filter] ?? ""}`;
  });
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}
workers = 2
log_address = /nonexistent
[pipeline:main]
pipeline = ${filters} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
${sections.join("\n")}
`;
}
