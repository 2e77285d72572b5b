import { closest } from "./closest.js";
import { type EnvironmentPlace, type MistakeCode, mistakesIn } from "./mistakes.js";
import { whyBroken } from "./rules.js";
import type { EnvironmentSchema, VariablePhase, VariableSchema } from "./schema.js";
import { readValue } from "./value.js";

/** One thing that is wrong with an environment. No sentence quotes a value. */
export interface EnvironmentProblem {
  readonly code: MistakeCode | "missing" | "malformed" | "rule" | "misspelled";
  readonly severity: "error" | "warning";
  /** The variables it is about; the first is where to begin. */
  readonly names: readonly string[];
  /** A sentence: what is wrong. */
  readonly message: string;
  /** A sentence: what to do. */
  readonly remedy: string;
}

/** What is checked. */
export interface CheckOptions extends EnvironmentPlace {
  /** Only what this phase needs. @defaultValue all phases */
  readonly phase?: Exclude<VariablePhase, "both">;
  /** Only what this service needs. @defaultValue all services */
  readonly service?: string;
  /** The variables of `env` that are looked at beyond the schema's. @defaultValue none but well-known names */
  readonly isOwn?: (name: string) => boolean;
}

/** Names whose mistakes are known in any app, so that they are looked at in an environment full of other things. */
const wellKnown =
  /^(?:(?:[A-Z]+_)?DEBUG|(?:DJANGO_)?(?:ALLOWED_HOSTS|CSRF_TRUSTED_ORIGINS|CORS_ALLOWED_ORIGINS)|(?:[A-Z]+_)?SECRET_KEY(?:_BASE)?|SESSION_SECRET|JWT_SECRET|APP_KEY|DATABASE_URL|REDIS_URL|MONGO(?:DB)?_UR[IL]|CLOUDINARY_[A-Z_]+|AWS_[A-Z0-9_]+|S3_[A-Z_]+|B2_[A-Z_]+|MEDIA_[A-Z_]+|HOLDFAST_[A-Z_]+|SENTRY_DSN|NODE_ENV|RAILS_ENV|FLASK_ENV|PORT)$/;

/** Beyond these a secret is known by its ending. What is wrong with its form is worth a look, and may still be what was meant. */
const secretEnding = /^(?:[A-Z][A-Z0-9_]*_)?(?:API_?KEY|KEY|SECRET|TOKEN|PASSWORD)$/;

/** Find everything that is wrong with an environment: mistakes of form, what its schema asks for, and its rules. */
export function checkEnvironment(
  schema: EnvironmentSchema,
  env: Readonly<Record<string, string | undefined>>,
  options: CheckOptions,
): readonly EnvironmentProblem[] {
  const isOwn = options.isOwn ?? ((name) => wellKnown.test(name));
  const names = [...new Set([...Object.keys(schema.variables), ...Object.keys(env).filter(isOwn)])];
  return [
    ...names.flatMap((name) => problemsOf(name, env, schema, options)),
    ...(options.isOwn === undefined ? Object.keys(env) : [])
      .filter((name) => secretEnding.test(name) && !names.includes(name))
      .flatMap((name) => formOf(name, env[name] ?? "", options)),
    ...(schema.rules ?? []).flatMap((rule): EnvironmentProblem[] => {
      const broken = whyBroken(rule, env);
      if (broken === undefined) return [];
      return [{ code: "rule", severity: "error", names: broken.names, message: `${capital(broken.reason)}.`, remedy: broken.remedy }];
    }),
  ];
}

function formOf(name: string, value: string, options: CheckOptions): readonly EnvironmentProblem[] {
  return mistakesIn(name, value, options)
    .filter(({ code }) => code === "pasted" || code === "unexpanded")
    .map(({ code, reason, remedy }) => ({ code, severity: "warning", names: [name], message: `${name} ${reason}.`, remedy }));
}

function problemsOf(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  schema: EnvironmentSchema,
  options: CheckOptions,
): readonly EnvironmentProblem[] {
  const variable = schema.variables[name];
  const value = env[name] ?? "";
  if (variable !== undefined && !isNeededBy(variable, options)) return [];
  if (value === "") return variable === undefined || !isMissing(variable, options) ? [] : [missing(name, variable, env, schema)];
  const mistakes = mistakesIn(name, value, options)
    // A variable that the schema reads as true or false is never only asked whether it is set.
    .filter(({ code }) => code !== "debug-text" || variable?.type !== "boolean")
    .map(({ code, severity, reason, remedy }) => ({ code, severity, names: [name], message: `${name} ${reason}.`, remedy }));
  if (variable === undefined || mistakes.some(({ code }) => code === "pasted" || code === "unexpanded")) return mistakes;
  const read = readValue(variable, value);
  if (!("reason" in read)) return mistakes;
  const remedy = `Give it ${wordsFor(variable)}${variable.example === undefined ? "" : `, such as ${variable.example}`}.`;
  return [...mistakes, { code: "malformed", severity: "error", names: [name], message: `${name} ${read.reason}.`, remedy }];
}

/** Whether a variable matters in this phase to this service. */
export function isNeededBy({ phase = "start", services }: VariableSchema, options: Pick<CheckOptions, "phase" | "service">): boolean {
  if (options.phase !== undefined && phase !== "both" && phase !== options.phase) return false;
  return options.service === undefined || services === undefined || services.includes(options.service);
}

function isMissing({ required = false, default: fallback }: VariableSchema, { isProduction }: CheckOptions): boolean {
  return required && (isProduction || fallback === undefined);
}

function missing(
  name: string,
  variable: VariableSchema,
  env: Readonly<Record<string, string | undefined>>,
  schema: EnvironmentSchema,
): EnvironmentProblem {
  const meant = closest(
    name,
    Object.keys(env).filter((other) => schema.variables[other] === undefined && (env[other] ?? "") !== ""),
  );
  const what = variable.description === undefined ? "" : `: ${variable.description.replace(/\.$/, "")}`;
  if (meant !== undefined && meant.length > 4) {
    const message = `${name} is not set, and ${meant} is, which nothing reads.`;
    return { code: "misspelled", severity: "error", names: [name, meant], message, remedy: `Rename ${meant} to ${name}.` };
  }
  const message = name in env ? `${name} is set but empty${what}.` : `${name} is not set${what}.`;
  return { code: "missing", severity: "error", names: [name], message, remedy: `Set it to ${wordsFor(variable)}.` };
}

/** For people: what a variable takes. */
export function wordsFor({ type = "string", values, schemes }: VariableSchema): string {
  if (values !== undefined) return `one of ${values.join(", ")}`;
  switch (type) {
    case "string":
      return "a text";
    case "integer":
      return "a whole number";
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "port":
      return "a port";
    case "url":
      return schemes === undefined
        ? "a URL"
        : `a URL that begins with ${schemes.map((scheme) => (scheme === "file" ? "file:" : `${scheme}://`)).join(" or ")}`;
    case "email":
      return "an e-mail address";
    case "list":
      return "a list, separated by commas";
    case "json":
      return "JSON";
  }
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
