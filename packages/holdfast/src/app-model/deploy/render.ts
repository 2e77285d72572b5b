import { posix } from "node:path";
import type { DeclaredValue, DeclaredVariable, Disk, Evidence, Observation, Phase, Service, SourceTree } from "../model.js";
import { readImage } from "./dockerfile.js";
import { type Field, readFields } from "./fields.js";
import { folderOf, within } from "./paths.js";

/** What one file says. */
export interface FileReading {
  readonly services: readonly Service[];
  readonly observations: readonly Observation[];
  readonly notUnderstood: readonly Evidence[];
}

export const emptyReading: FileReading = { services: [], observations: [], notUnderstood: [] };

const kinds: Readonly<Record<string, Service["kind"]>> = {
  web: "web",
  pserv: "web",
  worker: "worker",
  cron: "cron",
  static: "static",
  static_site: "static",
};

/** Read a Blueprint: its web services first. A blueprint in a folder speaks of that folder where its `rootDir` does not exist. */
export function readRender(tree: SourceTree, file: string): FileReading {
  const blueprint = readFields(tree, file);
  if (blueprint === undefined) return emptyReading;
  if (blueprint === "broken") return { ...emptyReading, notUnderstood: [{ file, line: 1, why: "this file is not valid YAML" }] };
  const groups = new Map<string, readonly Field[]>();
  for (const group of blueprint.get("envVarGroups")?.items ?? []) {
    const name = group.get("name")?.text;
    if (name !== undefined) groups.set(name, group.get("envVars")?.items ?? []);
  }
  const projects = (blueprint.get("projects")?.items ?? []).flatMap((project) => project.get("environments")?.items ?? []);
  const listed = [blueprint, ...projects].flatMap((field) => field.get("services")?.items ?? []);
  const names = new Set(listed.flatMap((field) => field.get("name")?.text ?? []));
  const services: Service[] = [];
  const observations: Observation[] = [];
  for (const field of listed) {
    const service = serviceOf(tree, file, field, { groups, names });
    if (service === undefined) continue;
    services.push(service);
    observations.push(...diskTrouble(file, field));
  }
  for (const database of [blueprint, ...projects].flatMap((field) => field.get("databases")?.items ?? [])) {
    if (database.get("plan")?.text === "free") {
      observations.push({ name: "database-expires", file, line: database.line, details: { platform: "Render" } });
    }
  }
  return { services: services.toSorted((a, b) => weight(a) - weight(b)), observations, notUnderstood: [] };
}

function weight({ kind }: Service): number {
  return ["web", "worker", "cron", "static"].indexOf(kind);
}

/** What the variables of a service refer to. */
interface Blueprint {
  readonly groups: ReadonlyMap<string, readonly Field[]>;
  /** The names of the services in it. */
  readonly names: ReadonlySet<string>;
}

function serviceOf(tree: SourceTree, file: string, field: Field, blueprint: Blueprint): Service | undefined {
  const type = field.get("type")?.text ?? "web";
  const runtime = field.get("runtime")?.text ?? field.get("env")?.text ?? "";
  const kind = runtime === "static" ? "static" : kinds[type];
  if (kind === undefined) return undefined;
  const root = rootOf(tree, file, field.get("rootDir")?.text);
  const declared = variablesOf(file, field.get("envVars")?.items ?? [], blueprint);
  const phases = [
    ...phase("build", field.get("buildCommand"), file),
    ...phase("release", field.get("preDeployCommand"), file),
    ...phase("start", field.get("startCommand") ?? field.get("dockerCommand"), file),
  ];
  const base = { name: field.get("name")?.text ?? "web", platform: "render", kind, at: { file, line: field.line }, root } as const;
  const disks = diskOf(file, field);
  if (runtime !== "docker" && runtime !== "image") {
    const containerRoot = posix.join("/opt/render/project/src", root);
    return { ...base, containerRoot, phases, variables: declared, disks };
  }
  const dockerfile = [field.get("dockerfilePath")?.text, "Dockerfile"]
    .filter((path) => path !== undefined)
    .flatMap((path) => [within(root, path), within(".", path)])
    .find((path) => tree.has(path));
  const context = rootOf(tree, file, field.get("dockerContext")?.text ?? field.get("rootDir")?.text);
  const image = dockerfile === undefined ? undefined : readImage(tree, dockerfile, context, root);
  return {
    ...base,
    containerRoot: image?.containerRoot,
    phases: phases.some(({ name }) => name === "start")
      ? [...(image?.phases ?? []).filter(({ name }) => name === "build"), ...phases]
      : [...(image?.phases ?? []), ...phases],
    variables: [...(image?.variables ?? []), ...declared],
    disks,
    links: image?.links ?? [],
  };
}

/** `rootDir` counts from the repository's root; a blueprint that was copied into a folder may mean its own. */
function rootOf(tree: SourceTree, file: string, rootDir: string | undefined): string {
  const folder = folderOf(file);
  if (rootDir === undefined) return folder;
  const clean = rootDir.replace(/^\/+/, "");
  const fromTop = within(".", clean === "" ? "." : clean);
  if (folder === "." || fromTop === folder) return fromTop;
  const inside = within(folder, clean);
  return clean !== "." && clean !== "" && tree.find(fromTop, "").length > 0 && tree.find(inside, "").length === 0 ? fromTop : inside;
}

function phase(name: Phase["name"], field: Field | undefined, file: string): readonly Phase[] {
  return field?.text === undefined || field.text.trim() === "" ? [] : [{ name, command: field.text, file, line: field.line }];
}

function variablesOf(file: string, items: readonly Field[], blueprint: Blueprint): readonly DeclaredVariable[] {
  return items.flatMap((item) => {
    const group = item.get("fromGroup")?.text;
    if (group !== undefined) return variablesOf(file, blueprint.groups.get(group) ?? [], { ...blueprint, groups: new Map() });
    const name = item.get("key")?.text;
    return name === undefined ? [] : [{ name, declared: declaredOf(item, blueprint), file, line: item.line }];
  });
}

function declaredOf(item: Field, { names }: Blueprint): DeclaredValue {
  const value = item.get("value")?.text;
  if (value !== undefined) return { kind: "value", value };
  // A service that is taken for a database gives nothing: the Blueprint is refused, and the value is set by hand.
  const database = item.get("fromDatabase", "name")?.text;
  if (database !== undefined && names.has(database)) return { kind: "asked" };
  const isMade = ["generateValue", "fromDatabase", "fromService"].some((key) => item.get(key) !== undefined);
  return isMade ? { kind: "given" } : { kind: "asked" };
}

/** `disk: 1024` is no disk, `disks:` is no key, and a free service has none. */
function diskOf(file: string, field: Field): readonly Disk[] {
  const disk = field.get("disk");
  const mountPath = disk?.get("mountPath")?.text;
  if (disk === undefined || mountPath === undefined || field.get("plan")?.text === "free") return [];
  return [{ mountPath, file, line: disk.get("mountPath")?.line ?? disk.line }];
}

function diskTrouble(file: string, field: Field): readonly Observation[] {
  const disks = field.get("disks");
  const disk = field.get("disk");
  const plan = field.get("plan")?.text;
  const found: Observation[] = [];
  if (disks !== undefined) found.push({ name: "disk-key-invalid", file, line: disks.line, details: { key: "disks" } });
  if (disk !== undefined && disk.get("mountPath") === undefined) {
    found.push({ name: "disk-key-invalid", file, line: disk.line, details: { key: "disk" } });
  }
  if (disk !== undefined && plan === "free") found.push({ name: "disk-on-free-plan", file, line: disk.line, details: { plan } });
  return found;
}
