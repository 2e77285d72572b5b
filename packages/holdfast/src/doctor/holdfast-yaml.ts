import { LineCounter, parseDocument, isMap, isScalar, isSeq, type Document, type Node, type Pair } from "yaml";
import type { DeclaredVariable, Disk } from "../app-model/model.js";
import type { Suppression } from "../findings/suppressions.js";
import type { Given } from "./verdict.js";

/** What `holdfast.yaml` says to the doctor, and what is wrong with it. */
export interface HoldfastYaml {
  readonly given: Given;
  readonly suppressions: readonly Suppression[];
  readonly problems: readonly string[];
}

export const holdfastYaml = "holdfast.yaml";

const codePattern = /^(?:MEDIA|DATA|ENV)\d{3}$/;

/**
 * Read `env:` (variables that are set in the dashboard: a list of names, or names with values), `disks:` (paths at which the
 * platform mounts a disk) and `doctor.ignore` (codes, with a reason). Every problem is reported; other keys are other commands'.
 */
export function readHoldfastYaml(text: string | undefined): HoldfastYaml {
  const problems: string[] = [];
  const nothing = { given: { variables: [], disks: [] }, suppressions: [], problems };
  if (text === undefined) return nothing;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent" });
  const lineOf = (node: Node | null | undefined): number => lines.linePos(node?.range?.[0] ?? 0).line;
  const [error] = document.errors;
  if (error !== undefined) {
    problems.push(`${holdfastYaml} is not YAML: ${error.message.split("\n")[0] ?? ""}`);
    return nothing;
  }
  return {
    given: { variables: variablesOf(document, lineOf, problems), disks: disksOf(document, lineOf, problems) },
    suppressions: ignoresOf(document, lineOf, problems),
    problems,
  };
}

type LineOf = (node: Node | null | undefined) => number;

function variablesOf(document: Document.Parsed, lineOf: LineOf, problems: string[]): readonly DeclaredVariable[] {
  const env = nodeAt(document, ["env"]);
  if (env === undefined) return [];
  if (isSeq<Node>(env)) {
    return env.items.flatMap((item) => {
      const name = textOf(item);
      if (name !== undefined) return [{ name, file: holdfastYaml, line: lineOf(item), declared: { kind: "asked" } as const }];
      problems.push(`${holdfastYaml}:${lineOf(item)}: env: takes names of variables, or names with values.`);
      return [];
    });
  }
  if (isMap<Node, Node | null>(env)) {
    return env.items.flatMap((pair: Pair<Node, Node | null>) => {
      const name = textOf(pair.key) ?? "";
      const value = textOf(pair.value);
      const at = { name, file: holdfastYaml, line: lineOf(pair.key) };
      // A name alone says that it is set, and keeps the value to the dashboard; so does a description by which the start needs it.
      if (isMap<Node, Node | null>(pair.value) && textOf(pair.value.get("required", true) ?? null) !== "true") return [];
      return [{ ...at, declared: value === undefined ? ({ kind: "asked" } as const) : ({ kind: "value", value } as const) }];
    });
  }
  problems.push(`${holdfastYaml}:${lineOf(env)}: env: is a list of names, or names with values.`);
  return [];
}

function disksOf(document: Document.Parsed, lineOf: LineOf, problems: string[]): readonly Disk[] {
  const disks = nodeAt(document, ["disks"]);
  if (disks === undefined) return [];
  if (!isSeq<Node>(disks)) {
    problems.push(`${holdfastYaml}:${lineOf(disks)}: disks: is a list of the paths that disks are mounted at.`);
    return [];
  }
  return disks.items.flatMap((item) => {
    const mountPath = textOf(item);
    if (mountPath?.startsWith("/") === true) return [{ file: holdfastYaml, line: lineOf(item), mountPath }];
    problems.push(`${holdfastYaml}:${lineOf(item)}: a disk is an absolute path, as the running container sees it.`);
    return [];
  });
}

function ignoresOf(document: Document.Parsed, lineOf: LineOf, problems: string[]): readonly Suppression[] {
  const settings = nodeAt(document, ["doctor"]);
  for (const name of unknownKeys(settings, ["ignore"])) {
    problems.push(`${holdfastYaml}:${lineOf(settings)}: doctor: has no "${name}". Did you mean ignore?`);
  }
  const ignores = nodeAt(document, ["doctor", "ignore"]);
  if (ignores === undefined) return [];
  if (!isSeq<Node>(ignores)) {
    problems.push(`${holdfastYaml}:${lineOf(ignores)}: doctor.ignore is a list of entries with code and reason.`);
    return [];
  }
  return ignores.items.flatMap((item) => {
    const line = lineOf(item);
    const entry = isMap<Node, Node | null>(item) ? item : undefined;
    const field = (name: string): string | undefined => textOf(entry?.get(name, true) ?? null);
    for (const name of unknownKeys(entry, ["code", "file", "reason"])) {
      problems.push(`${holdfastYaml}:${line}: an entry of doctor.ignore has no "${name}", only code, file and reason.`);
    }
    const [code, file, reason] = [field("code"), field("file"), field("reason")];
    if (code === undefined || !codePattern.test(code)) {
      problems.push(`${holdfastYaml}:${line}: an entry of doctor.ignore needs the code of a rule, such as MEDIA001.`);
      return [];
    }
    if (reason === undefined || reason.trim() === "") {
      problems.push(`${holdfastYaml}:${line}: ignoring ${code} needs a reason: one sentence for whoever reads it next.`);
      return [];
    }
    return [{ codes: [code], file, line: undefined, reason, from: { file: holdfastYaml, line } }];
  });
}

function nodeAt(document: Document.Parsed, path: readonly string[]): Node | undefined {
  const node: unknown = document.getIn(path, true);
  return isMap(node) || isSeq(node) || (isScalar(node) && node.value !== null) ? node : undefined;
}

function unknownKeys(node: Node | undefined, known: readonly string[]): readonly string[] {
  if (!isMap(node)) return [];
  return node.items.map((pair) => textOf(pair.key) ?? "").filter((name) => !known.includes(name));
}

/** The text of a scalar, as it is meant: `yes` and numbers too. */
function textOf(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null || node.value === undefined) return undefined;
  if (typeof node.value === "string") return node.value;
  return typeof node.value === "number" || typeof node.value === "boolean" ? (node.source ?? String(node.value)) : undefined;
}
