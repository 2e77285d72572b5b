import type { DeclaredVariable, Phase, SourceTree } from "../model.js";
import { readFields } from "./fields.js";
import { within } from "./paths.js";

/** Scripts that call scripts that call scripts: nobody writes more. */
const maxDepth = 4;
const maxLines = 400;

/**
 * Follow a phase's command into the scripts it calls: shell scripts of the repository, npm scripts, Composer's. The phase itself comes
 * first, then each line of what it calls, as the same phase.
 */
export function expandPhase(tree: SourceTree, root: string, phase: Phase): readonly Phase[] {
  const seen = new Set<string>();
  const expand = (one: Phase, folder: string, depth: number): Phase[] => {
    const found = [one];
    if (depth >= maxDepth) return found;
    let at = folder;
    for (const part of partsOf(one.command)) {
      const moved = /^cd\s+["']?([^\s"']+)["']?$/.exec(part)?.[1];
      if (moved !== undefined) {
        at = moved.startsWith("/") ? at : within(at, moved);
        continue;
      }
      const script = shellScriptOf(part, at, tree);
      if (script !== undefined && !seen.has(script)) {
        seen.add(script);
        for (const line of linesOf(tree, script, one.name)) found.push(...expand(line, at, depth + 1));
      }
      const npm = npmScriptOf(part, at, tree, one.name);
      if (npm !== undefined && !seen.has(`${npm.phase.file}#${npm.phase.line}`)) {
        seen.add(`${npm.phase.file}#${npm.phase.line}`);
        found.push(...expand(npm.phase, npm.folder, depth + 1));
      }
    }
    return found;
  };
  return expand(phase, root, 0);
}

/** The commands of a line, apart from how they are joined. */
function partsOf(command: string): readonly string[] {
  return command
    .split(/&&|\|\||;|\n|(?<!\|)\|(?!\|)|(?<!&)&(?!&)/)
    .map((part) => part.trim().replace(/^[({]\s*|\s*[)}]$/g, ""))
    .filter((part) => part !== "");
}

function shellScriptOf(part: string, folder: string, tree: SourceTree): string | undefined {
  const words = part.split(/\s+/);
  for (const word of words) {
    const clean = word.replace(/^["']|["']$/g, "");
    if (!/^(\.\/|\/[\w./-]+\/|[\w.-]+\/)*[\w.-]+$/.test(clean) || clean.startsWith("-")) continue;
    const isScript = clean.endsWith(".sh") || /(^|\/)bin\/[\w.-]+$/.test(clean);
    if (!isScript) continue;
    // A path of the container: its last parts are those of the repository.
    const candidates = clean.startsWith("/") ? tails(clean) : [clean];
    const found = candidates.flatMap((path) => [within(folder, path), within(".", path)]).find((path) => tree.has(path));
    if (found !== undefined && isShell(tree.read(found) ?? "", found)) return found;
  }
  return undefined;
}

function isShell(text: string, path: string): boolean {
  return path.endsWith(".sh") || /^#!.*\b(ba|da|z|k)?sh\b/.test(text);
}

function tails(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) => parts.slice(index).join("/"));
}

function linesOf(tree: SourceTree, file: string, name: Phase["name"]): readonly Phase[] {
  const lines = (tree.read(file) ?? "").split("\n").slice(0, maxLines);
  const found: Phase[] = [];
  let start = 0;
  let held = "";
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (held === "") start = index;
    if (line.endsWith("\\")) {
      held += `${line.slice(0, -1)} `;
      continue;
    }
    const command = (held + line).trim();
    held = "";
    if (command !== "" && !command.startsWith("#")) found.push({ name, command, file, line: start + 1 });
  }
  return found;
}

const runner = /^(?:env\s+)?(?:[A-Z_][A-Z0-9_]*=\S*\s+)*(npm|pnpm|yarn|bun)\s+(.*)$/;
const ownWords = new Set(["install", "i", "ci", "add", "exec", "dlx", "x", "create", "init", "prune", "cache", "config", "global", "set"]);

function npmScriptOf(part: string, folder: string, tree: SourceTree, name: Phase["name"]): { phase: Phase; folder: string } | undefined {
  const match = runner.exec(part);
  if (match === null) return undefined;
  const words = (match[2] ?? "").split(/\s+/);
  let at = folder;
  let script: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const value = words[index + 1];
    if ((word === "--prefix" || word === "--cwd" || word === "-C" || word === "--dir") && value !== undefined) {
      at = within(folder, value);
      index++;
    } else if (word.startsWith("--prefix=") || word.startsWith("--cwd=")) at = within(folder, word.slice(word.indexOf("=") + 1));
    else if (word === "run" || word.startsWith("-")) continue;
    else {
      script ??= word;
      if (match[1] === "npm" || word !== "workspace") break;
    }
  }
  if (script === undefined || ownWords.has(script)) return undefined;
  const file = within(at, "package.json");
  const manifest = readFields(tree, file);
  if (manifest === undefined || manifest === "broken") return undefined;
  const field = manifest.get("scripts", script);
  if (field?.text === undefined) return undefined;
  return { phase: { name, command: field.text, file, line: field.line }, folder: at };
}

/** The folder that a start command goes to before it starts the app: `cd server && npm start`, `npm --prefix server start`. */
export function folderOfCommand(command: string): string | undefined {
  const moved = /(?:^|&&|;)\s*cd\s+["']?([\w./-]+)["']?\s*(?:&&|;)/.exec(command)?.[1];
  if (moved !== undefined && !moved.startsWith("/") && !moved.startsWith("..")) return moved;
  const prefix = /(?:--prefix|--cwd|--chdir|-C)[ =]["']?([\w./-]+)/.exec(command)?.[1];
  return prefix !== undefined && !prefix.startsWith("/") && !prefix.startsWith("..") ? prefix : undefined;
}

/** Variables that the commands of the start set for what follows: `export NAME=value`, `NAME=value gunicorn …`. */
export function variablesOfCommands(phases: readonly Phase[]): readonly DeclaredVariable[] {
  const found: DeclaredVariable[] = [];
  for (const { name, command, file, line } of phases) {
    if (name !== "start") continue;
    for (const part of partsOf(command)) {
      const text = part.replace(/^(export|env|cross-env|exec)\s+/, "");
      for (const match of leadingAssignments(text)) {
        found.push({ name: match[0], declared: { kind: "value", value: match[1] }, file, line });
      }
    }
  }
  return found;
}

function leadingAssignments(text: string): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  let rest = text;
  for (;;) {
    const match = /^([A-Z_][A-Z0-9_]*)=("[^"$`]*"|'[^']*'|[^\s"'$`]*)(?=\s|$)\s*/.exec(rest);
    if (match === null) return found;
    found.push([match[1] ?? "", (match[2] ?? "").replace(/^["']|["']$/g, "")]);
    rest = rest.slice(match[0].length);
    // `NAME=value` alone stays in the shell unless it is exported; the start of what follows is what counts.
    if (rest === "") return found;
  }
}
