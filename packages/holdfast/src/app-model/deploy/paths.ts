import { posix } from "node:path";

/** Join a folder of the repository and a path in it; `.` is the repository itself. */
export function within(root: string, path: string): string {
  const joined = posix.join(root === "" ? "." : root, path.replaceAll("\\", "/")).replace(/(.)\/$/, "$1");
  return joined === "" ? "." : joined;
}

/** The folder of a file; `.` for the repository itself. */
export function folderOf(path: string): string {
  return posix.dirname(path);
}

/** Whether a path is this folder or below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === "." || path === folder || path.startsWith(`${folder}/`);
}
