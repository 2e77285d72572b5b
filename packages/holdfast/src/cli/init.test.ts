import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Question } from "../init/questions.js";
import { makeRepository, sampleApps } from "../init/sample-apps.fixture.js";
import { runCommand } from "./program.js";
import { terminal } from "./terminal.fixture.js";

const app = sampleApps["npm and TypeScript"]?.files ?? {};
const django = sampleApps["Django"]?.files ?? {};
const written = [".dockerignore", ".env.example", ".github/workflows/deploy.yml", "Dockerfile", "holdfast.yaml", "render.yaml"];

let folder = "";
const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

function repository(files: Readonly<Record<string, string>>): void {
  const { path, remove } = makeRepository(files);
  folder = path;
  removals.push(remove);
}

const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const has = (name: string): boolean => existsSync(join(folder, name));

async function init(
  args: readonly string[],
  ask?: (question: Question) => Promise<string | undefined>,
): Promise<{ exitCode: number; out: string; err: string }> {
  const { io, out, err } = terminal({ cwd: folder, ...(ask === undefined ? {} : { ask, isTTY: true }) });
  const exitCode = await runCommand(["init", ...args], io);
  return { exitCode, out: out(), err: err() };
}

describe("holdfast init", () => {
  it("writes what is missing, says of each file what it is for, and what is left to do", async () => {
    repository(app);
    const { exitCode, out, err } = await init(["--yes"]);
    expect([exitCode, err]).toEqual([0, ""]);
    for (const name of written) {
      expect(has(name)).toBe(true);
      expect(out).toMatch(new RegExp(`\\+ ${name.replaceAll(".", "\\.")} +\\S`));
    }
    expect(out).toContain("shop: Node 22, npm, PostgreSQL, 3 variables, well when /healthz answers");
    expect(out).toContain("DOCKERHUB_USERNAME and DOCKERHUB_TOKEN");
    // Under the owner's name at GitHub, where nobody said another.
    expect(read(".github/workflows/deploy.yml")).toContain("IMAGE: docker.io/camille/shop\n");
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("run again finds everything up to date", async () => {
    repository(app);
    await init(["--yes"]);
    const before = written.map((name) => statSync(join(folder, name)).mtimeMs);
    const { exitCode, out } = await init(["--yes"]);
    expect(exitCode).toBe(0);
    expect(out.match(/= .*up to date/g)).toHaveLength(written.length);
    expect(out).not.toContain("Next:");
    expect(written.map((name) => statSync(join(folder, name)).mtimeMs)).toEqual(before);
  });

  it("keeps a file that differs, and shows the difference without its secrets", async () => {
    repository({
      ...app,
      "render.yaml": "services:\n  - type: web\n    envVars:\n      - { key: A, value: postgres://me:hunter2@db/x }\nAPI_TOKEN: hunter2\n",
    });
    const { exitCode, out } = await init(["--yes"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("! render.yaml");
    expect(out).toContain("kept as it is; --force replaces it");
    expect(out).toContain("- ".concat("API_TOKEN: …"));
    expect(out).toContain("+     name: shop");
    expect(out).not.toContain("hunter2");
    expect(read("render.yaml")).toContain("hunter2");
  });

  it("with --force replaces it, and shows the difference all the same", async () => {
    repository({ ...app, Dockerfile: "FROM scratch\n" });
    const { out } = await init(["--yes", "--force"]);
    expect(out).toMatch(/~ Dockerfile +replaced/);
    expect(out).toContain("- FROM scratch");
    expect(read("Dockerfile")).toContain("AS dependencies");
  });

  it("in a dry run prints every file, and writes nothing", async () => {
    repository(app);
    const before = readdirSync(folder);
    const { exitCode, out } = await init(["--dry-run", "--yes"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("    ARG BASE=node:22-bookworm-slim");
    expect(out).toContain("Nothing was written.");
    expect(readdirSync(folder)).toEqual(before);
  });

  it("answers as JSON, and asks nothing then", async () => {
    repository({ ...app, Dockerfile: "FROM scratch\n" });
    const { out } = await init(["--json", "--plan", "starter"], () => Promise.reject(new Error("it asked")));
    const result = JSON.parse(out) as { files: { path: string; state: string; diff?: string[] }[]; answers: unknown; app: unknown };
    expect(result).toMatchObject({
      version: 1,
      exitCode: 0,
      isDryRun: false,
      app: {
        name: "shop",
        kind: "node",
        database: "postgres",
        healthPath: "/healthz",
        variables: ["MAX_PHOTOS", "DATABASE_URL", "SESSION_SECRET"],
      },
      answers: { platform: "render", plan: "starter", deploy: "image", registry: "docker.io/camille/shop" },
    });
    expect(Object.fromEntries(result.files.map(({ path, state }) => [path, state]))).toMatchObject({
      Dockerfile: "kept",
      "render.yaml": "written",
    });
    expect(result.files.find(({ path }) => path === "Dockerfile")?.diff).toContain("- FROM scratch");
  });

  it("asks a person what was not said, and about each file that differs", async () => {
    repository({ ...app, Dockerfile: "FROM scratch\n", ".dockerignore": "mine\n" });
    const asked: string[] = [];
    const answers: Readonly<Record<string, string>> = {
      "Where does the app run?": "render",
      "On which plan?": "standard",
      "Where is the image published?": "camille/boutique",
      "What becomes of Dockerfile?": "replace",
      "What becomes of .dockerignore?": "keep",
    };
    const { exitCode, err, out } = await init(["--deploy", "image"], async ({ message }) => {
      asked.push(message);
      return await Promise.resolve(answers[message]);
    });
    expect(exitCode).toBe(0);
    expect(asked).toEqual(Object.keys(answers));
    expect(err).toMatch(/shop: Node 22[^]*Dockerfile is there already, and would become:[^]*- FROM scratch/);
    // What was decided on is not shown twice.
    expect(out).not.toContain("- FROM scratch");
    expect(read("Dockerfile")).not.toContain("scratch");
    expect(read(".dockerignore")).toBe("mine\n");
    expect(read("render.yaml")).toMatch(/url: docker\.io\/camille\/boutique:main[^]*plan: standard/);
  });

  it("writes nothing when the person leaves, at any question", async () => {
    repository({ ...app, Dockerfile: "FROM scratch\n" });
    const before = readdirSync(folder);
    for (let leaveAt = 1; leaveAt <= 5; leaveAt += 1) {
      let count = 0;
      const { exitCode, err } = await init(
        [],
        async (question) => await Promise.resolve(++count === leaveAt ? undefined : question.initial),
      );
      expect([exitCode, count]).toEqual([130, leaveAt]);
      expect(err).toContain("Nothing was written");
      expect(readdirSync(folder)).toEqual(before);
    }
  });

  it.each([
    [["--disk", "/var/data"], "A free service at Render has no disk"],
    [["--platform", "other", "--deploy", "git"], "Only Render is known to build from git"],
    [["--registry", "shop:latest"], "Name an image without a tag"],
    [["--plan", "gold"], "Allowed choices are free, starter, standard, pro"],
    [["--platfrom", "render"], "Did you mean --platform?"],
  ])("refuses %j, and writes nothing", async (args, words) => {
    repository(app);
    const { exitCode, err } = await init(["--yes", ...args]);
    expect(exitCode).toBe(2);
    expect(err).toContain(words);
    expect(has("Dockerfile")).toBe(false);
  });

  it("asks where the image goes where no repository tells", async () => {
    repository(app);
    writeFileSync(join(folder, ".git/config"), "");
    const { exitCode, err } = await init(["--yes"]);
    expect(exitCode).toBe(2);
    expect(err).toContain("--registry docker.io/you/app");
    expect((await init(["--yes", "--deploy", "git"])).exitCode).toBe(0);
  });

  it("writes the app's files into its folder, and the workflow where GitHub reads it", async () => {
    repository(Object.fromEntries(Object.entries(django).map(([name, text]) => [`sites/shop/${name}`, text])));
    const { exitCode } = await init(["sites/shop", "--yes"]);
    expect(exitCode).toBe(0);
    for (const name of ["sites/shop/Dockerfile", "sites/shop/start.sh", "sites/shop/render.yaml", "sites/shop/.dockerignore"])
      expect(has(name)).toBe(true);
    expect(statSync(join(folder, "sites/shop/start.sh")).mode & 0o777).toBe(0o755);
    const workflow = read(".github/workflows/deploy-shop.yml");
    expect(workflow).toContain("working-directory: sites/shop");
    expect(workflow).toContain("--file sites/shop/Dockerfile");
  });

  describe("follows nothing out of the repository", () => {
    const outside = (): string => {
      const path = mkdtempSync(join(tmpdir(), "holdfast-outside-"));
      removals.push(() => rmSync(path, { recursive: true, force: true }));
      return path;
    };

    it("by a link in place of a file", async () => {
      repository(app);
      const target = join(outside(), "precious");
      writeFileSync(target, "mine");
      symlinkSync(target, join(folder, "Dockerfile"));
      const { exitCode, err } = await init(["--yes", "--force"]);
      expect(exitCode).toBe(3);
      expect(err).toContain("Dockerfile is a link, which is not followed");
      expect(readFileSync(target, "utf8")).toBe("mine");
      expect(has("render.yaml")).toBe(false);
    });

    it("by a link in place of a folder", async () => {
      repository(app);
      const target = outside();
      symlinkSync(target, join(folder, ".github"));
      const { exitCode, err } = await init(["--yes", "--force"]);
      expect(exitCode).toBe(3);
      expect(err).toContain(".github is a link");
      expect(readdirSync(target)).toEqual([]);
    });

    it("nor writes over what is no file, and tells of all at once", async () => {
      repository({ ...app, ".github": "a file" });
      mkdirSync(join(folder, "Dockerfile"));
      const { exitCode, err } = await init(["--yes", "--force"]);
      expect(exitCode).toBe(3);
      expect(err).toMatch(/Dockerfile is no file\.[^]*\.github is no folder[^]*Nothing was written\./);
      expect(has("holdfast.yaml")).toBe(false);
    });
  });

  it("says of a folder without an app what it looked for", async () => {
    repository({ "README.md": "" });
    const { exitCode, err } = await init(["--yes"]);
    expect(exitCode).toBe(3);
    expect(err).toContain("there is no package.json, no manage.py and no index.html");
    expect((await init(["nowhere", "--yes"])).exitCode).toBe(3);
  });
});
