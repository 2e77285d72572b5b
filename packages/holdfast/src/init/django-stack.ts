import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { installedPackages } from "../app-model/python/requirements.js";
import type { AppModel, SourceTree } from "../app-model/model.js";
import { habitsOf } from "../start/detect.js";
import { isPlainWord, textOf } from "./repository-files.js";
import type { DjangoStack, PythonPackages } from "./stack.js";

/** The Python that is taken where the app does not say. */
const usualPython = "3.13";

/** What the image needs and apps often leave out, in versions that are known to work. */
const pinned = { gunicorn: "gunicorn==27.0.1", postgres: "psycopg[binary]==3.3.9" } as const;

/** What was found out of a Django project, and what stands in its way. */
export interface DjangoFindings {
  readonly stack: DjangoStack;
  readonly advice: readonly string[];
}

/** Look at a Django project; undefined where there is no manage.py. `app` is what the readers found in it. */
export function readDjango(folder: string, root: string, tree: SourceTree, app: AppModel | undefined): DjangoFindings | undefined {
  const manage = textOf(join(folder, "manage.py"));
  if (manage === undefined) return undefined;
  const advice: string[] = [];
  const settings = /DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']/.exec(manage)?.[1] ?? "config.settings";
  const wsgi = wsgiOf(folder, settings);
  if (wsgi === undefined)
    advice.push("There is no wsgi.py, which gunicorn starts the app by: make one as `django-admin startproject` does.");
  const collectsStatic = habitsOf(folder).collect !== undefined;
  const named = installedPackages(tree, root, app?.deployment ?? noDeployment);
  const packages = packagesOf(folder, (name) => named.find(name) !== undefined, usesPostgres(app));
  if (packages.file === undefined) {
    advice.push("No file names the app's packages. Write them down with `pip freeze > requirements.txt`, then run this again.");
  } else if (
    packages.installer === "pip" &&
    named.requirements.some(({ versions }) => !/^(?:==|===)/.test(versions) && !versions.includes("@"))
  ) {
    advice.push(
      `${packages.file} leaves versions open, so each build installs what is newest that day. Pin them with ==, or keep a lock with uv.`,
    );
  }
  advice.push(...adviceOnSettings(folder, settings));
  if (named.find("whitenoise") === undefined)
    advice.push("Nothing hands out static files in production, and gunicorn does not: add whitenoise to the packages and to MIDDLEWARE.");
  if (!collectsStatic)
    advice.push(`${settings} has no STATIC_ROOT, so no static files are collected. Set STATIC_ROOT = BASE_DIR / "staticfiles".`);
  return {
    stack: {
      kind: "django",
      packages,
      python: pythonOf(folder),
      wsgi: wsgi ?? settings.replace(/\.settings.*$/, ".wsgi"),
      settings,
      collectsStatic,
      writes: [...(collectsStatic ? ["staticfiles"] : []), ...foldersWritten(app)],
    },
    advice,
  };
}

/** What `django-admin startproject` writes is for a developer's machine. */
function adviceOnSettings(folder: string, settings: string): readonly string[] {
  const path = settings.replaceAll(".", "/");
  const text = textOf(join(folder, `${path}.py`)) ?? "";
  const from = `in ${path}.py`;
  return [
    ...(/^SECRET_KEY\s*=\s*["']/m.test(text)
      ? [`SECRET_KEY is written ${from}, for everybody to read: SECRET_KEY = os.environ["SECRET_KEY"]`]
      : []),
    ...(/^DEBUG\s*=\s*True\b/m.test(text)
      ? [`DEBUG is on ${from}, and shows strangers your settings: DEBUG = os.environ.get("DEBUG") == "True"`]
      : []),
    ...(/^ALLOWED_HOSTS\s*=\s*\[\s*\]/m.test(text)
      ? [
          `ALLOWED_HOSTS is empty ${from}, so every page answers 400 there: ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")`,
        ]
      : []),
  ];
}

const noDeployment: AppModel["deployment"] = { services: [], platforms: [], dotenv: [], observations: [], notUnderstood: [] };

function wsgiOf(folder: string, settings: string): string | undefined {
  const beside = `${settings.split(".")[0] ?? ""}/wsgi.py`;
  if (existsSync(join(folder, beside))) return beside.slice(0, -3).replaceAll("/", ".");
  const found = readdirSync(folder, { withFileTypes: true }).find(
    (entry) => entry.isDirectory() && /^[a-z_]\w*$/i.test(entry.name) && existsSync(join(folder, entry.name, "wsgi.py")),
  );
  return found === undefined ? undefined : `${found.name}.wsgi`;
}

function packagesOf(folder: string, has: (name: string) => boolean, needsPostgres: boolean): PythonPackages {
  const file = ["uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt", "requirements/production.txt", "requirements/base.txt"].find(
    (name) => existsSync(join(folder, name)),
  );
  const installers: Readonly<Record<string, PythonPackages["installer"]>> = {
    "uv.lock": "uv",
    "poetry.lock": "poetry",
    "Pipfile.lock": "pipenv",
  };
  const added = [
    ...(has("gunicorn") ? [] : [pinned.gunicorn]),
    ...(needsPostgres && !["psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary"].some(has) ? [pinned.postgres] : []),
  ];
  return { file, installer: installers[file ?? ""] ?? "pip", added };
}

function pythonOf(folder: string): string {
  const said = [".python-version", "runtime.txt"].flatMap((file) => /(\d+\.\d+)/.exec(textOf(join(folder, file)) ?? "")?.[1] ?? [])[0];
  return said ?? usualPython;
}

function usesPostgres(app: AppModel | undefined): boolean {
  return destinations(app, "databases").some((one) => one.kind === "database" && one.engine.startsWith("postgres"));
}

/** Folders in the app that its records and uploads are written to; a database that is a file needs its folder as well. */
function foldersWritten(app: AppModel | undefined): readonly string[] {
  const inside = (path: string | undefined): string | undefined => {
    if (path === undefined || path.includes("${") || posix.isAbsolute(path)) return undefined;
    const clean = posix.normalize(path).replace(/\/$/, "");
    return clean.startsWith("..") || !isPlainWord(clean) ? undefined : clean;
  };
  const uploads = destinations(app, "sinks").flatMap((one) => (one.kind === "disk" ? (inside(one.path) ?? []) : []));
  const databases = destinations(app, "databases").flatMap((one) => (one.kind === "disk" ? (inside(one.path) ?? []) : []));
  return [...new Set([...databases.map((path) => posix.dirname(path)), ...uploads])];
}

function destinations(
  app: AppModel | undefined,
  what: "sinks" | "databases",
): AppModel["readings"][number]["sinks"][number]["outcomes"][number]["destination"][] {
  return (app?.readings ?? []).flatMap((reading) =>
    reading[what].flatMap(({ outcomes }) => outcomes.map(({ destination }) => destination)),
  );
}
