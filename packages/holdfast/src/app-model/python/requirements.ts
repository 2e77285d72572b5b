import { posix } from "node:path";
import { parse as parseToml } from "smol-toml";
import type { Deployment, Place, SourceTree } from "../model.js";

/** What a requirements file asks of one package. */
export interface Requirement extends Place {
  readonly name: string;
  /** As written: `==5.1.2`, `>=4.2,<5`, empty where any version will do. */
  readonly versions: string;
}

/** The packages that the app is installed with, as far as its files tell. */
export interface Packages {
  readonly requirements: readonly Requirement[];
  find(name: string): Requirement | undefined;
  /** Whether a module can be imported: true where nothing says the contrary. */
  provides(module: string): boolean;
}

/** Names of packages whose modules are called otherwise. */
const packageOf: Readonly<Record<string, readonly string[]>> = {
  cloudinary_storage: ["django-cloudinary-storage"],
  storages: ["django-storages"],
  dotenv: ["python-dotenv", "django-dotenv"],
  environ: ["django-environ", "environ-config"],
  decouple: ["python-decouple"],
  dj_database_url: ["dj-database-url"],
  django_heroku: ["django-heroku", "django-on-heroku"],
  imagekitio: ["imagekitio"],
  psycopg2: ["psycopg2", "psycopg2-binary"],
  PIL: ["pillow"],
  rest_framework: ["djangorestframework"],
};

/** Modules whose absence from a full list means that their import fails; others may come along with another package. */
const decisive = new Set([
  "cloudinary",
  "cloudinary_storage",
  "storages",
  "boto3",
  "dotenv",
  "environ",
  "decouple",
  "dj_database_url",
  "django_heroku",
  "whitenoise",
  "supabase",
  "imagekitio",
  "psycopg2",
  "django_on_heroku",
]);

/** What brings another package along. */
const broughtBy: Readonly<Record<string, readonly string[]>> = {
  cloudinary: ["django-cloudinary-storage", "dj3-cloudinary-storage"],
  boto3: ["django-storages", "flask-s3", "django-s3-storage", "sagemaker"],
  dotenv: ["uvicorn", "pydantic-settings", "fastapi"],
  dj_database_url: ["django-heroku", "django-on-heroku", "environs"],
  whitenoise: ["django-heroku", "django-on-heroku"],
  psycopg2: ["django-heroku", "django-on-heroku"],
};

/** Read every file that names packages, the one that the deployment installs from first. */
export function installedPackages(tree: SourceTree, root: string, deployment: Deployment): Packages {
  const requirements: Requirement[] = [];
  const seen = new Set<string>();
  for (const file of requirementFiles(tree, root, deployment)) readFile(tree, file, requirements, seen);
  const byName = new Map<string, Requirement>();
  // A lock says what a range comes to, wherever it stands.
  for (const one of requirements) {
    const before = byName.get(one.name);
    if (
      before === undefined ||
      (!before.versions.startsWith("==") && before.versions === "" && one.versions !== "") ||
      (isLock(one.file) && !isLock(before.file))
    )
      byName.set(one.name, one);
  }
  const find = (name: string): Requirement | undefined => byName.get(normalName(name));
  return {
    requirements,
    find,
    provides(module) {
      const top = module.split(".")[0] ?? module;
      if (requirements.length === 0 || !decisive.has(top)) return true;
      const names = [...(packageOf[top] ?? [top]), top, ...(broughtBy[top] ?? [])];
      return names.some((name) => find(name) !== undefined);
    },
  };
}

function isLock(file: string): boolean {
  return /(^|\/)(Pipfile\.lock|poetry\.lock|uv\.lock|pdm\.lock)$/.test(file);
}

function requirementFiles(tree: SourceTree, root: string, deployment: Deployment): readonly string[] {
  const base = root === "." || root === "" ? "" : `${root}/`;
  const builds = deployment.services.flatMap((service) => service.phases.map((phase) => phase.command));
  const scripts = ["Dockerfile", "build.sh", "nixpacks.toml", "railway.json", "render.yaml", "scripts/build.sh"].flatMap(
    (file) => tree.read(`${base}${file}`) ?? tree.read(file) ?? [],
  );
  const asked = [...builds, ...scripts].flatMap((text) =>
    [...text.matchAll(/-r\s*["']?([\w./-]+\.(?:txt|in))/g)].map((found) => found[1] ?? ""),
  );
  const usual = [
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "pdm.lock",
    "pyproject.toml",
    "Pipfile",
    "setup.py",
    "requirements.in",
  ];
  const named = asked.flatMap((file) => [posix.normalize(`${base}${file}`), posix.normalize(file)]);
  const found = [...named, ...usual.map((file) => `${base}${file}`), ...usual].filter((file) => tree.has(file));
  const rest = tree
    .find(root, ".txt")
    .filter((file) => /(^|\/)[^/]*requirements[^/]*\.txt$/i.test(file) || /(^|\/)requirements\/[^/]+\.txt$/.test(file));
  return [...new Set(found.length > 0 ? found : rest)];
}

function readFile(tree: SourceTree, file: string, found: Requirement[], seen: Set<string>): void {
  if (seen.has(file) || seen.size > 30) return;
  seen.add(file);
  const text = tree.read(file);
  if (text === undefined) return;
  if (file.endsWith(".txt") || file.endsWith(".in")) return readList(tree, file, text, found, seen);
  if (file.endsWith("Pipfile.lock")) return readPipfileLock(file, text, found);
  if (file.endsWith("setup.py")) {
    for (const one of text.matchAll(/["']([A-Za-z][\w.-]*)\s*((?:[=<>!~]=?[\d.*a-z]+,?\s*)*)["']/g))
      add(found, file, text, one.index, one[1] ?? "", one[2] ?? "");
    return;
  }
  if (isLock(file)) {
    for (const one of text.matchAll(/^name = "([^"]+)"\nversion = "([^"]+)"/gm))
      add(found, file, text, one.index, one[1] ?? "", `==${one[2] ?? ""}`);
    return;
  }
  readToml(file, text, found);
}

function readList(tree: SourceTree, file: string, text: string, found: Requirement[], seen: Set<string>): void {
  text.split("\n").forEach((whole, index) => {
    const line = whole
      .replace(/(^|\s)#.*$/, "")
      .replace(/\\$/, "")
      .trim();
    const other = /^(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)/.exec(line)?.[1];
    if (other !== undefined) return readFile(tree, posix.normalize(posix.join(posix.dirname(file), other)), found, seen);
    const [, name, versions] = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;@#\s][^;@#]*)?/.exec(line) ?? [];
    if (name !== undefined)
      found.push({ name: normalName(name), versions: (versions ?? "").replaceAll(/[\s()]|--hash.*/g, ""), file, line: index + 1 });
  });
}

function readPipfileLock(file: string, text: string, found: Requirement[]): void {
  for (const one of text.matchAll(/"([\w.-]+)": \{[^{}]*?"version": "([^"]+)"/gs))
    add(found, file, text, one.index, one[1] ?? "", one[2] ?? "");
}

function readToml(file: string, text: string, found: Requirement[]): void {
  const push = (name: string, versions: unknown): void => {
    const at = text.search(new RegExp(`^\\s*["']?${name.replaceAll(/[.*+?^$()|[\]{}\\]/g, "\\$&")}\\b`, "im"));
    const asked = typeof versions === "string" ? versions : field(versions, "version");
    add(found, file, text, Math.max(at, 0), name, typeof asked === "string" ? asked.replace(/^\*$/, "") : "");
  };
  let table: unknown;
  try {
    table = parseToml(text);
  } catch {
    return;
  }
  const lists = [field(table, "project", "dependencies"), ...Object.values(record(field(table, "project", "optional-dependencies")))];
  for (const one of lists.flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []))) {
    const [, name, versions] = /^([\w.-]+)(?:\[[^\]]*\])?\s*([^;@]*)/.exec(String(one)) ?? [];
    if (name !== undefined) push(name, (versions ?? "").replaceAll(/[\s()]/g, ""));
  }
  for (const part of [field(table, "tool", "poetry", "dependencies"), field(table, "packages")]) {
    for (const [name, versions] of Object.entries(record(part))) push(name, versions);
  }
}

function field(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((inner, name) => record(inner)[name], value);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function add(found: Requirement[], file: string, text: string, at: number, name: string, versions: string): void {
  found.push({ name: normalName(name), versions: versions.replaceAll(/\s/g, ""), file, line: text.slice(0, at).split("\n").length });
}

function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}
