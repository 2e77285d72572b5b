import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./workspace.js";

/** Inside @holdfast/media: which folders each folder may import. Whatever is not named here is refused. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  env: [],
  storage: ["errors", "env"],
  catalogue: ["errors", "env", "storage"],
  images: ["errors", "env", "storage", "catalogue"],
  jobs: ["errors", "env", "storage", "catalogue", "images"],
  uploads: ["errors", "env", "storage", "catalogue", "images", "jobs"],
  delivery: ["errors", "env", "storage", "catalogue", "images", "jobs"],
  http: ["errors", "env", "storage", "catalogue", "images", "jobs", "uploads", "delivery"],
  testing: ["errors", "env", "storage"],
  sentry: ["errors", "env"],
  browser: [],
};
const top = ["open-media", "index"];
const places = [...Object.keys(mayImport), "errors", ...top];

/** A wrong or right file: where it is, what it imports, and whether the linter must refuse it. */
interface Scratch {
  readonly path: string;
  readonly code: string;
  readonly isRefused: boolean;
}

const scratches: Scratch[] = [];
const moduleOf = (place: string, up: string): string => `${up}${place === "errors" || top.includes(place) ? place : `${place}/noun`}.js`;
for (const [folder, allowed] of Object.entries(mayImport)) {
  for (const place of places) {
    if (place === folder) continue;
    const isRefused = !allowed.includes(place);
    scratches.push({ path: `packages/media/src/${folder}/to-${place}.ts`, code: use(moduleOf(place, "../")), isRefused });
    scratches.push({ path: `packages/media/src/${folder}/deep/to-${place}.ts`, code: use(moduleOf(place, "../../")), isRefused });
    scratches.push({
      path: `packages/media/src/${folder}/type-of-${place}.ts`,
      code: `import type { Noun } from "${moduleOf(place, "../")}";\nexport type Mine = Noun;\n`,
      isRefused,
    });
  }
  for (const name of ["holdfast", "@holdfast/server", "@holdfast/media"]) {
    scratches.push({
      path: `packages/media/src/${folder}/to-package-${name.replace("@holdfast/", "")}.ts`,
      code: use(name),
      isRefused: true,
    });
  }
  scratches.push({ path: `packages/media/src/${folder}/to-sibling.ts`, code: use("./sibling.js"), isRefused: false });
  scratches.push({ path: `packages/media/src/${folder}/to-media.ts`, code: use("../media.js"), isRefused: true });
  scratches.push({
    path: `packages/media/src/${folder}/type-of-media.ts`,
    code: 'import type { Media } from "../media.js";\nexport type Mine = Media;\n',
    isRefused: folder === "browser" || folder === "env",
  });
}
scratches.push(
  { path: "packages/media/src/browser/to-node.ts", code: use("node:fs"), isRefused: true },
  { path: "packages/media/src/errors.ts", code: use("./storage/key.js"), isRefused: true },
  { path: "packages/media/src/open-media.ts", code: use("./http/handler.js"), isRefused: false },
  { path: "packages/media/src/index.ts", code: use("holdfast"), isRefused: true },
  { path: "packages/media/src/media.ts", code: use("@holdfast/server"), isRefused: true },
  { path: "packages/holdfast/src/cli/to-media.ts", code: use("@holdfast/media"), isRefused: true },
  { path: "packages/holdfast/src/cli/to-server.ts", code: use("@holdfast/server"), isRefused: true },
  { path: "packages/holdfast/src/cli/into-media.ts", code: use("../../../media/src/errors.js"), isRefused: true },
  { path: "packages/holdfast/src/cli/to-errors.ts", code: use("../errors.js"), isRefused: false },
  { path: "packages/holdfast/src/doctor/rules/to-findings.ts", code: use("../../findings/finding.js"), isRefused: false },
  { path: "packages/holdfast/src/doctor/to-app-model.ts", code: use("../app-model/model.js"), isRefused: false },
  { path: "packages/holdfast/src/doctor/to-cli.ts", code: use("../cli/io.js"), isRefused: true },
  { path: "packages/holdfast/src/doctor/to-server.ts", code: use("@holdfast/server"), isRefused: true },
  { path: "packages/holdfast/src/init/to-cli.ts", code: use("../cli/io.js"), isRefused: true },
  { path: "packages/holdfast/src/init/to-doctor.ts", code: use("../doctor/verdict.js"), isRefused: true },
  { path: "packages/holdfast/src/init/to-app-model.ts", code: use("../app-model/model.js"), isRefused: false },
  { path: "packages/holdfast/src/findings/to-doctor.ts", code: use("../doctor/verdict.js"), isRefused: true },
  { path: "packages/holdfast/src/findings/to-errors.ts", code: use("../errors.js"), isRefused: true },
  { path: "packages/holdfast/src/app-model/python/to-doctor.ts", code: use("../../doctor/verdict.js"), isRefused: true },
  { path: "packages/holdfast/src/app-model/deploy/to-sibling.ts", code: use("../model.js"), isRefused: false },
  { path: "packages/holdfast/src/platforms/to-cli.ts", code: use("../cli/io.js"), isRefused: true },
  { path: "packages/server/src/to-media.ts", code: use("@holdfast/media"), isRefused: false },
  { path: "packages/server/src/into-media.ts", code: use("../../media/src/errors.js"), isRefused: true },
  { path: "packages/server/src/redeploy/into-media.ts", code: use("../../../media/src/errors.js"), isRefused: true },
  { path: "packages/server/src/to-holdfast.ts", code: use("holdfast"), isRefused: true },
  { path: "packages/server/src/circle/here.ts", code: use("./there.js"), isRefused: true },
  { path: "packages/server/src/circle/there.ts", code: use("./here.js"), isRefused: true },
);

function use(specifier: string): string {
  return `import { noun } from "${specifier}";\nexport const mine = noun;\n`;
}

describe("the linter", () => {
  let folder = "";
  let refused: ReadonlyMap<string, readonly string[]> = new Map();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-directions-"));
    copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    for (const { path, code } of scratches) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), code);
    }
    refused = lint(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const { path, code, isRefused } of scratches) {
    const imported = /"(.+)"/.exec(code)?.[1] ?? "";
    const what = code.startsWith("import type") ? "the types of " : "";
    it(`${isRefused ? "refuses" : "allows"} that ${path} imports ${what}${imported}`, () => {
      const rules = (refused.get(path) ?? []).map((rule) => (/no-restricted-imports|no-cycle/.test(rule) ? "direction" : rule));
      expect([...new Set(rules)]).toEqual(isRefused ? ["direction"] : []);
    });
  }
});

/** Lint a folder with its own configuration: path → the rules it breaks. */
function lint(folder: string): Map<string, string[]> {
  const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
  const run = spawnSync(process.execPath, [oxlint, "--format=json"], { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const report = JSON.parse(run.stdout) as { number_of_files: number; diagnostics: { filename: string; code: string }[] };
  expect(report.number_of_files).toBe(scratches.length);
  const refused = new Map<string, string[]>();
  for (const { filename, code } of report.diagnostics) refused.set(filename, [...(refused.get(filename) ?? []), code]);
  return refused;
}
