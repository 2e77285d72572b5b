import type { FileId } from "./file.js";

/** Where files go in a slot: to its end, to `position`, into the place of the one at `position`, or into the place of all. */
export interface Placing {
  readonly replace: boolean;
  /** Counted from 0 among the files that are shown. */
  readonly position: number | undefined;
}

/**
 * Decide which files a slot holds next, and in which order. A file is in a slot once: one that is there already is moved.
 *
 * @param isShown whether a file is one of those that `attached` answers; trashed ones keep their place, for they may come back
 */
export function arrange(
  standing: readonly FileId[],
  files: readonly FileId[],
  { replace, position }: Placing,
  isShown: (id: FileId) => boolean,
): FileId[] {
  const rest = standing.filter((id) => !files.includes(id));
  if (position === undefined) return replace ? [...files] : [...rest, ...files];
  const at = replace ? standing.filter(isShown)[position] : rest.filter(isShown)[position];
  const isBefore = (id: FileId): boolean => at === undefined || standing.indexOf(id) < standing.indexOf(at);
  const makesWay = (id: FileId): boolean => replace && id === at;
  return [...rest.filter(isBefore), ...files, ...rest.filter((id) => !isBefore(id) && !makesWay(id))];
}
