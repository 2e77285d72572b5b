import { whyPastedWrongly } from "../env/pasted.js";
import type { Environment } from "../env/platform.js";

/** A setting that was read: its value, and the variable it came from. */
export interface Setting {
  readonly variable: string;
  readonly value: string;
}

/** Collects what is wrong with an environment, so that all of it is told at once. Secrets never get in. */
export type Problems = string[];

/**
 * Read one setting that may stand under several names. An empty variable counts as unset. Two names that disagree are a
 * problem, and so is a value that was pasted wrongly: in quotes, with spaces, with its own name, or still a placeholder.
 */
export function readSetting(
  env: Environment,
  variables: readonly string[],
  problems: Problems,
  options: { readonly isSecret?: boolean } = {},
): Setting | undefined {
  const { isSecret = false } = options;
  const found = variables.flatMap((variable): Setting[] => {
    const value = env[variable];
    return value === undefined || value === "" ? [] : [{ variable, value }];
  });
  const [first, ...others] = found;
  if (first === undefined) return undefined;
  const other = others.find(({ value }) => value !== first.value);
  if (other !== undefined) {
    const values = isSecret ? "different values" : `"${first.value}" and "${other.value}"`;
    problems.push(`${first.variable} and ${other.variable} are names for one setting, but have ${values}. Keep one of them.`);
  }
  const pasted = whyPastedWrongly(first.variable, first.value);
  if (pasted !== undefined) problems.push(`${first.variable} ${isSecret ? "" : `(${JSON.stringify(first.value)}) `}${pasted}.`);
  return first;
}
