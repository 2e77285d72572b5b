import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Make `folder`, at or below `root`, and see to it that it outlives a power cut: a new directory is durable only when its
 * *parent* has been fsynced. Another process may have made one without having got so far, so each is synced once per
 * process, made or found.
 */
export async function makeDurableFolder(folder: string, root: string, durable: Set<string>): Promise<void> {
  if (durable.has(folder)) return;
  const firstMade = await mkdir(folder, { recursive: true });
  const top = firstMade !== undefined && firstMade.length < root.length ? firstMade : root;
  const chain: string[] = [];
  for (let at = folder; !durable.has(at) && at.length >= top.length; at = dirname(at)) chain.push(at);
  for (const made of chain) {
    await syncFolder(dirname(made)).catch((error: unknown) => {
      // Above a root that was there before us we may have no right to look.
      const isOurs = made !== root || firstMade !== undefined;
      if (isOurs || codeOf(error) !== "EACCES") throw error;
    });
  }
  for (const made of chain) durable.add(made);
}

/** Make what was created, renamed or removed in `folder` outlive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch((error: unknown) => {
    // Windows opens no directories; its journal orders the rename by itself.
    if (process.platform === "win32" && !isAbsence(error)) return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Tell whether the file system itself says that there is nothing. */
export function isAbsence(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** The code of a system error, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
