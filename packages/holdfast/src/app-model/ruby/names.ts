import { child, type Syntax } from "../syntax.js";
import type { RubyProject } from "./project.js";

/** The full name of the class or module around a node: `Admin::Photo`; undefined at the top of a file. */
export function classNameOf(node: Syntax): string | undefined {
  const names: string[] = [];
  for (let one = node.parent; one !== undefined; one = one.parent) {
    if (one.type === "class" || one.type === "module") names.unshift((child(one, "name")?.text ?? "").replace(/^::/, ""));
  }
  return names.length === 0 ? undefined : names.join("::");
}

/** The name of the method around a node; undefined outside of one. */
export function methodNameOf(node: Syntax): string | undefined {
  for (let one = node.parent; one !== undefined; one = one.parent) {
    if (one.type === "method" || one.type === "singleton_method") return child(one, "name")?.text;
  }
  return undefined;
}

const wordsOf = new WeakMap<RubyProject, Map<string, Set<string>>>();

/** Whether a class or module is named in any other file of the app. Files of one's own that nobody names are dead. */
export function isUsedElsewhere(project: RubyProject, name: string, file: string): boolean {
  let words = wordsOf.get(project);
  if (words === undefined) {
    words = new Map();
    for (const path of [...project.files, ...project.tree.find(project.root, ".erb", ".haml", ".slim", ".rake", ".ru", ".jbuilder")]) {
      for (const [word] of (project.text(path) ?? "").matchAll(/\b[A-Z]\w+/g)) words.set(word, (words.get(word) ?? new Set()).add(path));
    }
    wordsOf.set(project, words);
  }
  const last = name.split("::").at(-1) ?? name;
  return [...(words.get(last) ?? [])].some((path) => path !== file);
}
