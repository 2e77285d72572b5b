import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { detectPlatform, type Environment } from "./platform.js";

/** What is known about the disk under a path, and why. `why` continues the sentence "it is at PATH, and …". */
export interface DiskJudgement {
  readonly durability: "ephemeral" | "disk";
  readonly why: string;
}

/** The facts a judgement rests on; read from this machine by `readDiskFacts`, given by tests. */
export interface DiskFacts {
  /** The mounts as in /proc/self/mountinfo; undefined where there is no such file. */
  readonly mounts: readonly Mount[] | undefined;
  readonly isContainer: boolean;
}

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly mountPoint: string;
  readonly type: string;
}

const memoryFileSystems = new Set(["tmpfs", "ramfs", "devtmpfs"]);
const layeredFileSystems = new Set(["overlay", "overlayfs", "aufs", "fuse-overlayfs", "fuse.fuse-overlayfs"]);

/**
 * Judge what the disk under `path` survives: the file system first, the platform's variables second. A mount of its own
 * is a disk; memory, a container's layers and a container's root are ephemeral; a root disk is what the platform says.
 */
export function judgeDisk(path: string, env: Environment, facts: DiskFacts): DiskJudgement {
  const platform = detectPlatform(env);
  const mount = facts.mounts === undefined ? undefined : mountOf(path, facts.mounts);
  if (mount !== undefined) {
    if (memoryFileSystems.has(mount.type)) {
      return { durability: "ephemeral", why: `that is ${mount.type}, a file system in memory (mounted at ${mount.mountPoint})` };
    }
    if (layeredFileSystems.has(mount.type)) {
      return { durability: "ephemeral", why: `that is a container's own layer (${mount.type} at ${mount.mountPoint})` };
    }
    if (mount.mountPoint !== "/") return { durability: "disk", why: `${mount.mountPoint} is a mount of its own (${mount.type})` };
  }
  if (platform !== undefined) {
    return {
      durability: "ephemeral",
      why: `the disk of a ${platform.name} instance is wiped by ${platform.wipes} (${platform.variable} is set)`,
    };
  }
  if (facts.isContainer) return { durability: "ephemeral", why: "that is a container's root, not a volume" };
  return { durability: "disk", why: "nothing says that this machine's disk is temporary" };
}

/** Tell whether what is written below `path` takes memory, not disk, as far as this machine says. */
export function isInMemory(path: string, { mounts }: Pick<DiskFacts, "mounts"> = readDiskFacts()): boolean {
  const mount = mounts === undefined ? undefined : mountOf(realPathOf(path), mounts);
  return mount !== undefined && memoryFileSystems.has(mount.type);
}

/** Read from this machine what `judgeDisk` needs. */
export function readDiskFacts(): DiskFacts {
  return {
    mounts: process.platform === "linux" ? parseMounts(readText("/proc/self/mountinfo")) : undefined,
    isContainer: existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
  };
}

/** Parse /proc/self/mountinfo. Fields are split by spaces; a path's own spaces are written as `\040`. */
export function parseMounts(text: string | undefined): readonly Mount[] | undefined {
  if (text === undefined) return undefined;
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const [before, after] = line.split(" - ");
    const mountPoint = before?.split(" ")[4];
    const type = after?.split(" ")[0];
    if (mountPoint === undefined || type === undefined) continue;
    mounts.push({ mountPoint: mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))), type });
  }
  return mounts;
}

/** The real path of the nearest ancestor that exists, joined with the rest: where `path` will be once it is made. */
export function realPathOf(path: string): string {
  const absolute = resolve(path);
  for (let at = absolute, rest = ""; ;) {
    try {
      return join(realpathSync(at), rest);
    } catch {
      const parent = dirname(at);
      if (parent === at) return absolute;
      rest = join(at.slice(parent.length).replace(/^\/+/, ""), rest);
      at = parent;
    }
  }
}

function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const isAbove = mount.mountPoint === "/" || path === mount.mountPoint || path.startsWith(`${mount.mountPoint}/`);
    // A later line covers an earlier one at the same mount point.
    if (isAbove && (best === undefined || mount.mountPoint.length >= best.mountPoint.length)) best = mount;
  }
  return best;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
