import { closest } from "#env/closest";
import { type EnvironmentRule, type EnvironmentSchema, type VariableSchema, variablePhases, variableTypes } from "#env/schema";
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { isParsableYaml } from "../app-model/yaml-guard.js";

/** The file of a project's own words to Holdfast. */
export const schemaFile = "holdfast.yaml";

/** What `holdfast.yaml` says of the environment, with every problem in it. */
export interface SchemaReading {
  readonly schema: EnvironmentSchema;
  readonly problems: string[];
}

/** The options of a variable, and what each takes. The JSON Schema and the commented example have the same; a test compares. */
export const variableOptions: Readonly<Record<keyof VariableSchema, Shape>> = {
  type: { oneOf: variableTypes },
  description: "text",
  required: "boolean",
  default: "scalar",
  secret: "boolean",
  phase: { oneOf: variablePhases },
  values: "texts",
  pattern: "pattern",
  schemes: "texts",
  min: "number",
  max: "number",
  minLength: "number",
  example: "text",
  services: "texts",
};

/** What a rule may say. `when` goes with `require`. */
export const ruleOptions: readonly string[] = ["atMostOne", "exactlyOne", "atLeastOne", "allOrNone", "when", "require", "because"];

type Shape = "text" | "texts" | "boolean" | "number" | "scalar" | "pattern" | { readonly oneOf: readonly string[] };
type Report = (node: Node | null | undefined, problem: string) => void;

const nameForm = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Read `env:` and `envRules:`. What is wrong is reported with its line and left out. */
export function readSchema(text: string): SchemaReading {
  const problems: string[] = [];
  const empty = { schema: { variables: {} }, problems };
  if (!isParsableYaml(text)) {
    problems.push(`${schemaFile} is too large or nested too deeply to be a configuration.`);
    return empty;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent" });
  const [broken] = document.errors;
  if (broken !== undefined) {
    problems.push(`${schemaFile} is not YAML: ${broken.message.split("\n")[0] ?? ""}`);
    return empty;
  }
  const report: Report = (node, problem) => problems.push(`${schemaFile}:${lines.linePos(node?.range?.[0] ?? 0).line}: ${problem}`);
  const root = document.contents;
  if (root === null) return empty;
  if (!isMap<Node, Node | null>(root)) {
    report(root, "the file is a table of settings, such as env: and doctor:.");
    return empty;
  }
  const variables = readVariables(root.get("env", true), report);
  const rules = readRules(root.get("envRules", true), variables, report);
  return { schema: { variables, ...(rules.length === 0 ? {} : { rules }) }, problems };
}

function readVariables(env: Node | undefined, report: Report): Record<string, VariableSchema> {
  const variables: Record<string, VariableSchema> = {};
  if (env === undefined || (isScalar(env) && env.value === null)) return variables;
  const add = (node: Node | null, name: string | undefined, variable: VariableSchema): void => {
    if (name === undefined || !nameForm.test(name)) report(node, `"${name ?? ""}" is no name of a variable: letters, digits and _.`);
    else variables[name] = variable;
  };
  if (isSeq<Node>(env)) {
    for (const item of env.items) add(item, textOf(item), { required: true });
    return variables;
  }
  if (!isMap<Node, Node | null>(env)) {
    report(env, "env: is a list of names, or names with what they take.");
    return variables;
  }
  for (const { key, value } of env.items) {
    if (isMap<Node, Node | null>(value)) add(key, textOf(key), readVariable(value, report));
    else {
      // A name alone must be set; a name with a value must have that value.
      const only = textOf(value);
      add(key, textOf(key), only === undefined ? { required: true } : { required: true, values: [only] });
    }
  }
  return variables;
}

function readVariable(node: import("yaml").YAMLMap<Node, Node | null>, report: Report): VariableSchema {
  const read: Record<string, unknown> = {};
  for (const { key, value } of node.items) {
    const name = textOf(key) ?? "";
    const shape: Shape | undefined = Object.hasOwn(variableOptions, name) ? variableOptions[name as keyof VariableSchema] : undefined;
    if (shape === undefined) {
      const meant = closest(name, Object.keys(variableOptions));
      report(
        key,
        `a variable has no "${name}". ${meant === undefined ? `It has ${Object.keys(variableOptions).join(", ")}.` : `Did you mean ${meant}?`}`,
      );
      continue;
    }
    const found = readShape(value, shape);
    if ("problem" in found) report(value ?? key, `${name}: ${found.problem}.`);
    else read[name] = found.value;
  }
  const { secret, default: fallback, example } = read;
  if (secret === true && (fallback !== undefined || example !== undefined)) {
    report(node, "a secret has no default and no example: the file is in the repository, for everybody to read.");
    delete read["default"];
    delete read["example"];
  }
  return read;
}

type Found = { readonly value: unknown } | { readonly problem: string };

function readShape(node: Node | null, shape: Shape): Found {
  const value = isScalar(node) ? node.value : undefined;
  if (typeof shape === "object") {
    const text = textOf(node) ?? "";
    if (shape.oneOf.includes(text)) return { value: text };
    const meant = closest(text, shape.oneOf);
    return { problem: `"${text}" is none of ${shape.oneOf.join(", ")}${meant === undefined ? "" : `; did you mean ${meant}?`}` };
  }
  switch (shape) {
    case "text":
      return textOf(node) === undefined ? { problem: "a text goes here" } : { value: textOf(node) };
    case "boolean":
      return typeof value === "boolean" ? { value } : { problem: "true or false goes here" };
    case "number":
      return typeof value === "number" ? { value } : { problem: "a number goes here" };
    case "scalar":
      return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? { value }
        : { problem: "a text, a number, true or false goes here" };
    case "pattern": {
      const text = textOf(node) ?? "";
      try {
        return { value: new RegExp(text, "u").source };
      } catch {
        return { problem: `"${text}" is no regular expression` };
      }
    }
    case "texts": {
      const texts = isSeq<Node>(node) ? node.items.map(textOf) : [];
      return texts.length === 0 || texts.includes(undefined) ? { problem: "a list of texts goes here" } : { value: texts };
    }
  }
}

function readRules(
  node: Node | undefined,
  variables: Readonly<Record<string, VariableSchema>>,
  report: Report,
): readonly EnvironmentRule[] {
  if (node === undefined || (isScalar(node) && node.value === null)) return [];
  if (!isSeq<Node>(node)) {
    report(node, "envRules: is a list of rules, such as - atMostOne: [CLOUDINARY_URL, AWS_STORAGE_BUCKET_NAME].");
    return [];
  }
  return node.items.flatMap((item) => {
    const rule = readRule(item, report);
    if (rule === undefined) return [];
    for (const name of namesIn(rule)) {
      if (Object.hasOwn(variables, name)) continue;
      const meant = closest(name, Object.keys(variables));
      report(item, `the rule names ${name}, which env: does not have. ${meant === undefined ? "Add it there." : `Did you mean ${meant}?`}`);
    }
    return [rule];
  });
}

function readRule(item: Node, report: Report): EnvironmentRule | undefined {
  if (!isMap<Node, Node | null>(item)) {
    report(item, `a rule is one of ${ruleOptions.join(", ")}, with its variables.`);
    return undefined;
  }
  for (const { key } of item.items) {
    const name = textOf(key) ?? "";
    if (ruleOptions.includes(name)) continue;
    const meant = closest(name, ruleOptions);
    report(key, `a rule has no "${name}". ${meant === undefined ? `It has ${ruleOptions.join(", ")}.` : `Did you mean ${meant}?`}`);
    return undefined;
  }
  const because = textOf(item.get("because", true) ?? null);
  const reason = because === undefined ? {} : { because };
  const list = (name: string): readonly string[] | undefined => {
    const found = readShape(item.get(name, true) ?? null, "texts");
    return "value" in found ? (found.value as readonly string[]) : undefined;
  };
  const when = item.get("when", true);
  const requires = list("require");
  if (isMap<Node, Node | null>(when) && requires !== undefined) {
    return {
      ...reason,
      when: Object.fromEntries(when.items.map(({ key, value }) => [textOf(key) ?? "", textOf(value) ?? "*"])),
      require: requires,
    };
  }
  for (const kind of ["atMostOne", "exactlyOne", "atLeastOne", "allOrNone"] as const) {
    const names = list(kind);
    if (names !== undefined && names.length > 1) return { ...reason, [kind]: names } as EnvironmentRule;
  }
  report(item, "a rule names two variables or more, or has when: and require:.");
  return undefined;
}

function namesIn(rule: EnvironmentRule): readonly string[] {
  return "when" in rule
    ? [...Object.keys(rule.when), ...rule.require]
    : Object.entries(rule).flatMap(([key, value]) => (key === "because" ? [] : value));
}

/** The text of a scalar as it is written: `yes` and numbers too. */
function textOf(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null || node.value === undefined) return undefined;
  if (typeof node.value === "string") return node.value;
  return typeof node.value === "number" || typeof node.value === "boolean" ? (node.source ?? String(node.value)) : undefined;
}
