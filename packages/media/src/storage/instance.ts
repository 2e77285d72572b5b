export {
  type DiskFacts,
  type DiskJudgement,
  isInMemory,
  judgeDisk,
  type Mount,
  parseMounts,
  readDiskFacts,
  realPathOf,
} from "../env/disk.js";
export { detectPlatform, type Environment, hostsOf, isProduction, type Platform } from "../env/platform.js";

/** What a storage survives. */
export type Durability = "ephemeral" | "disk" | "object-store";
