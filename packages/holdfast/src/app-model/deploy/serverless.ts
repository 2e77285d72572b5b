import type { DeclaredVariable, Service, SourceTree } from "../model.js";
import { type Field, readFields } from "./fields.js";
import { folderOf, within } from "./paths.js";
import { emptyReading, type FileReading } from "./render.js";

/** Read `vercel.json` or `netlify.toml`: a site of files, or functions that run the app. */
export function readServerless(tree: SourceTree, file: string): FileReading {
  const config = readFields(tree, file);
  if (config === undefined || config === "broken") return emptyReading;
  const root = folderOf(file);
  const platform = file.endsWith("netlify.toml") ? "netlify" : "vercel";
  const runs = platform === "netlify" ? tree.find(within(root, "netlify/functions"), "").length > 0 : runsCode(config, tree, root);
  const service: Service = {
    name: config.get("name")?.text ?? platform,
    platform,
    kind: runs ? "web" : "static",
    at: { file, line: 1 },
    root,
    containerRoot: "/var/task",
    phases: [],
    variables: variablesOf(config, file),
    disks: [],
  };
  return { ...emptyReading, services: [service] };
}

/** Read App Engine's `app.yaml`. */
export function readAppEngine(tree: SourceTree, file: string): FileReading {
  const config = readFields(tree, file);
  if (config === undefined || config === "broken" || config.get("runtime") === undefined) return emptyReading;
  const start = config.get("entrypoint");
  const declared = (config.get("env_variables")?.entries ?? []).map(([name, field]): DeclaredVariable => ({
    name,
    declared: { kind: "value", value: field.text ?? "" },
    file,
    line: field.line,
  }));
  const service: Service = {
    name: config.get("service")?.text ?? "default",
    platform: "app-engine",
    kind: "web",
    at: { file, line: 1 },
    root: folderOf(file),
    containerRoot: "/workspace",
    phases: start?.text === undefined ? [] : [{ name: "start", command: start.text, file, line: start.line }],
    variables: declared,
    disks: [],
  };
  return { ...emptyReading, services: [service] };
}

/** Functions are named, lie in `api/`, or are what a framework with a server is built to. */
function runsCode(config: Field, tree: SourceTree, root: string): boolean {
  const builders = (config.get("builds")?.items ?? []).map((build) => build.get("use")?.text ?? "");
  if (builders.some((use) => !use.includes("static"))) return true;
  if (builders.length > 0) return false;
  if ((config.get("functions")?.entries.length ?? 0) > 0) return true;
  if (tree.find(within(root, "api"), ".js", ".ts", ".py", ".mjs", ".php").length > 0) return true;
  const manifest = readFields(tree, within(root, "package.json"));
  if (manifest === undefined || manifest === "broken") return false;
  return ["next", "nuxt", "@sveltejs/kit", "@remix-run/node"].some(
    (name) => manifest.get("dependencies", name) !== undefined || manifest.get("devDependencies", name) !== undefined,
  );
}

function variablesOf(config: Field, file: string): readonly DeclaredVariable[] {
  const entries = [...(config.get("env")?.entries ?? []), ...(config.get("build", "environment")?.entries ?? [])];
  return entries.map(([name, field]) => {
    const value = field.text ?? "";
    return { name, declared: value.startsWith("@") ? { kind: "given" } : { kind: "value", value }, file, line: field.line };
  });
}
