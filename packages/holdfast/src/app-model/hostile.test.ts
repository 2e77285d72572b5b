import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { examineTree } from "../doctor/examine.js";
import { judge } from "../doctor/judge.js";
import { nothingGiven } from "../doctor/verdict.js";
import type { AppModel } from "./model.js";
import { readApps } from "./read-app.js";
import { defaultLimits, readTree } from "./tree.js";

/** What a hostile repository may hold must not hang the doctor, end it, or make it say that all is well. */
describe("a hostile repository", () => {
  let outside = "";
  let folder = "";

  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), "holdfast-hostile-"));
    folder = join(outside, "repository");
    mkdirSync(folder);
  });
  afterEach(() => rmSync(outside, { recursive: true, force: true }));

  function write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }

  async function examine(): Promise<readonly AppModel[]> {
    const apps = await readApps(await readTree(folder));
    for (const app of apps) {
      const { uploads, database } = judge(app);
      for (const { answer } of [uploads, database]) expect(["keeps", "loses", "depends", "none", "unknown"]).toContain(answer);
    }
    return apps;
  }

  it("of no files is no app", async () => {
    expect(await examine()).toEqual([]);
  });

  it("whose settings import each other in a circle is read", async () => {
    write("manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n');
    write("requirements.txt", "Django==5.1\n");
    write("site/__init__.py", "");
    write("site/settings.py", "from .base import *\nfrom .settings import *\nMEDIA_ROOT = MEDIA_ROOT\n");
    write("site/base.py", "from .production import *\nfrom .base import BASE\n");
    write("site/production.py", "from .settings import *\nfrom site.production import X as Y\n");
    write(
      "shop/models.py",
      'from django.db import models\nfrom .models import *\nclass Photo(models.Model):\n    file = models.FileField(upload_to="x")\n',
    );
    const [app] = await examine();
    expect(app?.readings.map(({ framework }) => framework)).toEqual(["django"]);
    expect(app === undefined ? "" : judge(app).uploads.answer).not.toBe("keeps");
  });

  it("whose paths are put together of more possibilities than can be counted is read", async () => {
    write("package.json", '{ "main": "a.js", "scripts": { "start": "node a.js" }, "dependencies": { "express": "4", "multer": "1" } }');
    const names = Array.from({ length: 24 }, (_, index) => `p${index}`);
    const parts = names.map((name, index) => `const ${name} = process.env.A${index} ? "a" : process.env.B${index} ? "b" : "c";\n`);
    const options = names.map((name) => `...(${name} === "a" ? { ${name} } : { q${name}: ${name} })`).join(", ");
    write(
      "a.js",
      `const path = require("path"); const multer = require("multer"); const app = require("express")();\n${parts.join("")}` +
        `const o = { ${options} };\nconst upload = multer({ dest: path.join(${names.join(", ")}, o.p0) });\n` +
        `app.post("/x", upload.single("f"), (q, r) => r.end());\napp.listen(3000);\n`,
    );
    const [app] = await examine();
    expect(app === undefined ? "" : judge(app).uploads.answer).not.toBe("keeps");
  });

  it("whose modules require each other in a circle is read", async () => {
    write("package.json", '{ "main": "a.js", "scripts": { "start": "node a.js" }, "dependencies": { "express": "4", "multer": "1" } }');
    write(
      "a.js",
      'const b = require("./b");\nconst app = require("express")();\napp.post("/x", b.upload.single("f"), (q, r) => r.end());\nmodule.exports = b;\n',
    );
    write(
      "b.js",
      'const a = require("./a");\nconst multer = require("multer");\nexports.upload = multer({ dest: a.dest });\nmodule.exports.self = require("./b");\n',
    );
    write("c.mjs", 'export * from "./d.mjs";\n');
    write("d.mjs", 'export * from "./c.mjs";\n');
    expect((await examine()).length).toBe(1);
  });

  it("whose code nests without end is read, and nothing of it is all clear", async () => {
    write("requirements.txt", "flask\n");
    write(
      "app.py",
      `from flask import Flask, request\napp = Flask(__name__)\nx = ${"(".repeat(5000)}1${")".repeat(5000)}\ny = ${"[".repeat(20_000)}\n`,
    );
    write("package.json", '{ "dependencies": { "express": "4" } }');
    write("server.js", `require("express")();\nconst x = ${"(".repeat(5000)}1${")".repeat(5000)};\n`);
    write("deep.ts", `const y = ${"{a:".repeat(20_000)}`);
    write("Gemfile", 'gem "rails"\n');
    write("config/application.rb", `${"module A\n".repeat(3000)}`);
    write("app/models/photo.rb", `x = ${"[".repeat(20_000)}`);
    write("index.php", `<?php $x = ${"[".repeat(20_000)}; move_uploaded_file($a, $b);`);
    const answers = (await examine()).map((app) => judge(app).uploads.answer);
    expect(answers).not.toContain("keeps");
  });

  it("of long chains and wide branches is read", async () => {
    write("manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n');
    const branches = Array.from({ length: 300 }, (_, index) => `if os.environ.get("KEY_${index}"):\n    MEDIA_ROOT = "/m${index}"\n`).join(
      "",
    );
    const doubled = Array.from({ length: 60 }, (_, index) => `a${index + 1} = a${index} + a${index}\n`).join("");
    write("settings.py", `import os\na0 = "x"\n${doubled}MEDIA_ROOT = a60\n${branches}X = ${"1 + ".repeat(5000)}1\n`);
    write("shop/models.py", 'from django.db import models\nclass Photo(models.Model):\n    file = models.FileField(upload_to="x")\n');
    write("package.json", '{ "dependencies": { "express": "4", "multer": "1" } }');
    const growing = Array.from({ length: 60 }, (_, index) => `const b${index + 1} = \`\${b${index}}\${b${index}}\`;`).join("\n");
    write(
      "server.js",
      `const multer = require("multer");\nconst app = require("express")();\nconst b0 = "x";\n${growing}\napp.post("/", multer({ dest: b60 }).single("f"));\nx${".then(y)".repeat(500)};\n`,
    );
    expect((await examine()).map(({ root }) => root)).toEqual(["."]);
  });

  it("of binary junk, pipes, links and a gigabyte is read, and never from outside", async () => {
    writeFileSync(join(outside, "outside.py"), 'from flask import Flask, request\nrequest.files["f"].save("media/x")\n');
    const junk = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256));
    for (const name of [
      "settings.py",
      "server.js",
      "render.yaml",
      "fly.toml",
      "Dockerfile",
      "Procfile",
      "app.json",
      "package.json",
      "Gemfile",
      "index.php",
    ]) {
      write(name, junk);
      write(`text/${name}`, Buffer.from(junk.toString("latin1").replaceAll("\0", ""), "utf8"));
      write(`empty/${name}`, "");
      write(`utf16/${name}`, Buffer.concat([Buffer.from([0xff, 0xfe]), junk]));
    }
    write("huge/settings.py", "x = 1");
    truncateSync(join(folder, "huge/settings.py"), 1024 ** 3);
    write("huge/manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n');
    mkdirSync(join(folder, "pipe"));
    execFileSync("mkfifo", [join(folder, "pipe/settings.py"), join(folder, "pipe/render.yaml")]);
    symlinkSync("..", join(folder, "up"));
    symlinkSync(".", join(folder, "loop"));
    symlinkSync("../outside.py", join(folder, "app.py"));
    for (const app of await examine()) {
      const places = app.readings.flatMap(({ sinks, databases }) => [...sinks, ...databases]).map(({ at }) => at.file);
      expect(
        places.filter((file) => file.startsWith("..") || file.startsWith("/") || file === "app.py" || file.startsWith("loop")),
      ).toEqual([]);
    }
  });

  it("of more files than are looked at is read as far as that, and says so", async () => {
    write("package.json", '{ "main": "server.js", "dependencies": { "express": "4" } }');
    write("server.js", 'const app = require("express")();\napp.listen(1);\n');
    for (let index = 0; index < 400; index++) write(`data/${index % 20}/${index}.json`, "{}");
    const limits = { ...defaultLimits, maxEntries: 200, maxEntriesInFolder: 100 };
    const tree = await readTree(folder, limits);
    expect(tree.paths.length).toBeLessThanOrEqual(limits.maxEntries);
    const [app] = await readApps(tree);
    const verdict = app === undefined ? undefined : judge(app).uploads;
    expect(verdict?.answer).toBe("unknown");
    expect(verdict?.notUnderstood.map(({ why }) => why).join()).toMatch(/only (the first 200|\d+ of the) files/);
  });

  it("of thousands of places that take files is judged in time that grows with their number", async () => {
    write("manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n');
    write("settings.py", 'INSTALLED_APPS = ["shop"]\nMEDIA_ROOT = "/app/media"\n');
    const model = (index: number): string => `class P${index}(models.Model):\n    f = models.ImageField()\n`;
    const models = (count: number): string =>
      `from django.db import models\n${Array.from({ length: count }, (_, index) => model(index)).join("")}`;
    const timed = async (count: number): Promise<number> => {
      write("shop/models.py", models(count));
      const tree = await readTree(folder);
      const before = process.cpuUsage();
      const options = { name: ".", given: nothingGiven, language: "en", command: "holdfast doctor" } as const;
      expect((await examineTree(tree, options)).apps[0]?.verdicts.uploads.places.length).toBe(count);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    await timed(100);
    // Quadratic, 2,000 took 64 times as long as 250, and a million files took hours.
    const few = await timed(250);
    expect(await timed(2000)).toBeLessThan(Math.max(few, 50) * 30);
  });

  it("of deploy files that contradict each other, refer to themselves and to what is not there is read", async () => {
    write(
      "render.yaml",
      "services: &s\n  - type: web\n    name: *s\n    rootDir: ../../..\n    dockerfilePath: ../../../etc/passwd\n    runtime: docker\n    envVars: *s\n",
    );
    write("fly.toml", '[build]\ndockerfile = "../../etc/passwd"\n[mounts]\ndestination = "/"\n');
    write("Procfile", "web: ./start.sh\nweb: cd ../.. && ./start.sh\n");
    write("start.sh", "./start.sh\nnpm start\n");
    write("package.json", '{ "scripts": { "start": "npm start && npm run start && ./start.sh" }, "dependencies": { "express": "4" } }');
    write("docker-compose.prod.yml", "services:\n  a:\n    build: { context: ../.., dockerfile: /etc/passwd }\n    extends: a\n");
    write(
      "Dockerfile",
      "FROM a AS a\nFROM a AS b\nCOPY --from=b / /\nCOPY --from=c . .\nENV A=$A\nENV B=${B}${B}\nWORKDIR $A/$B\nRUN ln -s\n",
    );
    expect((await examine()).map(({ root }) => root)).toContain(".");
  });
});
