import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isCommandError } from "../errors.js";
import type { StaticManifest } from "#static/folder";
import { prepareStatic } from "./static-files.js";

let folder = "";
let from = "";
let to = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-static-"));
  [from, to] = [join(folder, "public"), join(folder, "static")];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(from, name)), { recursive: true });
    writeFileSync(join(from, name), text);
  }
}

const manifest = (): StaticManifest => JSON.parse(readFileSync(join(to, "manifest.json"), "utf8")) as StaticManifest;
const served = (name: string): string => readFileSync(join(to, manifest().files[name] ?? "missing"), "utf8");

describe("static files", () => {
  it.skipIf(process.getuid?.() !== 0)("of which the folder cannot be made are refused with the reason, and nothing is left", async () => {
    write({ "app.js": "1;" });
    chmodSync(folder, 0o755);
    process.seteuid?.(1000);
    try {
      await expect(prepareStatic(from, to)).rejects.toThrow(/static cannot be used for static files: it cannot be made \(EACCES/);
    } finally {
      process.seteuid?.(0);
    }
    expect(readdirSync(folder)).toEqual(["public"]);
  });

  it("are served under the hash of their bytes, compressed, and under their own names", async () => {
    const script = `console.log("${"hello ".repeat(100)}");\n`;
    write({ "app.js": script, "img/dot.png": "\u0089PNG", "robots.txt": "User-agent: *\n" });
    expect(await prepareStatic(from, to)).toEqual({ files: 3, bytes: script.length + 5 + 14, compressed: 1 });
    expect(manifest().files["app.js"]).toMatch(/^app\.[0-9a-f]{12}\.js$/);
    expect(served("app.js")).toBe(script);
    const hashed = join(to, manifest().files["app.js"] ?? "");
    expect(brotliDecompressSync(readFileSync(`${hashed}.br`)).toString()).toBe(script);
    expect(gunzipSync(readFileSync(`${hashed}.gz`)).toString()).toBe(script);
    expect(readFileSync(join(to, "robots.txt"), "utf8")).toBe("User-agent: *\n");
    expect(new Set(readdirSync(join(to, "img")))).toEqual(new Set(["dot.png", manifest().files["img/dot.png"]?.slice(4)]));
  });

  it("have names that change with their bytes, and with what a style sheet refers to", async () => {
    const sheets = { "css/a.css": '@import "b.css";\n', "css/b.css": "a { background: url(../img/x.png?v=1#y) }\n" };
    write({ ...sheets, "img/x.png": "one" });
    await prepareStatic(from, to);
    const before = manifest().files;
    expect(served("css/a.css")).toBe(`@import "${before["css/b.css"]?.slice(4)}";\n`);
    expect(served("css/b.css")).toBe(`a { background: url(../${before["img/x.png"]}?v=1#y) }\n`);
    write({ "img/x.png": "two" });
    await prepareStatic(from, to);
    const after = manifest().files;
    for (const name of Object.keys(before)) expect(after[name]).not.toBe(before[name]);
  });

  it("leave alone what is elsewhere, missing, or refers to itself", async () => {
    const text = 'a { b: url(data:x); c: url("https://x.example/y.png"); d: url(/z.png); e: url(gone.png); f: url(#g) }\n';
    write({ "a.css": text, "b.css": '@import "c.css";\n', "c.css": '@import "b.css";\n' });
    await prepareStatic(from, to);
    expect(served("a.css")).toBe(text);
    expect(served("b.css")).toBe(`@import "${manifest().files["c.css"]}";\n`);
    expect(served("c.css")).toBe('@import "b.css";\n');
  });

  it("leave out hidden files and links, and are replaced whole or not at all", async () => {
    write({ "a.txt": "a", ".env": "SECRET=1", ".git/config": "x" });
    symlinkSync("/etc/passwd", join(from, "passwd.txt"));
    await prepareStatic(from, to);
    expect(Object.keys(manifest().files)).toEqual(["a.txt"]);
    const stop = new AbortController();
    stop.abort();
    await expect(prepareStatic(from, to, stop.signal)).rejects.toThrow(/abort/i);
    expect(served("a.txt")).toBe("a");
    expect(readdirSync(folder).toSorted()).toEqual(["public", "static"]);
  });

  it("are refused where they cannot be made", async () => {
    await expect(prepareStatic(join(folder, "nowhere"), to)).rejects.toSatisfy((error) => isCommandError(error, "STATIC_UNUSABLE"));
    write({ "a.txt": "a" });
    await expect(prepareStatic(from, join(from, "out"))).rejects.toThrow(/it lies in/);
  });
});
