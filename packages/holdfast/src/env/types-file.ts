import type { EnvironmentSchema } from "#env/schema";

/** Write a TypeScript module that reads the environment at start: `import { env } from "./env.ts"`. */
export function typesFile(schema: EnvironmentSchema): string {
  return `// Made from holdfast.yaml: holdfast env types --write. Change it there.
import { readEnv } from "@holdfast/media/env";

/** The app's environment, read and checked once. The start ends here, with every problem named, where something is missing. */
export const env = readEnv(${print(schema, "")});
`;
}

/** Print a value as TypeScript: names without quotes where they need none. */
function print(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[${value.map((entry) => print(entry, indent)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, entry]) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    return [name, entry] as const;
  });
  if (entries.length === 0) return "{}";
  const line = `{ ${entries.map(([name, entry]) => `${name}: ${print(entry, inner)}`).join(", ")} }`;
  if (indent.length >= 4 && !line.includes("\n")) return line;
  return `{\n${entries.map(([name, entry]) => `${inner}${name}: ${print(entry, inner)},\n`).join("")}${indent}}`;
}
