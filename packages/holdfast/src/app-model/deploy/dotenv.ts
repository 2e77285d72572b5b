import type { DeclaredVariable, SourceTree } from "../model.js";
import { within } from "./paths.js";

/** Files that travel with the code, the later ones winning; examples and templates set nothing. */
const names = [".env", ".env.production"];

/** What in a project's manifest says that it reads `.env` by itself. */
const manifests = ["package.json", "requirements.txt", "pyproject.toml", "Pipfile", "Gemfile", "composer.json"];
const loaders =
  /dotenv|environ|decouple|"next"|laravel\/framework|@nestjs\/config|@strapi\/strapi|pydantic-settings|"bun"|symfony\/|directus/i;

/** Read the variables that a `.env` under version control sets for the app at `root`, where the app loads it. */
export function readDotenv(tree: SourceTree, root: string, isCommitted: (path: string) => boolean): readonly DeclaredVariable[] {
  const loads = manifests.some((name) => loaders.test(tree.read(within(root, name)) ?? "")) || settingsLoad(tree, root);
  if (!loads) return [];
  const found = new Map<string, DeclaredVariable>();
  for (const name of names) {
    const file = within(root, name);
    if (!tree.has(file) || !isCommitted(file)) continue;
    for (const variable of parseDotenv(tree.read(file) ?? "", file)) found.set(variable.name, variable);
  }
  return [...found.values()];
}

/** Some manifests are in other encodings, or name their files in other ways: the settings themselves tell. */
function settingsLoad(tree: SourceTree, root: string): boolean {
  return tree
    .find(root, "manage.py", "settings.py", "wsgi.py", "app.py", "main.py", "server.js", "index.js", "app.js")
    .slice(0, 40)
    .some((path) => /load_dotenv|read_env|decouple|dotenv/.test(tree.read(path) ?? ""));
}

/** Parse the lines of a `.env` file; what refers to other variables has a value that nobody here knows. */
export function parseDotenv(text: string, file: string): readonly DeclaredVariable[] {
  const found: DeclaredVariable[] = [];
  for (const [index, line] of text.split("\n").slice(0, 1000).entries()) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/.exec(line);
    if (match === null) continue;
    const raw = (match[2] ?? "").trim();
    const quoted = /^(["'])(.*?)\1/.exec(raw);
    const value = quoted === null ? raw.replace(/\s+#.*$/, "").trim() : (quoted[2] ?? "");
    const isLiteral = quoted?.[1] === "'" || !value.includes("$");
    found.push({ name: match[1] ?? "", declared: isLiteral ? { kind: "value", value } : { kind: "given" }, file, line: index + 1 });
  }
  return found;
}
