import { Ajv } from "ajv";

const text = { type: "string", minLength: 1 };
const strict = (properties: Record<string, unknown>, required: readonly string[]): object => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const plan = { enum: ["free", "starter", "standard", "pro", "pro plus", "pro max", "pro ultra"] };

const environment = {
  type: "array",
  items: {
    oneOf: [
      strict({ key: text, value: text }, ["key", "value"]),
      strict({ key: text, sync: { const: false } }, ["key", "sync"]),
      strict({ key: text, generateValue: { const: true } }, ["key", "generateValue"]),
      strict({ key: text, fromDatabase: strict({ name: text, property: { const: "connectionString" } }, ["name", "property"]) }, [
        "key",
        "fromDatabase",
      ]),
    ],
  },
};
const server = {
  type: { const: "web" },
  name: { type: "string", pattern: "^[a-z0-9-]+$" },
  plan,
  healthCheckPath: { type: "string", pattern: "^/" },
  preDeployCommand: text,
  envVars: environment,
};
const disk = strict({ name: text, mountPath: { type: "string", pattern: "^/" }, sizeGB: { type: "integer", minimum: 1 } }, [
  "name",
  "mountPath",
]);

/**
 * Blueprints as Render's reference describes them (render.com/docs/blueprint-spec, 2026), as far as `holdfast init` writes them: unknown
 * keys are refused. A free service has neither a disk nor a command before deploys, and what is deployed as an image has no git.
 */
export const checkBlueprint = new Ajv({ allErrors: true, strictTypes: false }).compile(
  strict(
    {
      services: {
        type: "array",
        minItems: 1,
        items: {
          anyOf: [
            strict(
              {
                ...server,
                disk,
                runtime: { const: "image" },
                image: strict({ url: { type: "string", pattern: "^[a-z0-9.:-]+(/[a-z0-9._-]+)+:main$" } }, ["url"]),
              },
              ["type", "name", "runtime", "image", "plan"],
            ),
            strict(
              {
                ...server,
                disk,
                runtime: { const: "docker" },
                dockerfilePath: { type: "string", pattern: "^\\./" },
                dockerContext: text,
                autoDeployTrigger: { const: "checksPass" },
              },
              ["type", "name", "runtime", "dockerfilePath", "plan"],
            ),
            strict(
              {
                type: { const: "web" },
                name: text,
                runtime: { const: "static" },
                rootDir: text,
                buildCommand: { type: "string" },
                staticPublishPath: text,
                autoDeployTrigger: { const: "checksPass" },
                headers: { type: "array", items: strict({ path: text, name: text, value: text }, ["path", "name", "value"]) },
                envVars: environment,
              },
              ["type", "name", "runtime", "staticPublishPath"],
            ),
          ],
          not: {
            properties: { plan: { const: "free" } },
            required: ["plan"],
            anyOf: [{ required: ["disk"] }, { required: ["preDeployCommand"] }],
          },
        },
      },
      databases: { type: "array", items: strict({ name: text, plan: { enum: ["free", "basic-256mb"] } }, ["name", "plan"]) },
    },
    ["services"],
  ),
);
