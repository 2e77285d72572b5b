import type { PythonProject } from "./project.js";
import { startModules } from "./settings.js";

export type Framework = "django" | "flask" | "fastapi" | "starlette" | "quart" | "sanic" | "streamlit";

/** How each is imported, and what makes an app of it; the first that fits counts. */
export const frameworks: readonly (readonly [Framework, imports: RegExp, makes: RegExp])[] = [
  ["fastapi", /^\s*(?:from|import) fastapi\b/m, /\bFastAPI\(/],
  ["flask", /^\s*(?:from|import) flask\b/m, /\bFlask\(|create_app/],
  ["quart", /^\s*(?:from|import) quart\b/m, /\bQuart\(/],
  ["sanic", /^\s*(?:from|import) sanic\b/m, /\bSanic\(/],
  ["starlette", /^\s*(?:from|import) starlette\b/m, /\bStarlette\(/],
  ["streamlit", /^\s*import streamlit\b/m, /import streamlit/],
];

/** By what the app's code imports, what starts it first; a requirement alone is no use of it. */
export function frameworkOf(project: PythonProject): Framework | undefined {
  const has = (pattern: RegExp): boolean => project.files.some((file) => pattern.test(project.source(file)));
  if (has(/^\s*(?:from|import) django\b/m) && has(/DJANGO_SETTINGS_MODULE|INSTALLED_APPS/)) return "django";
  const starts = startModules(project).map((file) => project.source(file));
  const started = frameworks.find(([, imports, makes]) => starts.some((source) => imports.test(source) && makes.test(source)));
  if (started !== undefined) return started[0];
  const found = frameworks.flatMap(([name, imports, makes]) =>
    project.files
      .filter((file) => makes.test(project.source(file)) && imports.test(project.source(file)))
      .map((file) => ({ name, depth: file.split("/").length })),
  );
  const nearest = found.toSorted((one, other) => one.depth - other.depth)[0]?.name;
  return nearest ?? frameworks.find(([, imports]) => has(imports))?.[0];
}

/** Words of files that may write uploads, keep models or open databases. */
const matters =
  /(File|Image|Video|Audio|Cloudinary|Uploading|CKEditor5)\w*Field\(|FILES|\.files\b|[sS]torage|[uU]pload|urlpatterns|b64decode|cloudinary|boto3|["']wb["']|Database|DATABASE|sqlite|create_engine|MongoClient|connect\(|\.config\b|TinyDB/;

/** Small files are read in any case: they bring others together. */
const smallChars = 3000;

/** Whether a file may hold something that matters. */
export function isOfUse(project: PythonProject, file: string): boolean {
  const source = project.source(file);
  return source.length <= smallChars || matters.test(source);
}
