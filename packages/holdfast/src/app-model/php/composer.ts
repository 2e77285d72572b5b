import type { SourceTree } from "../model.js";

/** Which packages an app has. */
export interface Packages {
  /** Whether a package is there, be it as another's dependency. */
  has(name: string): boolean;
  /** The major version that is installed, or that the requirement allows at least; undefined where it has none. */
  major(name: string): number | undefined;
  /** Whether `composer.json` was there and could be read. */
  readonly isKnown: boolean;
}

/** Read `composer.json` and `composer.lock`. Packages only for development do not count. */
export function readPackages(tree: SourceTree, path: (name: string) => string): Packages {
  const asked = new Map<string, string>();
  const manifest = parse(tree.read(path("composer.json")));
  for (const [name, version] of Object.entries(record(manifest["require"]))) asked.set(name.toLowerCase(), String(version));
  const installed = new Map<string, string>();
  const lock = parse(tree.read(path("composer.lock")));
  for (const one of Array.isArray(lock["packages"]) ? (lock["packages"] as readonly unknown[]) : []) {
    const { name, version } = record(one);
    if (typeof name === "string" && typeof version === "string") installed.set(name.toLowerCase(), version);
  }
  return {
    isKnown: tree.has(path("composer.json")),
    has: (name) => asked.has(name) || installed.has(name),
    major: (name) => {
      const version = installed.get(name) ?? asked.get(name);
      const found = version === undefined ? undefined : /(\d+)/.exec(version.split("||").at(-1) ?? version)?.[1];
      return found === undefined ? undefined : Number(found);
    },
  };
}

function parse(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    return record(JSON.parse(text));
  } catch {
    return {};
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}
