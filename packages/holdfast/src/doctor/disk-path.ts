import { posix } from "node:path";
import type { Known } from "./environment.js";

/** A path with its variables filled in; or the variable that has to be known first; or the one whose value nobody knows. */
export type FilledPath =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "asks"; readonly name: string }
  | { readonly kind: "elsewhere"; readonly name: string };

/** Fill in the `${NAME:-default}` parts of a path. Defaults may have parts of their own. */
export function fillPath(template: string, know: (name: string) => Known): FilledPath {
  let path = "";
  let at = 0;
  while (at < template.length) {
    const start = template.indexOf("${", at);
    if (start < 0) break;
    const end = closingBrace(template, start + 2);
    path += template.slice(at, start);
    const inside = template.slice(start + 2, end);
    const [name, fallback] = splitDefault(inside);
    const known = know(name);
    switch (known.kind) {
      case "value":
        if (known.value !== "") path += known.value;
        else if (fallback !== undefined) path += fallback;
        break;
      case "unset": {
        const filled = fillPath(fallback ?? "", know);
        if (filled.kind !== "path") return filled;
        path += filled.path;
        break;
      }
      case "set":
      case "begins":
      case "other":
        return { kind: "elsewhere", name };
      case "open":
        return { kind: "asks", name };
    }
    at = end + 1;
  }
  return { kind: "path", path: path + template.slice(at) };
}

function splitDefault(inside: string): [name: string, fallback: string | undefined] {
  const at = inside.indexOf(":-");
  return at < 0 ? [inside, undefined] : [inside.slice(0, at), inside.slice(at + 2)];
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith("${", at)) depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return text.length;
}

/** How the address of a database that is a file begins, in full or in part. */
export const fileSchemes: RegExp = /^(sqlite3?|spatialite|file)(\+\w+)?(:|$)/i;

/** The file that a database's address names, in memory or not; undefined for a server's. */
export function fileOfAddress(address: string): string | undefined {
  return /^(?:sqlite3?|spatialite|file)(?:\+\w+)?:(?:\/\/\/?)?([^?]*)/.exec(address)?.[1];
}

/** The absolute path in the container; undefined for a relative one where the app's root is not known. */
export function inContainer(path: string, containerRoot: string | undefined): string | undefined {
  const clean = path.replace(/^file:(\/\/)?/, "");
  if (posix.isAbsolute(clean)) return posix.normalize(clean).replace(/(.)\/$/, "$1");
  return containerRoot === undefined ? undefined : posix.join(containerRoot, clean).replace(/(.)\/$/, "$1");
}

/** Whether a path is a folder or below it. */
export function isBelow(path: string, folder: string): boolean {
  const clean = folder.replace(/\/+$/, "");
  return path === clean || path.startsWith(`${clean}/`);
}
