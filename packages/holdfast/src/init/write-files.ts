import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fail } from "../errors.js";
import type { PlannedFile } from "./plan.js";

/** How a planned file compares with what is there. */
export interface FileState {
  readonly file: PlannedFile;
  readonly state: "missing" | "same" | "differs";
  /** What is there now. */
  readonly before: string | undefined;
}

/** A file that is larger is not one of ours. */
const maxBytes = 1024 * 1024;

/**
 * Compare planned files with what is there. Nothing is followed out of `base`: where a link, or something that is no file, stands in a
 * file's way, nothing of the whole plan is to be written.
 *
 * @throws FILES_UNWRITABLE with every such place
 */
export function compareFiles(files: readonly PlannedFile[], base: string): readonly FileState[] {
  const problems: string[] = [];
  const states = files.map((file): FileState => {
    const found = lookAt(base, file.path);
    if (typeof found === "object" && "problem" in found) problems.push(found.problem);
    const before = typeof found === "string" ? found : undefined;
    return { file, state: before === undefined ? "missing" : before === file.text ? "same" : "differs", before };
  });
  if (problems.length > 0) throw fail("FILES_UNWRITABLE", { problems });
  return states;
}

/** The text of a file, undefined where there is none, or what stands in its way. */
function lookAt(base: string, path: string): string | undefined | { readonly problem: string } {
  const parts = path.split("/");
  let at = base;
  for (const [index, part] of parts.entries()) {
    at = join(at, part);
    const isLast = index === parts.length - 1;
    const found = entryAt(at);
    if (found === undefined) return undefined;
    const name = parts.slice(0, index + 1).join("/");
    if (found.isSymbolicLink()) return { problem: `${name} is a link, which is not followed: replace it by what it leads to` };
    if (!isLast && !found.isDirectory()) return { problem: `${name} is no folder, and ${path} would lie in it` };
    if (isLast && !found.isFile()) return { problem: `${name} is no file` };
    if (isLast && found.size > maxBytes) return { problem: `${name} has ${found.size} bytes, which no such file has` };
  }
  return readFileSync(at, "utf8");
}

function entryAt(path: string): ReturnType<typeof lstatSync> | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/**
 * Write one file, whole or not at all: under another name beside it, then put in its place. Where it is new, it never replaces what
 * appeared meanwhile.
 *
 * @throws FILES_UNWRITABLE
 */
export function writePlanned({ path, text, isExecutable = false }: PlannedFile, base: string, isNew: boolean): void {
  const target = join(base, path);
  const scratch = `${target}.${randomBytes(6).toString("hex")}.part`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    // A folder may have become a link since it was looked at.
    if (realpathSync(dirname(target)) !== join(realpathSync(base), dirname(path))) throw new Error("its folder is reached through a link");
    const handle = openSync(scratch, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (isExecutable) chmodSync(scratch, 0o755);
    if (isNew) linkSync(scratch, target);
    else renameSync(scratch, target);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw fail("FILES_UNWRITABLE", { problems: [`${path} cannot be written: ${reason}`] }, { cause });
  } finally {
    rmSync(scratch, { force: true });
  }
}
