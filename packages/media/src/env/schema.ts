/** What a variable holds. `list` is separated by commas; `json` is any JSON. */
export type VariableType = (typeof variableTypes)[number];

export const variableTypes = ["string", "integer", "number", "boolean", "port", "url", "email", "list", "json"] as const;

/** When a variable is needed: while the app is built, while it runs, or both. */
export type VariablePhase = (typeof variablePhases)[number];

export const variablePhases = ["build", "start", "both"] as const;

/** One variable of the environment: what it is, and who needs it when. */
export interface VariableSchema {
  /** @defaultValue `"string"` */
  readonly type?: VariableType;
  /** For people: what it decides, and where to get it. */
  readonly description?: string;
  /** Whether production refuses to start without it. @defaultValue false */
  readonly required?: boolean;
  /** Stands in where it is not set, in development only: production never runs on a value that nobody chose. */
  readonly default?: string | number | boolean;
  /** Whether its value is never shown, not even in part. @defaultValue false */
  readonly secret?: boolean;
  /** @defaultValue `"start"` */
  readonly phase?: VariablePhase;
  /** The only values there are. */
  readonly values?: readonly string[];
  /** A regular expression that the whole value must match. */
  readonly pattern?: string;
  /** For `url`: the schemes that are understood, such as `postgres`. */
  readonly schemes?: readonly string[];
  /** For `integer` and `number`: the smallest value. */
  readonly min?: number;
  /** For `integer` and `number`: the largest value. */
  readonly max?: number;
  /** The fewest characters. */
  readonly minLength?: number;
  /** What stands in `.env.example`. Never a secret. */
  readonly example?: string;
  /** The services of the deploy file that need it. @defaultValue every web service and worker */
  readonly services?: readonly string[];
}

/** What several variables are to one another. `because` is for people. */
export type EnvironmentRule = { readonly because?: string } & (
  | { readonly atMostOne: readonly string[] }
  | { readonly exactlyOne: readonly string[] }
  | { readonly atLeastOne: readonly string[] }
  | { readonly allOrNone: readonly string[] }
  /** Where every variable of `when` has its value (`*`: any), those of `require` must be set. */
  | { readonly when: Readonly<Record<string, string>>; readonly require: readonly string[] }
);

/** The environment an app runs in: `env:` and `envRules:` of `holdfast.yaml`. */
export interface EnvironmentSchema {
  readonly variables: Readonly<Record<string, VariableSchema>>;
  readonly rules?: readonly EnvironmentRule[];
}

/** What a variable's value is once it is read. */
export type VariableValue<V extends VariableSchema> = V["values"] extends readonly (infer Value extends string)[]
  ? Value
  : V["type"] extends "integer" | "number" | "port"
    ? number
    : V["type"] extends "boolean"
      ? boolean
      : V["type"] extends "list"
        ? readonly string[]
        : V["type"] extends "json"
          ? unknown
          : string;

/** The environment of a schema once it is read: what is not required may be absent. */
export type EnvironmentValues<S extends EnvironmentSchema> = {
  readonly [Name in keyof S["variables"]]: S["variables"][Name] extends { readonly required: true }
    ? VariableValue<S["variables"][Name]>
    : VariableValue<S["variables"][Name]> | undefined;
};
