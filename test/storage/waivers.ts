import type { Waiver } from "../../packages/media/src/testing/contract.js";
import { driverWaivers } from "../../packages/media/src/testing/waivers.js";

/** The backends that the contract is checked on. */
export type Backend = "fs" | "memory" | "radosgw" | "swift" | "versitygw" | "minio" | "cloudinary";

/** Clauses that a backend is known not to keep, and why. A waiver whose clause passes fails the test. */
export const waivers: Readonly<Record<Backend, readonly Waiver[]>> = {
  fs: driverWaivers["fs"] ?? [],
  memory: [],
  radosgw: [],
  swift: [],
  versitygw: [],
  minio: [],
  cloudinary: driverWaivers["cloudinary"] ?? [],
};
