import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What became of looking for a package of the house that holdfast works without. */
export type OptionalPackage =
  | { readonly outcome: "loaded"; readonly path: string; readonly module: unknown }
  | { readonly outcome: "missing" }
  | { readonly outcome: "unusable"; readonly path: string; readonly reason: string; readonly cause: unknown };

/**
 * Find a package and load it. The one of the working directory's own project wins over one installed beside holdfast;
 * `name` may go on with a path into the package.
 */
export async function loadOptionalPackage(name: string, cwd: string): Promise<OptionalPackage> {
  return await loadFrom([join(cwd, "package.json"), import.meta.url], name);
}

/** The same, of the working directory's own project alone: what that app uses itself. */
export async function loadOwnPackage(name: string, cwd: string): Promise<OptionalPackage> {
  return await loadFrom([join(cwd, "package.json")], name);
}

async function loadFrom(places: readonly string[], name: string): Promise<OptionalPackage> {
  for (const from of places) {
    let path = from;
    try {
      path = createRequire(from).resolve(name);
      return { outcome: "loaded", path, module: await import(pathToFileURL(path).href) };
    } catch (cause) {
      // Not found from there; or found, and something that it needs is not.
      if (path === from && codeOf(cause) === "MODULE_NOT_FOUND") continue;
      return { outcome: "unusable", path, reason: messageOf(cause), cause };
    }
  }
  return { outcome: "missing" };
}

/** The command that installs packages, for the package manager whose lock file is there. */
export function installCommand(wanted: string, cwd: string): string {
  const has = (file: string): boolean => existsSync(join(cwd, file));
  if (has("pnpm-lock.yaml")) return `pnpm add ${wanted}`;
  if (has("yarn.lock")) return `yarn add ${wanted}`;
  if (has("bun.lock") || has("bun.lockb")) return `bun add ${wanted}`;
  return `npm install ${wanted}`;
}

/** The code that an error of Node or of a catalogue carries. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
