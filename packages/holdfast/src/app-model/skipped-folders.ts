/** Version control, dependencies, caches and what tools make: never the app's own code. */
const always = new Set([
  ".git",
  ".hg",
  ".svn",
  "node_modules",
  "bower_components",
  "jspm_packages",
  "__pycache__",
  "site-packages",
  "__pypackages__",
  ".venv",
  ".tox",
  ".nox",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
  ".bundle",
  ".next",
  ".nuxt",
  ".output",
  ".svelte-kit",
  ".astro",
  ".turbo",
  ".parcel-cache",
  ".cache",
  ".yarn",
  ".pnpm-store",
  ".serverless",
  ".vercel",
  ".netlify",
  ".idea",
  ".vscode",
  ".vs",
  ".gradle",
  ".terraform",
  ".nyc_output",
  "coverage",
  "htmlcov",
  "staticfiles",
]);

/** What makes a folder that is mostly output or dependencies the app's own after all, or the reverse. */
const builds = new Set(["dist", "build", "out"]);
const ownCode = ["__init__.py", "package.json", "models.py", "Gemfile", "composer.json", "Dockerfile"];
const environments = new Set(["venv", "env", "virtualenv", "myenv", ".env", ".virtualenv"]);

/**
 * Tell whether a folder is left out by its name. `siblings` are the names beside it, and `contains` tells whether it has a
 * file: `build` may be an app of that name, `env` and `vendor` somebody's own folder.
 */
export function isSkippedFolder(name: string, siblings: ReadonlySet<string>, contains: (file: string) => boolean): boolean {
  if (always.has(name) || name.endsWith(".egg-info")) return true;
  if (environments.has(name)) return contains("pyvenv.cfg") || contains("bin/activate") || contains("Scripts/activate");
  if (builds.has(name)) return !ownCode.some(contains);
  if (name === "vendor") return contains("autoload.php") || contains("bundle") || siblings.has("go.mod");
  if (name === "wp-includes" || name === "wp-admin") return siblings.has("wp-config.php") || siblings.has("wp-config-sample.php");
  return contains("pyvenv.cfg");
}
