import type { DeclaredVariable, Disk, Service, SourceTree } from "../model.js";
import { readImage } from "./dockerfile.js";
import { type Field, readFields } from "./fields.js";
import { folderOf, within } from "./paths.js";
import { emptyReading, type FileReading } from "./render.js";

/**
 * Read a compose file that is meant for production: it says so by its name, or restarts its services, and develops nothing. Most
 * compose files are somebody's own machine, and what they mount says nothing of where the app is deployed. A volume lasts; the code
 * mounted over itself does not count.
 */
export function readCompose(tree: SourceTree, file: string): FileReading {
  const config = readFields(tree, file);
  if (config === undefined || config === "broken") return emptyReading;
  const services = (config.get("services")?.entries ?? []).flatMap(([name, field]) => {
    const build = field.get("build");
    return build === undefined || !isProduction(field, file) ? [] : [serviceOf(tree, file, name, field, build)];
  });
  return { ...emptyReading, services };
}

function isProduction(field: Field, file: string): boolean {
  const variables = variablesOf(field, file);
  if (variables.some(({ declared }) => declared.kind === "value" && /^dev(elopment)?$/i.test(declared.value))) return false;
  const text = field.get("command")?.text ?? "";
  if (/runserver|--reload|nodemon|\bdev\b/.test(text)) return false;
  return /prod/.test(file) || ["always", "unless-stopped"].includes(field.get("restart")?.text ?? "");
}

function serviceOf(tree: SourceTree, file: string, name: string, field: Field, build: Field): Service {
  const folder = folderOf(file);
  const root = within(folder, build.text ?? build.get("context")?.text ?? ".");
  const dockerfile = within(root, build.get("dockerfile")?.text ?? "Dockerfile");
  const image = readImage(tree, dockerfile, root, root);
  const command = field.get("command");
  const text = command?.text ?? command?.items.map((item) => item.text ?? "").join(" ");
  const hasCommand = text !== undefined && text !== "";
  return {
    name,
    platform: "container",
    kind: /worker|celery|beat|queue|cron/i.test(name) ? "worker" : (field.get("ports")?.items.length ?? 0) > 0 ? "web" : "worker",
    at: { file, line: field.line },
    root,
    containerRoot: image?.containerRoot,
    phases: [
      ...(image?.phases ?? []).filter((phase) => !hasCommand || phase.name !== "start"),
      ...(hasCommand ? [{ name: "start" as const, command: text, file, line: command?.line ?? field.line }] : []),
    ],
    variables: [...(image?.variables ?? []), ...variablesOf(field, file)],
    disks: disksOf(field, file),
    links: image?.links ?? [],
  };
}

function variablesOf(field: Field, file: string): readonly DeclaredVariable[] {
  const environment = field.get("environment");
  const pairs: (readonly [string, string | undefined, number])[] = [
    ...(environment?.entries ?? []).map(([name, value]) => [name, value.text, value.line] as const),
    ...(environment?.items ?? []).flatMap(({ text, line }) => {
      const match = /^([^=]+)(?:=(.*))?$/.exec(text ?? "");
      return match === null ? [] : [[match[1] ?? "", match[2], line] as const];
    }),
  ];
  return pairs.map(([name, value, line]) => {
    const fallback = /^\$\{[A-Za-z_][A-Za-z0-9_]*:?-([^}]*)\}$/.exec(value ?? "")?.[1];
    if (value === undefined || value === "" || (value.includes("$") && fallback === undefined))
      return { name, declared: { kind: "asked" }, file, line };
    return { name, declared: { kind: "value", value: fallback ?? value }, file, line };
  });
}

function disksOf(field: Field, file: string): readonly Disk[] {
  return (field.get("volumes")?.items ?? []).flatMap((item): Disk[] => {
    const [source, target] = item.text?.split(":") ?? [item.get("source")?.text, item.get("target")?.text];
    if (source === undefined || target === undefined || !target.startsWith("/")) return [];
    const isCode = /^\.{1,2}\/?$/.test(source) || /\$\{?PWD\}?\/?$/.test(source);
    const isDependencies = /node_modules|\.venv|vendor$/.test(target);
    return isCode || isDependencies ? [] : [{ mountPath: target, file, line: item.line }];
  });
}
