import { basename, join } from "node:path";
import { readCodeFacts } from "../app-model/environment-reads.js";
import type { AppModel, SourceTree } from "../app-model/model.js";
import { readApps } from "../app-model/read-app.js";
import { readTree } from "../app-model/tree.js";
import { findRepository } from "../deploy/git-repository.js";
import { schemaIn } from "../env/sources.js";
import { fail } from "../errors.js";
import { readDjango } from "./django-stack.js";
import { readNode } from "./node-stack.js";
import { isPlainWord, packageIn, relativePath, repositoryAround, textOf } from "./repository-files.js";
import type { Stack, Survey } from "./stack.js";
import { readStatic } from "./static-stack.js";
import { describeVariables } from "./variables.js";

/** Paths that apps answer on when they are well, the likeliest first. */
const healthPaths = ["/healthz", "/readyz", "/health", "/up", "/livez", "/api/health", "/api/healthz", "/healthcheck", "/ping"];

/**
 * Look at the app in a folder: how it is built and started, what it reads of the environment, where its records are. Nothing of it is
 * run and nothing is written.
 *
 * @throws FOLDER_UNREADABLE, APP_UNKNOWN
 */
export async function surveyApp(folder: string): Promise<Survey> {
  let base: string;
  let tree: SourceTree;
  try {
    base = repositoryAround(folder);
    tree = await readTree(folder);
  } catch (cause) {
    throw fail("FOLDER_UNREADABLE", { path: folder, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
  const root = relativePath(base, folder);
  if (!isPlainWord(root)) throw fail("APP_UNKNOWN", { path: folder, reason: `"${root}" cannot stand in a Dockerfile as it is` });
  const apps = await readApps(tree);
  const app = apps.find((one) => one.root === ".") ?? apps[0];
  const { stack, context, advice } = stackOf(folder, base, tree, app);
  const wanted = new Set([...healthPaths, "SIGTERM", "/admin"]);
  const facts = await readCodeFacts(tree, ["."], wanted);
  const shared = await readNeeds(stack, context, wanted);
  const texts = new Set([...facts.texts, ...shared.texts]);
  const libraries = Object.keys(packageIn(folder)?.dependencies ?? {});
  const own = schemaIn(folder);
  const repository = findRepository(folder);
  return {
    name: nameOf(folder, repository?.remotes[0]),
    base,
    root,
    context: relativePath(base, context),
    stack,
    // What somebody has written down counts for more than what was seen.
    schema:
      own.isThere && own.problems.length === 0 && Object.keys(own.schema.variables).length > 0
        ? own.schema
        : describeVariables([...facts.reads, ...shared.reads], app, libraries),
    database: databaseOf(
      app,
      libraries,
      [...facts.reads, ...shared.reads].map(({ name }) => name),
    ),
    healthPath:
      healthPaths.find((path) => texts.has(path)) ?? (stack.kind === "django" && texts.has("/admin") ? "/admin/login/" : undefined),
    repository: repository?.remotes.flatMap((remote) => /^github\.com\/([^/]+\/[^/]+)$/.exec(remote)?.[1] ?? [])[0],
    advice: [...adviceOnDisk(app), ...advice, ...adviceOnEnding(stack, texts, libraries)],
  };
}

function stackOf(
  folder: string,
  base: string,
  tree: SourceTree,
  app: AppModel | undefined,
): { readonly stack: Stack; readonly context: string; readonly advice: readonly string[] } {
  const django = readDjango(folder, ".", tree, app);
  if (django !== undefined) return { ...django, context: folder };
  const node = readNode(folder, base);
  const pages = readStatic(folder, node);
  if (pages !== undefined) return { stack: pages, context: node?.context ?? folder, advice: [] };
  if (node !== undefined && node.stack.start.length > 0) return node;
  const framework = app?.readings[0]?.framework;
  const reason =
    node !== undefined
      ? 'package.json has no script "start", and no server.js, app.js or index.js was found'
      : framework === undefined
        ? "there is no package.json, no manage.py and no index.html"
        : `it is an app of ${framework}`;
  throw fail("APP_UNKNOWN", { path: folder, reason });
}

/** What the packages of a workspace read that the app is built with. */
async function readNeeds(stack: Stack, context: string, wanted: ReadonlySet<string>): ReturnType<typeof readCodeFacts> {
  const workspace = stack.kind === "node" ? stack.workspace : undefined;
  const found = await Promise.all(
    (workspace?.needs ?? [])
      // What is published is configured by what its documentation says, and known by name.
      .filter(({ folder }) => (packageIn(join(context, folder)) as { readonly private?: boolean } | undefined)?.private === true)
      .map(async ({ folder }) => await readCodeFacts(await readTree(join(context, folder)), ["."], wanted)),
  );
  return { reads: found.flatMap(({ reads }) => reads), texts: new Set(found.flatMap(({ texts }) => [...texts])) };
}

function databaseOf(app: AppModel | undefined, libraries: readonly string[], names: readonly string[]): Survey["database"] {
  const found = (app?.readings ?? []).flatMap(({ databases }) =>
    databases.flatMap(({ outcomes }) => outcomes.map(({ destination }) => destination)),
  );
  const isPostgres = found.some((one) => one.kind === "database" && one.engine.startsWith("postgres"));
  if (isPostgres || libraries.some((name) => /^(?:pg|postgres|@prisma\/adapter-pg|@neondatabase\/serverless)$/.test(name)))
    return "postgres";
  if (names.includes("DATABASE_URL") || libraries.includes("@holdfast/media")) return "postgres";
  if (found.some(({ kind }) => kind === "disk")) return "file";
  return found.some(({ kind }) => kind === "database") ? "other" : "none";
}

/** What the app writes to the instance's own disk whatever its variables are; the doctor says more. */
function adviceOnDisk(app: AppModel | undefined): readonly string[] {
  const places = (app?.readings ?? []).flatMap(({ sinks, databases }) => [
    ...sinks.map((sink) => ({ ...sink, what: "Uploads" })),
    ...databases.map((database) => ({ ...database, what: "Records" })),
  ]);
  const lost = places.filter(({ outcomes }) => outcomes.length > 0 && outcomes.every(({ destination }) => destination.kind === "disk"));
  return [...new Map(lost.map((place) => [place.what, place])).values()].map(
    ({ what, label, at }) =>
      `${what} (${label}, ${at.file}:${at.line}) go to the instance's own disk, and are gone at the next deploy. \`npx holdfast doctor\` says what to do; then run this again.`,
  );
}

/** An app that does not listen is ended in the middle of whatever it does. */
function adviceOnEnding(stack: Stack, texts: ReadonlySet<string>, libraries: readonly string[]): readonly string[] {
  if (stack.kind !== "node" || texts.has("SIGTERM") || libraries.includes("next")) return [];
  return [
    "Nothing in the code listens for SIGTERM, so an upload under way is cut off by each deploy: " +
      'process.on("SIGTERM", () => server.close()) lets it finish.',
  ];
}

/** A name of letters, digits and hyphens, from the manifest, the repository or the folder. */
function nameOf(folder: string, remote: string | undefined): string {
  const pyproject = /^name\s*=\s*"([^"]+)"/m.exec(textOf(join(folder, "pyproject.toml")) ?? "")?.[1];
  const said = packageIn(folder)?.name ?? pyproject ?? remote ?? basename(folder);
  const slug = (said.split("/").at(-1) ?? "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 50);
  return slug === "" ? "app" : slug;
}
