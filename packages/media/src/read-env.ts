import { checkEnvironment, isNeededBy } from "./env/check.js";
import { detectPlatform, type Environment, hostsOf, isProduction } from "./env/platform.js";
import type { EnvironmentSchema, EnvironmentValues } from "./env/schema.js";
import { readValue } from "./env/value.js";
import { fail } from "./errors.js";

export type { EnvironmentRule, EnvironmentSchema, EnvironmentValues, VariableSchema, VariableType } from "./env/schema.js";

/** How an environment is read. */
export interface ReadEnvOptions {
  /** @defaultValue `process.env` */
  readonly env?: Environment;
  /** Whether defaults are refused and mistakes are errors. @defaultValue NODE_ENV is `production`, or a platform is there */
  readonly isProduction?: boolean;
  /** What is read: a build needs other variables than the app that runs. @defaultValue `"start"` */
  readonly phase?: "build" | "start";
  /** Told what is worth a second look and does not stop the start. @defaultValue `console.warn` */
  readonly onWarning?: (message: string) => void;
}

/**
 * Read the environment of an app by its schema, once, when it starts: everything that is missing or wrong is told together, no
 * value is ever quoted, and what comes out has the types that the schema says. `holdfast env types` writes the schema of
 * `holdfast.yaml` as a module that calls this.
 *
 * @throws CONFIG_INVALID with every problem
 * @example
 * ```ts
 * import { readEnv } from "@holdfast/media/env";
 * export const env = readEnv({
 *   variables: {
 *     DATABASE_URL: { type: "url", schemes: ["postgres", "postgresql"], required: true, secret: true },
 *     MAX_PHOTOS: { type: "integer", min: 1, default: 10 },
 *   },
 * });
 * ```
 */
export function readEnv<const S extends EnvironmentSchema>(schema: S, options: ReadEnvOptions = {}): EnvironmentValues<S> {
  const { env = process.env, phase = "start", onWarning = (message: string): void => console.warn(message) } = options;
  const production = options.isProduction ?? isProduction(env);
  const platform = detectPlatform(env)?.name;
  const place = { isProduction: production, platform, hosts: hostsOf(env), phase };
  // Only the schema's own variables: what else is set is not the app's. On a machine of one's own the database may well run beside
  // the app; on a platform it never does.
  const problems = checkEnvironment(schema, env, { ...place, isOwn: () => false }).filter(
    ({ code }) => code !== "own-machine" || platform !== undefined,
  );
  for (const { severity, message, remedy } of problems) if (severity === "warning") onWarning(`${message} ${remedy}`);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw fail("CONFIG_INVALID", { problems: errors.map(({ message, remedy }) => `${message} ${remedy}`) });

  const values = Object.entries(schema.variables).flatMap(([name, variable]): [string, unknown][] => {
    if (!isNeededBy(variable, { phase })) return [];
    const text = env[name] ?? "";
    const read = text === "" ? undefined : readValue(variable, text);
    if (read !== undefined && "value" in read) return [[name, read.value]];
    return production || variable.default === undefined ? [] : [[name, defaultOf(variable, String(variable.default))]];
  });
  return Object.freeze(Object.fromEntries(values)) as EnvironmentValues<S>;
}

/** A default is written as the variable would be. @throws CONFIG_INVALID when it is not of its own type */
function defaultOf(variable: EnvironmentSchema["variables"][string], text: string): unknown {
  const read = readValue(variable, text);
  if ("reason" in read) throw fail("CONFIG_INVALID", { problems: [`The default "${text}" ${read.reason}.`] });
  return read.value;
}
