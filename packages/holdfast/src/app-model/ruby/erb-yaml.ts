import { either, nothing, unknownValue, type Value } from "../abstract-value.js";
import { isNever, not } from "../conditions.js";
import type { Condition } from "../model.js";
import { child, descend } from "../syntax.js";
import { readYaml } from "../yaml-value.js";
import { condition, evaluate } from "./evaluate.js";
import type { RubyProject } from "./project.js";

/** More branches than this in one file are not told apart. */
const maxBranches = 3;

type Piece = { readonly text: string } | { readonly code: string } | { readonly control: string };

/** Read a YAML file with Ruby in it, as Rails reads `storage.yml` and `database.yml`. Undefined where there is no such file. */
export function readErbYaml(project: RubyProject, file: string): Value | undefined {
  const source = project.text(file);
  if (source === undefined) return undefined;
  return renderBranches(project, file, cut(source), maxBranches);
}

function cut(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const tag of source.matchAll(/<%(#|=|-)?([\s\S]*?)-?%>/g)) {
    pieces.push({ text: source.slice(from, tag.index) });
    const lines = { text: "\n".repeat(tag[0].split("\n").length - 1) };
    if (tag[1] === "=") pieces.push({ code: tag[2] ?? "" });
    else if (tag[1] !== "#") pieces.push({ control: (tag[2] ?? "").trim() });
    if (lines.text !== "" && tag[1] !== "=") pieces.push(lines);
    from = tag.index + tag[0].length;
  }
  pieces.push({ text: source.slice(from) });
  return pieces;
}

/** Decide the first branch of a template both ways, then the rest of each. */
function renderBranches(project: RubyProject, file: string, pieces: readonly Piece[], left: number): Value {
  const start = pieces.findIndex((piece) => "control" in piece && /^(if|unless)\b/.test(piece.control));
  const opening = pieces[start];
  if (opening === undefined || !("control" in opening)) return render(project, file, pieces);
  const end = closing(pieces, start);
  if (left === 0 || end === undefined) return unknownValue("a template with many branches");
  const { test, isNegated, kept, rest } = firstBranch(project, file, pieces, start, end);
  const way = (inner: readonly Piece[]): Value =>
    renderBranches(project, file, [...pieces.slice(0, start), ...inner, ...pieces.slice(end + 1)], left - 1);
  const when = isNegated ? not(test) : test;
  if (isNever(when)) return way(rest);
  return either(when, way(kept), isNever(not(when)) ? nothing : way(rest));
}

function closing(pieces: readonly Piece[], start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < pieces.length; index += 1) {
    const piece = pieces[index];
    if (piece === undefined || !("control" in piece)) continue;
    if (/^(if|unless|case|begin)\b|\bdo(\s*\|[^|]*\|)?$/.test(piece.control)) depth += 1;
    if (/^end\b/.test(piece.control)) depth -= 1;
    if (depth === 0) return index;
  }
  return undefined;
}

function firstBranch(
  project: RubyProject,
  file: string,
  pieces: readonly Piece[],
  start: number,
  end: number,
): { test: Condition; isNegated: boolean; kept: readonly Piece[]; rest: readonly Piece[] } {
  const opening = pieces[start];
  const control = opening !== undefined && "control" in opening ? opening.control : "";
  const [, word, expression] = /^(if|unless)\s+([\s\S]*)$/.exec(control) ?? [];
  let depth = 0;
  let turn = end;
  for (let index = start + 1; index < end; index += 1) {
    const piece = pieces[index];
    if (piece === undefined || !("control" in piece)) continue;
    if (depth === 0 && /^(else|elsif)\b/.test(piece.control)) {
      turn = index;
      break;
    }
    if (/^(if|unless|case|begin)\b|\bdo(\s*\|[^|]*\|)?$/.test(piece.control)) depth += 1;
    if (/^end\b/.test(piece.control)) depth -= 1;
  }
  const turning = pieces[turn];
  const next = turning !== undefined && "control" in turning && turning.control.startsWith("elsif") ? turning.control.slice(3) : undefined;
  const rest = pieces.slice(turn + 1, end);
  const syntax = project.parseText(expression ?? "");
  return {
    test: condition(syntax, project.scope(file, localsOf(project, file, pieces.slice(0, start)))),
    isNegated: word === "unless",
    kept: pieces.slice(start + 1, turn),
    rest: next === undefined ? rest : [{ control: next }, ...rest, { control: "end" }],
  };
}

function localsOf(project: RubyProject, file: string, pieces: readonly Piece[]): ReadonlyMap<string, Value> {
  const locals = new Map<string, Value>();
  for (const piece of pieces) {
    if (!("control" in piece) || !/=[^=~>]/.test(piece.control)) continue;
    const syntax = project.parseText(piece.control);
    for (const node of syntax === undefined ? [] : descend(syntax)) {
      const name = node.type === "assignment" ? child(node, "left")?.text : undefined;
      if (name !== undefined) locals.set(name, evaluate(child(node, "right"), project.scope(file, new Map(locals))));
    }
  }
  return locals;
}

function render(project: RubyProject, file: string, pieces: readonly Piece[]): Value {
  const values: Value[] = [];
  const scope = project.scope(file, localsOf(project, file, pieces));
  const text = pieces
    .map((piece) => {
      if ("text" in piece) return piece.text;
      if ("control" in piece) return "";
      values.push(evaluate(project.parseText(piece.code), scope));
      return `\u{E000}${values.length - 1}\u{E001}`;
    })
    .join("");
  return readYaml(text, file, values);
}
