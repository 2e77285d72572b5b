import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../house/workspace.js";

const run = promisify(execFile);

/** Copy what git has of this repository into a folder that git keeps as well; the copy is the caller's to remove. */
export async function copyRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-copy-"));
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const path of stdout.split("\0").filter((name) => name !== "")) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(root, path), join(folder, path)).catch((error: NodeJS.ErrnoException) => {
      // Deleted, and not yet committed.
      if (error.code !== "ENOENT") throw error;
    });
  }
  await run("git", ["init", "--quiet"], { cwd: folder });
  return folder;
}

/** Write an app's files into a new folder that git keeps; it is the caller's to remove. */
export async function makeApp(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-app-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await run("git", ["init", "--quiet"], { cwd: folder });
  return folder;
}

/** Run the built `holdfast init` in a folder. */
export async function runInit(folder: string, args: readonly string[]): Promise<string> {
  const bin = join(root, "packages/holdfast/dist/bin.js");
  return (await run(process.execPath, [bin, "init", "--yes", ...args], { cwd: folder })).stdout;
}

/** A server in TypeScript with one package of others, which counts what it is sent and lets it finish. */
export const nodeApp: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify(
    {
      name: "counter",
      private: true,
      type: "module",
      engines: { node: ">=20.19" },
      scripts: { build: "tsc -p .", start: "node dist/server.js", test: "node --test dist/" },
      dependencies: { picocolors: "1.1.1" },
      devDependencies: { "@types/node": "20.19.43", typescript: "5.9.3" },
    },
    undefined,
    2,
  ),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "es2022",
      module: "nodenext",
      strict: true,
      sourceMap: true,
      rootDir: "src",
      outDir: "dist",
      types: ["node"],
    },
    include: ["src"],
  }),
  "src/count.ts": `export async function count(blocks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const block of blocks) bytes += block.length;
  return bytes;
}
`,
  "src/count.test.ts": `import { equal } from "node:assert/strict";
import { test } from "node:test";
import { count } from "./count.js";

test("counts", async () => equal(await count((async function* () { yield new Uint8Array(3); })()), 3));
`,
  "src/server.ts": `import { createServer } from "node:http";
import colors from "picocolors";
import { count } from "./count.js";

const server = createServer((request, response) => {
  if (request.url === "/healthz") return void response.end("well");
  if (request.url === "/env") return void response.end(JSON.stringify({ release: process.env.HOLDFAST_RELEASE, mode: process.env.NODE_ENV, secret: process.env.SESSION_SECRET! }));
  void count(request).then((bytes) => response.writeHead(201).end(String(bytes)));
});
server.listen(Number(process.env.PORT), () => console.log(colors.bold("serving")));
process.on("SIGTERM", () => server.close());
`,
};

/** What the same app says of its start, where that prepares static files. */
export const nodeAppWithStaticFiles: Readonly<Record<string, string>> = {
  ...nodeApp,
  "holdfast.yaml":
    "env:\n  SESSION_SECRET: { required: true, secret: true }\nstart:\n  static: { from: public, to: dist/static, publish: false }\n",
  "public/app.css": "body { color: teal }\n",
};

/** The command that makes each package manager's lock file, without installing anything. */
export const lockCommands: Readonly<Record<string, readonly string[]>> = {
  npm: ["npm", "install", "--package-lock-only", "--no-audit", "--no-fund"],
  pnpm: ["npx", "--yes", "pnpm@10.34.8", "install", "--lockfile-only"],
  yarn: ["npx", "--yes", "yarn@1.22.22", "install", "--ignore-scripts", "--non-interactive"],
};

/** A Django project as django-admin makes it, with an app that takes pictures. */
export const djangoApp: Readonly<Record<string, string>> = {
  "requirements.txt": "Django==5.2.19\nPillow==12.0.0\n",
  "shop/models.py": `from django.db import models


class Article(models.Model):
    title = models.CharField(max_length=80)
    photo = models.ImageField(upload_to="articles")
`,
  "shop/views.py": `from django.forms import modelform_factory
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from .models import Article

ArticleForm = modelform_factory(Article, fields=["title", "photo"])


def well(request):
    return HttpResponse("well")


@csrf_exempt
def articles(request):
    form = ArticleForm(request.POST, request.FILES)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=422)
    return HttpResponse(form.save().photo.name, status=201)
`,
  "config/urls.py": `from django.contrib import admin
from django.urls import path

from shop import views

urlpatterns = [path("healthz", views.well), path("articles", views.articles), path("admin/", admin.site.urls)]
`,
};

/** Make a new Django project in a folder with a Python that has Django, and put our app into it. */
export async function makeDjangoProject(python: string): Promise<string> {
  const folder = await makeApp({});
  await run(python, ["-m", "django", "startproject", "config", "."], { cwd: folder });
  await run(python, ["-m", "django", "startapp", "shop"], { cwd: folder });
  for (const [name, text] of Object.entries(djangoApp)) await writeFile(join(folder, name), text);
  const settings = '\nSTATIC_ROOT = BASE_DIR / "staticfiles"\nMEDIA_ROOT = BASE_DIR / "media"\nINSTALLED_APPS.append("shop")\n';
  await writeFile(join(folder, "config/settings.py"), settings, { flag: "a" });
  await run(python, ["manage.py", "makemigrations", "shop"], { cwd: folder });
  return folder;
}
