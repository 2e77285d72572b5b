import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installInto, packAll, type Ran, repository, run, type Running, start } from "./packages.js";

let work: string;
let holdfast: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "holdfast-commands-"));
  const tarballs = await packAll(work);
  await installInto(join(work, "app"), [tarballs.media, tarballs.server, tarballs.holdfast]);
  holdfast = join(work, "app", "node_modules", ".bin", "holdfast");
});
afterAll(async () => {
  await rm(work, { recursive: true, force: true });
});

const inApp = async (...args: string[]): Promise<Ran> => await run(holdfast, args, { cwd: join(work, "app") });

describe("holdfast and the service, installed together", () => {
  let photo: Buffer;
  beforeAll(async () => {
    photo = await sharp({ create: { width: 1200, height: 800, channels: 3, background: "teal" } })
      .jpeg()
      .toBuffer();
  });

  it("serve a real upload, keep it over a restart, and verify sees it there", async () => {
    let service = await serve();
    const form = new FormData();
    form.set("file", new File([new Uint8Array(photo)], "sea.jpg", { type: "image/jpeg" }));
    const created = await fetch(`${service.url}/api/v1/files`, { method: "POST", body: form });
    expect(created.status).toBe(201);
    const file: { id: string; url: string; sha256: string } = JSON.parse(await created.text());
    expect(file.sha256).toBe(createHash("sha256").update(photo).digest("hex"));
    const variant = await fetch(`${service.url}/media/${file.id}/w640/sea.jpg`);
    expect(variant.status).toBe(200);
    expect((await sharp(await variant.arrayBuffer()).metadata()).width).toBe(640);

    const original = new URL(file.url, service.url).href;
    expect(await inApp("verify", original)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("remembered") });
    await stop(service.running, "SIGTERM", 0);
    expect(await inApp("verify")).toMatchObject({ exitCode: 3, stdout: expect.stringContaining("nothing listens") });

    service = await serve(new URL(service.url).port);
    expect(await inApp("verify")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("same bytes") });
    await stop(service.running, "SIGINT", 0);
  });

  it("takes two signals at once for one: npm passes Ctrl-C on a second time", async () => {
    const { running } = await serve();
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(0);
  });

  it("says without a stack what keeps the service from starting", async () => {
    const taken = createServer();
    const port = await listen(taken);
    const cases: { args: string[]; env?: NodeJS.ProcessEnv; exitCode: number; says: string }[] = [
      { args: ["--port", String(port)], exitCode: 3, says: `Port ${port}` },
      { args: ["--port", "0", "--host", "0.0.0.0"], exitCode: 3, says: "HOLDFAST_TOKEN" },
      { args: [], env: { PORT: "http" }, exitCode: 2, says: 'PORT="http"' },
    ];
    for (const { args, env = {}, exitCode, says } of cases) {
      const ran = await run(holdfast, ["serve", ...args], { cwd: join(work, "app"), env });
      expect(ran).toMatchObject({ exitCode, stderr: expect.stringContaining(says) });
      expect(ran.stderr).toMatch(/^holdfast: /);
      expect(ran.stderr).not.toMatch(/\n\s+at /);
    }
    await close(taken);
  });

  /** Start the service in the app's folder, and wait until it says where it is. */
  async function serve(port = "0"): Promise<{ url: string; running: Running }> {
    const running = start(holdfast, ["serve", "--port", port], { cwd: join(work, "app") });
    const deadline = Date.now() + 20_000;
    for (;;) {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(running.stdout())?.[0];
      if (url !== undefined) return { url, running };
      if (running.child.exitCode !== null || Date.now() > deadline) {
        running.child.kill("SIGKILL");
        throw new Error(`the service did not start: ${running.stdout()}${running.stderr()}`);
      }
      await sleep(20);
    }
  }
});

describe("the holdfast command", () => {
  it("is interrupted by Ctrl-C in the middle of a look, says that nothing is half done, and exits with 130", async () => {
    const silent = createServer();
    const asked = new Promise<void>((resolve) => silent.on("request", () => resolve()));
    const port = await listen(silent);
    const running = start(holdfast, ["verify", `http://127.0.0.1:${port}/cat.jpg`, "--state", "interrupted.json"], {
      cwd: join(work, "app"),
    });
    await asked;
    await stop(running, "SIGINT", 130);
    expect(running.stderr()).toContain("Nothing new was remembered");
    await close(silent);
  });

  it("is ended at once by a signal while the doctor computes", async () => {
    const app = join(work, "large");
    await mkdir(app, { recursive: true });
    const files = Array.from({ length: 1200 }, (_, n) => n);
    const routes = Array.from(
      { length: 30 },
      (_, n) => `router.post("/${n}", async (req, res) => { res.json({ at: ${n}, file: req.file }); });\n`,
    );
    const text = `const router = require("express").Router();\n${routes.join("")}module.exports = router;\n`;
    await writeFile(join(app, "package.json"), '{ "main": "server.js", "dependencies": { "express": "5" } }');
    await writeFile(
      join(app, "server.js"),
      `const app = require("express")();\n${files.map((n) => `app.use("/${n}", require("./r${n}"));\n`).join("")}app.listen(1);\n`,
    );
    await Promise.all(files.map(async (n) => await writeFile(join(app, `r${n}.js`), text)));
    const running = start(holdfast, ["doctor", app], { cwd: app });
    // Long after the command was loaded, long before it is done.
    await sleep(1500);
    expect(running.child.exitCode).toBeNull();
    const asked = performance.now();
    running.child.kill("SIGTERM");
    await running.ended;
    expect(running.child.signalCode).toBe("SIGTERM");
    expect(performance.now() - asked).toBeLessThan(1000);
    expect(running.stdout()).toBe("");
  });

  it("ends quietly when nobody reads its output any more", async () => {
    const { exitCode, stderr } = await run("sh", ["-c", `"${holdfast}" --help | head -n 1`], { cwd: work });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  it("uses no colours in a pipe, and those that are asked for", async () => {
    expect((await inApp("--help")).stdout).not.toContain("\u001b[");
    const forced = await run(holdfast, ["--help"], { cwd: work, env: { FORCE_COLOR: "1" } });
    expect(forced.stdout).toContain("\u001b[");
    const both = await run(holdfast, ["--help"], { cwd: work, env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(both.stdout).not.toContain("\u001b[");
  });

  it("looks at the storage without the service, and says how to install what it lacks", async () => {
    const status = await inApp("storage", "status", "--json");
    expect(JSON.parse(status.stdout)).toMatchObject({ exitCode: 0, storage: { kind: "disk" } });
    const bucket = { S3_BUCKET: "photos", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
    const lacking = await run(holdfast, ["storage", "status"], { cwd: join(work, "app"), env: bucket });
    expect(lacking).toMatchObject({ exitCode: 3, stdout: expect.stringContaining("npm install @aws-sdk/client-s3") });
  });

  it("examines apps of every language: its grammars travel with it", async () => {
    const folder = join(work, "apps");
    const apps: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      django: {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
        "settings.py": 'INSTALLED_APPS = ["shop"]\nMEDIA_ROOT = "/app/media"\n',
        "shop/models.py": "from django.db import models\n\nclass Photo(models.Model):\n    file = models.ImageField()\n",
      },
      express: {
        "package.json": '{ "dependencies": { "express": "5.1.0", "multer": "2.0.2" } }',
        "server.js":
          'const app = require("express")();\nconst upload = require("multer")({ dest: "uploads" });\napp.post("/", upload.single("a"), (request, response) => response.json(request.file));\napp.listen(1);\n',
      },
      rails: {
        Gemfile: 'gem "rails"\n',
        "config/application.rb": "class Application < Rails::Application\nend\n",
        "config/environments/production.rb": "Rails.application.configure do\n  config.active_storage.service = :local\nend\n",
        "config/storage.yml": "local:\n  service: Disk\n  root: storage\n",
        "app/models/photo.rb": "class Photo < ApplicationRecord\n  has_one_attached :file\nend\n",
      },
      php: { "index.php": '<?php\nmove_uploaded_file($_FILES["a"]["tmp_name"], "uploads/" . $_FILES["a"]["name"]);\n' },
    };
    for (const [name, files] of Object.entries(apps)) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name, path)), { recursive: true });
        await writeFile(join(folder, name, path), text);
      }
    }
    const { stdout, exitCode } = await run(holdfast, ["doctor", "--json", ...Object.keys(apps)], { cwd: folder });
    const { apps: found } = JSON.parse(stdout) as {
      readonly apps: readonly { readonly directory: string; readonly verdicts: { readonly uploads: { readonly answer: string } } }[];
    };
    expect(found.map(({ directory, verdicts }) => [directory, verdicts.uploads.answer])).toEqual(
      Object.keys(apps).map((name) => [name, "loses"]),
    );
    expect(exitCode).toBe(1);
  });

  it("reads a large repository on several cores, and answers the same", async () => {
    const folder = join(work, "large");
    const count = 260;
    const apps = {
      site: (index: number): readonly [string, string] => [
        `shop${index}/models.py`,
        `from django.db import models\n\nclass Photo${index}(models.Model):\n    file = models.ImageField(upload_to="p${index}")\n`,
      ],
      api: (index: number): readonly [string, string] => [
        `routes/r${index}.js`,
        `const router = require("express").Router();\nrouter.post("/${index}", require("multer")({ dest: "up${index}" }).single("a"), (q, r) => r.json(q.file));\nmodule.exports = router;\n`,
      ],
    };
    const fixed = {
      "site/manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
      "site/requirements.txt": "Django==5.1\n",
      "site/settings.py": 'MEDIA_ROOT = "/app/media"\n',
      "api/package.json": '{ "main": "server.js", "dependencies": { "express": "5.1.0", "multer": "2.0.2" } }',
      "api/server.js": `const app = require("express")();\n${Array.from({ length: count }, (_, index) => `app.use(require("./routes/r${index}"));\n`).join("")}app.listen(1);\n`,
    };
    const write = async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    for (const [path, text] of Object.entries(fixed)) await write(path, text);
    for (const [name, make] of Object.entries(apps)) {
      for (let index = 0; index < count; index++) {
        const [path, text] = make(index);
        await write(`${name}/${path}`, text);
      }
    }
    // Node tells of each worker that a process starts.
    const tell = "data:text/javascript,process.on(%22worker%22,()=%3Econsole.error(%22a-worker%22))";
    const examine = async (...folders: readonly string[]): Promise<{ readonly answers: readonly string[]; readonly stderr: string }> => {
      const ran = await run(holdfast, ["doctor", "--json", ...folders], { cwd: folder, env: { NODE_OPTIONS: `--import=${tell}` } });
      const { apps: found } = JSON.parse(ran.stdout) as {
        readonly apps: readonly {
          readonly framework: string;
          readonly verdicts: { readonly uploads: { readonly places: readonly { readonly label: string; readonly line: number }[] } };
        }[];
      };
      const answers = found.map(({ framework, verdicts }) =>
        JSON.stringify([framework, verdicts.uploads.places.map(({ label, line }) => `${label}:${line}`)]),
      );
      return { answers, stderr: ran.stderr };
    };
    const together = await examine(".");
    const alone = await examine("site", "api");
    expect(alone.stderr).not.toContain("a-worker");
    if (availableParallelism() > 1) expect(together.stderr).toContain("a-worker");
    expect(together.answers.toSorted()).toEqual(alone.answers.toSorted());
    expect(together.answers.join().match(/Photo\d+/g)).toHaveLength(count);
  });

  it("is described by docs/cli.md with each of its options", async () => {
    const documented = readFileSync(join(repository, "docs", "cli.md"), "utf8");
    for (const command of ["doctor", "verify", "serve", "storage status", "storage check", "storage cors"]) {
      const { stdout } = await inApp(...command.split(" "), "--help");
      const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option ?? "");
      expect(options.length).toBeGreaterThan(command === "storage status" ? 1 : 3);
      for (const option of options) expect(documented).toContain(`\`${option}`);
    }
  });
});

async function stop(running: Running, signal: NodeJS.Signals, exitCode: number): Promise<void> {
  running.child.kill(signal);
  const timer = setTimeout(() => running.child.kill("SIGKILL"), 15_000);
  expect(await running.ended).toBe(exitCode);
  clearTimeout(timer);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
