import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Answers } from "./answers.js";
import { planFiles } from "./plan.js";
import type { Survey } from "./stack.js";
import { surveyApp } from "./survey.js";

/** The files of an app: names and texts. */
export type Files = Readonly<Record<string, string>>;

/** Make a repository of these files; `remove` takes it away. */
export function makeRepository(files: Files): { readonly path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-init-")));
  mkdirSync(join(path, ".git"));
  writeFileSync(join(path, ".git/config"), '[remote "origin"]\n  url = git@github.com:Camille/shop.git\n');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Look at an app of these files. */
export async function surveyOf(files: Files, folder = "."): Promise<Survey> {
  const { path, remove } = makeRepository(files);
  try {
    return await surveyApp(join(path, folder));
  } finally {
    remove();
  }
}

/** What somebody answers who takes the usual. */
export const usual: Answers = { platform: "render", plan: "free", deploy: "image", registry: "docker.io/camille/shop", disk: undefined };

/** The files that are planned for an app, by their paths. */
export async function plannedFor(files: Files, answers: Partial<Answers> = {}, folder = "."): Promise<Readonly<Record<string, string>>> {
  const plan = planFiles(await surveyOf(files, folder), { ...usual, ...answers }, "1.2.3");
  return Object.fromEntries(plan.files.map(({ path, text }) => [path, text]));
}

/** Apps of every kind that is known, each with the answers it is tried with. */
export const sampleApps: Readonly<Record<string, { readonly files: Files; readonly answers: Partial<Answers>; readonly folder?: string }>> =
  {
    "npm and TypeScript": {
      files: {
        "package.json": JSON.stringify({
          name: "@camille/shop",
          engines: { node: ">=20.19" },
          scripts: {
            build: "tsc -p .",
            start: "NODE_ENV=production node dist/server.js",
            lint: "eslint .",
            test: "node --test",
            migrate: "node migrate.js",
          },
          dependencies: { express: "5.1.0", pg: "8.23.1" },
        }),
        "package-lock.json": "{}",
        "tsconfig.json": '{\n  // as it is built\n  "compilerOptions": { "outDir": "./dist", "sourceMap": true, }\n}',
        "src/server.ts": `app.get("/healthz", (q, a) => a.end("ok"));
        const max = Number(process.env.MAX_PHOTOS ?? 8);
        new Pool({ connectionString: process.env.DATABASE_URL });
        session({ secret: process.env.SESSION_SECRET! });
        process.on("SIGTERM", () => server.close());`,
      },
      answers: { plan: "starter", disk: "/var/data" },
    },
    "pnpm, Prisma and Next.js": {
      files: {
        "package.json": JSON.stringify({
          packageManager: "pnpm@10.34.8",
          scripts: { build: "next build", start: "next start" },
          dependencies: { next: "16.0.0", "@prisma/client": "7.0.0" },
          devDependencies: { prisma: "7.0.0" },
        }),
        "pnpm-lock.yaml": "",
        "prisma/schema.prisma": 'datasource db { provider = "postgresql" url = env("DATABASE_URL") }',
      },
      answers: { registry: "ghcr.io/camille/shop" },
    },
    "yarn, without TypeScript": {
      files: {
        "package.json": '{"main":"server.js","dependencies":{"koa":"3"}}',
        "yarn.lock": "# yarn lockfile v1",
        "server.js": "",
        ".nvmrc": "v24.1.0",
      },
      answers: { deploy: "git" },
    },
    "yarn's later line, elsewhere": {
      files: {
        "package.json": '{"scripts":{"start":"tsx src/app.ts","build":"echo"},"devDependencies":{"tsx":"4"}}',
        "yarn.lock": "__metadata:\n  version: 8",
        ".yarnrc.yml": "nodeLinker: node-modules",
      },
      answers: { platform: "other", registry: "registry.example.com/team/shop" },
    },
    "a workspace": {
      files: {
        "package.json": '{"workspaces":["packages/*","apps/**"],"scripts":{"test":"vitest"}}',
        "package-lock.json": "{}",
        "tsconfig.base.json": "{}",
        "packages/words/package.json": '{"name":"words","private":true,"scripts":{"build":"tsc"}}',
        "packages/words/index.js": "export const language = process.env.LANGUAGE ?? 'fr';",
        "packages/other/package.json": '{"name":"other"}',
        "packages/pages/package.json": '{"name":"pages","private":true,"dependencies":{"words":"*"}}',
        "apps/eu/shop/package.json":
          '{"name":"shop","scripts":{"build":"tsc -b","start":"node dist/main.js"},"dependencies":{"pages":"*","pg":"8"}}',
      },
      answers: {},
      folder: "apps/eu/shop",
    },
    Django: {
      files: {
        "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")',
        "config/wsgi.py": "",
        "config/settings/__init__.py": "",
        "config/settings/base.py": 'STATIC_ROOT = BASE_DIR / "staticfiles"\nINSTALLED_APPS = ["shop"]\nMEDIA_ROOT = BASE_DIR / "media"\n',
        "config/settings/production.py": `import os
import dj_database_url
from .base import *
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = config("DEBUG", default=False, cast=bool)
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")
DATABASES = {"default": dj_database_url.config(conn_max_age=600)}
`,
        "config/urls.py": 'urlpatterns = [path("healthz/", healthz), path("admin/", admin.site.urls)]',
        "requirements.txt": "django==5.2.19\ngunicorn==27.0.1\npsycopg==3.3.9\nwhitenoise==6.9.0\ndj-database-url==3.0.1\n",
        "shop/models.py": 'class Article(models.Model):\n    photo = models.ImageField(upload_to="articles")\n',
      },
      answers: { plan: "standard" },
    },
    "Django, new, with uv": {
      files: {
        "manage.py": '"DJANGO_SETTINGS_MODULE", "shop.settings"',
        "shop/wsgi.py": "",
        "shop/settings.py": "DEBUG = True\nALLOWED_HOSTS = []\n",
        "uv.lock": "",
        "pyproject.toml": '[project]\nname = "little-shop"\n',
        ".python-version": "3.12\n",
      },
      answers: {},
    },
    pages: { files: { "index.html": "<p>hello" }, answers: { deploy: "git", registry: undefined } },
    "pages that a build makes": {
      files: {
        "package.json": '{"scripts":{"build":"vite build"},"devDependencies":{"vite":"8"}}',
        "package-lock.json": "{}",
        "index.html": "",
      },
      answers: {},
    },
  };
