import { isWithin } from "../app-model/deploy/paths.js";
import type { DeclaredVariable, Disk } from "../app-model/model.js";
import type { Given } from "./verdict.js";

/** Read one `--set NAME` or `--set NAME=VALUE`; undefined where it is neither. Without a value it counts as set. */
export function parseSet(text: string): DeclaredVariable | undefined {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === undefined) return undefined;
  return { name, file: "--set", line: 1, declared: value === undefined ? { kind: "asked" } : { kind: "value", value } };
}

/**
 * Read the names of a file of variables: lines of `NAME` or `NAME=value`, or JSON (an object, or a list of names or of
 * `{ "key": … }`). Values are dropped as they are read; a variable with an empty value does not count as set.
 */
export function parseEnvNames(text: string, file: string): readonly DeclaredVariable[] {
  const names = /^\s*[[{]/.test(text) ? namesInJson(text) : namesInLines(text);
  return names.map(({ name, line }) => ({ name, file, line, declared: { kind: "asked" } }));
}

interface NamedLine {
  readonly name: string;
  readonly line: number;
}

function namesInLines(text: string): readonly NamedLine[] {
  return text.split(/\r?\n/).flatMap((row, index) => {
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*(?:[=:]\s*(.*?))?\s*$/.exec(row) ?? [];
    return name === undefined || value === "" || value === '""' || value === "''" ? [] : [{ name, line: index + 1 }];
  });
}

function namesInJson(text: string): readonly NamedLine[] {
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value)) return value.flatMap(nameOfEntry).map((name) => ({ name, line: 1 }));
  const entries = Object.entries(value ?? {}).filter(([, one]) => one !== "" && one !== null);
  return entries.map(([name]) => ({ name, line: 1 }));
}

/** `"NAME"`, or `{ "key": "NAME" }` as platforms list them. */
function nameOfEntry(entry: unknown): readonly string[] {
  if (typeof entry === "string") return [entry];
  if (typeof entry !== "object" || entry === null) return [];
  const { key, name, Name, envVar } = entry as Readonly<Record<string, unknown>>;
  const named = [key, name, Name].find((one) => typeof one === "string");
  return typeof named === "string" ? [named] : nameOfEntry(envVar);
}

/** Join what was declared in several places; the later wins. */
export function joinGiven(...parts: readonly Given[]): Given {
  const asked = parts.findLast((part) => part.asked !== undefined)?.asked;
  const variables = new Map(parts.flatMap((part) => part.variables).map((variable) => [variable.name, variable]));
  const disks: readonly Disk[] = parts.flatMap((part) => part.disks);
  return { variables: [...variables.values()], disks, asked };
}

/** What was declared, as far as it is true of the app in this folder: another service's variables are not its own. */
export function givenFor(root: string, given: Given): Given {
  const { asked } = given;
  if (asked === undefined || isWithin(root, asked.root) || isWithin(asked.root, root)) return given;
  return { ...given, asked: undefined };
}
