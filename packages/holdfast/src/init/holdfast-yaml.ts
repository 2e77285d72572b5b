import type { EnvironmentRule, VariableSchema } from "#env/schema";
import { stringify } from "yaml";
import type { Answers } from "./answers.js";
import type { Survey } from "./stack.js";

/** The schema that is written down: the database that the platform gives is there for good. */
export function schemaOf({ schema, database }: Survey, { platform }: Answers): Survey["schema"] {
  if (database !== "postgres" || platform !== "render") return schema;
  const { DATABASE_URL = { type: "url" as const, secret: true }, ...others } = schema.variables;
  return { ...schema, variables: { DATABASE_URL: { ...DATABASE_URL, required: true }, ...others } };
}

/** Write `holdfast.yaml`: the variables that were seen in the code, ready to be made exact by whoever knows the app. */
export function holdfastYaml(survey: Survey, answers: Answers): string {
  const { variables, rules = [] } = survey.schema;
  const described = Object.entries(variables).map(([name, variable]) => `  ${name}: ${inline(variable)}`);
  const head = `# What holdfast is told of this app. Every option has an example in its docs/holdfast.example.yaml.
# It is committed: no secret goes here.

# The variables that the app reads. \`required: true\` is checked before each start; \`holdfast env check FILE\` checks a file.`;
  const env = described.length === 0 ? "# env:\n#   SECRET_KEY: { required: true, secret: true }" : `env:\n${described.join("\n")}`;
  const together =
    rules.length === 0 ? "" : `\n# What they are to one another.\nenvRules:\n${rules.map((rule) => `  - ${inline(rule)}`).join("\n")}\n`;
  const disk = answers.disk === undefined ? "" : `\n# Disks that outlive deploys.\ndisks:\n  - ${answers.disk}\n`;
  return `${head}\n${env}\n${together}${disk}`;
}

/** Print on one line, as people write it: `{ type: url, schemes: [postgres] }`. */
function inline(value: VariableSchema | EnvironmentRule): string {
  const entries = Object.entries(value).map(([key, one]) => {
    const texts: readonly unknown[] | undefined = Array.isArray(one) ? one : undefined;
    return `${key}: ${texts === undefined ? scalar(one) : `[${texts.map(scalar).join(", ")}]`}`;
  });
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function scalar(value: unknown): string {
  const text = stringify(value, { lineWidth: 0 }).trim();
  // What is plain between lines may not be between braces.
  return typeof value === "string" && /[,[\]{}]/.test(text) && !/^["']/.test(text) ? JSON.stringify(value) : text;
}
