import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, read, root } from "./workspace.js";

/** A program written in the documentation, and where. */
interface Example {
  readonly where: string;
  readonly code: string;
}

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  ...filesBelow("docs", isMarkdown),
  ...filesBelow("packages", isMarkdown),
  ...filesBelow("examples", isMarkdown),
];
const sources = filesBelow("packages", (path) => /\/src\/.*\.tsx?$/.test(path));
const examples: readonly Example[] = [
  ...documents.flatMap((path) => fencesOf(read(path)).map((code, at) => ({ where: `${path}, program ${at + 1}`, code }))),
  ...sources.flatMap((path) =>
    commentsOf(read(path)).flatMap((comment) =>
      fencesOf(comment.split("@example")[1] ?? "").map((code, at) => ({ where: `${path}, example ${at + 1}`, code })),
    ),
  ),
];

function isMarkdown(path: string): boolean {
  return path.endsWith(".md");
}

function fencesOf(text: string): string[] {
  return [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code = ""]) => code);
}

function commentsOf(text: string): string[] {
  return [...text.matchAll(/\/\*\*([^]*?)\*\//g)].map(([, body = ""]) => body.replace(/^[ \t]*\* ?/gm, ""));
}

/** A folder of a stranger's project, where the packages are installed. */
function makeProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-examples-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }\n');
  return folder;
}

describe("the programs in the documentation", () => {
  let folder = "";
  let problems = "";

  beforeAll(() => {
    folder = makeProject();
    for (const [at, { code }] of examples.entries()) {
      const file = join(folder, fileOf(at));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${code}\nexport {};\n`);
    }
    const compilerOptions = {
      noEmit: true,
      composite: false,
      isolatedDeclarations: false,
      declaration: false,
      lib: ["ES2024", "DOM", "DOM.Iterable"],
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.base.json"),
        compilerOptions: { ...compilerOptions, noUnusedLocals: false },
        include: ["programs"],
      }),
    );
    const run = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], { cwd: folder, encoding: "utf8" });
    problems = run.stdout + run.stderr;
    if (run.status !== 0 && problems === "") problems = `tsc ended with ${run.status}`;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are found, in the README and beside the code", () => {
    expect(examples.filter(({ where }) => where.startsWith("README.md")).length).toBeGreaterThan(1);
    expect(examples.filter(({ where }) => where.includes("/src/")).length).toBeGreaterThan(3);
  });

  it.each(examples.map(({ where }, at) => ({ where, at })))("are type-checked: $where", ({ at }) => {
    expect(problems.split("\n").filter((line) => line.startsWith(`${fileOf(at)}(`))).toEqual([]);
  });

  it("have no problem besides", () => {
    expect(problems).toBe("");
  });
});

function fileOf(at: number): string {
  return `programs/program-${at + 1}.ts`;
}

describe("the README's first program", () => {
  let folder = "";

  beforeAll(async () => {
    folder = makeProject();
    // What has only JavaScript in it runs as it stands, on every Node.
    writeFileSync(join(folder, "program.mjs"), fencesOf(read("README.md"))[0] ?? "");
    copyFileSync(join(root, "test/house/first-program.fixture.mjs"), join(folder, "run.mjs"));
    const cat = sharp({ create: { width: 1600, height: 900, channels: 3, background: "#7a5c3e" } });
    writeFileSync(join(folder, "cat.jpg"), await cat.jpeg().toBuffer());
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("keeps the file, and its handler answers the variant's URL that it printed", async () => {
    const run = spawnSync(process.execPath, ["run.mjs"], { cwd: folder, encoding: "utf8", timeout: 30_000, env: cleanEnvironment() });
    expect(run.stderr).toBe("");
    const [storageLine = "", url = "", answer = ""] = run.stdout.trim().split("\n");
    expect(storageLine).toBe(
      `media storage: disk (${join(folder, "holdfast-data/media")}), chosen by default, durability ${storageLine.split(" ").at(-1)}`,
    );
    expect(url).toMatch(/^\/media\/[0-9a-z]{26}\/w640\/cat\.jpg$/);
    const { status, type, body } = JSON.parse(answer) as { status: number; type: string; body: string };
    expect({ status, type }).toEqual({ status: 200, type: "image/webp" });
    const { width, height, format } = await sharp(Buffer.from(body, "base64")).metadata();
    expect({ width, height, format }).toEqual({ width: 640, height: 360, format: "webp" });
  });
});

/** The environment, without what would configure media. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { ...(PATH === undefined ? {} : { PATH }), ...(HOME === undefined ? {} : { HOME }), ...(TMPDIR === undefined ? {} : { TMPDIR }) };
}
