import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { readSchema } from "../env/schema-file.js";
import { plannedFor, sampleApps } from "./sample-apps.fixture.js";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "working-directory"?: string;
}
interface Job {
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: unknown;
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}
type Service = Readonly<Record<string, unknown>> & { readonly envVars?: readonly Readonly<Record<string, unknown>>[] };

const planned = async (name: string): ReturnType<typeof plannedFor> => {
  const { files, answers, folder } = sampleApps[name] ?? { files: {}, answers: {} };
  return await plannedFor(files, answers, folder);
};
const workflowOf = (files: Readonly<Record<string, string>>): Workflow =>
  parse(Object.entries(files).find(([path]) => path.startsWith(".github/workflows/"))?.[1] ?? "") as Workflow;
const serviceOf = (files: Readonly<Record<string, string>>): Service =>
  (parse(files["render.yaml"] ?? "") as { services: Service[] }).services[0] ?? {};

describe("the image of an app whose static files are prepared at its start", () => {
  const { files } = sampleApps["npm and TypeScript"] ?? { files: {} };
  const imageFor = async (to: string): Promise<string | undefined> =>
    (await plannedFor({ ...files, "holdfast.yaml": `start:\n  static: { from: public, to: ${to}, publish: true }\n` }))["Dockerfile"];

  it("lets the app's user make their folder, and nothing beside it", async () => {
    expect(await imageFor("dist/static")).toContain(
      "\nRUN mkdir -p dist/static && chown 1000:1000 dist && chown -R 1000:1000 dist/static\n",
    );
    expect(await imageFor("./static/")).toContain("\nRUN mkdir -p static && chown 1000:1000 . && chown -R 1000:1000 static\n");
  });

  it.each(["/tmp/static", "../static", "a/../../b", '"a b"', '"a; rm -rf /"', "."])("gives away nothing for %s", async (to) => {
    const image = (await imageFor(to)) ?? "";
    expect(image).toContain("USER 1000:1000");
    expect(image).not.toContain("chown");
  });
});

describe.each(Object.keys(sampleApps))("the files of %s", (name) => {
  it("have a schema of variables that is read without a problem", async () => {
    const { files, folder = "." } = sampleApps[name] ?? { files: {} };
    const all = await planned(name);
    const text = all[folder === "." ? "holdfast.yaml" : `${folder}/holdfast.yaml`] ?? "";
    expect(readSchema(text).problems).toEqual([]);
    expect(Object.keys(files)).not.toContain("holdfast.yaml");
  });

  it("have a workflow whose actions are commits, whose shell lines hold no expression, and which may do the least", async () => {
    const { jobs, permissions, on } = workflowOf(await planned(name));
    expect(permissions).toEqual({ contents: "read" });
    expect(on).toEqual({ push: { branches: ["main"] }, pull_request: null });
    for (const [id, job] of Object.entries(jobs)) {
      expect(Object.entries(job.permissions ?? {}).filter(([, may]) => may === "write")).toEqual(
        id === "publish" && name.startsWith("pnpm") ? [["packages", "write"]] : [],
      );
      // Secrets of a whole job would be there for every program that any step runs.
      expect(JSON.stringify(job.env ?? {})).not.toContain("secrets.");
      for (const step of job.steps) {
        if (step.uses !== undefined) expect(step.uses).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
        expect(step.run ?? "").not.toContain("${{");
      }
    }
    // A pull request may come from anybody: what it runs sees no secret.
    for (const id of ["check", "image"]) expect(JSON.stringify(jobs[id] ?? {})).not.toContain("secrets.");
  });

  it("have an image that nobody's root runs, of a base that can be named, and no secret goes into", async () => {
    const all = await planned(name);
    const [, dockerfile] = Object.entries(all).find(([path]) => path.endsWith("Dockerfile")) ?? [];
    if (dockerfile === undefined) {
      expect(name).toBe("pages");
      return;
    }
    expect(dockerfile).toMatch(/^ARG BASE=[a-z/-]+:[\w.-]+-bookworm(-slim)?$/m);
    expect(
      dockerfile
        .split("\n")
        .filter((line) => line.startsWith("FROM "))
        .every((line) => /^FROM (\$\{\w+\}|manifests)( AS \w+)?$/.test(line)),
    ).toBe(true);
    const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).toMatch(/^CMD \["/m);
    expect(dockerfile).not.toMatch(/^ARG .*(SECRET|TOKEN|PASSWORD|KEY)/m);
    const [, ignore = ""] = Object.entries(all).find(([path]) => path.endsWith(".dockerignore")) ?? [];
    expect(ignore.split("\n")).toEqual(expect.arrayContaining(["**/.env", "**/.env.*", ".git"]));
  });
});

describe("the workflow", () => {
  it("asks the doctor of every app, and not of pages, which write nothing", async () => {
    for (const name of Object.keys(sampleApps)) {
      const lines = workflowOf(await planned(name)).jobs["check"]?.steps.map(({ run }) => run ?? "") ?? [];
      expect(lines.some((line) => line.includes("doctor --format github"))).toBe(!name.startsWith("pages"));
    }
  });
});

describe("the Dockerfile", () => {
  it("of a workspace copies and installs what the app is built with, and nothing else", async () => {
    const dockerfile = (await planned("a workspace"))["apps/eu/shop/Dockerfile"] ?? "";
    expect(dockerfile).toContain("RUN npm ci --include-workspace-root -w words -w pages -w shop");
    expect(dockerfile).toContain("RUN npm ci --omit=dev -w shop && rm -f .npmrc");
    expect(dockerfile).not.toContain("packages/other");
    // `tsc -b` makes what the app refers to, so the app is built first.
    expect(dockerfile).toMatch(/npm run build -w shop && \\\n {2}npm run build --if-present -w words/);
    expect(dockerfile).toMatch(
      /WORKDIR \/app\/apps\/eu\/shop\n[^]*CMD \["\/opt\/holdfast\/node_modules\/.bin\/holdfast", "start", "--", "node", "dist\/main.js"\]/,
    );
  });

  it.each([
    [
      "pnpm, Prisma and Next.js",
      ["pnpm@10.34.8", "pnpm install --frozen-lockfile", "pnpm install --frozen-lockfile --prod", "COPY prisma prisma"],
    ],
    [
      "yarn, without TypeScript",
      ["yarn@1.22.22", "yarn install --frozen-lockfile", "yarn install --frozen-lockfile --production", "node:24-bookworm-slim"],
    ],
    ["yarn's later line, elsewhere", ["@yarnpkg/cli-dist@4", "yarn install --immutable", "yarn workspaces focus --production"]],
    ["Django, new, with uv", ["uv sync --frozen --no-dev", "gunicorn==27.0.1", "python:3.12-slim-bookworm"]],
  ])("of %s installs exactly what the lock file says", async (name, lines) => {
    const dockerfile = (await planned(name))["Dockerfile"] ?? "";
    for (const line of lines) expect(dockerfile).toContain(line);
  });

  it("starts the app by its own holdfast where it has one", async () => {
    const files = { "package.json": '{"main":"a.js","dependencies":{"holdfast":"1.2.3"}}', "package-lock.json": "{}", "a.js": "" };
    const dockerfile = (await plannedFor(files))["Dockerfile"] ?? "";
    expect(dockerfile).toContain('CMD ["/app/node_modules/.bin/holdfast", "start"');
    expect(dockerfile).not.toContain("/opt/holdfast");
  });
});

describe("render.yaml", () => {
  it("never deploys from git what is deployed by its digest, and the other way round", async () => {
    for (const [name, { answers }] of Object.entries(sampleApps)) {
      if (answers.platform === "other") continue;
      const all = await planned(name);
      const text = Object.entries(all).find(([path]) => path.endsWith("render.yaml"))?.[1] ?? "";
      const isGit = answers.deploy === "git";
      expect(text.includes("autoDeployTrigger: checksPass")).toBe(isGit);
      expect(text.includes("runtime: image")).toBe(!isGit);
      const { jobs } = workflowOf(all);
      expect(Object.keys(jobs)).toEqual(isGit ? ["check"] : ["check", "image", "publish", "deploy", "sentry"]);
    }
  });

  it("asks for secrets and holds none, makes those that are the app's own, and takes the database's address from the database", async () => {
    const service = serviceOf(await planned("npm and TypeScript"));
    expect(service.envVars).toEqual([
      { key: "DATABASE_URL", fromDatabase: { name: "shop-db", property: "connectionString" } },
      { key: "MAX_PHOTOS", value: "8" },
      { key: "SESSION_SECRET", generateValue: true },
    ]);
    expect(service).toMatchObject({
      plan: "starter",
      healthCheckPath: "/healthz",
      preDeployCommand: "/opt/holdfast/node_modules/.bin/holdfast start --only env,migrate",
      disk: { mountPath: "/var/data" },
    });
  });

  it("lets in the name that Render gives a Django app, whatever development's default is", async () => {
    const { "render.yaml": text = "" } = await planned("Django");
    expect(text).toContain('- key: ALLOWED_HOSTS\n        value: ".onrender.com"');
    expect(text).not.toContain("localhost");
  });

  it("on a free plan has neither a command before deploys nor a disk, and says what becomes of the database", async () => {
    const { files } = sampleApps["Django"] ?? { files: {} };
    const text = (await plannedFor(files, { plan: "free" }))["render.yaml"] ?? "";
    expect(text).not.toMatch(/^ *(preDeployCommand|disk):/m);
    expect(text).toContain("deleted 30 days after it was made");
    expect((await plannedFor(files, { plan: "starter" }))["render.yaml"]).toContain("preDeployCommand: sh ./start.sh migrate");
  });

  it("asks for one place of uploads of several, and names the others", async () => {
    const files = {
      "package.json": '{"main":"a.js","dependencies":{"@holdfast/media":"1"}}',
      "package-lock.json": "{}",
      "a.js": "",
    };
    const all = await plannedFor(files);
    const keys = (serviceOf(all).envVars ?? []).map(({ key }) => key);
    expect(keys).toEqual(["DATABASE_URL", "CLOUDINARY_URL"]);
    expect(all["render.yaml"]).toMatch(
      /# Or, in place of the one that excludes them[^]*# - key: AWS_STORAGE_BUCKET_NAME\n {6}# {3}sync: false/,
    );
    expect(all["holdfast.yaml"]).toContain("atMostOne: [CLOUDINARY_URL, AWS_STORAGE_BUCKET_NAME]");
  });
});

describe("start.sh", () => {
  it("checks the variables, collects, migrates under the lock, and becomes gunicorn", async () => {
    const text = (await planned("Django"))["start.sh"] ?? "";
    const order = [
      "check SECRET_KEY required",
      "check DEBUG optional",
      "manage.py collectstatic",
      "pg_try_advisory_lock",
      'call_command("migrate"',
      "exec gunicorn config.wsgi",
    ];
    const at = order.map((words) => text.indexOf(words));
    expect(at.every((place, index) => place > (at[index - 1] ?? 0))).toBe(true);
    expect((await planned("Django, new, with uv"))["start.sh"]).not.toContain("manage.py collectstatic");
  });
});
