import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readStartSettings, startOptions } from "../start/settings.js";
import { readSchema, ruleOptions, variableOptions } from "./schema-file.js";

const at = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const example = at("../../docs/holdfast.example.yaml");
const jsonSchema = JSON.parse(at("holdfast-yaml.schema.json")) as {
  properties: { start: { properties: object } };
  definitions: { variable: { properties: Record<string, { enum?: string[] }> }; rule: { properties: object } };
};
const isValid = new Ajv({ strict: false, formats: { regex: true } }).compile(jsonSchema);

describe("holdfast.yaml", () => {
  it("is read whole from the commented example", () => {
    const { schema, problems } = readSchema(example);
    expect(problems).toEqual([]);
    expect(schema.variables["DATABASE_URL"]).toEqual({
      type: "url",
      schemes: ["postgres", "postgresql"],
      description: "Where the app's records are",
      required: true,
      secret: true,
      phase: "start",
      services: ["web", "worker"],
    });
    expect(schema.variables["LOG_LEVEL"]).toEqual({ required: true });
    expect(schema.rules).toHaveLength(5);
    const start = readStartSettings(example);
    expect(start.problems).toEqual([]);
    expect(Object.keys(start.settings)).toEqual(startOptions);
  });

  it("has every option in the example and in the JSON Schema, and the example is valid by it", () => {
    const used = new Set([...example.matchAll(/(\w+):/g)].map((match) => match[1]));
    expect([...Object.keys(variableOptions), ...ruleOptions].filter((option) => !used.has(option))).toEqual([]);
    expect(Object.keys(jsonSchema.definitions.variable.properties)).toEqual(Object.keys(variableOptions));
    expect(Object.keys(jsonSchema.definitions.rule.properties)).toEqual(ruleOptions);
    for (const option of ["type", "phase"] as const) {
      expect(jsonSchema.definitions.variable.properties[option]?.enum).toEqual((variableOptions[option] as { oneOf: string[] }).oneOf);
    }
    expect(Object.keys(jsonSchema.properties.start.properties)).toEqual(startOptions);
    expect(isValid(parse(example)), JSON.stringify(isValid.errors)).toBe(true);
  });

  it.each([
    ["env: text", "holdfast.yaml:1: env: is a list of names"],
    ["env:\n  A:\n    requird: true", 'holdfast.yaml:3: a variable has no "requird". Did you mean required?'],
    ["env:\n  A:\n    required: yes please", "holdfast.yaml:3: required: true or false goes here."],
    ["env:\n  A: { type: urll }", 'type: "urll" is none of string, integer'],
    ["env:\n  A: { type: urll }", "did you mean url?"],
    ["env:\n  A: { pattern: '[' }", 'pattern: "[" is no regular expression'],
    ["env:\n  A: { secret: true, default: x }", "a secret has no default and no example"],
    ["env:\n  A-B: x", 'holdfast.yaml:2: "A-B" is no name of a variable'],
    ["env: [A]\nenvRules:\n  - atMostOn: [A]", 'holdfast.yaml:3: a rule has no "atMostOn". Did you mean atMostOne?'],
    ["env: [A]\nenvRules:\n  - atMostOne: [A]", "a rule names two variables or more"],
    ["env: [ABC, XYZ]\nenvRules:\n  - allOrNone: [ABC, XYY]", "the rule names XYY, which env: does not have. Did you mean XYZ?"],
    ["envRules: 1", "holdfast.yaml:1: envRules: is a list of rules"],
    ["- a", "the file is a table of settings"],
    ["a: [", "holdfast.yaml is not YAML"],
    ["[".repeat(1000), "nested too deeply"],
  ])("says what is wrong with %j", (yaml, problem) => {
    expect(readSchema(yaml).problems.join("\n")).toContain(problem);
  });

  it("may be another command's", () => {
    for (const text of ["", "release:\n  health: /up\n", "env:\n", "env:\nenvRules:\n"]) {
      expect(readSchema(text)).toEqual({ schema: { variables: {} }, problems: [] });
    }
  });
});
