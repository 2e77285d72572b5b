import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { plannedFor, sampleApps, type Files } from "../../packages/holdfast/src/init/sample-apps.fixture.js";
import { checkBlueprint } from "./blueprint.js";

/** Every app that is known, with every way to deploy it. */
const cases = Object.entries(sampleApps).flatMap(([name, { files, answers, folder }]) =>
  [answers, { ...answers, deploy: "git" as const, platform: "render" as const }, { ...answers, plan: "pro" as const, disk: "/data" }].map(
    (one, at) => ({
      name: `${name}, ${at + 1}`,
      make: async () => await plannedFor(files, one, folder),
    }),
  ),
);

/** Checkers that others have written; `.ci/machine.sh` installs them. */
const linters: readonly { readonly name: string; readonly version: string; readonly files: RegExp; readonly args: readonly string[] }[] = [
  { name: "actionlint", version: "-version", files: /^\.github\/workflows\//, args: [] },
  { name: "hadolint", version: "--version", files: /(^|\/)Dockerfile$/, args: [] },
  { name: "shellcheck", version: "--version", files: /(^|\/)start\.sh$/, args: [] },
];

describe("what holdfast init writes", () => {
  const planned: { readonly name: string; readonly files: Files }[] = [];
  let folder = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-init-files-"));
    for (const [index, { name, make }] of cases.entries()) {
      const files = await make();
      planned.push({ name, files });
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, `${index}`, path)), { recursive: true });
        writeFileSync(join(folder, `${index}`, path), text);
      }
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const { name, version, files, args } of linters) {
    const isThere = spawnSync(name, [version]).status === 0;
    if (!isThere && process.env["CI"] === undefined)
      process.stderr.write(`${name} is not installed, so what init writes is not held to it\n`);
    it.skipIf(!isThere && process.env["CI"] === undefined)(`passes ${name}`, () => {
      const paths = planned.flatMap((one, index) =>
        Object.keys(one.files).flatMap((path) => (files.test(path) ? [join(`${index}`, path)] : [])),
      );
      expect(paths.length).toBeGreaterThan(3);
      const { status, stdout, stderr } = spawnSync(name, [...args, ...paths], { cwd: folder, encoding: "utf8" });
      expect([status, stdout, stderr]).toEqual([0, "", ""]);
    });
  }

  it("is a Blueprint as Render describes them", () => {
    const blueprints = planned.flatMap(({ name, files }) =>
      Object.entries(files).flatMap(([path, text]) => (path.endsWith("render.yaml") ? [{ name, text }] : [])),
    );
    expect(blueprints.length).toBeGreaterThan(20);
    for (const { name, text } of blueprints) {
      checkBlueprint(parse(text));
      expect({ name, errors: checkBlueprint.errors ?? [] }).toEqual({ name, errors: [] });
    }
  });
});
