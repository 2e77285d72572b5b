import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { judge } from "../doctor/judge.js";
import { readApps } from "./read-app.js";
import { defaultLimits, readTree } from "./tree.js";
import { packagesBeside } from "./workspace.js";

describe("a package of a workspace", () => {
  let top = "";
  let folder = "";

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "holdfast-workspace-"));
    folder = join(top, "repository");
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  function write(files: Readonly<Record<string, string | object>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
    }
  }

  const answersOf = async (path: string) => {
    const directory = join(folder, path);
    const apps = await readApps(await readTree(directory, defaultLimits, packagesBeside(directory)));
    return apps.map((app) => ({ root: app.root, ...judge(app) }));
  };

  const shop = {
    "package.json": { workspaces: ["apps/*", "libs/*"] },
    "apps/shop/package.json": {
      name: "shop",
      scripts: { start: "node server.js" },
      dependencies: { express: "5", "@own/data": "*" },
    },
    "apps/shop/server.js": 'require("express")().listen(1);\nrequire("@own/data").openData();',
    "libs/data/package.json": { name: "@own/data", exports: { ".": { default: "./dist/index.js" } }, dependencies: { "@own/base": "*" } },
    "libs/data/src/index.ts": 'import { open } from "@own/base";\nexport const openData = () => open();',
    "libs/base/package.json": { name: "@own/base", main: "dist/index.js" },
    "libs/base/src/index.ts": 'import Database from "better-sqlite3";\nexport const open = () => new Database("shop.db");',
    "libs/other/package.json": { name: "@own/other" },
  };

  it("is read with the packages that it depends on, and what is found there is named by its true file", async () => {
    write(shop);
    expect(packagesBeside(join(folder, "apps/shop"))).toEqual(["../../libs/data", "../../libs/base"]);
    const [app, ...others] = await answersOf("apps/shop");
    expect(others).toEqual([]);
    expect(app).toMatchObject({ root: ".", database: { answer: "loses" } });
    expect(app?.database.because[0]).toMatchObject({ file: "../../libs/base/src/index.ts", line: 2 });
    // From the repository's root the same is found.
    const all = await answersOf(".");
    expect(all.find(({ root }) => root === "apps/shop")?.database.because[0]?.file).toBe("libs/base/src/index.ts");
  });

  it.each([
    ["pnpm's list", { "package.json": {}, "pnpm-workspace.yaml": 'packages:\n  - "apps/**"\n  - "libs/*"\n  - "!**/test/**"\n' }],
    [
      "a path",
      { ".git/HEAD": "", "apps/shop/package.json": { dependencies: { "@own/data": "file:../../libs/data" } }, "package.json": {} },
    ],
  ])("is found by %s", (_, more) => {
    write({ ...shop, ...more, "libs/data/package.json": { name: "@own/data" } });
    expect(packagesBeside(join(folder, "apps/shop"))).toEqual(["../../libs/data"]);
  });

  it("of Python's is found by Poetry's paths and uv's members, and imported", async () => {
    const app = "import os\nfrom flask import Flask, request\nfrom store import keep\napp = Flask(__name__)\n";
    write({
      ".git/HEAD": "",
      "pyproject.toml": '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
      "api/pyproject.toml":
        '[project]\nname = "api"\ndependencies = ["flask", "names"]\n[tool.uv.sources]\nnames = { workspace = true }\n[tool.poetry.dependencies]\nstore = { path = "../libs/store" }\n',
      "api/app.py": `${app}@app.post("/a")\ndef a():\n    keep(request.files["photo"])\n`,
      "libs/store/pyproject.toml": '[project]\nname = "store"\n',
      "libs/store/src/store/__init__.py": 'def keep(file):\n    file.save("/srv/photos/" + file.filename)\n',
      "libs/names/pyproject.toml": '[project]\nname = "names"\n',
    });
    expect(packagesBeside(join(folder, "api"))).toEqual(["../libs/store", "../libs/names"]);
    const [found] = await answersOf("api");
    expect(found?.uploads).toMatchObject({ answer: "loses", because: [{ file: "../libs/store/src/store/__init__.py", line: 2 }] });
  });

  it("reaches nothing beyond the repository, and nothing where there is none", () => {
    mkdirSync(join(top, "secret"));
    writeFileSync(join(top, "secret/package.json"), '{ "name": "secret" }');
    write({
      "package.json": { workspaces: ["../*", "apps/*"] },
      "apps/shop/package.json": { dependencies: { secret: "file:../../../secret" } },
    });
    expect(packagesBeside(join(folder, "apps/shop"))).toEqual([]);
    write({ "apps/shop/package.json": { dependencies: { linked: "file:../linked" } } });
    symlinkSync(join(top, "secret"), join(folder, "apps/linked"));
    expect(packagesBeside(join(folder, "apps/shop"))).toEqual([]);
    // Neither git nor a workspace says where a repository would end.
    rmSync(join(folder, "package.json"));
    write({ "apps/lib/package.json": {}, "apps/shop/package.json": { dependencies: { lib: "file:../lib" } } });
    expect(packagesBeside(join(folder, "apps/shop"))).toEqual([]);
    expect(packagesBeside(join(folder, "absent"))).toEqual([]);
  });

  it("is read without the links in packages beside it, and within the limits of one repository", async () => {
    write(shop);
    writeFileSync(join(top, "secret.ts"), "export const secret = 1;");
    symlinkSync(join(top, "secret.ts"), join(folder, "libs/base/src/secret.ts"));
    const directory = join(folder, "apps/shop");
    const tree = await readTree(directory, defaultLimits, packagesBeside(directory));
    expect(tree.paths).toEqual(["package.json", "server.js"]);
    expect(tree.find("../../libs/base", ".ts")).toEqual(["../../libs/base/src/index.ts"]);
    expect(tree.read("../../libs/base/src/index.ts")).toContain("better-sqlite3");
    expect(tree.read("../../libs/base/src/secret.ts")).toBeUndefined();
    const few = await readTree(directory, { ...defaultLimits, maxEntries: 2 }, packagesBeside(directory));
    expect(few.find("../../libs/base", ".ts")).toEqual([]);
    expect(few.omitted).not.toEqual([]);
  });

  it("is found by patterns with stars anywhere, and a pattern of nothing but stars ends", () => {
    const name = "a".repeat(60);
    write({
      ".git/HEAD": "",
      "package.json": { workspaces: [`${"*a".repeat(14)}b`, "libs/own-*-data", "libs/*data*"] },
      "apps/shop/package.json": { name: "shop", dependencies: { near: "*", far: "*", other: "*" } },
      [`${name}/package.json`]: { name: "never" },
      "libs/own-x-data/package.json": { name: "near" },
      "libs/my-data-set/package.json": { name: "far" },
      "libs/dat/package.json": { name: "other" },
    });
    expect(packagesBeside(join(folder, "apps/shop")).toSorted()).toEqual(["../../libs/my-data-set", "../../libs/own-x-data"]);
  });

  it("ends with a workspace that names everything", () => {
    write({ "package.json": { workspaces: ["**"] }, "apps/shop/package.json": { dependencies: { a: "*" } } });
    for (let at = 0; at < 60; at++)
      write({ [`packages/${"deep/".repeat(at % 20)}p${at}/package.json`]: { name: `p${at}`, dependencies: { [`p${at + 1}`]: "*" } } });
    write({ "packages/a/package.json": { name: "a", dependencies: { p0: "*" } } });
    expect(packagesBeside(join(folder, "apps/shop"))).toHaveLength(40);
  });
});
