import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { afterAll, describe, expect, it } from "vitest";
import { rules } from "../doctor/rules.js";
import { shop, story, storyUpdated } from "../doctor/story.fixture.js";
import { runCommand } from "./program.js";
import { terminal, type Terminal } from "./terminal.fixture.js";

const base = mkdtempSync(join(tmpdir(), "holdfast-doctor-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let made = 0;
function folder(...parts: readonly Readonly<Record<string, string>>[]): string {
  const at = join(base, String(made++));
  for (const [path, text] of parts.flatMap((files) => Object.entries(files))) {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), text);
  }
  mkdirSync(at, { recursive: true });
  return at;
}

async function holdfast(
  cwd: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Terminal & { exitCode: number }> {
  const ran = terminal({ cwd, env });
  return { ...ran, exitCode: await runCommand(args, ran.io) };
}

interface Result {
  readonly apps: readonly {
    readonly directory: string;
    readonly framework: string;
    readonly verdicts: Readonly<Record<"uploads" | "database", { readonly answer: string; readonly isAsGiven: boolean }>>;
    readonly findings: readonly {
      readonly code: string;
      readonly file: string;
      readonly line: number;
      readonly status: string;
      readonly because: readonly { readonly file: string; readonly line: number }[];
    }[];
  }[];
}

async function json(cwd: string, args: readonly string[] = []): Promise<Result> {
  const { out } = await holdfast(cwd, ["doctor", "--json", ...args]);
  return JSON.parse(out()) as Result;
}

/** The line of a file that has this text. */
function lineOf(files: Readonly<Record<string, string>>, file: string, text: string): number {
  const line = (files[file] ?? "").split("\n").findIndex((row) => row.includes(text)) + 1;
  expect(line).toBeGreaterThan(0);
  return line;
}

describe("the story of the vanished pictures", () => {
  const at = folder(story);

  it("is told with each root cause and its line", async () => {
    const [app] = (await json(at)).apps;
    expect(app?.verdicts).toMatchObject({ uploads: { answer: "depends" }, database: { answer: "depends" } });
    const told = (app?.findings ?? []).flatMap(({ code, file, line, because }) => [
      `${code} ${file}:${line}`,
      ...because.map((one) => `${code} ${one.file}:${one.line}`),
    ]);
    const settings = "magazine/settings/base.py";
    expect(told).toEqual(
      expect.arrayContaining([
        // The bucket's branch, Cloudinary's, and the folder where neither is configured.
        `MEDIA002 ${settings}:${lineOf(story, settings, "S3Boto3Storage")}`,
        `MEDIA002 ${settings}:${lineOf(story, settings, "MediaCloudinaryStorage")}`,
        `MEDIA002 ${settings}:${lineOf(story, settings, "MEDIA_ROOT")}`,
        `MEDIA012 ${settings}:${lineOf(story, settings, "S3Boto3Storage")}`,
        // The start command names no settings, so wsgi.py decides.
        `ENV002 magazine/wsgi.py:${lineOf(story, "magazine/wsgi.py", "setdefault")}`,
        // The fall-back to SQLite.
        `DATA002 ${settings}:${lineOf(story, settings, "sqlite3")}`,
        `MEDIA011 magazine/urls.py:${lineOf(story, "magazine/urls.py", "static(settings")}`,
        `ENV001 render.yaml:${lineOf(story, "render.yaml", "type: web")}`,
      ]),
    );
  });

  it("fits on a screen of eighty columns, the answers first, and without colours", async () => {
    const { out, exitCode } = await holdfast(at);
    const lines = out().split("\n");
    expect(exitCode).toBe(0);
    expect(lines.length).toBeLessThanOrEqual(48);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(out()).not.toContain("\u001b");
    expect(lines[1]).toContain("Uploads will be lost, unless the dashboard decides otherwise");
    expect(out()).toContain("CLOUDINARY_URL is set           keeps (cloudinary)");
    expect(out().indexOf("First aid")).toBeLessThan(out().indexOf("ENV002"));
    expect(out()).toContain("holdfast doctor --set AWS_STORAGE_BUCKET_NAME");
    for (const code of ["ENV002", "MEDIA002", "DATA002", "ENV001"]) expect(out()).toContain(code);
  });

  it("keeps, as declared, once the variables are said to be set", async () => {
    const { apps } = await json(at, ["--set", "CLOUDINARY_URL", "--set", "DATABASE_URL"]);
    expect(apps[0]?.verdicts.uploads).toMatchObject({ answer: "keeps", isAsGiven: true });
    expect(apps[0]?.verdicts.database).toMatchObject({ answer: "keeps", isAsGiven: true });
    const { out } = await holdfast(at, ["doctor", "--set", "CLOUDINARY_URL"]);
    expect(out()).toContain("Uploads survive the next deploy, as declared.");
  });

  it("says which --set decides nothing", async () => {
    const { out } = await holdfast(at, ["doctor", "--set", "CLOUDINARY_URI", "--set", "CLOUDINARY_URL"]);
    expect(out()).toContain("--set CLOUDINARY_URI: nothing in this code asks for it.");
    expect(out()).not.toContain("--set CLOUDINARY_URL: nothing");
  });

  it("is decided by the names of a file, and by holdfast.yaml, too", async () => {
    const named = folder(story, { "dashboard.env": "# from the dashboard\nCLOUDINARY_URL=cloudinary://a:b@c\nDATABASE_URL\n" });
    const { apps } = await json(named, ["--env-from", "dashboard.env"]);
    expect([apps[0]?.verdicts.uploads.answer, apps[0]?.verdicts.database.answer]).toEqual(["keeps", "keeps"]);
    expect(JSON.stringify(apps)).not.toContain("cloudinary://a:b@c");
    const declared = folder(story, { "holdfast.yaml": "env:\n  - CLOUDINARY_URL\n  - DATABASE_URL\n" });
    expect((await json(declared)).apps[0]?.verdicts.uploads).toMatchObject({ answer: "keeps", isAsGiven: true });
  });

  it("loses on Django 5.1, and says that the setting is no longer read", async () => {
    const updated = folder(storyUpdated);
    const { out, exitCode } = await holdfast(updated);
    expect(exitCode).toBe(1);
    expect(out()).toContain("Uploads will be lost at the next deploy.");
    expect(out().replaceAll(/\s+/g, " ")).toContain("DEFAULT_FILE_STORAGE is not read by Django 5.1");
    const [app] = (await json(updated)).apps;
    const settings = "magazine/settings/base.py";
    expect(app?.findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: "MEDIA004", file: settings, line: lineOf(storyUpdated, settings, "S3Boto3Storage") }),
        expect.objectContaining({ code: "MEDIA004", file: settings, line: lineOf(storyUpdated, settings, "MediaCloudinaryStorage") }),
      ]),
    );
  });
});

describe("an Express app with multer", () => {
  const at = folder(shop);

  it("loses its photos and keeps its orders, with the route, the folder and the platform named", async () => {
    const { out, exitCode } = await holdfast(at);
    expect(exitCode).toBe(1);
    expect(out()).toContain("✗ Uploads will be lost at the next deploy.");
    expect(out()).toContain("✓ The database survives the next deploy.");
    expect(out()).toContain(`src/server.js:${lineOf(shop, "src/server.js", 'app.post("/products"')}`);
    expect(out()).toContain("src/upload.js:4");
    expect(out()).toContain("Procfile:1");
    expect(out()).toContain("> 11 │ app.post(");
  });

  it.each([
    ["fr", "Les fichiers envoyés seront perdus au prochain déploiement.", "Premiers secours : "],
    ["tr", "Yüklenen dosyalar bir sonraki dağıtımda silinecek.", "İlk yardım: "],
  ])("speaks %s, by --lang and by LANG", async (language, headline, aid) => {
    const asked = await holdfast(at, ["doctor", "--lang", language]);
    expect(asked.out()).toContain(headline);
    expect(asked.out()).toContain(aid);
    expect((await holdfast(at, [], { LANG: `${language}_XX.UTF-8` })).out()).toBe(asked.out());
    expect((await holdfast(at, [], { LANG: `${language}_XX.UTF-8`, LC_ALL: "C" })).out()).toContain("Uploads will be lost");
  });

  it("is accepted with a reason, above the line or in holdfast.yaml, and not without", async () => {
    const line = 'app.post("/products"';
    const marked = (comment: string): Readonly<Record<string, string>> => ({
      ...shop,
      "src/server.js": (shop["src/server.js"] ?? "").replace(line, `${comment}\n${line}`),
    });
    const accepted = await holdfast(folder(marked("// holdfast-ignore MEDIA001: a demonstration, wiped on purpose")));
    expect(accepted.exitCode).toBe(0);
    expect(accepted.out()).toContain("a demonstration, wiped on purpose");
    const bare = await holdfast(folder(marked("// holdfast-ignore MEDIA001")));
    expect(bare.exitCode).toBe(1);
    expect(bare.out()).toContain("an ignore without a reason does not count");
    const yaml = "doctor:\n  ignore:\n    - code: MEDIA001\n      file: src/*\n      reason: a demonstration\n";
    expect((await holdfast(folder(shop, { "holdfast.yaml": yaml }))).exitCode).toBe(0);
    const problem = await holdfast(folder(shop, { "holdfast.yaml": "doctor:\n  ignore:\n    - code: MEDIA001\n" }));
    expect(problem.exitCode).toBe(2);
    expect(problem.err()).toContain("holdfast.yaml:3: ignoring MEDIA001 needs a reason");
  });

  it("fails only on what is new once there is a baseline, also when lines have moved", async () => {
    const known = folder(shop);
    const written = await holdfast(known, ["doctor", "--write-baseline", "baseline.json"]);
    expect(written.exitCode).toBe(0);
    writeFileSync(join(known, "src/server.js"), `// moved\n\n${shop["src/server.js"] ?? ""}`);
    expect((await holdfast(known, ["doctor", "--baseline", "baseline.json"])).exitCode).toBe(0);
    const more = (shop["src/server.js"] ?? "").replace(
      "app.listen",
      'app.post("/avatars", upload.single("avatar"), (request, response) => response.json(request.file));\napp.listen',
    );
    writeFileSync(join(known, "src/server.js"), more);
    const again = await holdfast(known, ["doctor", "--baseline", "baseline.json"]);
    expect(again.exitCode).toBe(1);
    expect(again.out()).toContain("POST /avatars");
  });
});

describe("the result", () => {
  const at = folder(story);
  const schema = JSON.parse(readFileSync(fileURLToPath(new URL("../../../../docs/doctor.schema.json", import.meta.url)), "utf8")) as object;
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

  it.each([
    ["the story", story],
    ["the updated story", storyUpdated],
    ["the shop", shop],
    ["a folder without an app", { "notes.txt": "nothing" }],
  ])("is JSON as docs/doctor.schema.json has it: %s", async (_, files) => {
    const { out } = await holdfast(folder(files), ["doctor", "--json"]);
    const value: unknown = JSON.parse(out());
    expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
  });

  it("is documented as it is", async () => {
    const page = readFileSync(fileURLToPath(new URL("../../../../docs/doctor.md", import.meta.url)), "utf8");
    const [, example = ""] = /```json\n([^]*?)```/.exec(page) ?? [];
    expect(validate(JSON.parse(example)), JSON.stringify(validate.errors)).toBe(true);
    const { out } = await holdfast(folder(shop));
    expect(page).toContain(out().trimEnd().replace(/^\n/, ""));
    const listed = [...page.matchAll(/^\| \[(\w+)\]\(rules\/\1\.md\) \| (\w+) \| (.*) \|$/gm)].map(([, ...row]) => row);
    expect(listed).toEqual(rules.map((rule) => [rule.code, rule.severity, rule.words.en.title]));
  });

  it("is one table for several folders", async () => {
    const parent = folder();
    for (const [name, files] of Object.entries({ magazine: story, shop })) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(parent, name, path)), { recursive: true });
        writeFileSync(join(parent, name, path), text);
      }
    }
    const { out, exitCode } = await holdfast(parent, ["check", "magazine", "shop"]);
    expect(exitCode).toBe(1);
    expect(out()).toMatch(/magazine +\? depends +\? depends +\d/);
    expect(out()).toMatch(/shop +✗ loses +✓ keeps +\d/);
    expect((await json(parent, ["magazine", "shop"])).apps.map(({ directory }) => directory)).toEqual(["magazine", "shop"]);
  });

  it("is written to a file, in any format", async () => {
    for (const format of ["text", "json", "sarif", "github", "markdown", "html"]) {
      const { out } = await holdfast(at, ["doctor", "--format", format, "--output", `report.${format}`]);
      expect(out()).toBe("");
      expect(readFileSync(join(at, `report.${format}`), "utf8").length).toBeGreaterThan(200);
    }
  });

  it.each([
    ["loses", 0],
    ["depends", 1],
    ["unknown", 1],
    ["error", 1],
    ["loses,warning", 1],
  ])("exits by --fail-on %s with %d", async (level, exitCode) => {
    expect((await holdfast(at, ["doctor", "--fail-on", level])).exitCode).toBe(exitCode);
  });

  it("explains a rule, whatever the case of its code", async () => {
    const { out, exitCode } = await holdfast(at, ["doctor", "--explain", "media001"]);
    expect(exitCode).toBe(0);
    expect(out()).toMatch(/^MEDIA001 {2}Uploads are written[^]*Remedy:\n1\. [^]*It fires here:[^]*It does not fire here:/);
  });
});

describe("a mistake", () => {
  const at = folder(shop);

  it.each([
    [["doctor", "--format", "xml"], 2, '"xml" is no format'],
    [["doctor", "--json", "--format", "html"], 2, "give one of them"],
    [["doctor", "--lang", "de"], 2, '"de" is no language'],
    [["doctor", "--explain", "MEDIA999"], 2, "There are MEDIA001"],
    [["doctor", "--set", "1=2"], 2, "--set takes NAME or NAME=VALUE"],
    [["doctor", "--fail-on", "never"], 2, "Give one or several of loses"],
    [["doctor", "nowhere"], 3, "nowhere cannot be examined: it does not exist"],
    [["./nowhere"], 3, "./nowhere cannot be examined: it does not exist"],
    [["doctor", "package.json"], 3, "package.json cannot be examined: it is no folder"],
    [["doctor", "--baseline", "none.json"], 3, "none.json cannot be used: it does not exist"],
    [["doctor", "--baseline", "package.json"], 3, "it is no baseline"],
    [["doctor", "--output", "no/such/folder.txt"], 3, "cannot be written"],
    [["--jsno"], 2, "Did you mean --json?\nSee: holdfast doctor --help"],
  ])("%j is answered with %d and a sentence", async (args, exitCode, sentence) => {
    const ran = await holdfast(at, args);
    expect(ran.err()).toContain(sentence);
    expect(ran.exitCode).toBe(exitCode);
  });

  it("is a folder without an app, which could not be checked", async () => {
    const { out, exitCode } = await holdfast(folder({ "notes.txt": "nothing" }));
    expect(exitCode).toBe(3);
    expect(out()).toContain("no web app of a kind that can be read was found here");
  });
});
