import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answers, Daemons, findFreePorts, missingOf, run, type StartedServer } from "./daemons.js";

const programs = ["radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "ceph-authtool", "monmaptool"];

/** How to get Ceph's S3 gateway, for people; undefined where it is here. */
export function lackOfRadosgw(): string | undefined {
  const missing = missingOf(programs);
  if (missing.length === 0) return undefined;
  return `radosgw is left out (no ${missing.join(", ")}): apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common`;
}

/**
 * Start Ceph's S3 gateway over a cluster of one monitor and one storage daemon that keeps everything in memory, on free
 * ports of loopback, and wait until it answers. It knows two users, neither of whom may use the other's buckets.
 */
export async function startRadosgw(): Promise<StartedServer> {
  const daemons = await Daemons.create("radosgw");
  try {
    const [port = 0, monitorPort = 0, oldMonitorPort = 0] = await findFreePorts(3);
    const cluster: Cluster = {
      daemons,
      id: randomUUID(),
      monitor: `[v2:127.0.0.1:${monitorPort},v1:127.0.0.1:${oldMonitorPort}]`,
      keyring: join(daemons.folder, "keyring"),
      conf: ["-c", join(daemons.folder, "ceph.conf")],
    };
    await writeFile(join(daemons.folder, "ceph.conf"), configurationOf(cluster, port));
    await startMonitor(cluster);
    await startStorage(cluster);
    daemons.start("rgw", "radosgw", [...cluster.conf, "-f", "-n", "client.rgw"]);
    const endpoint = `http://127.0.0.1:${port}`;
    await daemons.until("radosgw", async () => await answers(endpoint));
    const credentials = { accessKeyId: "HOLDFASTOWNER", secretAccessKey: "owners-secret-0123456789" };
    const stranger = { accessKeyId: "HOLDFASTSTRANGER", secretAccessKey: "strangers-secret-0123456789" };
    for (const { accessKeyId, secretAccessKey } of [credentials, stranger]) {
      const name = accessKeyId.toLowerCase();
      const keys = ["--access-key", accessKeyId, "--secret-key", secretAccessKey];
      await run("radosgw-admin", [...cluster.conf, "user", "create", `--uid=${name}`, `--display-name=${name}`, ...keys]);
    }
    return { endpoint, region: "us-east-1", credentials, stranger, stop: async () => await daemons.stop() };
  } catch (error) {
    await daemons.stop();
    throw error;
  }
}

interface Cluster {
  readonly daemons: Daemons;
  readonly id: string;
  /** The addresses of its monitor. */
  readonly monitor: string;
  readonly keyring: string;
  readonly conf: readonly string[];
}

const everything = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"] as const;

async function startMonitor({ daemons, id, monitor, keyring, conf }: Cluster): Promise<void> {
  const map = join(daemons.folder, "monmap");
  await run("ceph-authtool", ["--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"]);
  await run("ceph-authtool", [keyring, "--gen-key", "-n", "client.admin", ...everything, "--cap", "mgr", "allow *"]);
  await run("ceph-authtool", [keyring, "--gen-key", "-n", "client.rgw", ...everything]);
  await run("monmaptool", ["--create", "--addv", "a", monitor, "--fsid", id, "--clobber", map]);
  await run("ceph-mon", [...conf, "--mkfs", "-i", "a", "--monmap", map, "--keyring", keyring]);
  daemons.start("mon", "ceph-mon", [...conf, "-f", "-i", "a"]);
}

async function startStorage({ daemons, conf }: Cluster): Promise<void> {
  const folder = join(daemons.folder, "osd");
  const keyring = join(folder, "keyring");
  const id = randomUUID();
  await mkdir(folder);
  await run("ceph-authtool", [
    "--create-keyring",
    keyring,
    "--gen-key",
    "-n",
    "osd.0",
    "--cap",
    "mon",
    "allow profile osd",
    "--cap",
    "osd",
    "allow *",
  ]);
  await run("ceph", [...conf, "osd", "new", id, "0"]);
  await run("ceph", [...conf, "auth", "import", "-i", keyring]);
  await run("ceph-osd", [...conf, "-i", "0", "--mkfs", "--osd-uuid", id, "--keyring", keyring]);
  daemons.start("osd", "ceph-osd", [...conf, "-f", "-i", "0", "--keyring", keyring]);
  await daemons.until("ceph-osd", async () => (await run("ceph", [...conf, "osd", "stat"])).includes("1 up"));
}

/** Small pools, one copy of everything, no manager: enough for a gateway. Without cephx the gateway of 16.2 hangs. */
function configurationOf({ daemons: { folder }, id, monitor, keyring }: Cluster, port: number): string {
  return `[global]
fsid = ${id}
mon initial members = a
mon host = ${monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${keyring}
run dir = ${folder}
admin socket = ${folder}/$name.$pid.asok
pid file = ${folder}/$name.pid
log file = ${folder}/$name.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 2
osd pool default pgp num = 2
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
[mon.a]
mon data = ${folder}/mon
[osd]
osd objectstore = memstore
memstore device bytes = 4294967296
osd data = ${folder}/osd
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw dns name = 127.0.0.1
rgw enable usage log = false
`;
}
