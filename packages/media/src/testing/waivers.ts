import type { Need } from "./clause.js";
import type { Waiver } from "./contract.js";

/** What our own drivers are known not to keep wherever they point, by the driver's name; a person's own storage is checked with these. */
export const driverWaivers: Readonly<Record<string, readonly Waiver[]>> = {
  fs: [{ clause: "stat-content-type", reason: "a file system has no place for a content type; the catalogue keeps it" }],
  cloudinary: [
    { clause: "put-empty", reason: 'Cloudinary refuses empty files ("Empty file")' },
    { clause: "signing-reads", reason: "the download endpoint can be told neither a content type nor a file name to answer with" },
    { clause: "signing-cache-control", reason: "the download endpoint answers with cache headers of its own" },
  ],
};

/** What depends on where a driver points, and cannot be asked of every storage of its kind. */
export const driverWithout: Readonly<Record<string, readonly Need[]>> = {
  // The plan decides: 10 MB for a plain file on the free one, less than the clauses send.
  cloudinary: ["largeObjects"],
};
