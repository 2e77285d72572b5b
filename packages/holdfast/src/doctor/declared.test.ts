import { describe, expect, it } from "vitest";
import { covers, suppressionAbove } from "../findings/suppressions.js";
import { joinGiven, parseEnvNames, parseSet } from "./given.js";
import { readHoldfastYaml } from "./holdfast-yaml.js";
import { languageOf } from "./language.js";

describe("--set", () => {
  it("takes a name, or a name and a value", () => {
    expect(parseSet("BUCKET")).toMatchObject({ name: "BUCKET", declared: { kind: "asked" } });
    expect(parseSet("BACKEND=s3=x")).toMatchObject({ name: "BACKEND", declared: { kind: "value", value: "s3=x" } });
    expect(parseSet("BACKEND=")).toMatchObject({ declared: { kind: "value", value: "" } });
    for (const wrong of ["", "=x", "1A", "A B"]) expect(parseSet(wrong)).toBeUndefined();
  });

  it("wins over what came before it", () => {
    const [one, other] = ["A=1", "A=2"].flatMap((text) => parseSet(text) ?? []);
    expect(joinGiven({ variables: one ? [one] : [], disks: [] }, { variables: other ? [other] : [], disks: [] }).variables).toEqual([
      other,
    ]);
  });
});

describe("--env-from", () => {
  it.each([
    ["lines", "# a comment\nA=1\nexport B='x'\nC\nD=\nE=\"\"\n\n"],
    ["an object", '{ "A": "1", "B": "x", "C": true, "D": "" }'],
    ["a list of names", '["A", "B", "C"]'],
    ["a platform's list", '[{ "key": "A", "value": "1" }, { "envVar": { "key": "B" } }, { "name": "C" }]'],
  ])("keeps the names of %s, and no value", (_, text) => {
    const variables = parseEnvNames(text, "names");
    expect(variables.map(({ name }) => name)).toEqual(["A", "B", "C"]);
    expect(new Set(variables.map(({ declared }) => declared.kind))).toEqual(new Set(["asked"]));
  });
});

describe("holdfast.yaml", () => {
  it("declares variables and disks, and ignores with a reason", () => {
    const yaml =
      "env:\n  - A\n  - B\ndisks: [/var/data]\ndoctor:\n  ignore:\n    - { code: MEDIA001, file: 'demo/*', reason: wiped on purpose }\n";
    const { given, suppressions, problems } = readHoldfastYaml(yaml);
    expect(problems).toEqual([]);
    expect(given.variables.map(({ name, line }) => [name, line])).toEqual([
      ["A", 2],
      ["B", 3],
    ]);
    expect(given.disks).toMatchObject([{ mountPath: "/var/data", line: 4 }]);
    expect(suppressions).toMatchObject([{ codes: ["MEDIA001"], file: "demo/*", reason: "wiped on purpose" }]);
  });

  it("takes values, too, as they are written, and what an app needs to start as set", () => {
    const { given } = readHoldfastYaml("env: { A: s3, B: yes, C: 0x10, D: , E: { required: true }, F: { secret: true } }");
    expect(given.variables.map(({ declared }) => (declared.kind === "value" ? declared.value : declared.kind))).toEqual([
      "s3",
      "yes",
      "0x10",
      "asked",
      "asked",
    ]);
  });

  it.each([
    ["env: text", "holdfast.yaml:1: env: is a list"],
    ["disks: [data]", "holdfast.yaml:1: a disk is an absolute path"],
    ["doctor:\n  ignore:\n    - code: NOPE1\n      reason: x", "holdfast.yaml:3: an entry of doctor.ignore needs the code"],
    ["doctor:\n  ignore:\n    - code: MEDIA001\n      reason: ' '", "holdfast.yaml:3: ignoring MEDIA001 needs a reason"],
    ["doctor:\n  ignores: []", 'has no "ignores". Did you mean ignore?'],
    ["doctor:\n  ignore:\n    - code: MEDIA001\n      reasn: x", 'has no "reasn", only code, file and reason'],
    ["a: [", "holdfast.yaml is not YAML"],
  ])("says what is wrong with %j", (yaml, problem) => {
    expect(readHoldfastYaml(yaml).problems.join("\n")).toContain(problem);
  });

  it("may be missing, empty, or another command's", () => {
    for (const text of [undefined, "", "release:\n  health: /up\n", "env:\n", "- a\n"]) {
      expect(readHoldfastYaml(text)).toMatchObject({ given: { variables: [], disks: [] }, suppressions: [], problems: [] });
    }
  });
});

describe("an ignore in the line above", () => {
  it.each([
    ["# holdfast-ignore MEDIA001: previews", "previews"],
    ["  // holdfast-ignore MEDIA001, DATA001 -- both are made again", "both are made again"],
    ["{# holdfast-ignore MEDIA001: in a template #}", "in a template"],
    ["<!-- holdfast-ignore MEDIA001: in a page -->", "in a page"],
    ["/* holdfast-ignore MEDIA001: a block */", "a block"],
    ["# holdfast-ignore MEDIA001", ""],
  ])("%s says why", (line, reason) => {
    const found = suppressionAbove(`first\n${line}\nsecond`, { file: "a.py", line: 3 });
    expect(found?.reason).toBe(reason);
    const isCovered = found !== undefined && covers(found, { code: "MEDIA001", at: { file: "a.py", line: 3 } });
    expect(isCovered).toBe(reason !== "");
  });

  it("is about its codes and its line only", () => {
    const found = suppressionAbove("# holdfast-ignore MEDIA001: why\nx", { file: "a.py", line: 2 });
    expect(found).toBeDefined();
    if (found === undefined) return;
    expect(covers(found, { code: "MEDIA002", at: { file: "a.py", line: 2 } })).toBe(false);
    expect(covers(found, { code: "MEDIA001", at: { file: "a.py", line: 3 } })).toBe(false);
    expect(suppressionAbove("x", { file: "a.py", line: 1 })).toBeUndefined();
  });

  it.each([
    ["demo/*", "demo/a/b.py", true],
    ["demo/*", "demos/a.py", false],
    ["*.py", "a/b.py", true],
    ["a*b*c", "a-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["a.py", "a.py", true],
    ["a*a", "a", false],
  ])("in holdfast.yaml, %s and %s: %s", (pattern, file, isCovered) => {
    const suppression = { codes: ["MEDIA001"], file: pattern, line: undefined, reason: "why", from: { file: "holdfast.yaml", line: 1 } };
    expect(covers(suppression, { code: "MEDIA001", at: { file, line: 1 } })).toBe(isCovered);
  });
});

describe("the language", () => {
  it.each([
    ["fr_FR.UTF-8", "fr"],
    ["tr", "tr"],
    ["en_GB", "en"],
    ["de_DE", "en"],
    ["C.UTF-8", "en"],
    ["", "en"],
    [undefined, "en"],
  ])("%s is %s", (locale, language) => {
    expect(languageOf(locale)).toBe(language);
  });
});
