import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultLimits, readTree } from "./tree.js";

describe("readTree", () => {
  let outside = "";
  let folder = "";

  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), "holdfast-tree-"));
    folder = join(outside, "repository");
    mkdirSync(folder);
  });
  afterEach(() => rmSync(outside, { recursive: true, force: true }));

  function write(path: string, content: string | Uint8Array = ""): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }

  it("lists files by their paths, sorted, and reads them", async () => {
    write("manage.py", "import os\r\nprint(1)\r\n");
    write("app/settings.py", "DEBUG = False");
    const tree = await readTree(folder);
    expect(tree.paths).toEqual(["app/settings.py", "manage.py"]);
    expect(tree.read("manage.py")).toBe("import os\nprint(1)\n");
    expect(tree.read("./app/../manage.py")).toBe("import os\nprint(1)\n");
    expect(tree.has("app/settings.py")).toBe(true);
    expect(tree.has("app")).toBe(false);
    expect(tree.find("app", ".py")).toEqual(["app/settings.py"]);
    expect(tree.find(".", "manage.py", ".txt")).toEqual(["manage.py"]);
    expect(tree.omitted).toEqual([]);
  });

  it("leaves out version control, dependencies and output, and keeps an app of such a name", async () => {
    for (const path of [".git/config", "node_modules/x/index.js", "web/dist/app.js", "venv/pyvenv.cfg", "venv/lib/x.py", "py/pyvenv.cfg"])
      write(path);
    write("build/models.py");
    write("env/settings.py");
    write("main.py");
    expect((await readTree(folder)).paths).toEqual(["build/models.py", "env/settings.py", "main.py"]);
  });

  it("reads UTF-16 by its mark, and no binary", async () => {
    write("requirements.txt", Buffer.from("\uFEFFDjango==5.1\r\n", "utf16le"));
    write("big.txt", Buffer.from("\uFEFFDjango\n", "utf16le").swap16());
    write("marked.txt", "\uFEFFDjango\n");
    write("photo.py", Buffer.from([0xff, 0xd8, 0xff, 0x00, 0x10]));
    write("latin.py", Buffer.from("# caf\xe9\n", "latin1"));
    const tree = await readTree(folder);
    expect(tree.read("requirements.txt")).toBe("Django==5.1\n");
    expect(tree.read("big.txt")).toBe("Django\n");
    expect(tree.read("marked.txt")).toBe("Django\n");
    expect(tree.read("photo.py")).toBeUndefined();
    expect(tree.read("latin.py")).toBe("# caf\uFFFD\n");
  });

  it("follows no link out of the folder and none to a folder", async () => {
    writeFileSync(join(outside, "secret.py"), "SECRET = 1");
    mkdirSync(join(outside, "elsewhere"));
    writeFileSync(join(outside, "elsewhere/settings.py"), "SECRET = 2");
    write("real.py", "x = 1");
    symlinkSync(join(outside, "secret.py"), join(folder, "absolute.py"));
    symlinkSync("../secret.py", join(folder, "relative.py"));
    symlinkSync(join(outside, "elsewhere"), join(folder, "config"));
    symlinkSync(".", join(folder, "loop"));
    symlinkSync("loop-b", join(folder, "loop-a"));
    symlinkSync("loop-a", join(folder, "loop-b"));
    symlinkSync("real.py", join(folder, "inside.py"));
    const tree = await readTree(folder);
    expect(tree.read("inside.py")).toBe("x = 1");
    for (const path of ["absolute.py", "relative.py", "config/settings.py", "../secret.py", "loop/real.py", "loop-a"]) {
      expect(tree.has(path), path).toBe(false);
      expect(tree.read(path), path).toBeUndefined();
    }
  });

  it("reads nothing through a link that was put where a file had been", async () => {
    writeFileSync(join(outside, "secret.py"), "SECRET = 1");
    write("settings.py", "x = 1");
    const tree = await readTree(folder);
    rmSync(join(folder, "settings.py"));
    symlinkSync(join(outside, "secret.py"), join(folder, "settings.py"));
    expect(tree.read("settings.py")).toBeUndefined();
  });

  it("does not wait for pipes, and reads no file of a gigabyte", async () => {
    execFileSync("mkfifo", [join(folder, "settings.py")]);
    write("huge.py", "x");
    truncateSync(join(folder, "huge.py"), 1024 ** 3);
    const tree = await readTree(folder);
    expect(tree.read("settings.py")).toBeUndefined();
    expect(tree.read("huge.py")).toBeUndefined();
    expect(tree.read("huge.py")).toBeUndefined();
    expect(tree.omitted.map(({ file }) => file)).toEqual(["huge.py"]);
  });

  it("ends with a folder of more files than it looks at, the nearest folders first, and says so", async () => {
    for (let index = 0; index < 60; index++) write(`uploads/${index}.jpg`);
    for (let index = 0; index < 60; index++) write(`lib/${index}.py`);
    for (let index = 0; index < 30; index++) write(`a/b/c/${index}.py`);
    write("app.py");
    const few = await readTree(folder, { ...defaultLimits, maxEntriesInFolder: 50, maxEntries: 110 });
    expect(few.has("app.py")).toBe(true);
    expect(few.find("uploads", ".jpg")).toHaveLength(50);
    expect(few.paths.length).toBeLessThan(110);
    expect(few.omitted.map(({ file }) => file)).toContain("lib");
    expect(few.omitted.map(({ file }) => file)).not.toContain("uploads");
    const shallow = await readTree(folder, { ...defaultLimits, maxDepth: 1 });
    expect(shallow.has("a/b/c/0.py")).toBe(false);
    expect(shallow.omitted.map(({ file }) => file)).toEqual(["a/b"]);
  });

  it("stops reading where more had been read than is read of one repository", async () => {
    write("a.py", "x".repeat(600));
    write("b.py", "x".repeat(600));
    const tree = await readTree(folder, { ...defaultLimits, maxTotalBytes: 1000 });
    expect(tree.read("a.py")).toHaveLength(600);
    expect(tree.read("b.py")).toBeUndefined();
    expect(tree.read("a.py")).toHaveLength(600);
    expect(tree.omitted.map(({ file }) => file)).toEqual(["b.py"]);
  });

  it("refuses a folder that is not there", async () => {
    await expect(readTree(join(folder, "absent"))).rejects.toThrow(/ENOENT/);
  });

  it("knows what git has, from its index", async () => {
    const git = (...words: string[]): void => {
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...words], { cwd: folder, stdio: "ignore" });
    };
    write(".env", "A=1");
    write("a/long/path/to/settings.py", "x = 1");
    write("main.py", "x = 1");
    expect((await readTree(folder)).isCommitted(".env")).toBe(true);
    git("init", "--quiet");
    git("add", "main.py", "a");
    const tree = await readTree(folder);
    expect(tree.isCommitted("main.py")).toBe(true);
    expect(tree.isCommitted("a/long/path/to/settings.py")).toBe(true);
    expect(tree.isCommitted(".env")).toBe(false);
  });
});
