import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What an app's files say of its collector and its migrations; commands as people type them. */
export interface Habits {
  readonly framework: string | undefined;
  readonly collect?: string;
  readonly migrate?: string;
}

/** Find out what an app does at its start, from the files that give frameworks away. */
export function habitsOf(folder: string): Habits {
  const has = (...path: readonly string[]): boolean => existsSync(join(folder, ...path));
  if (has("manage.py")) {
    const usesStatic = has("staticfiles") || mentions(folder, /\bSTATIC_ROOT\b/);
    return {
      framework: "Django",
      migrate: "python manage.py migrate --noinput",
      ...(usesStatic ? { collect: "python manage.py collectstatic --noinput" } : {}),
    };
  }
  if (has("artisan")) return { framework: "Laravel", migrate: "php artisan migrate --force" };
  if (has("bin", "rails")) return { framework: "Rails", migrate: "bundle exec rails db:migrate" };
  const manifest = packageOf(folder);
  if (manifest === undefined) return { framework: undefined };
  const dependencies = { ...manifest.devDependencies, ...manifest.dependencies };
  // The app's own word comes first.
  if (manifest.scripts?.["migrate"] !== undefined) return { framework: "Node", migrate: "npm run migrate" };
  if ("prisma" in dependencies || "@prisma/client" in dependencies)
    return { framework: "Node", migrate: "npx --no-install prisma migrate deploy" };
  if (has("drizzle.config.ts") || has("drizzle.config.js")) return { framework: "Node", migrate: "npx --no-install drizzle-kit migrate" };
  if (has("knexfile.js") || has("knexfile.ts")) return { framework: "Node", migrate: "npx --no-install knex migrate:latest" };
  return { framework: "Node" };
}

/** Whether settings modules beside manage.py name a setting; they are small, and few. */
function mentions(folder: string, word: RegExp): boolean {
  const manage = textOf(join(folder, "manage.py")) ?? "";
  const module = /DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']/.exec(manage)?.[1];
  const path = module?.replaceAll(".", "/");
  if (path === undefined) return false;
  const names = [`${path}.py`, `${path}/__init__.py`, `${path.replace(/\/[^/]+$/, "")}/base.py`];
  return names.some((name) => word.test(textOf(join(folder, name)) ?? ""));
}

interface PackageJson {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function packageOf(folder: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageJson;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
