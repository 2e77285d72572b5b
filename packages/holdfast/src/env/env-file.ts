import { parseEnv } from "node:util";

/** A file of variables: what it sets, and the line of each. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  readonly lines: ReadonlyMap<string, number>;
  /** Names that the file sets more than once; the last one counts. */
  readonly repeated: readonly string[];
}

/** Read a file in the form of `.env`, as Node and the dotenv libraries read it: quotes are not part of the value. */
export function readEnvFile(text: string): EnvFile {
  const lines = new Map<string, number>();
  const repeated = new Set<string>();
  for (const [index, line] of text.split("\n").entries()) {
    const name = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line)?.[1];
    if (name === undefined) continue;
    if (lines.has(name)) repeated.add(name);
    lines.set(name, index + 1);
  }
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text))) if (value !== undefined) values[name] = value;
  return { values, lines, repeated: [...repeated] };
}
