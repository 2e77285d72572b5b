import { wordsFor } from "#env/check";
import { namesOf } from "#env/rules";
import type { EnvironmentSchema, VariableSchema } from "#env/schema";

/** Write a `.env.example`: every variable with what it is for, nothing secret, ready to be copied to `.env`. */
export function exampleFile(schema: EnvironmentSchema): string {
  const head = "# Copy this file to .env and fill it in. Never commit .env.\n# Made from holdfast.yaml: holdfast env example --write\n";
  const blocks = Object.entries(schema.variables).map(([name, variable]) => block(name, variable, schema));
  return [head, ...blocks].join("\n");
}

function block(name: string, variable: VariableSchema, { rules = [] }: EnvironmentSchema): string {
  const { description, required = false, secret = false, phase = "start", services } = variable;
  const facts = [
    wordsFor(variable),
    required ? "required" : "optional",
    ...(secret ? ["secret"] : []),
    ...(phase === "start" ? [] : [phase === "build" ? "for the build" : "for the build and the start"]),
    ...(services === undefined ? [] : [`for ${services.join(" and ")}`]),
  ];
  const about = rules.flatMap((rule) => {
    if (!namesOf(rule).includes(name)) return [];
    const others = namesOf(rule).filter((other) => other !== name);
    if ("atMostOne" in rule) return [`not together with ${others.join(", ")}`];
    if ("exactlyOne" in rule) return [`this or ${others.join(" or ")}`];
    if ("allOrNone" in rule) return [`together with ${others.join(", ")}`];
    if ("atLeastOne" in rule) return [`this, ${others.join(" or ")}, or both`];
    return [];
  });
  const value = secret ? "" : (variable.example ?? variable.default ?? variable.values?.[0] ?? "");
  const lines = [...(description === undefined ? [] : [`# ${description}`]), `# ${[...facts, ...about].join("; ")}`];
  // What is optional stays out of the way: whoever copies the file has not chosen a bucket by it.
  return `${lines.join("\n")}\n${required ? "" : "# "}${name}=${quoted(String(value))}\n`;
}

function quoted(value: string): string {
  return /[\s#"'$\\]/.test(value) ? `'${value.replaceAll("'", "’")}'` : value;
}
