import { attachFiles, detachFiles, type DetachTarget } from "./catalogue/attachments.js";
import type { Catalogue, CatalogueTransaction } from "./catalogue/catalogue.js";
import { type FileId, type FileRecord, parseFileId, type Visibility } from "./catalogue/file.js";
import { fail } from "./errors.js";
import type { TransformOptions } from "./images/parameters.js";
import { transformOf } from "./images/transform.js";
import type { AttachmentTarget, AttachOptions, DatabaseTransaction, DetachOptions, FileReference } from "./media.js";
import { transact } from "./catalogue/transact.js";
import { visibilities } from "./catalogue/visibility.js";

/** More than a key, a name and a path need, and few enough for an index of either database. */
const longestPart = 500;

/** The changes of attachments, each in the application's transaction or in one of our own. */
export interface Attaching {
  attach(files: FileReference | readonly FileReference[], options: AttachOptions): Promise<readonly FileRecord[]>;
  detach(options: DetachOptions): Promise<FileId[]>;
}

/** Attach and detach in one catalogue. `forget` is told of every file that may not be in use any more. */
export function createAttaching(catalogue: Catalogue, forget: (id: FileId) => void): Attaching {
  const within = async <T>(tx: DatabaseTransaction | undefined, work: (tx: CatalogueTransaction) => Promise<T>): Promise<T> =>
    tx === undefined ? await transact(catalogue.db, work) : await work(await catalogue.within(tx));
  return {
    async attach(references, { to, tx, replace = false, position }) {
      const ids = parseFiles(references);
      const target = parseTarget(to);
      confirmPosition(position);
      const { files, detached } = await within(tx, async (own) => await attachFiles(catalogue, own, ids, target, { replace, position }));
      for (const id of detached) forget(id);
      return files;
    },
    async detach({ from, files, tx }) {
      const target = parseDetachTarget(from);
      const ids = files === undefined ? undefined : parseFiles(files);
      const detached = await within(tx, async (own) => await detachFiles(catalogue, own, target, ids));
      for (const id of detached) forget(id);
      return detached;
    },
  };
}

/** Check where a file that comes in is to be attached, how long it is staged and as what it is kept, before a byte of it is read. @throws PARAMETER_INVALID */
export function confirmKeeping<
  T extends {
    readonly attachTo?: AttachmentTarget;
    readonly expiresInMs?: number;
    readonly visibility?: Visibility;
    readonly keepAs?: TransformOptions;
  },
>(options: T): T {
  const { attachTo, expiresInMs, visibility = "private", keepAs } = options;
  if (attachTo !== undefined) parseTarget(attachTo);
  if (keepAs !== undefined) transformOf(keepAs);
  if (!visibilities.includes(visibility)) {
    throw fail("PARAMETER_INVALID", { name: "visibility", value: String(visibility), reason: `it is one of ${visibilities.join(", ")}` });
  }
  if (expiresInMs === undefined || (Number.isSafeInteger(expiresInMs) && expiresInMs >= 0)) return options;
  throw fail("PARAMETER_INVALID", { name: "expiresInMs", value: String(expiresInMs), reason: "it is not a number of milliseconds" });
}

/** Read a record's slot. @throws PARAMETER_INVALID */
function parseTarget(target: AttachmentTarget): AttachmentTarget {
  if (target.length !== 3) throw invalidTarget(target, "it is not a record's type, its id and a slot");
  for (const part of target) confirmPart(target, part);
  return target;
}

function parseDetachTarget(target: DetachOptions["from"]): DetachTarget {
  if (target.length !== 2) return parseTarget(target);
  for (const part of target) confirmPart(target, part);
  return target;
}

function confirmPart(target: readonly string[], part: unknown): void {
  if (typeof part !== "string") throw invalidTarget(target, `${typeof part} is not text; write String(id)`);
  if (part === "") throw invalidTarget(target, "a part of it is empty");
  if (part.length > longestPart) throw invalidTarget(target, `a part of it is longer than ${longestPart} characters`);
  // PostgreSQL keeps neither.
  if (part.includes("\0") || !part.isWellFormed()) throw invalidTarget(target, "a part of it is not text");
}

function invalidTarget(target: readonly string[], reason: string): Error {
  return fail("PARAMETER_INVALID", {
    name: "target",
    value: target
      .map(String)
      .join(", ")
      .slice(0, 2 * longestPart),
    reason,
  });
}

function confirmPosition(position: number | undefined): void {
  if (position === undefined || (Number.isSafeInteger(position) && position >= 0)) return;
  throw fail("PARAMETER_INVALID", { name: "position", value: String(position), reason: "it is not a whole number from 0 up" });
}

function parseFiles(references: FileReference | readonly FileReference[]): FileId[] {
  const listed: readonly FileReference[] = isList(references) ? references : [references];
  const ids = listed.map((reference) => {
    // What a request carried may be anything.
    const id: unknown = typeof reference === "object" ? (reference as Partial<typeof reference> | null)?.id : reference;
    const fileId = typeof id === "string" ? parseFileId(id) : undefined;
    if (fileId === undefined) throw fail("FILE_NOT_FOUND", { id: String(id) });
    return fileId;
  });
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw fail("PARAMETER_INVALID", { name: "files", value: twice, reason: "it is there twice" });
  return ids;
}

function isList(references: FileReference | readonly FileReference[]): references is readonly FileReference[] {
  return Array.isArray(references);
}
